"""The life of a call. The clock opens and closes; an officer does the rest."""

from guichet.calls import policies
from guichet.calls.models import CallStatus as S
from guichet.workflow.engine import Transition

WORKFLOW = {
    "publish": Transition(frozenset({S.DRAFT}), S.PUBLISHED, policies.can_manage, "Publier", "chargé d’instruction"),
    "open": Transition(
        frozenset({S.PUBLISHED}), S.OPEN, policies.can_manage, "Ouvrir", "horloge ou chargé d’instruction"
    ),
    "close": Transition(frozenset({S.OPEN}), S.CLOSED, policies.can_manage, "Clore", "horloge ou chargé d’instruction"),
    "start_deliberation": Transition(
        frozenset({S.CLOSED}), S.DELIBERATING, policies.can_manage, "Ouvrir la délibération", "chargé d’instruction"
    ),
    "publish_results": Transition(
        frozenset({S.DELIBERATING}),
        S.RESULTS_PUBLISHED,
        policies.can_manage,
        "Publier les résultats",
        "chargé d’instruction",
    ),
    "archive": Transition(
        frozenset({S.RESULTS_PUBLISHED}), S.ARCHIVED, policies.can_manage, "Archiver", "chargé d’instruction"
    ),
}
