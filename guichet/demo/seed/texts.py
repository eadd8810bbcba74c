"""The demonstration's texts, read from the TOML files of guichet/demo/data and checked against the shapes below."""

import functools
from decimal import Decimal
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from guichet.accounts.models import OrganisationKind, Role
from guichet.applications.models import BudgetCategory, CofunderKind, ImpactUnit, MessageAudience, Section
from guichet.plans.models import EngagementLevel, Theme
from guichet.review.models import Outcome

DATA = Path(__file__).resolve().parents[1] / "data"
Shape = TypeVar("Shape")


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of all shapes: a misspelt field is an error, not a silence."""


class Person(Text, frozen=True):
    email: str
    name: str
    job: str
    organisation: str
    roles: list[Role]


class Office(Text, frozen=True):
    """A direction or an operator; `the` and `of` are its name inside a sentence."""

    key: str
    name: str
    short_name: str
    kind: OrganisationKind
    the: str
    of: str


class Ministry(Text, frozen=True):
    key: str
    name: str
    short_name: str
    the: str
    of: str
    organisations: list[Office]
    people: list[Person]


class Window(Text, frozen=True):
    """Who is there."""

    ministries: list[Ministry]


class Choice(Text, frozen=True):
    code: str
    label: str


class GridLine(Text, frozen=True):
    title: str
    description: str
    weight: int
    digital_service: bool = False


class Kind(Text, frozen=True):
    label: str
    required: bool


class CallText(Text, frozen=True):
    """`opens`, `closes` and `rounds` are days from the anchor; neither of the last two: a continuous call.

    Empty lists of families or actions mean all.
    """

    key: str
    title: str
    code: str
    opens: int
    envelope: int
    amount_min: int
    amount_max: int
    grid: str
    summary: str
    description: str
    who_may_apply: str
    closes: int | None = None
    rounds: list[int] = []
    families: list[str] = []
    actions: list[str] = []
    # Days between a submission and its decision; none is announced without it.
    decision_days: int | None = None


class Rules(Text, frozen=True):
    """The window's lists and its calls."""

    priority_actions: list[Choice]
    families: list[Choice]
    grids: dict[str, list[GridLine]]
    calls: list[CallText]
    attachment_kinds: list[Kind]


class PlanIndicator(Text, frozen=True):
    label: str
    unit: str
    baseline: Decimal
    target: Decimal


class ActionText(Text, frozen=True):
    key: str
    theme: Theme
    level: EngagementLevel
    pilot: str
    titles: list[str]
    description: str
    key_action: bool = False
    priority: str = ""
    indicator: PlanIndicator | None = None


class Plans(Text, frozen=True):
    """`sizes`: how many actions each ministry's plan ends with, and how many of them are done."""

    actions: list[ActionText]
    sizes: dict[str, tuple[int, int]]


class Step(Text, frozen=True):
    """A milestone, so many months after the decision."""

    label: str
    months: int


class Cost(Text, frozen=True):
    """A budget line in euros; `year` counts from the first year of the project."""

    category: BudgetCategory
    label: str
    year: int
    amount: int
    requested: int
    cofunded: int = 0
    cofunder: str = ""
    cofunder_kind: CofunderKind = CofunderKind.OTHER


class Effect(Text, frozen=True):
    """A declared effect; `fixed` ones (percentages) do not grow with the project."""

    label: str
    unit: ImpactUnit
    baseline: Decimal
    target: Decimal
    months: int
    fixed: bool = False


class Project(Text, frozen=True):
    """A project that any ministry may carry: its texts hold names between braces, filled for each dossier."""

    title: str
    family: str
    actions: list[str]
    plan: str
    level: EngagementLevel
    summary: str
    problem: str
    solution: str
    users: str
    deliverables: str
    without_funding: str
    mandate: str
    time: int
    stakeholders: str
    close_projects: str
    impact_method: str
    own_footprint: str
    savings: int
    licence: str
    openness: str
    risks: str
    reuse: str
    feedback: str
    strong: str
    weak: str
    values: dict[str, int]
    milestones: list[Step]
    budget: list[Cost]
    indicators: list[Effect]
    savings_after: int = 0
    digital_service: bool = False
    rgesn: int | None = None
    # An action that no plan has yet, which an award creates.
    proposed: str = ""
    theme: Theme | None = None


