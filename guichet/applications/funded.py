"""Projects already funded, once the results of their call are public: found by their words, read by everybody.

Nothing else of a dossier is read here: neither what is being written, nor what was refused, nor what is not decided yet.
"""

import datetime as dt
import enum
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from guichet.accounts.models import Account, Organisation
from guichet.applications.models import Application, Recusal, application_priority_action
from guichet.applications.models.application import ACCENTED, PLAIN
from guichet.calls.models import Call, CallStatus, PriorityAction
from guichet.core.db import db
from guichet.core.errors import NotFound

WORDS: sa.ColumnElement[Any] = Application.__table__.c.words
RESULTS = (CallStatus.RESULTS_PUBLISHED, CallStatus.ARCHIVED)
# What the index holds, in its own words: a parameter would hide it from the planner.
IS_FUNDED = sa.and_(
    sa.literal_column("'awarded'") == Application.status,
    Application.outcome_published_at.is_not(None),
)
PUBLISHED_YEAR = sa.extract("year", sa.func.timezone(Call.time_zone, Application.outcome_published_at))
# Long words tell more than short ones; a dozen of them is enough to be close.
TELLING, SUGGESTED = 12, 3
# Words that say nothing, and that PostgreSQL's French list has not, or has with their accents alone.
SILENT = {"a", "ete", "etes", "les", "meme"}


class Order(enum.StrEnum):
    RELEVANCE = "pertinence"
    DATE = "date"

    @property
    def label(self) -> str:
        return {"pertinence": "Les plus proches des mots", "date": "Les plus récents"}[self.value]


@dataclass(frozen=True)
class Wanted:
    """What a reader looks for; nothing narrows by default."""

    words: str = ""
    action: str | None = None
    ministry_id: UUID | None = None
    call_id: UUID | None = None
    year: int | None = None
    order: Order = Order.RELEVANCE


@dataclass(frozen=True)
class Funded:
    """What everybody may know of a funded project."""

    id: UUID
    title: str
    ministry: str
    call: str
    granted: Decimal
    published_at: dt.datetime
    time_zone: str

    @property
    def citation(self) -> str:
        """How a dossier names it, as text."""
        return f"« {self.title} », {self.ministry}, appel « {self.call} »"


COLUMNS = (
    Application.id,
    Application.title,
    Organisation.name.label("ministry"),
    Call.title.label("call"),
    Application.amount_granted.label("granted"),
    Application.outcome_published_at.label("published_at"),
    Call.time_zone,
)


def fold(text: str) -> str:
    """`text` without capitals nor accents, as the column of words was made."""
    return text.lower().translate(str.maketrans(ACCENTED, PLAIN)).replace("œ", "oe")


def looked_for(words: str) -> str:
    """The words of a search, as the index has them; a phrase between quotes is left whole."""
    folded = fold(words)
    return folded if '"' in folded else " ".join(word for word in folded.split() if word not in SILENT)


def _funded(reader: Account | None, *columns: Any) -> sa.Select[Any]:
    """The funded projects that `reader` may know, with `columns`; a recusal hides a dossier from her, here too."""
    rows = (
        sa.select(*columns)
        .select_from(Application)
        .join(Call, Call.id == Application.call_id)
        .join(Organisation, Organisation.id == Application.ministry_id)
        .where(IS_FUNDED, Call.status.in_(RESULTS))
    )
    if reader is None:
        return rows
    recused = sa.select(Recusal.application_id).where(Recusal.account_id == reader.id)
    return rows.where(Application.id.not_in(recused))


