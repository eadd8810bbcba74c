"""The list of one's own dossiers: found by their words, narrowed, sorted. What a person may not see is never in `rows`."""

import enum
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from guichet.accounts.models import Account, Role
from guichet.applications import messages
from guichet.applications.funded import WORDS, looked_for
from guichet.applications.models import Application, ApplicationStatus, TeamMember, TeamRole
from guichet.calls.models import Call

# The year of the submission; of a draft, that in which it was begun.
YEAR = sa.extract(
    "year", sa.func.timezone("Europe/Paris", sa.func.coalesce(Application.submitted_at, Application.created_at))
)
SORTS: dict[str, sa.ColumnElement[Any] | Any] = {
    "titre": sa.func.lower(Application.title),
    "cloture": Call.closes_at,
    "montant": Application.amount_requested,
    "enregistrement": Application.saved_at,
}
LATEST = "-enregistrement"


class Part(enum.StrEnum):
    """What somebody is to a dossier; the values are words of the address."""

    LEAD = "porteur"
    EDITOR = "co-porteur"
    FOCAL_POINT = "referent"

    @property
    def label(self) -> str:
        return {"porteur": "Porteur", "co-porteur": "Co-porteur", "referent": "Référent"}[self.value]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a person looks for; nothing narrows by default. `sort` is a word of SORTS, after « - » for the reverse."""

    words: str = ""
    status: ApplicationStatus | None = None
    call_id: UUID | None = None
    part: Part | None = None
    round_id: UUID | None = None
    unread: bool = False
    year: int | None = None
    sort: str = LATEST


def listed(rows: sa.Select[Application], wanted: Wanted, *, actor: Account) -> sa.Select[Application]:
    """`rows` narrowed and in the order wanted."""
    rows = rows.join(Call, Call.id == Application.call_id)
    conditions: dict[str, sa.ColumnElement[bool]] = {
        "status": Application.status == wanted.status,
        "call_id": Application.call_id == wanted.call_id,
        "round_id": Application.round_id == wanted.round_id,
        "year": sa.literal(wanted.year) == YEAR,
    }
    rows = rows.where(*(condition for name, condition in conditions.items() if getattr(wanted, name) is not None))
    if wanted.words:
        rows = rows.where(_speaks_of(wanted.words))
    if wanted.unread:
        rows = rows.where(messages.with_unread(actor))
    if wanted.part is not None:
        rows = rows.where(_is_held(wanted.part, actor))
    key = SORTS.get(wanted.sort.removeprefix("-"), Application.saved_at)
    order = key.desc() if wanted.sort.startswith("-") else key.asc()
    options = (joinedload(Application.call), joinedload(Application.organisation))
    return rows.options(*options).order_by(order, Application.id)


def _speaks_of(words: str) -> sa.ColumnElement[bool]:
    """The words of its texts, whatever their accents and endings; or any part of its title and of its reference."""
    query: Any = sa.func.websearch_to_tsquery(sa.literal_column("'french'::regconfig"), looked_for(words))
    return sa.or_(
        WORDS.op("@@")(query),
        Application.title.icontains(words, autoescape=True),
        Application.reference.icontains(words, autoescape=True),
    )


def _is_held(part: Part, actor: Account) -> sa.ColumnElement[bool]:
    if part is Part.FOCAL_POINT:
        return Application.ministry_id.in_(actor.organisations_as(Role.FOCAL_POINT))
    role = TeamRole.LEAD if part is Part.LEAD else TeamRole.EDITOR
    held = sa.select(TeamMember.application_id).where(TeamMember.account_id == actor.id, TeamMember.role == role)
    return Application.id.in_(held)
