"""The fictitious people and organisations of the story, made for it and undone with it.

Every name that the database wants unique carries the mark of the rehearsal: two that are played at once never wait for
each other.
"""

import uuid
from dataclasses import dataclass

from guichet.accounts import passwords
from guichet.accounts import queries as accounts
from guichet.accounts.models import Account, Organisation, OrganisationKind, Role, RoleGrant
from guichet.calls.models import Call
from guichet.core.db import db
from guichet.plans.models import ActionPlan, EngagementLevel, PlanAction, Theme
from guichet.rehearsal.story.copying import closing_of

# Reserved for what does not exist (RFC 2606): should one ever leave, no e-mail would arrive.
DOMAIN = "repetition.invalid"
LETTERS = "ABC"
FICTITIOUS = {OrganisationKind.DIRECTION: "Direction fictive", OrganisationKind.OPERATOR: "Opérateur fictif"}


@dataclass(frozen=True)
class Team:
    """A fictitious ministry: who carries, who endorses, the organisation that applies, the action of its plan."""

    carrier: Organisation
    lead: Account
    focal_point: Account
    action: PlanAction


@dataclass(frozen=True)
class Cast:
    teams: list[Team]
    officer: Account
    reviewers: list[Account]
    chair: Account
    # Who acts in nothing, and may read: told apart to say what each role sees.
    watchers: list[Account]
    # What each person plays, by identifier.
    roles: dict[uuid.UUID, str]

    def refresh(self) -> None:
        """Load everybody's rights again, as each request of theirs would: other readings load people without them."""
        rows = accounts.with_rights().where(Account.id.in_(self.roles))
        db.session.scalars(rows.execution_options(populate_existing=True)).unique().all()


def gather(call: Call, mark: str) -> Cast:
    """Everybody that the story needs: three ministries, and those who process, score and decide for the copy `call`."""
    service = _organisation(f"Service instructeur fictif {mark}", "Service fictif", OrganisationKind.MINISTRY, None)
    teams = [_team(call, letter, mark) for letter in LETTERS]
    staff = {
        role: _person(role, "", mark, service)
        for role in (Role.OFFICER, Role.CHAIR, Role.COMMITTEE, Role.FINANCE, Role.ADMIN, Role.AUDITOR)
    }
    reviewers = [_person(Role.REVIEWER, str(number), mark, service) for number in range(1, call.reviews_required + 1)]
    people = [*staff.values(), *reviewers, *(one for team in teams for one in (team.lead, team.focal_point))]
    for person in people:
        if person.organisation is service:
            # On this call alone: the story opens no door to any other.
            person.grants[0].call_id = call.id
    db.session.flush()
    return Cast(
        teams=teams,
        officer=staff[Role.OFFICER],
        reviewers=reviewers,
        chair=staff[Role.CHAIR],
        watchers=[staff[role] for role in (Role.COMMITTEE, Role.FINANCE, Role.ADMIN, Role.AUDITOR)],
        roles={person.id: person.grants[0].role.label for person in people},
    )


def _team(call: Call, letter: str, mark: str) -> Team:
    """The organisation is of the first kind that the call admits, so that it may apply."""
    ministry = _organisation(
        f"Ministère fictif {letter} {mark}", f"Ministère {letter}", OrganisationKind.MINISTRY, None
    )
    kind = next((one for one in OrganisationKind if one.value in call.applicant_kinds), OrganisationKind.MINISTRY)
    carrier = ministry
    if kind is not OrganisationKind.MINISTRY:
        carrier = _organisation(f"{FICTITIOUS[kind]} {letter} {mark}", f"{kind.label} {letter}", kind, ministry)
    return Team(
        carrier=carrier,
        lead=_person(Role.APPLICANT, letter, mark, ministry),
        focal_point=_person(Role.FOCAL_POINT, letter, mark, ministry),
        action=_plan(call, ministry),
    )


def _organisation(name: str, short: str, kind: OrganisationKind, parent: Organisation | None) -> Organisation:
    identifier = uuid.uuid4()
    organisation = Organisation(
        id=identifier,
        name=name,
        short_name=short,
        kind=kind,
        parent_id=parent.id if parent else None,
        ministry_id=parent.id if parent else identifier,
    )
    db.session.add(organisation)
    db.session.flush()
    return organisation


def _person(role: Role, letter: str, mark: str, organisation: Organisation) -> Account:
    person = Account(
        email=f"{role.value}{letter}.{mark}@{DOMAIN}".lower(),
        full_name=f"{role.label} fictif {letter}".strip(),
        job_title="Personnage de la répétition",
        password_hash=passwords.NONE,
        organisation_id=organisation.id,
        organisation=organisation,
    )
    of_ministry = role in {Role.APPLICANT, Role.FOCAL_POINT}
    person.grants = [RoleGrant(role=role, organisation_id=organisation.id if of_ministry else None)]
    db.session.add(person)
    return person


def _plan(call: Call, ministry: Organisation) -> PlanAction:
    year = closing_of(call).year
    plan = ActionPlan(
        ministry_id=ministry.id, title="Feuille de route fictive", first_year=year - 1, last_year=year + 1
    )
    db.session.add(plan)
    db.session.flush()
    action = PlanAction(
        plan_id=plan.id,
        number=1,
        theme=Theme.USE_PHASE,
        title="Action fictive : allonger l’usage des équipements",
        level_target=EngagementLevel.REFLECTION,
    )
    db.session.add(action)
    db.session.flush()
    return action
