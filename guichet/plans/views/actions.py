"""One action of a plan: read by who reads the plan, written by the focal point."""

from collections.abc import Callable
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from guichet.accounts.access import current_account, signed_in
from guichet.accounts.models import Role
from guichet.calls.queries import priority_actions
from guichet.core import clock
from guichet.core.errors import RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.plans import policies, queries, services
from guichet.plans.forms import ActionForm, IndicatorForm, MeasureForm, ThemeFilter
from guichet.plans.models import Theme
from guichet.plans.views import bp
from guichet.plans.views.trail import crumbs
from guichet.plans.views.words import shown_changes
from guichet.web import forms
from guichet.web.pages import page


@bp.get("/plans/actions/<uuid:action_id>")
@signed_in()
def action(action_id: UUID) -> ResponseReturnValue:
    actor = current_account()
    found = queries.action_for(actor, action_id)
    can_manage = policies.can_manage(actor, found.plan)
    return page(
        "plans/action.html",
        forms.ActionForm(),
        action=found,
        funding=queries.funding_of(found),
        changes=shown_changes(queries.changes_of(found), may_settle=can_manage),
        can_manage=can_manage,
        crumbs=crumbs(found.plan, here=f"Action {found.number}"),
    )


@bp.route("/plans/<uuid:plan_id>/actions/nouvelle", methods=["GET", "POST"])
@signed_in(Role.FOCAL_POINT)
def create_action(plan_id: UUID) -> ResponseReturnValue:
    plan = queries.plan_to_manage(current_account(), plan_id)
    form = ActionForm(data={"theme": ThemeFilter(request.args).theme or Theme.GOVERNANCE})
    form.offer(priority_actions())
    if form.validate_on_submit():
        try:
            with unit_of_work():
                created = services.create_action(plan, form.terms, actor=current_account())
        except RuleBroken as problem:
            form.blame(problem)
        else:
            flash("L’action est ajoutée au plan.", "success")
            return redirect(url_for(".action", action_id=created.id), 303)
    back = url_for(".show", plan_id=plan.id)
    return page("plans/edit_action.html", form, action=None, back=back, crumbs=crumbs(plan, here="Nouvelle action"))


@bp.route("/plans/actions/<uuid:action_id>/modification", methods=["GET", "POST"])
@signed_in(Role.FOCAL_POINT)
def edit_action(action_id: UUID) -> ResponseReturnValue:
    found = queries.action_to_manage(current_account(), action_id)
    form = ActionForm(obj=found)
    form.offer(priority_actions())
    back = url_for(".action", action_id=action_id)
    if _saved(form, lambda: services.update_action(found, form.terms, actor=current_account())):
        flash("L’action est enregistrée.", "success")
        return redirect(back, 303)
    trail = crumbs(found.plan, found, "Modifier")
    return page("plans/edit_action.html", form, action=found, back=back, crumbs=trail)


@bp.route("/plans/actions/<uuid:action_id>/indicateurs", methods=["GET", "POST"])
@signed_in(Role.FOCAL_POINT)
def add_indicator(action_id: UUID) -> ResponseReturnValue:
    found = queries.action_to_manage(current_account(), action_id)
    form = IndicatorForm()

    def save() -> None:
        named = form.label.data or "", form.unit.data or ""
        services.add_indicator(found, *named, form.baseline.data, form.target.data, actor=current_account())

    if _saved(form, save):
        flash("L’indicateur est ajouté.", "success")
        return redirect(url_for(".action", action_id=action_id), 303)
    return page("plans/indicator.html", form, action=found, crumbs=crumbs(found.plan, found, "Nouvel indicateur"))


@bp.route("/plans/actions/<uuid:action_id>/mesures", methods=["GET", "POST"])
@signed_in(Role.FOCAL_POINT)
def measure(action_id: UUID) -> ResponseReturnValue:
    found = queries.action_to_manage(current_account(), action_id)
    form = MeasureForm(data={"year": clock.today().year})
    form.offer(found.indicators)

    def save() -> None:
        services.measure(found, *form.measure, actor=current_account())

    if _saved(form, save):
        flash("La mesure est enregistrée.", "success")
        return redirect(url_for(".action", action_id=action_id), 303)
    return page("plans/measure.html", form, action=found, crumbs=crumbs(found.plan, found, "Nouvelle mesure"))


def _saved(form: forms.Form, save: Callable[[], None]) -> bool:
    """Whether `save` was asked for, and done; a rule that it breaks is told in the form."""
    if not form.validate_on_submit():
        return False
    try:
        with unit_of_work():
            save()
    except RuleBroken as problem:
        form.blame(problem)
        return False
    return True
