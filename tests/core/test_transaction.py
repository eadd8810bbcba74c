"""One transaction for one use case."""

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Organisation
from guichet.core.db import db
from guichet.core.errors import RuleBroken
from guichet.core.transaction import after_commit, unit_of_work
from tests.factories.accounts import make_ministry


def names():
    return db.session.scalars(sa.select(Organisation.name)).all()


def lose(problem, hook=None):
    """A use case that changes something, then fails."""
    make_ministry("Perdu")
    if hook:
        after_commit(hook)
    raise problem


def test_what_the_block_did_is_committed_then_its_hooks_run(session):
    ran = []
    with unit_of_work():
        make_ministry("Gardé")
        after_commit(lambda: ran.append(names()))
        assert ran == []

    assert ran == [["Gardé"]]


def test_a_refusal_keeps_nothing_of_the_block_and_runs_no_hook(session):
    ran = []

    with pytest.raises(RuleBroken), unit_of_work():
        lose(RuleBroken("Non."), lambda: ran.append(1))

    assert names() == []
    assert ran == []


def test_an_accident_keeps_nothing_of_the_block(session):
    ran = []

    with pytest.raises(ZeroDivisionError), unit_of_work():
        lose(ZeroDivisionError(), lambda: ran.append(1))

    assert names() == []
    assert ran == []


def test_a_refusal_keeps_what_was_read_before(session):
    ministry = make_ministry("Lu avant")
    session.commit()

    with pytest.raises(RuleBroken), unit_of_work():
        lose(RuleBroken("Non."))

    assert "name" in ministry.__dict__


def test_an_object_changed_by_a_refused_block_is_as_before(session):
    ministry = make_ministry("Avant")
    session.commit()

    def rename():
        ministry.name = "Après"
        session.flush()
        raise RuleBroken("Non.")

    with pytest.raises(RuleBroken), unit_of_work():
        rename()

    assert ministry.name == "Avant"


def test_the_same_hook_runs_once(session):
    ran = []

    def hook():
        ran.append(1)

    with unit_of_work():
        after_commit(hook)
        after_commit(hook)

    assert ran == [1]


def test_a_hook_needs_a_unit_of_work(session):
    with pytest.raises(RuntimeError, match="unit_of_work"):
        after_commit(print)

    with unit_of_work():
        pass
    with pytest.raises(RuntimeError, match="unit_of_work"):
        after_commit(print)


def test_hooks_of_a_refused_block_do_not_run_with_the_next(session):
    ran = []
    with pytest.raises(RuleBroken), unit_of_work():
        lose(RuleBroken("Non."), lambda: ran.append("refused"))

    with unit_of_work():
        after_commit(lambda: ran.append("next"))

    assert ran == ["next"]
