"""What happened to the dossiers of the load-test set after their submission."""

import datetime as dt
import uuid
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from guichet.accounts.models import Role
from guichet.applications.models import ChangeRequest, Section
from guichet.applications.workflow import WORKFLOW
from guichet.audit.models import Audience, AuditEntry
from guichet.calls.models import MovementKind
from guichet.demo.bulk.world import GRANTED, REVIEWERS, S, World
from guichet.review.models import (
    Assignment,
    AssignmentStatus,
    CommitteeSession,
    CriterionScore,
    Decision,
    DecisionStatus,
    EligibilityDecision,
    Evaluation,
    Outcome,
    Recommendation,
    SessionItem,
    SessionStatus,
)

REVIEWED = ("declare_eligible", "open_review", "close_review")
# The transitions that led a submitted dossier where it is.
PATHS: dict[S, tuple[str, ...]] = {
    S.SUBMITTED: (),
    S.CHANGES_REQUESTED: ("request_changes",),
    S.ELIGIBLE: ("declare_eligible",),
    S.INELIGIBLE: ("declare_ineligible",),
    S.CLOSED: ("close_without_follow_up",),
    S.WITHDRAWN: ("withdraw",),
    S.UNDER_REVIEW: REVIEWED[:2],
    S.REVIEWED: REVIEWED,
    S.AWARDED: (*REVIEWED, "award"),
    S.REJECTED: (*REVIEWED, "reject"),
    S.WAITLISTED: (*REVIEWED, "waitlist"),
    S.DEFERRED: (*REVIEWED, "defer"),
}
OUTCOMES = {
    S.AWARDED: Outcome.AWARDED,
    S.REJECTED: Outcome.REJECTED,
    S.WAITLISTED: Outcome.WAITLISTED,
    S.DEFERRED: Outcome.DEFERRED,
}
SCORED = {S.REVIEWED, *OUTCOMES}
TOLD = {S.INELIGIBLE, S.CLOSED, *OUTCOMES}
REASON = "Impact insuffisant au regard de l’enveloppe."


