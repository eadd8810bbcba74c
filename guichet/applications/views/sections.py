"""The pages on which a dossier is written, one for each section. A save may be incomplete; it is never lost."""

from typing import Any, cast
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from guichet.accounts.access import current_account, signed_in
from guichet.accounts.models import Account
from guichet.applications import funded, policies, queries
from guichet.applications.budget import Summary, summarise
from guichet.applications.ceilings import verdicts
from guichet.applications.completeness import missing
from guichet.applications.forms.comparison import differences
from guichet.applications.forms.sections import CarrierForm, OpennessForm, ProjectForm, SectionForm, SolutionForm
from guichet.applications.forms.tables import (
    BudgetForm,
    CalendarForm,
    CofundingForm,
    ImpactForm,
    PlanForm,
    TableForm,
)
from guichet.applications.merging import merge
from guichet.applications.models import Application, Section
from guichet.applications.own import AnySection, all_sections
from guichet.applications.sections import fingerprint, values_of
from guichet.applications.services import drafting
from guichet.applications.views import bp
from guichet.applications.views.choices import labels_of, named, saved_ones, tell
from guichet.applications.views.parts import company, dossier_page, section_items, section_url
from guichet.core.errors import Conflict, Forbidden, NotFound, RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.web.pages import requested_page

FORMS: dict[Section, type[SectionForm]] = {
    Section.PROJECT: ProjectForm,
    Section.SOLUTION: SolutionForm,
    Section.TEAM: CarrierForm,
    Section.PLAN: PlanForm,
    Section.CALENDAR: CalendarForm,
    Section.BUDGET: BudgetForm,
    Section.IMPACT: ImpactForm,
    Section.OPENNESS: OpennessForm,
}
# The part of the page that draws the fields.
FIELDS = {
    Section.PROJECT: "applications/sections/project.html",
    Section.SOLUTION: "applications/sections/solution.html",
    Section.TEAM: "applications/sections/team.html",
    Section.PLAN: "applications/sections/plan.html",
    Section.CALENDAR: "applications/sections/calendar.html",
    Section.BUDGET: "applications/sections/budget.html",
    Section.IMPACT: "applications/sections/impact.html",
    Section.OPENNESS: "applications/sections/openness.html",
}
# The section « Budget » has two pages of one version: its lines, and who else pays.
COFUNDINGS, COFUNDING_FIELDS = "cofinancements", "applications/sections/cofundings.html"
WIDE = {Section.PLAN, Section.BUDGET, Section.IMPACT}


@bp.route("/dossiers/<uuid:application_id>/rubriques/<slug>", methods=["GET", "POST"])
@signed_in()
def section(application_id: UUID, slug: str) -> ResponseReturnValue:
    application = queries.one_for(current_account(), application_id)
    opened = section_at(slug)
    form = form_for(application, opened)
    if not policies.can_edit_section(current_account(), application, opened):
        return _closed(application, opened, form)
    if "drop" in request.form:
        return _section_page(application, opened, form)
    if "add" in request.form and isinstance(form, TableForm) and not form.is_full:
        form.add_blank()
        _offer(application, form)
        return _section_page(application, opened, form)
    if "cite" in request.form and isinstance(form, CarrierForm):
        form.cite(funded.one(current_account(), _identifier(request.form["cite"])).citation)
        return _section_page(application, opened, form)
    if "choose" in request.form or not form.validate_on_submit():
        return _section_page(application, opened, form)
    return _save(application, opened, form)