Fate = Literal[
    "draft",
    "awaiting",
    "submitted",
    "changes-requested",
    "eligible",
    "ineligible",
    "closed",
    "withdrawn",
    "under-review",
    "reviewed",
    "decided",
]


class Dossier(Text, frozen=True):
    """Who asks what, and how far it went. `day` is when it was handed in (or last written), counted from the anchor."""

    call: str
    project: str
    lead: str
    day: int
    fate: Fate
    scale: float = 1
    # What reviewers will find it worth, 1 to 5.
    quality: int = 3
    title: str = ""
    sections: list[Section] = []
    # A colleague who writes it too, and an action proposed beside the existing one.
    colleague: str = ""
    # An address invited in the team, and whether the colleague is asked to become the lead.
    invited: str = ""
    proposes_lead: bool = False
    proposes: str = ""
    proposes_theme: Theme | None = None
    sent_back: str = ""
    complements: list[Section] = []
    asked: str = ""
    answer: str = ""
    # Why more time is given to complete, and what the answer says otherwise in the method.
    extended: str = ""
    corrects: dict[str, str] = {}
    reopened: str = ""
    reason: str = ""
    # « name » or « name:state », the state being a word of AssignmentStatus, or « drafted ».
    reviewers: list[str] = []
    declined: str = ""
    declined_reason: str = ""
    conflict_reason: str = ""
    session: str = ""
    outcome: Outcome | None = None
    # Decided but not published.
    prepared: Outcome | None = None
    # Part of the request that is granted.
    share: float = 1
    conditions: str = ""
    # A later session, where money that came back awards what was on the waiting list.
    second_session: str = ""


class Dossiers(Text, frozen=True):
    dossiers: list[Dossier]


class Written(Text, frozen=True):
    """A message about the dossier of that call, project and lead, by her or by its officer; `day` counts from the anchor."""

    call: str
    project: str
    lead: str
    day: int
    by: Literal["lead", "officer"]
    audience: MessageAudience
    body: str


class Correspondence(Text, frozen=True):
    messages: list[Written]


class Remarks(Text, frozen=True):
    """What may be written of a criterion, by the mark."""

    low: list[str]
    mid: list[str]
    high: list[str]
    # Of a saving, where none is promised.
    none: list[str] = []


class Opinions(Text, frozen=True):
    """`committee` and `applicant`: what is written to each, by recommendation."""

    criteria: dict[str, Remarks]
    committee: dict[str, str]
    applicant: dict[str, str]


@functools.cache
def projects() -> dict[str, Project]:
    """Every project, by the name of its file."""
    return {path.stem: _read(path, Project) for path in sorted((DATA / "projects").glob("*.toml"))}


@functools.cache
def window() -> Window:
    return _read(DATA / "people.toml", Window)


@functools.cache
def rules() -> Rules:
    return _read(DATA / "calls.toml", Rules)


@functools.cache
def plans() -> Plans:
    return _read(DATA / "plans.toml", Plans)


@functools.cache
def dossiers() -> list[Dossier]:
    return _read(DATA / "dossiers.toml", Dossiers).dossiers


@functools.cache
def correspondence() -> list[Written]:
    """What is written about some dossiers, in the order in which it is."""
    return _read(DATA / "messages.toml", Correspondence).messages


@functools.cache
def opinions() -> Opinions:
    return _read(DATA / "opinions.toml", Opinions)


def _read(path: Path, shape: type[Shape]) -> Shape:
    return msgspec.toml.decode(path.read_bytes(), type=shape, strict=False)
