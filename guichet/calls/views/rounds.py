"""The rounds of a call, while it is written; more time for all, once it is published."""

from collections.abc import Callable
from uuid import UUID

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from guichet.accounts.access import current_account, signed_in
from guichet.accounts.models import Account, Role
from guichet.calls import policies, queries, services
from guichet.calls.dating import CallKind
from guichet.calls.forms.rounds import ClosingForm, RoundForm
from guichet.calls.models import Call, CallRound, CallStatus
from guichet.calls.views import bp
from guichet.calls.views.trail import crumbs
from guichet.core import clock
from guichet.core.errors import NotFound, RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.web.forms import ActionForm, Form
from guichet.web.pages import page

MANAGERS = (Role.OFFICER, Role.ADMIN)


def may_change_rounds(actor: Account, call: Call) -> bool:
    """Freely in a draft; later closings only, once published."""
    return policies.can_edit(actor, call) or policies.can_extend(actor, call)


def by_rounds(slug: str, policy: Callable[[Account, Call], bool] = may_change_rounds) -> Call:
    call = queries.managed(slug, current_account(), policy)
    if call.kind is not CallKind.ROUNDS:
        raise NotFound("Cet appel ne se fait pas par relèves.")
    return call


@bp.route("/instruction/appels/<slug>/releves", methods=["GET", "POST"])
@signed_in(*MANAGERS)
def rounds(slug: str) -> ResponseReturnValue:
    call = by_rounds(slug)
    form = RoundForm(call.time_zone, told=call.status is not CallStatus.DRAFT)

    def save() -> None:
        services.add_round(call, form.terms, reason=form.motive, actor=current_account())

    if _saved(form, save):
        flash("La relève est ajoutée.", "success")
        return redirect(url_for(".rounds", slug=slug), 303)
    trail = crumbs(call, "Relèves")
    return page("calls/rounds.html", form, call=call, can_edit=_is_draft(call), at=clock.now(), crumbs=trail)


@bp.route("/instruction/appels/<slug>/releves/<uuid:round_id>", methods=["GET", "POST"])
@signed_in(*MANAGERS)
def change_round(slug: str, round_id: UUID) -> ResponseReturnValue:
    call = by_rounds(slug)
    held = queries.line_of(CallRound, call, round_id)
    form = RoundForm(call.time_zone, told=not _is_draft(call), obj=held)
    if not _is_draft(call):
        del form.label

    def save() -> None:
        services.change_round(call, round_id, form.terms, reason=form.motive, actor=current_account())

    if _saved(form, save):
        flash("La relève est enregistrée.", "success")
        return redirect(url_for(".rounds", slug=slug), 303)
    return _closing_page(form, call, _name(call, round_id))


@bp.route("/instruction/appels/<slug>/releves/<uuid:round_id>/suppression", methods=["GET", "POST"])
@signed_in(*MANAGERS)
def remove_round(slug: str, round_id: UUID) -> ResponseReturnValue:
    call = by_rounds(slug, policies.can_edit)
    queries.line_of(CallRound, call, round_id)
    form, label, back = ActionForm(), _name(call, round_id), url_for(".rounds", slug=slug)
    if _saved(form, lambda: services.remove_round(call, round_id, actor=current_account())):
        flash("La relève est retirée.", "success")
        return redirect(back, 303)
    trail = [*crumbs(call), ("Relèves", back), ("Retirer", None)]
    return page("calls/remove.html", form, label=label, back=back, crumbs=trail)


@bp.route("/instruction/appels/<slug>/report", methods=["GET", "POST"])
@signed_in(*MANAGERS)
def postpone(slug: str) -> ResponseReturnValue:
    call = queries.managed(slug, current_account(), policies.can_extend)
    if call.kind is CallKind.ROUNDS or call.closes_at is None:
        raise NotFound("Cet appel n’a pas de clôture à reporter.")
    form = ClosingForm(call.time_zone, told=True, obj=call)

    def save() -> None:
        services.postpone(call, form.instant, reason=form.motive, actor=current_account())

    if _saved(form, save):
        flash("La clôture est reportée. La page de l’appel le dit à tous.", "success")
        return redirect(url_for(".manage", slug=slug), 303)
    return _closing_page(form, call, "Reporter la clôture")


def _closing_page(form: ClosingForm, call: Call, title: str) -> ResponseReturnValue:
    by_name = call.kind is CallKind.ROUNDS
    between = [("Relèves", url_for(".rounds", slug=call.slug))] if by_name else []
    trail = [*crumbs(call), *between, (title, None)]
    return page("calls/closing.html", form, call=call, title=title, by_name=by_name, crumbs=trail)


def _is_draft(call: Call) -> bool:
    return call.status is CallStatus.DRAFT


def _name(call: Call, round_id: UUID) -> str:
    return next((one.name for one in call.rounds if one.id == round_id), "Relève")


def _saved(form: Form, save: Callable[[], None]) -> bool:
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
