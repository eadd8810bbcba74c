"""A rehearsal leaves nothing but its report: on a database really committed, before, during and after."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Organisation, Role
from guichet.calls.models import Call
from guichet.core import clock
from guichet.core.db import db
from guichet.core.transaction import nothing_kept, unit_of_work
from guichet.questions.models import QuestionForm
from guichet.rehearsal.models import Rehearsal, RehearsalFile, RehearsalStatus
from guichet.rehearsal.services import playing, requests
from guichet.rehearsal.story import script as story
from guichet.rehearsal.story.script import Scene
from tests.factories.accounts import make_account, make_ministry
from tests.factories.questions import make_form
from tests.factories.rehearsals import make_coming_call

# What a rehearsal writes for good: itself, its documents, and the line that says that it was asked.
OWN = {"rehearsal": 1, "rehearsal_file": 6, "document": 6, "audit_entry": 1}


@pytest.fixture
def house(own_app, tmp_path):
    """An application with a storage of its own, a call that asks for everything, and its officer."""
    app = own_app(STORAGE_URL=(tmp_path / "files").as_uri())
    with app.app_context():
        with unit_of_work():
            officer = make_account(Role.OFFICER)
            call = make_coming_call(endorsement_required=True, organisations=[make_ministry()])
            make_form(call, published=False)
        yield app, call, officer


def counted():
    """How many rows each table has, as another connection sees it."""
    with db.engine.connect() as connection:
        return {
            table.name: connection.scalar(sa.select(sa.func.count()).select_from(table))
            for table in db.metadata.sorted_tables
        }


def stored(app):
    root = Path(urlsplit(app.extensions["settings"].storage_url).path)
    return sorted(path for path in root.rglob("*") if path.is_file())


def grown(before, after):
    return {name: count - before[name] for name, count in after.items() if count != before[name]}


def facts_of(call):
    with db.engine.connect() as connection:
        row = connection.execute(sa.select(Call.__table__).where(Call.id == call.id)).one()
        form = sa.select(QuestionForm.__table__).where(QuestionForm.call_id == call.id)
        return row._asdict(), [one._asdict() for one in connection.execute(form)]


def asked(call, officer):
    with unit_of_work():
        return requests.ask(call, actor=officer)


def interrupted_by(monkeypatch, act):
    """Have `act` done in the middle of the story, with the copy, the people and the dossiers all there."""
    scene = Scene("Au milieu", lambda calendar: calendar.closed, act)
    monkeypatch.setattr(story, "SCENES", (*story.SCENES[:8], scene, *story.SCENES[8:]))


def test_every_table_and_the_storage_are_as_before(house):
    app, call, officer = house
    before, files, facts = counted(), stored(app), facts_of(call)
    rehearsal = asked(call, officer)

    assert playing.play_next()

    assert grown(before, counted()) == OWN
    assert len(stored(app)) == len(files) + OWN["document"]
    assert facts_of(call) == facts
    db.session.refresh(rehearsal)
    assert (rehearsal.status, rehearsal.obstacle) == (RehearsalStatus.DONE, "")


def test_nothing_is_seen_from_outside_while_it_is_played(house, monkeypatch):
    app, call, officer = house
    asked(call, officer)
    before, files, seen = counted(), stored(app), []
    interrupted_by(monkeypatch, lambda stage: seen.append((len(stage.dossiers), counted(), stored(app))))

    assert playing.play_next()

    assert seen == [(3, before, files)]


def test_the_true_call_is_free_while_it_is_played(house, monkeypatch):
    """Whoever submits, publishes or moves the envelope takes the call's lock at once."""
    _, call, officer = house
    asked(call, officer)
    locked = []

    def lock(_stage):
        with db.engine.begin() as other:
            row = sa.select(Call.id).where(Call.id == call.id).with_for_update(nowait=True)
            locked.append(other.scalar(row))
            # Nor do those who write other calls wait: they take this lock to choose an address.
            locked.append(other.scalar(sa.text("SELECT pg_try_advisory_xact_lock(hashtext('call.slug'))")))

    interrupted_by(monkeypatch, lock)

    assert playing.play_next()
    assert locked == [call.id, True]


def test_two_calls_are_played_at_once_without_waiting_for_each_other(house, monkeypatch):
    app, call, officer = house
    with unit_of_work():
        other = make_coming_call().id
    asked(call, officer)
    told, scenes, now = [], story.SCENES, clock.now()

    def play_the_other(_stage):
        monkeypatch.setattr(story, "SCENES", scenes)
        # Another context has a session, hence a transaction, of its own; another worker has the true hour.
        with app.app_context(), clock.travel_to(now):
            told.append(story.play(other).report.obstacles)

    interrupted_by(monkeypatch, play_the_other)

    assert playing.play_next()
    assert told == [[]]


def test_a_worker_killed_in_the_middle_leaves_nothing(house, monkeypatch):
    app, call, officer = house
    rehearsal = asked(call, officer)
    before, files, alive = counted(), stored(app), story.SCENES

    def kill(_stage):
        own = db.session.scalar(sa.text("SELECT pg_backend_pid()"))
        with db.engine.begin() as other:
            other.execute(sa.text("SELECT pg_terminate_backend(:own)"), {"own": own})
        db.session.execute(sa.text("SELECT 1"))

    interrupted_by(monkeypatch, kill)
    assert playing.play_next()

    assert grown(before, counted()) == {}
    assert stored(app) == files
    monkeypatch.setattr(story, "SCENES", alive)
    assert playing.play_next()
    db.session.refresh(rehearsal)
    assert rehearsal.status is RehearsalStatus.DONE


def test_throwing_it_away_leaves_its_files_to_nobody(house):
    _, call, officer = house
    rehearsal = asked(call, officer)
    playing.play_next()

    with unit_of_work():
        requests.drop(call, rehearsal, actor=officer)

    assert db.session.scalars(sa.select(Rehearsal.id)).all() == []
    assert db.session.scalars(sa.select(RehearsalFile.id)).all() == []
    db.session.remove()


def committed():
    db.session.commit()


def committed_by_an_edge():
    with unit_of_work():
        db.session.execute(sa.text("SELECT 1"))


@pytest.mark.parametrize("edge", [committed, committed_by_an_edge])
def test_a_block_that_keeps_nothing_refuses_to_commit(house, edge):
    name = "Ministère de passage"
    with nothing_kept():
        make_ministry(name)
        with pytest.raises(RuntimeError, match="nothing may be committed"):
            edge()

    assert db.session.scalar(sa.select(sa.func.count()).where(Organisation.name == name)) == 0
    db.session.remove()
