"""The demonstration's data: a true story, played through the real use cases, the same each time.

Dates count from the anchor (see stage.py): the Monday of the week in which the data is made.
"""

import contextlib
import datetime as dt
from collections.abc import Iterator
from functools import partial

import sqlalchemy as sa
from flask import current_app

from guichet.accounts.models import Account, Organisation
from guichet.config import Settings
from guichet.core.db import db
from guichet.core.errors import RuleBroken
from guichet.demo.accounts import PASSWORD
from guichet.demo.seed import calls, correspondence, evaluations, people, planning, sittings, stories
from guichet.demo.seed.cast import Cast
from guichet.demo.seed.identifiers import steady_identifiers
from guichet.demo.seed.postman import Postman
from guichet.demo.seed.stage import Stage, monday
from guichet.demo.seed.texts import dossiers, window
from guichet.outbox.models import MessageStatus, OutboxMessage

__all__ = ["PASSWORD", "seed_demo"]

# Days from the anchor: the window opens; the e-mails kept in the demonstration's mailbox begin.
OPENING, KEPT = -483, -20
# Scenes whose e-mails are left to the worker's first start.
LAST_SCENES = 4


def seed_demo() -> None:
    """Fill an empty database with the demonstration. Raises RuleBroken outside a demonstration, or on a database in use."""
    settings: Settings = current_app.extensions["settings"]
    _refuse_real_use(settings)
    anchor = monday()
    postman = Postman(settings.mail_from, settings.demo_mailbox, anchor + dt.timedelta(days=KEPT))
    stage, cast = Stage(anchor, postman), Cast()
    _open_window(stage, cast)
    planning.plan_plans(stage, cast)
    calls.plan_calls(stage, cast)
    told = [stories.Story(stage, cast, dossier, rank) for rank, dossier in enumerate(dossiers())]
    for story in told:
        stories.tell(story)
        if story.dossier.fate in {"under-review", "reviewed", "decided"}:
            evaluations.tell(story)
    sittings.tell(stage, cast, told)
    correspondence.tell(told)
    with _quick_commits(), steady_identifiers():
        stage.play(unposted=LAST_SCENES)
    _refuse_leftovers()


@contextlib.contextmanager
def _quick_commits() -> Iterator[None]:
    """Do not wait for the disk at each of some two thousand commits: the last one makes all of them durable."""
    db.session.execute(sa.text("SET synchronous_commit TO off"))
    db.session.commit()
    yield
    db.session.execute(sa.text("SET synchronous_commit TO DEFAULT"))
    db.session.commit()


def _refuse_real_use(settings: Settings) -> None:
    if not settings.demonstration:
        raise RuleBroken("Les données de démonstration ne vont que dans une démonstration (DEMO=1).")
    if db.session.scalar(sa.select(sa.or_(sa.exists(sa.select(Account.id)), sa.exists(sa.select(Organisation.id))))):
        raise RuleBroken("La base contient déjà des données : celles de la démonstration n’y sont pas ajoutées.")


def _open_window(stage: Stage, cast: Cast) -> None:
    stage.add(stage.at(OPENING, 9), partial(people.install, cast))
    for rank, ministry in enumerate(window().ministries):
        stage.add(stage.at(OPENING, 10 + rank / 4), partial(people.open_ministry, cast, ministry))
        stage.add(stage.at(OPENING + 1, 9 + rank / 4), partial(people.open_accounts, cast, ministry))
    # In the evening: both days may fall on the same Friday.
    stage.add(stage.at(OPENING + 3, 18), people.choose_passwords)


def _refuse_leftovers() -> None:
    owed = db.session.scalar(
        sa.select(sa.func.count()).select_from(OutboxMessage).where(OutboxMessage.status != MessageStatus.DONE)
    )
    if owed:
        raise RuntimeError(f"{owed} messages of the demonstration were not delivered: see the log")
