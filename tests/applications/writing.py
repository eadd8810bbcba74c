"""Where a section is written, what the database then holds, and a second person to write it."""

from guichet.accounts.models import Account, Role
from guichet.applications import queries
from guichet.applications.models import Application, Section, TeamMember, TeamRole
from guichet.core.db import db
from tests.factories.accounts import make_account


def address(application: Application, section: Section) -> str:
    return f"/dossiers/{application.id}/rubriques/{section.slug}"


def saved(application: Application) -> Application:
    """The dossier as the database has it."""
    identifier = application.id
    db.session.expire_all()
    return queries.loaded(identifier)


def colleague_of(draft: Application, lead: Account) -> Account:
    colleague = make_account(Role.APPLICANT, organisation=lead.organisation)
    db.session.add(TeamMember(application_id=draft.id, account_id=colleague.id, role=TeamRole.EDITOR))
    db.session.flush()
    return colleague
