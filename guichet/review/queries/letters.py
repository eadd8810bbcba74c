"""Reading what a decision letter needs."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from guichet.accounts.models import Account
from guichet.applications.models import Application, TeamMember
from guichet.core.db import db
from guichet.review.models import Decision


def with_its_dossier(decision_id: UUID) -> Decision:
    """The decision, its author and the service she is of; its dossier, with whom it is told to."""
    dossier = joinedload(Decision.application, innerjoin=True)
    rows = (
        sa.select(Decision)
        .where(Decision.id == decision_id)
        .options(
            joinedload(Decision.prepared_by, innerjoin=True).joinedload(Account.organisation, innerjoin=True),
            dossier.options(
                joinedload(Application.call, innerjoin=True),
                joinedload(Application.organisation, innerjoin=True),
                joinedload(Application.ministry, innerjoin=True),
                selectinload(Application.team).joinedload(TeamMember.account),
            ),
        )
    )
    return db.session.scalars(rows).one()
