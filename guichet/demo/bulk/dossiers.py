"""The dossiers of the load-test set."""

import datetime as dt
import uuid
from collections import Counter
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.applications.frozen import sha256_of
from guichet.applications.models import (
    NEVER_SUBMITTED,
    Application,
    ApplicationIndicator,
    ApplicationVersion,
    BudgetCategory,
    BudgetLine,
    CofunderKind,
    Cofunding,
    CofundingState,
    ImpactUnit,
    Milestone,
    PlanLink,
    TeamMember,
    TeamRole,
    application_priority_action,
)
from guichet.core.db import db
from guichet.demo.bulk.content import Row, frozen_content
from guichet.demo.bulk.reviews import REASON, TOLD, Reviews
from guichet.demo.bulk.world import (
    ACTIONS_PER_PLAN,
    CLOSES,
    DIRECTIONS,
    GRANTED,
    MINISTRIES,
    OPENED,
    SPREAD,
    SUBJECTS,
    S,
)
from guichet.plans.models import EngagementLevel

LONG_TEXTS = (
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
)


def _told(columns: dict[str, Any]) -> dict[str, Any]:
    """What the submission said."""
    return {
        "submitted_title": columns["title"],
        "submitted_summary": columns["summary"],
        "submitted_cost": columns["total_cost"],
        "submitted_amount": columns["amount_requested"],
        "submitted_digital": columns["is_digital_service"],
    }


