"""Every (status × transition × role) of a call, on one's own call and on another."""

import pytest

from guichet.accounts.models import Role
from guichet.audit import queries as audit
from guichet.calls.models import CallStatus
from guichet.calls.workflow import WORKFLOW
from guichet.core.errors import Forbidden, InvalidTransition
from guichet.workflow.engine import fire, open_transitions
from tests.factories.accounts import make_account
from tests.factories.calls import make_call

S = CallStatus
TABLE = {
    "publish": (S.DRAFT, S.PUBLISHED),
    "open": (S.PUBLISHED, S.OPEN),
    "close": (S.OPEN, S.CLOSED),
    "start_deliberation": (S.CLOSED, S.DELIBERATING),
    "publish_results": (S.DELIBERATING, S.RESULTS_PUBLISHED),
    "archive": (S.RESULTS_PUBLISHED, S.ARCHIVED),
}
MINISTRY_ROLES = {Role.APPLICANT, Role.FOCAL_POINT}


def test_table_is_the_one_tested():
    assert {name: (set(t.sources), t.target) for name, t in WORKFLOW.items()} == {
        name: ({source}, target) for name, (source, target) in TABLE.items()
    }


@pytest.mark.parametrize("status", list(S))
@pytest.mark.parametrize("name", list(TABLE))
@pytest.mark.parametrize("scope", ["window", "own call", "other call"])
def test_transition_for_each_role(session, status, name, scope):
    call, other = make_call(status=status), make_call()
    source, target = TABLE[name]
    for role in Role:
        scoped = None if scope == "window" or role in MINISTRY_ROLES else (call if scope == "own call" else other).id
        actor = make_account(role, call_id=scoped)
        allowed = role in {Role.OFFICER, Role.ADMIN} and scope != "other call"

        assert (name in open_transitions(WORKFLOW, call, actor)) == (allowed and status is source)
        if status is not source:
            with pytest.raises(InvalidTransition):
                fire(WORKFLOW, name, call, actor)
        elif not allowed:
            with pytest.raises(Forbidden):
                fire(WORKFLOW, name, call, actor)
        else:
            savepoint = session.begin_nested()
            fire(WORKFLOW, name, call, actor)
            assert call.status is target
            session.flush()
            entry = audit.history_of(call)[0]
            assert (entry.action, entry.actor_id) == (f"call.{name}", actor.id)
            assert entry.facts["before"] == source
            savepoint.rollback()
        assert call.status is status


def test_clock_needs_no_right(session):
    call = make_call(status=S.PUBLISHED)

    fire(WORKFLOW, "open", call, None)

    assert call.status is S.OPEN
