"""The days in which a call decides: typed, copied, taken out and brought in, announced, and silent when there are none."""

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.calls import portable
from guichet.calls.models import Call, CallStatus
from guichet.core.db import db
from tests.calls.test_management_views import rules, text_of
from tests.calls.test_portable import VALID
from tests.calls.test_portable_views import COPY
from tests.factories.accounts import make_account
from tests.factories.calls import make_call


@pytest.fixture
def client(client_for):
    return client_for(make_account(Role.OFFICER))


def stored(code):
    return db.session.scalar(sa.select(Call.decision_delay_days).where(Call.code == code))


@pytest.mark.parametrize(("typed", "kept"), [("90", 90), ("", None), ("730", 730)])
def test_the_officer_types_it_or_leaves_it_empty(client, typed, kept):
    answer = client.send("/instruction/appels/nouveau", rules(decision_delay_days=typed))

    assert answer.status_code == 303
    assert stored("NER-2027") == kept


@pytest.mark.parametrize("typed", ["0", "731", "-1", "beaucoup", "1,5", "9" * 400])
def test_what_is_no_delay_is_refused_at_its_field(client, typed):
    answer = client.send("/instruction/appels/nouveau", rules(decision_delay_days=typed))

    assert answer.status_code == 422
    assert typed in text_of(answer)
    assert "decision_delay_days" in text_of(answer).split("</h1>", 1)[1].split("<form", 1)[0]


def test_a_draft_may_change_it(client):
    make_call(status=CallStatus.DRAFT, slug="brouillon", code="BRO", decision_delay_days=60)
    page = text_of(client.get("/instruction/appels/brouillon/modification"))
    assert 'value="60"' in page

    client.send("/instruction/appels/brouillon/modification", rules(code="BRO", decision_delay_days=""))

    assert stored("BRO") is None


def test_the_public_page_announces_it(client_for):
    make_call(slug="avec", decision_delay_days=90), make_call(slug="sans")
    visitor = client_for(None)

    assert "Décision sous 90 jours après le dépôt" in text_of(visitor.get("/appels/avec"))
    assert "après le dépôt" not in text_of(visitor.get("/appels/sans"))


def test_the_page_of_management_tells_it(client):
    make_call(slug="avec", decision_delay_days=1)

    assert "1 jour après le dépôt" in text_of(client.get("/instruction/appels/avec"))


def test_a_copy_takes_it(client):
    make_call(slug="modele", decision_delay_days=75)
    client.send("/instruction/appels/modele/copie", COPY)

    assert stored("COPIE-1") == 75


def test_a_file_without_it_announces_none_and_a_file_with_it_says_it():
    assert portable.load(VALID).decision_delay_days is None
    told = VALID.replace("  evaluations: 2", "  evaluations: 2\n  delai_de_decision: 90")
    assert portable.load(told).decision_delay_days == 90
    assert portable.load(told.replace(" 90", " null")).decision_delay_days is None


@pytest.mark.parametrize("written", ["0", "731", "beaucoup", "[1]"])
def test_a_file_that_says_no_delay_is_refused_with_its_line(written):
    told = VALID.replace("  evaluations: 2", f"  evaluations: 2\n  delai_de_decision: {written}")
    with pytest.raises(portable.Unreadable) as refused:
        portable.load(told)

    assert any("delai_de_decision" in fault and fault.startswith("ligne 20") for fault in refused.value.faults)
