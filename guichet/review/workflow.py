"""The life of a session of the committee and of a decision."""

from guichet.audit.models import Audience
from guichet.review import policies
from guichet.review.models import DecisionStatus as D
from guichet.review.models import SessionStatus as S
from guichet.workflow.engine import Transition

CHAIR, PUBLISHER = "président", "président, secrétariat"

SESSION = {
    "close": Transition(
        frozenset({S.PLANNED}), S.HELD, policies.can_close_session, "Clore la séance", CHAIR, Audience.STAFF
    ),
}

# Nobody of the ministry reads a decision's own trace: what the team learns is on the dossier, at publication.
DECISION = {
    "cancel": Transition(
        frozenset({D.PREPARED}), D.CANCELLED, policies.can_cancel, "Annuler la décision", CHAIR, Audience.STAFF
    ),
    "publish": Transition(
        frozenset({D.PREPARED}), D.PUBLISHED, policies.can_publish, "Publier la décision", PUBLISHER, Audience.STAFF
    ),
    "replace": Transition(
        frozenset({D.PUBLISHED}), D.REPLACED, policies.can_publish, "Remplacer la décision", PUBLISHER, Audience.STAFF
    ),
}
