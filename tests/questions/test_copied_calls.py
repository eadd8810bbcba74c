"""A call made like another asks the same questions."""

import datetime as dt

import pytest

from guichet.accounts.models import Role
from guichet.calls import services as calls
from guichet.calls.services import Novelty
from guichet.core import clock
from guichet.core.transaction import unit_of_work
from guichet.questions import queries
from guichet.questions.definition import dump
from tests.factories.accounts import make_account
from tests.factories.calls import make_call
from tests.factories.questions import SHORT, make_form


@pytest.fixture
def copied(session):
    """Makes a call like `model`."""

    def copy(model):
        opens_at = clock.now() + dt.timedelta(days=30)
        novelty = Novelty(
            title="Deuxième relève", code="DEUX", opens_at=opens_at, closes_at=opens_at + dt.timedelta(days=30)
        )
        with unit_of_work():
            return calls.clone(model, novelty, actor=make_account(Role.OFFICER))

    return copy


def test_the_questions_come_along_to_be_changed(copied):
    model = make_call()
    make_form(model)

    form = queries.draft_of(copied(model).id)

    assert form.published_at is None
    assert form.definition == dump(SHORT)


def test_a_call_that_asks_nothing_gives_nothing(copied):
    assert queries.latest_of(copied(make_call()).id) is None
