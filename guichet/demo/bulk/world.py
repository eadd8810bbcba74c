"""Who and what the dossiers of the load-test set need: organisations, people, calls, plans."""

import datetime as dt
import random
import uuid
from decimal import Decimal
from typing import Any

from guichet.accounts import passwords
from guichet.accounts.models import Account, Organisation, OrganisationKind, Role, RoleGrant
from guichet.applications.models import ApplicationStatus
from guichet.calls.models import (
    Call,
    CallStatus,
    Criterion,
    EnvelopeMovement,
    MovementKind,
    PriorityAction,
    ProjectFamily,
    call_priority_action,
    call_project_family,
)
from guichet.core import clock
from guichet.demo.accounts import DOMAIN, PASSWORD
from guichet.plans.models import ActionPlan, EngagementLevel, PlanAction, Progress, Theme

S = ApplicationStatus
MINISTRIES, DIRECTIONS, REVIEWERS = 11, 4, 30
# Euros: of each award, and what every envelope is left with.
GRANTED, LEFT = Decimal(25_000), Decimal(100_000_000)
ACTIONS_PER_PLAN = 30
CRITERIA = ("Impacts évités", "Portage", "Parties prenantes", "Mutualisation", "Mesure", "Méthode", "Économies")
# The person of each role whom benchmarks sign in as.
PEOPLE = {role: f"bench-{role.value.replace('_', '-')}@{DOMAIN}" for role in Role}
# How statuses spread, out of twenty dossiers of the open call and twenty of the deliberating one.
OPEN = [S.DRAFT] * 7 + [S.SUBMITTED] * 5 + [S.UNDER_REVIEW] * 3 + [S.ELIGIBLE] * 2
OPEN += [S.AWAITING_ENDORSEMENT, S.CHANGES_REQUESTED, S.CLOSED]
PAST = [S.REVIEWED] * 12 + [S.AWARDED] * 2 + [S.REJECTED] * 2 + [S.DEFERRED, S.WAITLISTED, S.WITHDRAWN, S.INELIGIBLE]
SPREAD = OPEN + PAST
OPENED, CLOSES = {"OUVERT": -30, "CLOS": -120}, {"OUVERT": 30, "CLOS": -40}
SUBJECTS = (
    "Prolonger l’usage des ordinateurs portables",
    "Généraliser l’achat de téléphones reconditionnés",
    "Écoconcevoir le téléservice des demandes",
    "Décommissionner une salle serveurs",
    "Mesurer l’empreinte du système d’information",
    "Former les acheteurs au numérique responsable",
    "Mutualiser les écrans et les imprimantes",
    "Donner les équipements réformés aux associations",
)


