"""Reading the pages of review in tests."""

import re

import sqlalchemy as sa

from guichet.applications.models import Application, ApplicationStatus
from guichet.core.db import db
from guichet.review.models import Assignment


def text_of(answer) -> str:
    return answer.get_data(as_text=True)


def address(application: Application, rest: str = "") -> str:
    """A page of the dossier for staff."""
    return f"/instruction/dossiers/{application.id}{rest}"


def page_of(assignment: Assignment, rest: str = "") -> str:
    """A page of the reviewer's."""
    return f"/evaluations/{assignment.id}{rest}"


def status_of(application: Application) -> ApplicationStatus:
    return db.session.scalar(sa.select(Application.status).where(Application.id == application.id))


def move(assignment: Assignment, status: ApplicationStatus) -> None:
    """Put the dossier of the assignment in another status, as the officer or the team would."""
    dossier = sa.update(Application).where(Application.id == assignment.application_id)
    db.session.execute(dossier.values(status=status))


def fresh(assignment: Assignment) -> Assignment:
    db.session.expire_all()
    return db.session.scalars(sa.select(Assignment).where(Assignment.id == assignment.id)).one()


def buttons(page: str) -> set[str]:
    """The steps offered: links and buttons of the dossier's banner."""
    banner = page.split('<div class="gu-banner', 1)[1].split("gu-split", 1)[0]
    return {re.sub(r"\s+", " ", label).strip() for label in re.findall(r'class="fr-btn[^>]*>([^<]+)<', banner)}
