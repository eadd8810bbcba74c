"""The plan of one ministry."""

from uuid import UUID

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from guichet.accounts.access import current_account, signed_in
from guichet.accounts.models import Role
from guichet.core.errors import Forbidden, RuleBroken
from guichet.core.paging import paginate
from guichet.core.transaction import unit_of_work
from guichet.plans import policies, queries, services
from guichet.plans.forms import PlanForm, ThemeFilter
from guichet.plans.models import Theme
from guichet.plans.views import bp
from guichet.plans.views.trail import crumbs
from guichet.web.pages import page, requested_page


@bp.get("/plans/<uuid:plan_id>")
@signed_in()
def show(plan_id: UUID) -> ResponseReturnValue:
    actor = current_account()
    plan = queries.plan_for(actor, plan_id)
    figures = queries.figures_of(plan)
    by_theme = [(theme, figures.of(theme=theme)) for theme in Theme]
    first = next((theme for theme, own in by_theme if own.actions), Theme.GOVERNANCE)
    theme = ThemeFilter(request.args).theme or first
    return page(
        "plans/show.html",
        plan=plan,
        figures=figures,
        by_theme=by_theme,
        theme=theme,
        found=paginate(queries.actions_of(plan, theme), requested_page()),
        others=[other for other in queries.plans_of(plan.ministry_id) if other.id != plan.id],
        can_manage=policies.can_manage(actor, plan),
        crumbs=crumbs(plan),
    )


@bp.route("/plans/nouveau", methods=["GET", "POST"])
@signed_in(Role.FOCAL_POINT)
def create() -> ResponseReturnValue:
    actor = current_account()
    ministry_id = actor.organisation.ministry_id
    if not policies.can_create(actor, ministry_id):
        raise Forbidden("Seul le référent d’un ministère ouvre son plan d’action.")
    form = PlanForm()
    if form.validate_on_submit():
        try:
            with unit_of_work():
                years = int(form.first_year.data), int(form.last_year.data)
                plan = services.create_plan(ministry_id, form.title.data or "", *years, actor=actor)
        except RuleBroken as problem:
            form.blame(problem)
        else:
            flash("Le plan est ouvert. Ajoutez ses actions.", "success")
            return redirect(url_for(".show", plan_id=plan.id), 303)
    return page("plans/create.html", form, crumbs=crumbs(here="Nouveau plan"))
