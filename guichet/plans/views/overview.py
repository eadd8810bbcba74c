"""All ministries' plans, counted; or the way to one's own."""

from dataclasses import dataclass

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from guichet.accounts.access import current_account, signed_in
from guichet.accounts.models import Account
from guichet.core import clock
from guichet.core.money import ZERO
from guichet.plans import policies, queries
from guichet.plans.forms import PlanFilter
from guichet.plans.models import ActionPlan, EngagementLevel, Theme
from guichet.plans.queries import Consolidation, Figures
from guichet.plans.views import bp
from guichet.plans.views.trail import crumbs
from guichet.web.filters import percent
from guichet.web.pages import page


@dataclass(frozen=True)
class ThemeLine:
    """A theme: all its actions, and those aiming at each level."""

    theme: Theme
    figures: Figures
    levels: list[Figures]


@bp.get("/plans")
@signed_in()
def index() -> ResponseReturnValue:
    actor = current_account()
    if not policies.can_view_all(actor):
        return _own_plan(actor)
    filters = PlanFilter(request.args)
    found = queries.consolidation(filters.wanted)
    lines = [_line(theme, found.figures) for theme in Theme]
    return page(
        "plans/index.html",
        filters=filters.offer(found.plans),
        found=found,
        lines=lines,
        bars=[_bar(line) for line in lines if line.figures.actions],
        ministries=_ministries(found),
        levels=list(EngagementLevel),
        crumbs=crumbs(),
    )


def _own_plan(actor: Account) -> ResponseReturnValue:
    plans = queries.plans_of(actor.organisation.ministry_id)
    begun = [plan for plan in plans if plan.first_year <= clock.today().year] or plans
    if begun:
        return redirect(url_for(".show", plan_id=begun[0].id))
    may_create = policies.can_create(actor, actor.organisation.ministry_id)
    return page("plans/none.html", may_create=may_create, crumbs=crumbs())


def _line(theme: Theme, figures: Figures) -> ThemeLine:
    own = figures.of(theme=theme)
    return ThemeLine(theme, own, [own.of(level=level) for level in EngagementLevel])


def _bar(line: ThemeLine) -> tuple[str, float, str]:
    # Short, for a narrow screen: the counts are in the table below.
    share = line.figures.done_share
    return line.theme.label, float(share), percent(share, 0)


def _ministries(found: Consolidation) -> list[tuple[ActionPlan, Figures]]:
    """Each plan with its figures, the money of its dossiers among them; plans without an action that fits are left out."""
    return [
        (plan, Figures(cells, found.funding.get(plan.ministry_id, ZERO)))
        for plan in found.plans
        if (cells := found.figures.of(ministry_id=plan.ministry_id).cells)
    ]
