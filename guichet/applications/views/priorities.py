"""The page on which a focal point orders her ministry's dossiers of one call."""

from uuid import UUID

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from guichet.accounts.access import current_account, signed_in
from guichet.accounts.models import Account, Role
from guichet.applications import policies, priorities, queries
from guichet.applications.forms.submission import OrderForm
from guichet.applications.services import priorities as services
from guichet.applications.views import bp
from guichet.calls.models import Call
from guichet.core import clock
from guichet.core.errors import Conflict, NotFound, RuleBroken
from guichet.core.paging import PAGE_SIZE, Page, page_within
from guichet.core.transaction import unit_of_work
from guichet.web.pages import page, requested_page


@bp.route("/dossiers/priorites/<slug>/<uuid:ministry_id>", methods=["GET", "POST"])
@signed_in(Role.FOCAL_POINT)
def order(slug: str, ministry_id: UUID) -> ResponseReturnValue:
    actor = current_account()
    if not policies.can_order(actor, ministry_id):
        raise NotFound("Cette page n’existe pas, ou vous n’y avez pas accès.")
    call = queries.call_to_answer(actor, slug)
    form = OrderForm()
    if form.validate_on_submit():
        try:
            with unit_of_work():
                done = _act(call, ministry_id, form.seen.data or "", actor)
        except RuleBroken as problem:
            form.blame(problem)
        except Conflict as problem:
            form.form_errors.append(problem.message)
            return _page(form, call, ministry_id, actor)[0], 409
        else:
            flash(done, "success")
            return redirect(url_for(".order", slug=slug, ministry_id=ministry_id, page=requested_page()), 303)
    return _page(form, call, ministry_id, actor)


def _act(call: Call, ministry_id: UUID, seen: str, actor: Account) -> str:
    """Do what the pressed button says; what to tell about it."""
    for name, steps in (("up", -1), ("down", 1)):
        if moved := request.form.get(name, type=UUID):
            line = services.move(call, ministry_id, moved, steps, seen=seen, actor=actor)
            return f"« {line.title} » est maintenant en priorité {line.rank}."
    services.confirm(call, ministry_id, seen=seen, actor=actor)
    return "L’ordre de priorité est enregistré."


def _page(form: OrderForm, call: Call, ministry_id: UUID, actor: Account) -> tuple[str, int]:
    lines = priorities.lines(actor, call.id, ministry_id)
    form.seen.data = priorities.fingerprint(lines)
    number = page_within(requested_page(), len(lines))
    return page(
        "applications/order.html",
        form,
        call=call,
        found=Page(lines[(number - 1) * PAGE_SIZE : number * PAGE_SIZE], number, len(lines)),
        is_first_page=number == 1,
        unplaced=any(line.rank is None for line in lines),
        is_order_open=policies.is_order_open(call, at=clock.now()),
        crumbs=[("Accueil", "/"), ("Dossiers", url_for(".index")), ("Ordre de priorité", None)],
    )
