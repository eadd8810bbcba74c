"""Who and what the story is about, found again by name from one scene to the next."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from guichet.accounts import queries as accounts
from guichet.accounts.models import Account, Organisation
from guichet.applications import queries as applications
from guichet.applications.models import Application, TeamMember
from guichet.calls.models import Call
from guichet.calls.policies import next_closing
from guichet.core.db import db
from guichet.demo.accounts import ACCOUNTS
from guichet.demo.seed.texts import Ministry, Office, Person, window

DEMONSTRATION = {account.name: account.email for account in ACCOUNTS}
# Who does what, by the name that begins the address.
ADMIN, OFFICER, CHAIR, FINANCE = "admin", "instruction", "presidence", "finances"
# The officer of the ministry where the first one works: nobody processes her own ministry's dossiers.
SECOND_OFFICER, SECOND_OFFICERS_MINISTRY = "o.trebel", "matignon"


@dataclass
class Cast:
    """Identifiers, filled as the scenes are played."""

    organisations: dict[str, UUID] = field(default_factory=dict)
    calls: dict[str, UUID] = field(default_factory=dict)
    sessions: dict[str, UUID] = field(default_factory=dict)
    # By ministry and by the key of the plan's text.
    actions: dict[tuple[str, str], UUID] = field(default_factory=dict)

    def organisation(self, key: str) -> Organisation:
        return db.session.get_one(Organisation, self.organisations[key])

    def call(self, key: str, *loaded: sa.orm.interfaces.ORMOption) -> Call:
        return db.session.get_one(Call, self.calls[key], options=loaded)


def account(name: str) -> Account:
    """The person whose address begins with `name`, with her rights."""
    found = accounts.by_email(person(name).email)
    if found is None:
        raise LookupError(f"nobody is called {name}")
    return found


def person(name: str) -> Person:
    """What the texts say of the person whose address begins with `name`."""
    wanted = DEMONSTRATION.get(name)
    return next(
        one
        for ministry in window().ministries
        for one in ministry.people
        if one.email == wanted or (wanted is None and one.email.split("@")[0] == name)
    )


def ministry_of(name: str) -> Ministry:
    return next(one for one in window().ministries if person(name) in one.people)


def office_of(name: str) -> Ministry | Office:
    """Where the person works: a direction, an operator, or the ministry itself."""
    ministry, key = ministry_of(name), person(name).organisation
    return next((office for office in ministry.organisations if office.key == key), ministry)


def focal_point_of(ministry: Ministry) -> str:
    return next(short_name(one) for one in ministry.people if "focal_point" in one.roles)


def officer_for(ministry: Ministry) -> str:
    return SECOND_OFFICER if ministry.key == SECOND_OFFICERS_MINISTRY else OFFICER


def short_name(one: Person) -> str:
    return one.email.split("@")[0]


def reviewers() -> Iterator[str]:
    for ministry in window().ministries:
        yield from (short_name(one) for one in ministry.people if "reviewer" in one.roles)


def whole(application_id: UUID) -> Application:
    """The dossier with all that it holds."""
    return applications.loaded(application_id)


def processed(application_id: UUID) -> Application:
    """The dossier as those who process it need it: with its call, its team and the complements asked."""
    return db.session.get_one(
        Application,
        application_id,
        options=(
            joinedload(Application.call),
            joinedload(Application.organisation),
            selectinload(Application.team).joinedload(TeamMember.account),
            selectinload(Application.change_requests),
        ),
    )


def deadline_of(call: Call) -> dt.datetime:
    """What the project's dates count from, also in a call that never closes."""
    return next_closing(call, at=call.opens_at) or call.opens_at + dt.timedelta(days=60)
