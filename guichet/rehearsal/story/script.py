"""Playing the story: in one transaction that is always undone, with its files in a folder that is thrown away.

Nothing of it can reach a list, a count, an export, a mailbox or the journal: those are never told. What it publishes is handed
over inside the same transaction; what waits for a commit never runs.
"""

import datetime as dt
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from guichet.calls.models import Call
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import DomainError
from guichet.core.transaction import nothing_kept
from guichet.documents import storage
from guichet.outbox import services as outbox
from guichet.outbox.models import OutboxMessage
from guichet.rehearsal.report import Place, Report, Step
from guichet.rehearsal.story import committee, handing_in, processing
from guichet.rehearsal.story.blocked import Blocked, obstacle_of
from guichet.rehearsal.story.cast import gather
from guichet.rehearsal.story.copying import copied, fund
from guichet.rehearsal.story.stage import Calendar, Paper, Stage

# Less than what makes the database look for a deadlock: the story gives way, and is played again, before a true
# transaction could be the one that is stopped.
PATIENCE = "500ms"


@dataclass(frozen=True)
class Told:
    """What is left of the story: the report, and the documents that it produced."""

    report: Report
    papers: list[Paper]


@dataclass(frozen=True)
class Scene:
    """`place` is where what stops it is mended, unless the refusal says better."""

    title: str
    at: Callable[[Calendar], dt.datetime]
    act: Callable[[Stage], None]
    place: Place = Place.CALL


SCENES = (
    Scene("Le décor", lambda calendar: calendar.published, handing_in.present, Place.RULES),
    Scene("Publication de l’appel", lambda calendar: calendar.published, handing_in.publish, Place.RULES),
    Scene("Ouverture du dépôt", lambda calendar: calendar.opened, handing_in.open_call, Place.RULES),
    Scene("Rédaction des dossiers", lambda calendar: calendar.handed_in, handing_in.write_dossiers, Place.RULES),
    Scene("Dépôt et accusés de réception", lambda calendar: calendar.handed_in, handing_in.hand_in, Place.RULES),
    Scene("Clôture du dépôt", lambda calendar: calendar.closed, processing.close_call),
    Scene("Recevabilité", lambda calendar: calendar.after(1), processing.judge),
    Scene("Désignation des évaluateurs", lambda calendar: calendar.after(2), processing.assign, Place.RULES),
    Scene("Notation", lambda calendar: calendar.after(5), processing.score, Place.CRITERIA),
    Scene("Clôture de l’évaluation", lambda calendar: calendar.after(12), processing.close_review, Place.RULES),
    Scene("Séance et classement", lambda calendar: calendar.after(13), committee.rank_dossiers),
    Scene("Décisions préparées", lambda calendar: calendar.after(20), committee.decide, Place.ENVELOPE),
    Scene("Décisions publiées", lambda calendar: calendar.after(21), committee.publish),
)


def play(call_id: UUID) -> Told:
    """Play the call from draft to decision, as far as its rules let it go; leaves no trace."""
    with (
        nothing_kept(),
        tempfile.TemporaryDirectory(prefix="repetition-") as folder,
        storage.elsewhere(Path(folder)),
        outbox.messages_held() as owed,
    ):
        stage = _set(call_id, owed)
        for scene in SCENES:
            if not _played(scene, stage):
                break
        stage.report.dossiers = len(stage.dossiers)
        return Told(stage.report, stage.papers)


def _set(call_id: UUID, owed: list[OutboxMessage]) -> Stage:
    db.session.execute(sa.text(f"SET LOCAL lock_timeout = '{PATIENCE}'"))
    model = _call(call_id)
    mark = uuid.uuid4().hex[:8].upper()
    calendar = Calendar.of(model)
    call = copied(model, mark)
    cast = gather(call, mark)
    fund(call, model, actor=cast.officer)
    if model.organisations:
        # Reserved to some: the fictitious ones take their place.
        call.organisations = [team.carrier for team in cast.teams]
    db.session.flush()
    return Stage(model=model, call=call, cast=cast, calendar=calendar, owed=owed)


def _call(call_id: UUID) -> Call:
    lists = (Call.criteria, Call.families, Call.priority_actions, Call.attachment_kinds, Call.organisations)
    rows = sa.select(Call).where(Call.id == call_id).options(*(selectinload(one) for one in lists))
    return db.session.scalars(rows.execution_options(populate_existing=True)).one()


def _played(scene: Scene, stage: Stage) -> bool:
    """Play a scene at its instant; False when a rule stops the story there."""
    at = scene.at(stage.calendar)
    step = Step(title=scene.title, at=at)
    stage.report.steps.append(step)
    try:
        with clock.travel_to(at):
            scene.act(stage)
            stage.deliver()
    except Blocked as problem:
        step.obstacles += problem.obstacles
    except DomainError as problem:
        step.obstacles.append(obstacle_of(problem, scene.place))
    return not step.obstacles