class Dossiers(Reviews):
    """The whole set."""

    def write(self) -> Counter[str]:
        """Insert everything, table after table; how many rows of each."""
        self._organisations()
        self._people()
        self._calls()
        self._plans()
        self._sitting()
        for number in range(self.count):
            self._application(number)
        # A table comes after those that it refers to.
        order = {table.name: place for place, table in enumerate(db.metadata.sorted_tables)}
        by_name = {getattr(table, "__tablename__", None) or table.name: table for table in self.rows}
        made: Counter[str] = Counter()
        for name in sorted(by_name, key=lambda name: order[name]):
            rows = self.rows[by_name[name]]
            db.session.execute(sa.insert(by_name[name]), rows)
            made[name] = len(rows)
        return made

    def _application(self, number: int) -> None:
        status = SPREAD[number % len(SPREAD)]
        in_open_call = number % len(SPREAD) < len(SPREAD) // 2
        call, code = (self.open_call, "OUVERT") if in_open_call else (self.past_call, "CLOS")
        unsent = status in NEVER_SUBMITTED
        # Drafts are the benchmark's own applicant's, ready to be submitted; the last ministry, the reviewers', has none.
        place = 0 if unsent else self.random.randrange((MINISTRIES - 1) * DIRECTIONS)
        organisation, ministry = self.directions[place]
        lead = self.people[Role.APPLICANT] if unsent else self.leads[place // DIRECTIONS]
        amount = Decimal(self.random.randrange(25_000, 120_000, 500))
        begun, submitted = self._instants(code)
        columns = {
            "created_at": begun,
            "saved_at": begun,
            "call_id": call,
            "organisation_id": organisation,
            "ministry_id": ministry,
            "status": status,
            "reference": None if unsent else f"CHARGE-{number + 1:06}",
            "submitted_at": None if unsent else submitted,
            "family_id": self.families[number % 4],
            "total_cost": amount * 2,
            "amount_requested": amount,
            **self._texts(number),
            **self._outcome(status),
        }
        if not unsent:
            columns |= _told(columns)
        identifier = self._add(Application, **columns)
        parts = self._content(identifier, number, amount, lead, ministry)
        self._journal(identifier, status, (lead, self.names[lead]))
        if not unsent:
            self._version(self.rows[Application][-1], parts, lead, code, number)
            self._process(identifier, status, call, number)

    def _instants(self, code: str) -> tuple[dt.datetime, dt.datetime]:
        """When a dossier was begun and when it was submitted, inside its call's window."""
        first, last = OPENED[code] + 2, min(CLOSES[code], -1)
        day = self.random.randrange(first, last)
        submitted = self.now + dt.timedelta(days=day, seconds=self.random.randrange(36_000))
        return submitted - dt.timedelta(days=2), submitted

    def _texts(self, number: int) -> dict[str, Any]:
        subject = SUBJECTS[number % len(SUBJECTS)]
        text = f"{subject} : un texte de quelques lignes, comme en écrit un porteur de projet. " * 4
        return {
            **dict.fromkeys(LONG_TEXTS, text),
            "title": f"{subject} n° {number + 1}",
            "is_digital_service": False,
            "carrier_name": "Dominique Porteur",
            "carrier_time_percent": 40,
            "annual_savings": Decimal(20_000),
            "savings_from_year": self.year,
            "rgesn_score": None,
            "rgesn_version": "",
            "rgesn_on": None,
            "licence": "Licence Ouverte 2.0",
            "version": 1,
        }

    def _outcome(self, status: S) -> dict[str, Any]:
        awarded = status is S.AWARDED
        return {
            "amount_granted": GRANTED if awarded else None,
            "outcome_reason": REASON if status in TOLD and not awarded else "",
            "outcome_published_at": self.now if status in TOLD else None,
        }

    def _content(
        self, application: uuid.UUID, number: int, amount: Decimal, lead: uuid.UUID, ministry: uuid.UUID
    ) -> dict[str, list[Row]]:
        """The rows of the dossier, by part."""
        self._link(application_priority_action, application_id=application, priority_action_id=self.actions[number % 6])
        action = self.plan_actions[ministry][number % ACTIONS_PER_PLAN]
        link = {"plan_action_id": action, "proposed_title": "", "proposed_theme": None}
        return {
            "team": [self._part(TeamMember, application, account_id=lead, role=TeamRole.LEAD)],
            "plan": [self._part(PlanLink, application, **link, level_aimed=EngagementLevel.REALISATION)],
            "budget": [self._cost(application, position, amount) for position in (1, 2)],
            "cofundings": self._cofundings(application, number, amount),
            "milestones": [
                self._part(
                    Milestone,
                    application,
                    position=position,
                    label=f"Jalon {position}",
                    due_on=dt.date(self.year, 3 * position, 1),
                )
                for position in (1, 2)
            ],
            "indicators": [
                self._part(
                    ApplicationIndicator,
                    application,
                    position=1,
                    label="Émissions évitées",
                    unit=ImpactUnit.KG_CO2E,
                    baseline=Decimal(0),
                    target=Decimal(17_100),
                    measured_on=dt.date(self.year, 12, 31),
                )
            ],
        }

    def _cost(self, application: uuid.UUID, position: int, amount: Decimal) -> Row:
        """The first line is what is requested, the second what the ministry pays."""
        return self._part(
            BudgetLine,
            application,
            position=position,
            category=BudgetCategory.EQUIPMENT if position == 1 else BudgetCategory.STAFF,
            label="Outillage et pièces" if position == 1 else "Équipe interne",
            year=self.year,
            amount=amount,
            amount_requested=amount if position == 1 else Decimal(0),
        )

    def _cofundings(self, application: uuid.UUID, number: int, amount: Decimal) -> list[Row]:
        """One dossier in four has a co-funder, for a fifth of what it asks."""
        if number % 4:
            return []
        given = {"name": "Région", "kind": CofunderKind.LOCAL, "state": CofundingState.ACQUIRED}
        return [self._part(Cofunding, application, position=1, year=self.year, amount=amount / 5, **given)]

    def _part(self, table: Any, application: uuid.UUID, **columns: Any) -> Row:
        self._add(table, application_id=application, **columns)
        return self.rows[table][-1]

    def _version(self, row: Row, parts: dict[str, list[Row]], lead: uuid.UUID, code: str, number: int) -> None:
        names = {
            "lead": self.names[lead],
            "organisation": self.names[row["organisation_id"]],
            "ministry": self.names[row["ministry_id"]],
            "call": f"Appel à projets {code.lower()}",
            "code": code,
            "family": f"Famille de projets {number % 4}",
            "action": f"Action prioritaire {number % 6}",
        }
        content = frozen_content(row, parts, names, SUBJECTS[number % len(SUBJECTS)])
        self._add(
            ApplicationVersion,
            application_id=row["id"],
            number=1,
            submitted_at=row["submitted_at"],
            submitted_by_id=lead,
            content=content,
            sha256=sha256_of(content),
        )
