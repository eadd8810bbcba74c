"""Writing a dossier: begin, save a section, throw a draft away."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from guichet.accounts.models import Account, Organisation
from guichet.applications import policies, queries
from guichet.applications.budget import summarise
from guichet.applications.merging import Merge, merge
from guichet.applications.models import (
    Application,
    ApplicationIndicator,
    ApplicationStatus,
    BudgetLine,
    Cofunding,
    Milestone,
    PlanLink,
    Section,
    TeamMember,
    TeamRole,
)
from guichet.applications.sections import COLUMNS, values_of
from guichet.applications.services import own
from guichet.applications.services.sittings import record_save, union
from guichet.audit import services as audit
from guichet.audit.models import Audience
from guichet.calls import eligibility
from guichet.calls import policies as calls
from guichet.calls import queries as call_queries
from guichet.calls.models import Call
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import Conflict, Forbidden, RuleBroken
from guichet.core.money import LARGEST
from guichet.core.policy import require
from guichet.workflow.engine import lock

Values = Mapping[str, Any]
MOST_LINES, MOST_COFUNDINGS = 100, 10


def create(
    call: Call, *, organisation: Organisation | None, title: str, another: bool = False, actor: Account
) -> Application:
    """Begin a dossier, `actor` being its lead. A second draft in the same call must be wanted (`another`).

    The same title for the same organisation is a second click: it gives the draft that the first one began.
    """
    # Two clicks are two requests: the person's row makes the second one wait, then see the first draft.
    db.session.execute(sa.select(Account.id).where(Account.id == actor.id).with_for_update(key_share=True))
    if not calls.is_open(call, at=clock.now()):
        raise RuleBroken("Cet appel à projets n’est pas ouvert : aucun dossier ne peut y être commencé.")
    if organisation is None or organisation not in queries.carriers_for(actor):
        raise RuleBroken("Choisissez une organisation pour laquelle vous êtes porteur.", field="organisation_id")
    _refuse_organisation(call, organisation)
    begun = queries.drafts_of(actor, call.id)
    if same := _same(begun, organisation, title):
        return same
    if begun and not another:
        raise RuleBroken("Vous avez déjà un brouillon : cochez pour en commencer un autre.", field="another")
    application = Application(
        call_id=call.id,
        organisation_id=organisation.id,
        ministry_id=organisation.ministry_id,
        title=title,
        team=[TeamMember(account_id=actor.id, role=TeamRole.LEAD)],
    )
    db.session.add(application)
    db.session.flush()
    own.begin(application)
    audit.record(actor, "application.create", application, audience=Audience.TEAM)
    return application


def _refuse_organisation(call: Call, organisation: Organisation) -> None:
    """Nobody writes a dossier that the call could not take."""
    rules = eligibility.rules_of(call, call_queries.organisations_of(call.id))
    verdicts = eligibility.judge_organisation(rules, organisation)
    if call.one_per_ministry:
        already = queries.has_submitted(organisation.ministry_id, call.id)
        verdicts.append(eligibility.judge_number(rules, already=already))
    if refused := eligibility.refusals(verdicts):
        told = " ".join(f"{verdict.message} {verdict.to_do}" for verdict in refused)
        raise RuleBroken(told, field="organisation_id")


def _same(begun: list[Application], organisation: Organisation, title: str) -> Application | None:
    alike = (ApplicationStatus.DRAFT, organisation.id, title)
    return next((draft for draft in begun if (draft.status, draft.organisation_id, draft.title) == alike), None)


def save_section(
    application: Application, section: Section, values: Values, *, seen: str, by_itself: bool = False, actor: Account
) -> Merge:
    """Replace what `section` holds by `values`, complete or not; what others changed meanwhile elsewhere in it stays.

    A page that saves `by_itself` while somebody types is one line of the journal for each sitting, not one every few seconds.

    Raises Conflict when one value was changed on both sides since the fingerprint was `seen`, Forbidden when the section is
    closed to `actor`, RuleBroken at its field for what no dossier can hold.
    """
    _open(application, section, actor)
    merged = merge(values, values_of(application, section), seen)
    if merged.clashes:
        raise Conflict("Quelqu’un a modifié cette rubrique depuis que vous l’avez ouverte.")
    for name in COLUMNS.get(section, ()):
        if name in merged.values:
            setattr(application, name, merged.values[name])
    if write := WRITERS.get(section):
        write(application, merged.values)
    # Moves the version too, when only rows of other tables changed.
    application.saved_at = clock.now()
    record_save(application, section, by_itself=by_itself, actor=actor, **union(merged))
    return merged


def _open(application: Application, section: Section, actor: Account) -> None:
    """Lock the dossier for writing `section`, as it is now."""
    read = application.version
    lock(application)
    if not policies.can_edit_section(actor, application, section):
        raise Forbidden(f"La rubrique « {section.label} » n’est pas ouverte à la saisie.")
    if application.version != read:
        # Somebody saved while this request waited for the lock.
        queries.loaded(application.id)


def _write_project(application: Application, values: Values) -> None:
    call = queries.call_with_lists(application.call_id)
    families = {family.id for family in call.families}
    actions = {str(action.id): action for action in call.priority_actions}
    if values["family_id"] is not None and values["family_id"] not in families:
        raise RuleBroken("Choisissez une famille de l’appel.", field="family_id")
    if not actions.keys() >= set(values["priority_action_ids"]):
        raise RuleBroken("Choisissez parmi les actions prioritaires de l’appel.", field="priority_action_ids")
    application.priority_actions = [actions[key] for key in actions if key in values["priority_action_ids"]]


def _write_plan(application: Application, values: Values) -> None:
    held = {link.plan_action_id: link for link in application.plan_links if link.plan_action_id}
    proposals = [link for link in application.plan_links if not link.plan_action_id]
    offered = {action.id for action in queries.actions_of(application.ministry_id)} | held.keys()
    wanted: list[PlanLink] = []
    for index, row in enumerate(values["links"]):
        field = f"links-{index}-plan_action_id"
        key: UUID | None = row["plan_action_id"]
        if key is not None and key not in offered:
            raise RuleBroken("Choisissez une action du plan de votre ministère.", field=field)
        kept = held.get(key) if key else (proposals.pop(0) if proposals else None)
        if kept in wanted:
            raise RuleBroken("Cette action est déjà rattachée au dossier.", field=field)
        link = kept or PlanLink()
        for name, value in row.items():
            setattr(link, name, value)
        if key is not None:
            held[key] = link
        wanted.append(link)
    application.plan_links = wanted


def _write_calendar(application: Application, values: Values) -> None:
    _fit(application.milestones, sorted(values["milestones"], key=lambda row: row["due_on"]), Milestone)


def _write_budget(application: Application, values: Values) -> None:
    """The lines and who else pays, each when its page sends it; then the totals that lists and rankings read."""
    _write_cofundings(application, values)
    rows = values.get("lines")
    if rows is None:
        return
    if len(rows) > MOST_LINES:
        raise RuleBroken(
            f"Un budget a {MOST_LINES} lignes au plus, celui-ci en aurait {len(rows)} : regroupez les petites dépenses."
        )
    for index, row in enumerate(rows):
        if row["amount_requested"] > row["amount"]:
            raise RuleBroken("Le montant demandé dépasse la dépense.", field=f"lines-{index}-amount_requested")
    if sum(row["amount"] for row in rows) > LARGEST:
        raise RuleBroken("Le total du budget est trop grand.")
    _fit_lines(application.budget_lines, rows)
    budget = summarise(application.budget_lines, staff_counted=True)
    application.total_cost, application.amount_requested = budget.total, budget.requested


def _write_cofundings(application: Application, values: Values) -> None:
    rows = values.get("cofundings")
    if rows is None:
        return
    if len(rows) > MOST_COFUNDINGS:
        raise RuleBroken(f"Un budget a {MOST_COFUNDINGS} cofinancements au plus, celui-ci en aurait {len(rows)}.")
    if sum(row["amount"] for row in rows) > LARGEST:
        raise RuleBroken("Le total des cofinancements est trop grand.")
    _fit(application.cofundings, rows, Cofunding)


def _write_impact(application: Application, values: Values) -> None:
    _fit(application.indicators, values["indicators"], ApplicationIndicator)


WRITERS: dict[Section, Callable[[Application, Values], None]] = {
    Section.PROJECT: _write_project,
    Section.PLAN: _write_plan,
    Section.CALENDAR: _write_calendar,
    Section.BUDGET: _write_budget,
    Section.IMPACT: _write_impact,
}


def _fit(held: list[Any], rows: Sequence[Values], make: type[Any]) -> None:
    """Make `held` say what `rows` say, in place: positions are unique, and new rows are written before old ones leave."""
    for row, thing in zip(rows, held, strict=False):
        for name, value in row.items():
            setattr(thing, name, value)
    held += [make(position=number, **row) for number, row in enumerate(rows, start=1) if number > len(held)]
    del held[len(rows) :]


def _fit_lines(held: list[BudgetLine], rows: Sequence[Values]) -> None:
    """The same for a budget, whose lines keep their identity: several people write several pages of it."""
    known: dict[Any, BudgetLine] = {line.id: line for line in held}
    following = max((line.position for line in held), default=0) + 1
    for row in rows:
        values = {name: value for name, value in row.items() if name != "id"}
        if line := known.pop(row.get("id"), None):
            for name, value in values.items():
                setattr(line, name, value)
        else:
            held.append(BudgetLine(position=following, **values))
            following += 1
    for line in known.values():
        held.remove(line)


def delete(application: Application, *, actor: Account) -> None:
    """Throw away a draft that was never submitted, with all that it holds; the journal remembers its title."""
    lock(application)
    require(policies.can_delete, actor, application)
    audit.record(actor, "application.delete", application, title=application.title)
    db.session.flush()
    # The database empties the tables of the content (ON DELETE CASCADE); files left without a dossier are purged later.
    db.session.execute(sa.delete(Application).where(Application.id == application.id))
    db.session.expunge(application)
