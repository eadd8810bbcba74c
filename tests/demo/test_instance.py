"""The folder of a demonstration: complete settings of its own, and nothing left after it is erased."""

from pathlib import Path

import pytest

from guichet.config import read_settings
from guichet.demo.instance import Instance
from guichet.embedded import scratch_directory
from guichet.embedded.ports import free_port


def test_environment_is_complete_and_ignores_the_callers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@nowhere/nothing")
    monkeypatch.setenv("SOMETHING", "private")
    monkeypatch.setenv("SERVICE_NAME", "Guichet d’essai")

    with scratch_directory() as folder:
        instance = Instance(folder, free_port())
        environment = instance.environment()
        again = Instance(folder, free_port()).environment()

    settings = read_settings(environment)
    assert "nowhere" not in settings.database_url
    assert "SOMETHING" not in environment
    assert settings.service_name == "Guichet d’essai"
    assert settings.demonstration
    assert settings.demo_mailbox == instance.mailbox
    assert again["SECRET_KEY"] == environment["SECRET_KEY"]


def test_erase_leaves_no_data_document_message_or_secret() -> None:
    with scratch_directory() as folder:
        instance = Instance(folder, free_port())
        with instance.postgres, instance.valkey:
            instance.environment()
            instance.postgres.ensure_database()
        (instance.storage / "document.pdf").write_bytes(b"%PDF")
        (instance.mailbox / "new").mkdir(parents=True)
        instance.seeded.touch()

        instance.erase()

        left = {str(path.relative_to(folder)) for path in Path(folder).rglob("*") if path.is_file()}
        assert left == {"postgres/lock", "postgres/log", "valkey/lock", "valkey/log"}
