"""The life of an assignment, of a session of the committee and of a decision."""

from guichet.audit.models import Audience
from guichet.review import policies
from guichet.review.models import AssignmentStatus as A
from guichet.review.models import DecisionStatus as D
from guichet.review.models import SessionStatus as S
from guichet.workflow.engine import Transition

REVIEWER, OFFICER = "évaluateur", "chargé d’instruction"
CHAIR, PUBLISHER = "président", "président, secrétariat"

# A conflict or a refusal may still come after acceptance, never after submission.
ASSIGNMENT = {
    "accept": Transition(
        frozenset({A.ASSIGNED}),
        A.ACCEPTED,
        policies.is_assigned,
        "Déclarer l’absence de conflit",
        REVIEWER,
        Audience.STAFF,
    ),
    "declare_conflict": Transition(
        policies.STEP_ASIDE, A.CONFLICT, policies.is_assigned, "Déclarer un conflit", REVIEWER, Audience.STAFF
    ),
    "decline": Transition(policies.STEP_ASIDE, A.DECLINED, policies.is_assigned, "Décliner", REVIEWER, Audience.STAFF),
    "complete": Transition(
        frozenset({A.ACCEPTED}), A.COMPLETED, policies.is_assigned, "Remettre l’évaluation", REVIEWER, Audience.STAFF
    ),
    "cancel": Transition(
        frozenset({A.ASSIGNED}), A.CANCELLED, policies.can_assign, "Retirer la désignation", OFFICER, Audience.STAFF
    ),
    # By the guichet alone, when the dossier is withdrawn.
    "stop": Transition(policies.STEP_ASIDE, A.STOPPED, policies.can_stop, "Arrêter", "guichet", Audience.STAFF),
    "renew": Transition(
        frozenset({A.CANCELLED}), A.ASSIGNED, policies.can_assign, "Désigner de nouveau", OFFICER, Audience.STAFF
    ),
}

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
