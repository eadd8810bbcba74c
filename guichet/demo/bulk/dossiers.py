"""The dossiers of the load-test set, with their reviews and their history."""

import datetime as dt
import hashlib
import uuid
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.applications.models import (
    Application,
    ApplicationIndicator,
    ApplicationVersion,
    BudgetCategory,
    BudgetLine,
    ImpactUnit,
    Milestone,
    PlanLink,
    TeamMember,
    TeamRole,
    application_priority_action,
)
from guichet.audit.models import Audience, AuditEntry
from guichet.core.db import db
from guichet.demo.bulk.world import (
    ACTIONS_PER_PLAN,
    DIRECTIONS,
    GRANTED,
    MINISTRIES,
    REVIEWERS,
    SCORED,
    SPREAD,
    SUBJECTS,
    S,
    World,
)
from guichet.plans.models import EngagementLevel
from guichet.review.models import (
    Assignment,
    AssignmentStatus,
    CriterionScore,
    Evaluation,
    Recommendation,
)

HISTORY: tuple[tuple[str, dict[str, str]], ...] = (
    ("application.create", {}),
    ("application.save-section", {"section": "project"}),
    ("application.submit", {"before": "draft", "after": "submitted"}),
)


class Dossiers(World):
    """The whole set."""

    def write(self) -> Counter[str]:
        self._organisations()
        self._people()
        self._calls()
        self._plans()
        for number in range(self.count):
            self._application(number)
        made: Counter[str] = Counter()
        for table, rows in self.rows.items():
            db.session.execute(sa.insert(table), rows)
            made[getattr(table, "__tablename__", None) or table.name] = len(rows)
        return made

    def _application(self, number: int) -> None:
        status = SPREAD[number % len(SPREAD)]
        call = self.open_call if number % 20 < 10 else self.past_call
        # Drafts are the benchmark's own applicant's, ready to be submitted; the last ministry, the reviewers', has none.
        mine = status is S.DRAFT
        place = 0 if mine else self.random.randrange((MINISTRIES - 1) * DIRECTIONS)
        organisation, ministry = self.directions[place]
        lead = self.people[Role.APPLICANT] if mine else self.leads[place // DIRECTIONS]
        amount = Decimal(self.random.randrange(25_000, 120_000, 500))
        columns = {
            "call_id": call,
            "organisation_id": organisation,
            "ministry_id": ministry,
            "status": status,
            "reference": None if mine else f"CHARGE-{number + 1:06}",
            "submitted_at": None if mine else self.now - dt.timedelta(days=self.random.randrange(1, 90)),
            "family_id": self.families[number % 4],
            "total_cost": amount * 2,
            "amount_requested": amount,
        }
        identifier = self._add(Application, **columns, **self._texts(number), **self._outcome(status))
        self._content(identifier, number, amount, lead, ministry)
        if not mine:
            self._history(identifier, number, lead)
        if status in SCORED or status is S.UNDER_REVIEW:
            self._reviews(identifier, call, number, scored=status in SCORED)

    def _texts(self, number: int) -> dict[str, Any]:
        subject = SUBJECTS[number % len(SUBJECTS)]
        text = f"{subject} : un texte de quelques lignes, comme en écrit un porteur de projet. " * 4
        long_texts = [
            "summary",
            "problem",
            "solution",
            "users_concerned",
            "deliverables",
            "without_funding",
            "carrier_mandate",
            "stakeholders",
            "close_projects",
            "impact_method",
            "own_footprint",
            "openness",
            "risks",
            "reuse",
            "feedback_sharing",
        ]
        return {
            **dict.fromkeys(long_texts, text),
            "title": f"{subject} n° {number + 1}",
            "is_digital_service": False,
            "carrier_name": "Dominique Porteur",
            "carrier_time_percent": 40,
            "annual_savings": Decimal(20_000),
            "savings_from_year": self.year,
            "rgesn_version": "",
            "licence": "Licence Ouverte 2.0",
            "version": 1,
        }

    def _outcome(self, status: S) -> dict[str, Any]:
        told = status in {S.AWARDED, S.REJECTED}
        return {
            "amount_granted": GRANTED if status is S.AWARDED else None,
            "outcome_reason": "Impact insuffisant au regard de l’enveloppe." if status is S.REJECTED else "",
            "outcome_published_at": self.now if told else None,
        }

    def _content(
        self, application: uuid.UUID, number: int, amount: Decimal, lead: uuid.UUID, ministry: uuid.UUID
    ) -> None:
        self._add(TeamMember, application_id=application, account_id=lead, role=TeamRole.LEAD)
        self._link(application_priority_action, application_id=application, priority_action_id=self.actions[number % 6])
        self._add(
            PlanLink,
            application_id=application,
            plan_action_id=self.plan_actions[ministry][number % ACTIONS_PER_PLAN],
            proposed_title="",
            level_aimed=EngagementLevel.REALISATION,
        )
        for position in (1, 2):
            share = amount if position == 1 else Decimal(0)
            self._add(
                BudgetLine,
                application_id=application,
                position=position,
                category=BudgetCategory.EQUIPMENT if position == 1 else BudgetCategory.STAFF,
                label="Outillage et pièces" if position == 1 else "Équipe interne",
                year=self.year,
                amount=amount,
                amount_requested=share,
                amount_cofunded=Decimal(0),
                cofunder="",
            )
            due_on = dt.date(self.year, 3 * position, 1)
            self._add(
                Milestone, application_id=application, position=position, label=f"Jalon {position}", due_on=due_on
            )
        self._add(
            ApplicationIndicator,
            application_id=application,
            position=1,
            label="Émissions évitées",
            unit=ImpactUnit.KG_CO2E,
            baseline=Decimal(0),
            target=Decimal(17_100),
            measured_on=dt.date(self.year, 12, 31),
        )

    def _history(self, application: uuid.UUID, number: int, lead: uuid.UUID) -> None:
        self._add(
            ApplicationVersion,
            application_id=application,
            number=1,
            submitted_at=self.now,
            submitted_by_id=lead,
            content={},
            sha256=hashlib.sha256(str(number).encode()).hexdigest(),
        )
        for action, facts in HISTORY:
            self._add(
                AuditEntry,
                actor_id=lead,
                actor_name="Dominique Porteur",
                action=action,
                subject_type="application",
                subject_id=application,
                audience=Audience.TEAM,
                facts=facts,
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