def found(reader: Account | None, wanted: Wanted) -> sa.Select[Any]:
    """Rows of `COLUMNS`, in the order wanted; without words, the latest first."""
    rows = _funded(reader, *COLUMNS)
    if wanted.ministry_id:
        rows = rows.where(Application.ministry_id == wanted.ministry_id)
    if wanted.call_id:
        rows = rows.where(Application.call_id == wanted.call_id)
    if wanted.year:
        rows = rows.where(PUBLISHED_YEAR.in_([wanted.year]))
    if wanted.action:
        rows = rows.where(Application.id.in_(_serving(wanted.action)))
    latest = (Application.outcome_published_at.desc(), Application.id)
    if not wanted.words:
        return rows.order_by(*latest)
    query: Any = sa.func.websearch_to_tsquery(sa.literal_column("'french'::regconfig"), looked_for(wanted.words))
    rows = rows.where(WORDS.op("@@")(query))
    if wanted.order is Order.DATE:
        return rows.order_by(*latest)
    return rows.order_by(sa.func.ts_rank(WORDS, query).desc(), *latest)


def _serving(action: str) -> sa.Select[tuple[UUID]]:
    link = application_priority_action.c
    return (
        sa.select(link.application_id)
        .join(PriorityAction, PriorityAction.id == link.priority_action_id)
        .where(PriorityAction.code == action)
    )


def close_to(application: Application, reader: Account) -> list[Funded]:
    """The funded projects whose words are closest to those of a dossier, a few at most. One statement, or none."""
    words = telling_words(f"{application.title} {application.summary}")
    if not words:
        return []
    # Letters and figures alone: nothing here can be an operator.
    query: Any = sa.func.to_tsquery(sa.literal_column("'french'::regconfig"), " | ".join(words))
    rows = (
        _funded(reader, *COLUMNS)
        .where(WORDS.op("@@")(query), Application.id != application.id)
        .order_by(sa.func.ts_rank(WORDS, query).desc(), Application.outcome_published_at.desc(), Application.id)
    )
    return [Funded(*row) for row in db.session.execute(rows.limit(SUGGESTED))]


def telling_words(text: str) -> list[str]:
    """The longest words of a text, folded, each once."""
    words = dict.fromkeys(word for word in re.findall(r"[a-z0-9]+", fold(text)) if len(word) > 3)
    return sorted(words, key=lambda word: (-len(word), word))[:TELLING]


def one(reader: Account | None, application_id: UUID) -> Funded:
    """A funded project. Raises NotFound for what is not public, or not to be known by `reader`."""
    row = db.session.execute(_funded(reader, *COLUMNS).where(Application.id == application_id)).one_or_none()
    if row is None:
        raise NotFound("Ce projet n’existe pas, ou ses résultats ne sont pas publiés.")
    return Funded(*row)


def told(project: Funded) -> Application:
    """Its summary, family, priority actions and call, to be read; the caller has found it by `one`."""
    lists = (joinedload(Application.priority_actions), joinedload(Application.family), joinedload(Application.call))
    return db.session.scalars(sa.select(Application).where(Application.id == project.id).options(*lists)).unique().one()


@dataclass(frozen=True)
class Choices:
    """What lists may be narrowed to: only what leads somewhere."""

    ministries: list[tuple[UUID, str]]
    calls: list[tuple[UUID, str]]
    years: list[int]
    actions: list[tuple[str, str]]


def choices(reader: Account | None) -> Choices:
    """Four statements."""
    ministries = _funded(reader, Organisation.id, Organisation.name).distinct().order_by(Organisation.name)
    calls = _funded(reader, Call.id, Call.title, Call.closes_at).distinct().order_by(Call.closes_at.desc())
    years = _funded(reader, PUBLISHED_YEAR).distinct()
    link = application_priority_action.c
    served = sa.select(link.priority_action_id).where(link.application_id.in_(_funded(reader, Application.id)))
    actions = sa.select(PriorityAction.code, PriorityAction.label).where(PriorityAction.id.in_(served))
    return Choices(
        ministries=[(identifier, name) for identifier, name in db.session.execute(ministries)],
        calls=[(identifier, title) for identifier, title, _ in db.session.execute(calls)],
        years=sorted((int(year) for year in db.session.scalars(years)), reverse=True),
        actions=[(code, label) for code, label in db.session.execute(actions.order_by(PriorityAction.position))],
    )