def _identifier(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as problem:
        raise NotFound("Ce projet n’existe pas.") from problem


def section_at(slug: str) -> Section:
    found = next((section for section in FORMS if section.slug == slug), None)
    if found is None:
        raise NotFound("Cette rubrique n’existe pas.")
    return found


def form_for(application: Application, opened: Section) -> SectionForm:
    """The form of the section: as it was sent, else as it was saved, with empty lines to type in."""
    values = values_of(application, opened)
    if opened is Section.BUDGET and request.args.get("partie") == COFUNDINGS:
        form: SectionForm = CofundingForm(data=values)
    elif opened is Section.BUDGET:
        form = BudgetForm(values["lines"], requested_page())
    else:
        form = FORMS[opened](data=values)
    if not form.is_submitted():
        form.version.data = fingerprint(application, opened)
        if isinstance(form, TableForm):
            form.add_blank(form.blanks)
    else:
        for name in saved_ones(name for name in values if name in form):
            form.restore(name, values[name])
    if isinstance(form, ImpactForm) and not application.is_digital_service:
        form.leave_out_rgesn()
    _offer(application, form)
    return form


def _offer(application: Application, form: SectionForm) -> None:
    """The lists among which the form chooses."""
    if isinstance(form, ProjectForm):
        form.offer(queries.call_with_lists(application.call_id))
    elif isinstance(form, PlanForm):
        held = [link.plan_action for link in application.plan_links if link.plan_action]
        offered = {action.id: action for action in [*queries.actions_of(application.ministry_id), *held]}
        form.offer(list(offered.values()))


def _save(application: Application, opened: Section, form: SectionForm) -> ResponseReturnValue:
    actor = current_account()
    try:
        with unit_of_work():
            seen = form.version.data or ""
            merged = drafting.save_section(application, opened, form.values(), seen=seen, actor=actor)
    except RuleBroken as problem:
        form.blame(problem)
        return _section_page(queries.one_for(actor, application.id), opened, form)
    except (Conflict, Forbidden):
        return _conflict(queries.one_for(actor, application.id), opened, form)
    tell(application, opened, labels_of(form), merged, actor)
    return _saved(application, opened, form)


def _saved(application: Application, opened: Section, form: SectionForm) -> ResponseReturnValue:
    flash(f"La rubrique « {opened.label} » est enregistrée.", "success")
    return redirect(_after_save(application, opened, form), 303)


def _after_save(application: Application, opened: Section, form: SectionForm) -> str:
    """Where the button leads: on to the next section, or again here (with room for more lines)."""
    actor = current_account()
    if request.form.get("then") == "next":
        return next_url(application, actor, opened)
    here = section_url(application, actor, opened)
    if isinstance(form, CofundingForm):
        return f"{here}?partie={COFUNDINGS}"
    if not isinstance(form, BudgetForm):
        return here
    # The last page has room for more lines; there are never as many pages as lines.
    return f"{here}?page={len(application.budget_lines) if 'add' in request.form else form.page}"


def next_url(application: Application, actor: Account, opened: AnySection) -> str:
    """The next section open to `actor`; after the last, the dossier."""
    order = [section for section in all_sections(application) if policies.can_edit_section(actor, application, section)]
    following = order[order.index(opened) + 1 :]
    return (
        section_url(application, actor, following[0]) if following else url_for(".show", application_id=application.id)
    )


def _conflict(application: Application, opened: Section, form: SectionForm) -> ResponseReturnValue:
    """Both texts side by side where they clash, each to be chosen; elsewhere, what others saved is in the page already."""
    if not policies.can_edit_section(current_account(), application, opened):
        return _closed(application, opened, form)
    current = values_of(application, opened)
    merged = merge(form.values(), current, form.version.data or "")
    compared = list(
        differences(
            copy_of(application, form, opened, current),
            copy_of(application, form, opened, form.values()),
        )
    )
    if not compared:
        # The same text sent twice: a double click.
        return _saved(application, opened, form)
    for name in merged.kept:
        form.restore(name, current[name])
    form.version.data = fingerprint(application, opened)
    _offer(application, form)
    clashing = [difference for difference in compared if difference.name in merged.clashes] or compared
    context = {"differences": clashing, "united": named(labels_of(form), merged.kept)}
    body, _ = cast("tuple[str, int]", _section_page(application, opened, form, **context))
    return body, 409


def copy_of(application: Application, form: SectionForm, opened: Section, values: dict[str, Any]) -> SectionForm:
    """A form of the whole section, or of the part that `form` writes, that holds `values`: to be compared with another."""
    if isinstance(form, CofundingForm):
        return CofundingForm(formdata=None, data=values)
    if opened is Section.BUDGET:
        return BudgetForm(values["lines"], None, formdata=None)
    copy = FORMS[opened](formdata=None, data=values)
    _offer(application, copy)
    return copy


def _closed(application: Application, opened: Section, form: SectionForm) -> ResponseReturnValue:
    """The section closed while somebody was typing: nothing is saved, but nothing typed is lost either."""
    if not form.is_submitted() or not policies.is_on_team(current_account(), application):
        raise Forbidden(f"La rubrique « {opened.label} » n’est pas ouverte à la saisie.")
    body, _ = cast("tuple[str, int]", _section_page(application, opened, form, is_closed=True))
    return body, 409


def _section_page(application: Application, opened: Section, form: SectionForm, **context: Any) -> ResponseReturnValue:
    order = list(FORMS)
    number = order.index(opened)
    budget = _budget(application, form)
    return dossier_page(
        "applications/section.html",
        form,
        application,
        opened.label,
        section=opened,
        fields=COFUNDING_FIELDS if isinstance(form, CofundingForm) else FIELDS[opened],
        number=number + 1,
        total=len(all_sections(application)),
        following=all_sections(application)[number + 1],
        items=section_items(application, current_account(), opened),
        gaps=[gap for gap in missing(application) if gap.section is opened and not isinstance(form, CofundingForm)],
        wide=opened in WIDE,
        close_projects=funded.close_to(application, current_account()) if opened is Section.TEAM else [],
        budget=budget,
        verdicts=list(verdicts(budget, application.call)) if budget else [],
        # The lines of a budget keep their identity: new ones get theirs from a whole save, and would be doubled by others.
        saves_by_itself=opened is not Section.BUDGET,
        company=company(application, opened, current_account()),
        **context,
    )


def _budget(application: Application, form: SectionForm) -> Summary | None:
    """The totals of what is typed; on the page of the co-fundings, of what is saved."""
    counted = application.call.staff_cost_counted
    if isinstance(form, CofundingForm):
        return summarise(application.budget_lines, application.cofundings, staff_counted=counted)
    return form.summary(application.cofundings, staff_counted=counted) if isinstance(form, BudgetForm) else None
