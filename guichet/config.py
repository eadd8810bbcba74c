"""Settings, read once from the environment; the start is refused, in one clear line each, when one is missing or weak."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

SHORTEST_SECRET = 32


class SettingsError(Exception):
    """What is wrong with the environment, one line a problem."""


@dataclass(frozen=True)
class Settings:
    """What the operator decides. See docs/runbook.md for each variable."""

    database_url: str
    redis_url: str
    secret_key: str
    base_url: str
    mail_url: str
    storage_url: str
    mail_from: str
    service_name: str
    contact_email: str
    state_brand: bool
    metrics_allowed: bool
    demonstration: bool
    demo_mailbox: Path | None
    # Who answers for the service, as the law has it written on its legal pages; empty: the page says that it is missing.
    publisher: str = ""
    # What heads the documents: the ministry, then the entity of it, parted by « | ».
    letterhead: str = ""
    publication_director: str = ""
    hosting: str = ""
    privacy_email: str = ""
    security_email: str = ""
    # Reverse proxies in front, each of which says for whom it asks; with none, what a client says of itself is not believed.
    trusted_proxies: int = 0
    # The antivirus; empty: files are not scanned, and the pages say so.
    clamd_url: str = ""

    @property
    def secure(self) -> bool:
        """Whether people reach the service by HTTPS."""
        return urlsplit(self.base_url).scheme == "https"


REQUIRED = {
    "DATABASE_URL": ("postgresql", "postgresql+psycopg"),
    "REDIS_URL": ("redis", "rediss", "unix", "redis+socket"),
    "BASE_URL": ("http", "https"),
    "MAIL_URL": ("smtp", "smtps", "smtp+starttls"),
    "STORAGE_URL": ("file", "s3"),
}
OPTIONAL = {"CLAMD_URL": ("tcp", "unix")}
TRUE = {"1", "true", "yes", "oui"}


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Settings of `environment`. Raises SettingsError naming every missing or unusable variable."""
    if problems := list(_problems(environment)):
        raise SettingsError("\n".join(problems))
    base_url = environment["BASE_URL"].rstrip("/")
    mailbox = environment.get("DEMO_MAILBOX")
    return Settings(
        database_url=_with_driver(environment["DATABASE_URL"]),
        redis_url=environment["REDIS_URL"],
        secret_key=environment["SECRET_KEY"],
        base_url=base_url,
        mail_url=environment["MAIL_URL"],
        storage_url=environment["STORAGE_URL"],
        mail_from=environment.get("MAIL_FROM", f"Guichet <ne-pas-repondre@{urlsplit(base_url).hostname}>"),
        service_name=environment.get("SERVICE_NAME", "Guichet"),
        contact_email=environment.get("CONTACT_EMAIL", f"contact@{urlsplit(base_url).hostname}"),
        state_brand=environment.get("STATE_BRAND", "").lower() in TRUE,
        metrics_allowed=environment.get("METRICS_ALLOWED", "").lower() in TRUE,
        demonstration=environment.get("DEMO", "").lower() in TRUE,
        demo_mailbox=Path(mailbox) if mailbox else None,
        letterhead=environment.get("LETTERHEAD", ""),
        publisher=environment.get("PUBLISHER", ""),
        publication_director=environment.get("PUBLICATION_DIRECTOR", ""),
        hosting=environment.get("HOSTING", ""),
        privacy_email=environment.get("PRIVACY_EMAIL", ""),
        security_email=environment.get("SECURITY_EMAIL", ""),
        trusted_proxies=int(environment.get("TRUSTED_PROXIES") or 0),
        clamd_url=environment.get("CLAMD_URL", ""),
    )


def _problems(environment: Mapping[str, str]) -> list[str]:
    problems = []
    for name, schemes in REQUIRED.items():
        value = environment.get(name, "")
        if not value:
            problems.append(f"{name} is missing: set it to an address such as {schemes[0]}://…")
        elif urlsplit(value).scheme not in schemes:
            problems.append(f"{name} must begin with one of: {', '.join(f'{scheme}://' for scheme in schemes)}")
    problems += [
        f"{name} must begin with one of: {', '.join(f'{scheme}://' for scheme in schemes)}"
        for name, schemes in OPTIONAL.items()
        if environment.get(name) and urlsplit(environment[name]).scheme not in schemes
    ]
    if not (environment.get("TRUSTED_PROXIES") or "0").isdecimal():
        problems.append("TRUSTED_PROXIES must be a whole number: how many reverse proxies stand in front")
    secret = environment.get("SECRET_KEY", "")
    if not secret:
        problems.append("SECRET_KEY is missing: set it to 32 random characters or more, and keep it secret")
    elif len(secret) < SHORTEST_SECRET or len(set(secret)) < SHORTEST_SECRET // 4:
        problems.append(f"SECRET_KEY is too weak: {SHORTEST_SECRET} random characters are the least")
    return problems


def _with_driver(url: str) -> str:
    # SQLAlchemy picks another driver for a plain postgresql:// address.
    return url.replace("postgresql://", "postgresql+psycopg://", 1) if url.startswith("postgresql://") else url
