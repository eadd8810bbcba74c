"""The folder where a demonstration lives: its data, its secret, its logs, and the settings that point there."""

import os
import secrets
import shutil
from pathlib import Path

from guichet.embedded import EmbeddedPostgres, EmbeddedValkey
from guichet.embedded.ports import HOST, free_port

ROOT = Path(__file__).resolve().parents[2]
# Nothing else of the caller's environment reaches the demonstration: its own settings are complete.
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SERVICE_NAME", "STATE_BRAND", "METRICS_ALLOWED")
ENTER_ONLY = 0o711
OWNER_ONLY = 0o700


class Instance:
    """Everything a demonstration keeps between two runs, in one folder."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.mail_port = free_port()
        # Open to passage: PostgreSQL and Valkey may run under another account than ours.
        folder.mkdir(mode=ENTER_ONLY, parents=True, exist_ok=True)
        self.postgres = EmbeddedPostgres(folder / "postgres")
        self.valkey = EmbeddedValkey(folder / "valkey")

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def mailbox(self) -> Path:
        return self.folder / "mailbox"

    @property
    def seeded(self) -> Path:
        """Exists once the demonstration's data is complete: a start that was interrupted begins again."""
        return self.folder / "seeded"

    @property
    def storage(self) -> Path:
        return self.folder / "storage"

    def log(self, name: str) -> Path:
        (self.folder / "logs").mkdir(mode=OWNER_ONLY, exist_ok=True)
        return self.folder / "logs" / f"{name}.log"

    def erase(self) -> None:
        """Forget everything. Raises AlreadyRunningError when a demonstration runs there."""
        for server in (self.postgres, self.valkey):
            server.erase()
        self.forget_files()
        (self.folder / "secret-key").unlink(missing_ok=True)

    def forget_files(self) -> None:
        """Forget what goes with the database: documents and e-mails."""
        self.seeded.unlink(missing_ok=True)
        for folder in (self.storage, self.mailbox):
            shutil.rmtree(folder, ignore_errors=True)

    def environment(self) -> dict[str, str]:
        """The environment of the web, worker and scheduler processes, once both servers run."""
        self.storage.mkdir(mode=OWNER_ONLY, exist_ok=True)
        return {name: os.environ[name] for name in PASSED_ON if name in os.environ} | {
            "DATABASE_URL": self.postgres.url(),
            "REDIS_URL": self.valkey.url(),
            "SECRET_KEY": self._secret_key(),
            "BASE_URL": self.address,
            "MAIL_URL": f"smtp://{HOST}:{self.mail_port}",
            "MAIL_FROM": "Guichet <ne-pas-repondre@demo.example>",
            "CONTACT_EMAIL": "contact@demo.example",
            "STORAGE_URL": self.storage.as_uri(),
            "DEMO": "1",
            "DEMO_MAILBOX": str(self.mailbox),
            "PYTHONUNBUFFERED": "1",
        }

    def _secret_key(self) -> str:
        path = self.folder / "secret-key"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(48), encoding="ascii")
        return path.read_text(encoding="ascii")
