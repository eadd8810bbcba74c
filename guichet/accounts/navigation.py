"""The menu: entries by role, endpoints by name."""

from dataclasses import dataclass

from flask import current_app, url_for

from guichet.accounts.models import Account, Role
from guichet.web.access import lets_in


@dataclass(frozen=True)
class Entry:
    label: str
    url: str
    current: bool
    children: tuple["Entry", ...] = ()


# (label, endpoint, roles to whom it is of use; none: everybody, signed in or not). Whom it opens to, its view says.
ENTRIES: tuple[tuple[str, str, frozenset[Role]], ...] = (
    ("Appels à projets", "calls.index", frozenset()),
    ("Mes dossiers", "applications.index", frozenset({Role.APPLICANT, Role.FOCAL_POINT})),
    ("Instruction", "review.board", frozenset({Role.OFFICER, Role.ADMIN, Role.AUDITOR})),
    ("Mes évaluations", "review.my_assignments", frozenset({Role.REVIEWER})),
    (
        "Séances",
        "review.sessions",
        frozenset({Role.OFFICER, Role.COMMITTEE, Role.CHAIR, Role.AUDITOR, Role.FINANCE}),
    ),
    ("Plans d’action", "plans.index", frozenset(Role) - {Role.REVIEWER}),
    ("Supervision", "supervision.overview", frozenset({Role.ADMIN, Role.AUDITOR})),
    ("Administration", "accounts.administration", frozenset({Role.ADMIN})),
)


def menu_for(account: Account | None, path: str) -> list[Entry]:
    """The entries that `account` may open; the one whose address leads to `path`, the page shown, is current."""
    held = account.roles if account is not None else None
    views = current_app.view_functions
    entries = [
        (label, target)
        for label, target, roles in ENTRIES
        if (not roles or roles & (held or set())) and lets_in(views[target], held, account)
    ]
    if account is not None:
        entries.insert(0, ("Accueil", "dashboard.index"))
    return [_entry(label, url_for(target), path) for label, target in entries]


def _entry(label: str, url: str, path: str) -> Entry:
    return Entry(label, url, current=path == url or path.startswith(f"{url}/"))
