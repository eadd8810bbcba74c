"""What a message is about, loaded once for all its recipients."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from guichet.accounts.models import Account
from guichet.applications.models import Application, TeamMember
from guichet.calls.policies import next_closing, round_at
from guichet.core import clock
from guichet.core.db import db


@dataclass(frozen=True)
class Subject:
    """An application or an account, and what the texts need beside it."""

    table: str
    id: UUID
    facts: dict[str, Any]

    @property
    def application(self) -> Application:
        return cast("Application", self.facts["application"])

    @property
    def account(self) -> Account:
        return cast("Account", self.facts["account"])


# None when what the event is about is gone: a draft thrown away since has nobody to tell.
Loader = Callable[[Any], Subject | None]


def application(event: Any, **facts: Any) -> Subject | None:
    """The dossier of the event, with its call, organisation and team."""
    dossier = db.session.scalars(
        sa.select(Application)
        .where(Application.id == event.application_id)
        .options(
            joinedload(Application.call),
            joinedload(Application.organisation),
            joinedload(Application.ministry),
            selectinload(Application.team).joinedload(TeamMember.account),
        )
        .execution_options(populate_existing=True)
    ).one_or_none()
    if dossier is None:
        return None
    deadline = {
        "closing": next_closing(dossier.call, at=clock.now()),
        "running": round_at(dossier.call, at=clock.now()),
    }
    return Subject("application", dossier.id, {"application": dossier, "call": dossier.call, **deadline, **facts})


def account(event: Any, **facts: Any) -> Subject:
    """The account of the event."""
    person = db.session.get_one(Account, event.account_id)
    return Subject("account", person.id, {"account": person, **facts})


def stored_file(event: Any) -> Subject:
    """The first of the stored files that the event tells of."""
    return Subject("document", event.document_id, {})