class Reviews(World):
    """Eligibility, complements, opinions, decisions."""

    def _sitting(self) -> None:
        """The one session where all that is decided was decided."""
        self.sitting = self._add(
            CommitteeSession,
            call_id=self.past_call,
            title="Séance du jeu de charge",
            held_at=self.now - dt.timedelta(days=10),
            place="",
            status=SessionStatus.HELD,
            closed_at=self.now - dt.timedelta(days=10),
        )
        self.agenda = 0

    def _process(self, application: uuid.UUID, status: S, call: uuid.UUID, number: int) -> None:
        if status is S.CHANGES_REQUESTED:
            self._complements(application)
        if "declare_eligible" in PATHS[status] or status is S.INELIGIBLE:
            self._eligibility(application, eligible=status is not S.INELIGIBLE)
        if status in SCORED or status is S.UNDER_REVIEW:
            self._reviews(application, call, number, scored=status in SCORED)
        if status in OUTCOMES:
            self._decision(application, OUTCOMES[status])

    def _complements(self, application: uuid.UUID) -> None:
        self._add(
            ChangeRequest,
            application_id=application,
            sections=[Section.BUDGET.value, Section.IMPACT.value],
            message="Merci de préciser la méthode et le budget.",
            due_on=(self.now + dt.timedelta(days=15)).date(),
            requested_by_id=self.people[Role.OFFICER],
            answered_at=None,
        )

    def _eligibility(self, application: uuid.UUID, *, eligible: bool) -> None:
        self._add(
            EligibilityDecision,
            application_id=application,
            eligible=eligible,
            reason="" if eligible else REASON,
            decided_by_id=self.people[Role.OFFICER],
            decided_at=self.now,
        )

    def _reviews(self, application: uuid.UUID, call: uuid.UUID, number: int, *, scored: bool) -> None:
        # The benchmark's own reviewer has something to score on each dossier under review.
        chosen = [0 if place == 0 and not scored else 1 + (number * 3 + place) % REVIEWERS for place in range(3)]
        for place in chosen:
            assignment = self._add(
                Assignment,
                application_id=application,
                reviewer_id=self.reviewers[place],
                status=AssignmentStatus.COMPLETED if scored else AssignmentStatus.ACCEPTED,
                assigned_by_id=self.people[Role.OFFICER],
                due_on=(self.now + dt.timedelta(days=20)).date(),
                answered_at=self.now,
                refusal_reason="",
            )
            if scored:
                self._evaluation(assignment, self.criteria[call])
            else:
                # Opened by the declaration that there is no conflict, still blank.
                self._opinion(assignment)

    def _evaluation(self, assignment: uuid.UUID, criteria: Iterable[tuple[uuid.UUID, Decimal]]) -> None:
        marks = [(criterion, weight, self.random.randrange(1, 5)) for criterion, weight in criteria]
        total = sum(weight for _, weight, _ in marks)
        mean = sum(Decimal(mark * 25) * weight for _, weight, mark in marks) / total
        evaluation = self._opinion(
            assignment,
            recommendation=Recommendation.FAVOURABLE if mean > 60 else Recommendation.RESERVED,
            comment_to_committee="Projet solide, à suivre.",
            comment_to_applicant="Précisez la mesure de l’impact.",
            submitted_at=self.now,
            mean=round(mean, 2),
        )
        for criterion, _, mark in marks:
            columns = {"evaluation_id": evaluation, "criterion_id": criterion, "mark": mark}
            self._add(CriterionScore, **columns, justification="Justifié par les pièces du dossier.")

    def _opinion(self, assignment: uuid.UUID, **columns: Any) -> uuid.UUID:
        blank = {"recommendation": None, "comment_to_committee": "", "comment_to_applicant": "", "version": 1}
        return self._add(
            Evaluation, assignment_id=assignment, **{**blank, "submitted_at": None, "mean": None, **columns}
        )

    def _decision(self, application: uuid.UUID, outcome: Outcome) -> None:
        self.agenda += 1
        self._add(SessionItem, session_id=self.sitting, application_id=application, position=self.agenda)
        awarded = outcome is Outcome.AWARDED
        decision = self._add(
            Decision,
            application_id=application,
            session_id=self.sitting,
            outcome=outcome,
            status=DecisionStatus.PUBLISHED,
            amount=GRANTED if awarded else None,
            reason="" if awarded else REASON,
            conditions="",
            prepared_by_id=self.people[Role.CHAIR],
            prepared_at=self.now,
            published_by_id=self.people[Role.CHAIR],
            published_at=self.now,
        )
        if awarded:
            self._movement(self.past_call, MovementKind.AWARD, -GRANTED, decision)

    def _journal(self, application: uuid.UUID, status: S, lead: tuple[uuid.UUID, str]) -> None:
        """What the history of the dossier shows, from its beginning to where it is."""
        self._line(application, lead, "application.create")
        self._line(application, lead, "application.save-section", section="project")
        if status not in PATHS:
            return
        self._line(application, lead, "application.submit", before=S.DRAFT, after=S.SUBMITTED)
        before, officer = S.SUBMITTED, (self.people[Role.OFFICER], "Bench Officer")
        for name in PATHS[status]:
            after = WORKFLOW[name].target
            self._line(
                application, lead if name == "withdraw" else officer, f"application.{name}", before=before, after=after
            )
            before = after

    def _line(self, application: uuid.UUID, actor: tuple[uuid.UUID, str], action: str, **facts: str) -> None:
        self._add(
            AuditEntry,
            actor_id=actor[0],
            actor_name=actor[1],
            action=action,
            subject_type="application",
            subject_id=application,
            audience=Audience.TEAM,
            facts=facts,
        )
