"""Building a form: each change, each refusal, versions and their immutability."""

import datetime as dt

import msgspec
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from guichet.accounts.models import Role
from guichet.calls import services as calls
from guichet.calls.models import CallStatus
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import Forbidden, NotFound, RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.questions import policies, queries, services
from guichet.questions.definition import Definition, Kind, load
from guichet.questions.differences import differences
from guichet.questions.models import QuestionForm
from tests.factories.accounts import make_account
from tests.factories.calls import make_call
from tests.factories.questions import SHORT, make_form


@pytest.fixture
def call(session):
    return make_call(status=CallStatus.DRAFT)


@pytest.fixture
def officer(call):
    return make_account(Role.OFFICER, call_id=call.id)


def written(call):
    return load(queries.latest_of(call.id).definition)


def do(service, *arguments, **named):
    with unit_of_work():
        return service(*arguments, **named)


def test_questions_take_codes_that_are_never_given_again(call, officer):
    part = do(services.add_section, call, {"title": "Parc"}, actor=officer)
    first = do(services.add_question, call, part, {"kind": "number", "title": "Postes"}, actor=officer)
    do(services.remove, call, first, actor=officer)
    second = do(services.add_question, call, part, {"kind": "number", "title": "Serveurs"}, actor=officer)

    assert (part, first, second) == ("s1", "q2", "q3")
    copy = do(services.duplicate, call, second, actor=officer)
    do(services.move, call, copy, -1, actor=officer)
    assert [one.title for one in written(call).questions] == ["Serveurs (copie)", "Serveurs"]


def test_what_another_question_leans_on_stays(call, officer):
    make_form(call, published=False)
    for change in (
        lambda: services.remove(call, "q5", actor=officer),
        lambda: services.move(call, "q6", -1, actor=officer),
        lambda: services.change_question(call, "q2", {"kind": "date", "title": "Jour"}, actor=officer),
    ):
        with pytest.raises(RuleBroken, match="Impossible à cause de"):
            do(change)
    assert written(call) == SHORT


def test_a_cycle_through_a_condition_is_refused(call, officer):
    make_form(call, published=False)
    asked = {"kind": "number", "title": "Serveurs", "condition": {"question": "q4", "test": "filled"}}
    added = do(services.add_question, call, "s1", asked, actor=officer)
    terms = {"kind": "computed", "title": "Coût par poste", "formula": f"q3 / {added}"}
    with pytest.raises(RuleBroken, match="dépend d’elle-même") as refusal:
        do(services.change_question, call, "q4", terms, actor=officer)
    assert refusal.value.field == "formula"


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"kind": "choice", "title": "Un", "choices": ["seul"]}, "choices"),
        ({"kind": "table", "title": "Un"}, "columns"),
        ({"kind": "computed", "title": "Un", "formula": "q99"}, "formula"),
        ({"kind": "number", "title": "Un", "least": "5", "most": "1"}, "most"),
        ({"kind": "number", "title": " "}, "title"),
        ({"kind": "number", "title": "Un", "condition": {"question": "q99", "test": "filled"}}, "condition"),
    ],
)
def test_what_a_form_cannot_hold_is_refused_at_its_field(call, officer, terms, field):
    make_form(call, published=False)
    with pytest.raises(RuleBroken) as refusal:
        do(services.add_question, call, "s1", terms, actor=officer)
    assert refusal.value.field == field


def test_a_change_of_a_published_form_makes_a_new_version(call, officer):
    make_form(call)
    do(services.change_question, call, "q8", {"kind": "short_text", "title": "Étendue"}, actor=officer)
    do(services.remove, call, "q12", actor=officer)

    assert queries.published_of(call.id).number == 1
    told = [(one.what, one.title) for one in differences(SHORT, written(call))]
    assert told == [("modifiée", "Étendue"), ("retirée", "Action servie")]
    do(services.publish, call, actor=officer)
    assert queries.published_of(call.id).number == 2


def test_publishing_what_was_not_seen_is_refused(call, officer):
    form = make_form(call, published=False)
    seen = form.version
    do(services.remove, call, "q12", actor=officer)
    with pytest.raises(RuleBroken, match="a changé"):
        do(services.publish, call, actor=officer, seen=seen)


def test_the_form_is_published_with_its_call(call, officer, run_outbox):
    call.opens_at, call.closes_at = clock.now() + dt.timedelta(days=1), clock.now() + dt.timedelta(days=9)
    make_form(call, published=False)
    do(calls.publish, call, actor=officer)
    run_outbox()
    assert queries.published_of(call.id).number == 1


def test_a_form_is_copied_from_a_call_that_one_may_read(call, officer):
    source, hidden = make_call(), make_call()
    make_form(source)
    make_form(hidden)
    everywhere = make_account(Role.OFFICER)
    do(services.copy_from, call, source.id, actor=everywhere)
    assert written(call) == SHORT
    with pytest.raises(RuleBroken, match="de la liste"):
        do(services.copy_from, call, hidden.id, actor=officer)


def test_discarding_leaves_the_published_form(call, officer):
    make_form(call)
    do(services.begin, call, actor=officer)
    do(services.discard, call, actor=officer)
    assert queries.draft_of(call.id) is None
    with pytest.raises(RuleBroken):
        do(services.publish, call, actor=officer)
    with pytest.raises(NotFound):
        do(services.move, call, "q99", 1, actor=officer)


@pytest.mark.parametrize("status", list(CallStatus))
@pytest.mark.parametrize("role", list(Role))
def test_who_builds(session, role, status):
    call = make_call(status=status)
    builds = role in {Role.OFFICER, Role.ADMIN} and status not in policies.OVER
    account = make_account(role)
    assert policies.can_build(account, call) is builds
    assert policies.can_read_form(account, call) is (role in {Role.OFFICER, Role.ADMIN})
    if not builds:
        with pytest.raises(Forbidden):
            do(services.begin, call, actor=account)


def refused(constraint, row):
    savepoint = db.session.begin_nested()
    db.session.add(row)
    with pytest.raises(IntegrityError, match=constraint):
        db.session.flush()
    savepoint.rollback()


def test_constraints(call):
    empty = {"definition": {}, "call_id": call.id}
    make_form(call, number=1)
    refused("ck_question_form_number_positive", QuestionForm(number=0, **empty))
    refused("uq_question_form_call_id_number", QuestionForm(number=1, **empty))
    make_form(call, Definition(), number=2, published=False)
    refused("uq_question_form_one_draft", QuestionForm(number=3, **empty))


@pytest.mark.parametrize("statement", ["UPDATE question_form SET number = 9", "DELETE FROM question_form"])
def test_the_database_refuses_to_change_a_published_form(call, statement):
    make_form(call)
    with pytest.raises(DBAPIError, match="never changes"), db.session.begin_nested():
        db.session.execute(sa.text(statement))


def test_the_whole_form_is_replaced_only_by_a_sound_one(call, officer):
    unsound = msgspec.structs.replace(SHORT, last=0)
    with pytest.raises(RuleBroken):
        do(services.adopt, call, unsound, actor=officer)
    do(services.adopt, call, SHORT, actor=officer)
    assert written(call).question("q4").kind is Kind.COMPUTED
