"""The whole life of a dossier, in one table."""

from guichet.applications import policies
from guichet.applications.models import ApplicationStatus as S
from guichet.workflow.engine import Transition

TEAM, FOCAL_POINT, OFFICER, CHAIR = "équipe", "référent", "chargé d’instruction", "président, secrétariat"

WORKFLOW = {
    "request_endorsement": Transition(
        frozenset({S.DRAFT}),
        S.AWAITING_ENDORSEMENT,
        policies.can_request_endorsement,
        "Demander le visa du référent",
        TEAM,
    ),
    "return_to_draft": Transition(
        frozenset({S.AWAITING_ENDORSEMENT}),
        S.DRAFT,
        policies.can_return_to_draft,
        "Renvoyer en brouillon",
        f"{FOCAL_POINT}, {TEAM}",
    ),
    "endorse": Transition(
        frozenset({S.AWAITING_ENDORSEMENT}), S.SUBMITTED, policies.can_endorse, "Viser et déposer", FOCAL_POINT
    ),
    "submit": Transition(frozenset({S.DRAFT}), S.SUBMITTED, policies.can_submit, "Déposer", TEAM),
    "request_changes": Transition(
        frozenset({S.SUBMITTED, S.UNDER_REVIEW}),
        S.CHANGES_REQUESTED,
        policies.can_process,
        "Demander des compléments",
        OFFICER,
    ),
    "resubmit": Transition(
        frozenset({S.CHANGES_REQUESTED}), S.SUBMITTED, policies.can_resubmit, "Déposer les compléments", TEAM
    ),
    "cancel_changes": Transition(
        frozenset({S.CHANGES_REQUESTED}),
        S.SUBMITTED,
        policies.can_cancel_changes,
        "Annuler la demande de compléments",
        OFFICER,
    ),
    "cancel_changes_in_review": Transition(
        frozenset({S.CHANGES_REQUESTED}),
        S.UNDER_REVIEW,
        policies.can_cancel_changes_in_review,
        "Annuler la demande de compléments",
        OFFICER,
    ),
    "declare_eligible": Transition(
        frozenset({S.SUBMITTED}), S.ELIGIBLE, policies.can_process, "Déclarer recevable", OFFICER
    ),
    "declare_ineligible": Transition(
        frozenset({S.SUBMITTED}), S.INELIGIBLE, policies.can_process, "Déclarer irrecevable", OFFICER
    ),
    "close_without_follow_up": Transition(
        # Complements that never come must not leave the dossier open for ever.
        frozenset({S.SUBMITTED, S.CHANGES_REQUESTED}),
        S.CLOSED,
        policies.can_process,
        "Classer sans suite",
        OFFICER,
    ),
    "open_review": Transition(
        frozenset({S.ELIGIBLE}), S.UNDER_REVIEW, policies.can_process, "Ouvrir l’évaluation", OFFICER
    ),
    "close_review": Transition(
        frozenset({S.UNDER_REVIEW}), S.REVIEWED, policies.can_process, "Clore l’évaluation", OFFICER
    ),
    "award": Transition(
        frozenset({S.REVIEWED, S.WAITLISTED}), S.AWARDED, policies.can_publish_decision, "Retenir", CHAIR
    ),
    "reject": Transition(
        frozenset({S.REVIEWED, S.WAITLISTED}), S.REJECTED, policies.can_publish_decision, "Ne pas retenir", CHAIR
    ),
    "waitlist": Transition(
        frozenset({S.REVIEWED}),
        S.WAITLISTED,
        policies.can_publish_decision,
        "Inscrire sur liste complémentaire",
        CHAIR,
    ),
    "defer": Transition(frozenset({S.REVIEWED}), S.DEFERRED, policies.can_publish_decision, "Ajourner", CHAIR),
    "return_to_reviewed": Transition(
        frozenset({S.DEFERRED}), S.REVIEWED, policies.can_process, "Réinscrire après ajournement", OFFICER
    ),
    "reopen_ineligible": Transition(
        frozenset({S.INELIGIBLE}), S.SUBMITTED, policies.can_process, "Rouvrir la recevabilité", OFFICER
    ),
    "reopen_rejected": Transition(
        frozenset({S.REJECTED}), S.REVIEWED, policies.can_publish_decision, "Rouvrir après recours", CHAIR
    ),
    "withdraw": Transition(policies.WITHDRAWABLE, S.WITHDRAWN, policies.can_withdraw, "Retirer le dossier", TEAM),
}