class World:
    """The rows to insert, by table, in the order in which the tables depend on one another: all but the dossiers."""

    def __init__(self, applications: int) -> None:
        self.count = applications
        self.random = random.Random(20_260_323)  # noqa: S311 - the same set every time
        self.rows: dict[Any, list[dict[str, Any]]] = {}
        self.now = clock.now()
        # Of people and organisations, by identifier.
        self.names: dict[uuid.UUID, str] = {}
        self.criteria: dict[uuid.UUID, list[tuple[uuid.UUID, Decimal]]] = {}
        self.year = self.now.year + 1

    def _add(self, table: Any, **columns: Any) -> uuid.UUID:
        identifier = uuid.UUID(int=self.random.getrandbits(128), version=4)
        self.rows.setdefault(table, []).append({"id": identifier, "created_at": self.now, **columns})
        return identifier

    def _link(self, table: Any, **columns: Any) -> None:
        self.rows.setdefault(table, []).append(columns)

    def _organisations(self) -> None:
        self.ministries = [
            self._organisation(f"Ministère de charge {number + 1}", None) for number in range(MINISTRIES)
        ]
        self.directions = [
            (self._organisation(f"Direction {number + 1}.{place + 1}", ministry), ministry)
            for number, ministry in enumerate(self.ministries)
            for place in range(DIRECTIONS)
        ]

    def _organisation(self, name: str, ministry: uuid.UUID | None) -> uuid.UUID:
        kind = OrganisationKind.DIRECTION if ministry else OrganisationKind.MINISTRY
        columns = {
            "name": name,
            "short_name": name,
            "kind": kind,
            "parent_id": ministry,
            "valid_from": dt.date(2020, 1, 1),
        }
        identifier = self._add(Organisation, **columns)
        self.rows[Organisation][-1]["ministry_id"] = ministry or identifier
        self.names[identifier] = name
        return identifier

    def _people(self) -> None:
        self.password_hash = passwords.hashed(PASSWORD)
        # Reviewers and the window's own people work for the last ministry, which submits nothing to score.
        home = self.ministries[-1]
        applicant_home = self.ministries[0]
        self.people = {
            role: self._person(email, role, applicant_home if role in {Role.APPLICANT, Role.FOCAL_POINT} else home)
            for role, email in PEOPLE.items()
        }
        self.reviewers = [self.people[Role.REVIEWER]] + [
            self._person(f"evaluateur-{number}@charge.example", Role.REVIEWER, home) for number in range(REVIEWERS)
        ]
        self.leads = [
            self._person(f"porteur-{number}@charge.example", Role.APPLICANT, ministry)
            for number, ministry in enumerate(self.ministries)
        ]

    def _person(self, email: str, role: Role, ministry: uuid.UUID) -> uuid.UUID:
        full_name = email.partition("@")[0].replace("-", " ").title()
        account = self._add(
            Account,
            email=email,
            full_name=full_name,
            job_title="",
            password_hash=self.password_hash,
            organisation_id=ministry,
            active=True,
            session_key=uuid.UUID(int=self.random.getrandbits(128), version=4),
        )
        self.names[account] = full_name
        scope = ministry if role in {Role.APPLICANT, Role.FOCAL_POINT} else None
        self._add(RoleGrant, account_id=account, role=role, organisation_id=scope, call_id=None)
        return account

    def _calls(self) -> None:
        self.actions = [
            self._add(PriorityAction, code=f"a{n}", label=f"Action prioritaire {n}", position=n) for n in range(6)
        ]
        self.families = [
            self._add(ProjectFamily, code=f"f{n}", label=f"Famille de projets {n}", position=n) for n in range(4)
        ]
        self.open_call = self._call("OUVERT", CallStatus.OPEN)
        self.past_call = self._call("CLOS", CallStatus.DELIBERATING)

    def _call(self, code: str, status: CallStatus) -> uuid.UUID:
        call = self._add(
            Call,
            slug=f"appel-{code.lower()}",
            code=code,
            title=f"Appel à projets {code.lower()}",
            summary="Financer le numérique écoresponsable de l’État.",
            description="",
            who_may_apply="Administrations et opérateurs de l’État.",
            status=status,
            opens_at=self.now + dt.timedelta(days=OPENED[code]),
            closes_at=self.now + dt.timedelta(days=CLOSES[code]),
            time_zone="Europe/Paris",
            envelope_left=LEFT,
            amount_min=Decimal(25_000),
            amount_max=Decimal(250_000),
            max_rate=Decimal(50),
            staff_cost_counted=True,
            endorsement_required=False,
            reviews_required=3,
            contact_email="",
            last_reference=self.count,
        )
        awards = sum(SPREAD[number % len(SPREAD)] is S.AWARDED for number in range(self.count))
        opening = LEFT + GRANTED * (awards if status is CallStatus.DELIBERATING else 0)
        self._movement(call, MovementKind.OPENING, opening)
        for action in self.actions:
            self._link(call_priority_action, call_id=call, priority_action_id=action)
        for family in self.families:
            self._link(call_project_family, call_id=call, project_family_id=family)
        self.criteria[call] = [self._criterion(call, position, title) for position, title in enumerate(CRITERIA, 1)]
        return call

    def _movement(
        self, call: uuid.UUID, kind: MovementKind, amount: Decimal, decision: uuid.UUID | None = None
    ) -> None:
        columns = {"call_id": call, "kind": kind, "amount": amount, "decision_id": decision}
        self._add(EnvelopeMovement, **columns, reason="Jeu de charge", author_id=self.people[Role.FINANCE])

    def _criterion(self, call: uuid.UUID, position: int, title: str) -> tuple[uuid.UUID, Decimal]:
        weight = Decimal(3 if position == 1 else 1)
        columns = {"call_id": call, "position": position, "title": title, "description": "", "weight": weight}
        return self._add(Criterion, **columns, highest_mark=4), weight

    def _plans(self) -> None:
        self.plan_actions: dict[uuid.UUID, list[uuid.UUID]] = {}
        themes, levels, progress = list(Theme), list(EngagementLevel), list(Progress)
        for ministry in self.ministries:
            plan = self._add(
                ActionPlan,
                ministry_id=ministry,
                title="Feuille de route",
                first_year=self.now.year - 2,
                last_year=self.year,
            )
            self.plan_actions[ministry] = [
                self._add(
                    PlanAction,
                    plan_id=plan,
                    number=number + 1,
                    theme=themes[number % len(themes)],
                    title=f"{SUBJECTS[number % len(SUBJECTS)]} ({number + 1})",
                    description="",
                    pilot_name="",
                    level_reached=levels[number % len(levels)],
                    level_target=EngagementLevel.REALISATION,
                    progress=progress[number % 3],
                    key_action=number % 10 == 0,
                )
                for number in range(ACTIONS_PER_PLAN)
            ]
