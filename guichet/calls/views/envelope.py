"""The ledger of an envelope."""

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from guichet.accounts.access import current_account, signed_in
from guichet.accounts.models import Account, Role
from guichet.calls import ledger, policies, queries, services
from guichet.calls.forms.envelope import MovementForm
from guichet.calls.models import Call, MovementKind
from guichet.calls.views import bp
from guichet.calls.views.trail import crumbs
from guichet.core.errors import Forbidden, RuleBroken
from guichet.core.paging import paginate
from guichet.core.transaction import unit_of_work
from guichet.web.filters import ZONES
from guichet.web.pages import page, requested_page

READERS = (Role.OFFICER, Role.ADMIN, Role.FINANCE, Role.CHAIR, Role.COMMITTEE, Role.AUDITOR)


@bp.route("/instruction/appels/<slug>/enveloppe", methods=["GET", "POST"])
@signed_in(*READERS)
def envelope(slug: str) -> ResponseReturnValue:
    actor = current_account()
    call = queries.managed(slug, actor, policies.can_see_ledger)
    kinds = _kinds(actor, call)
    form = MovementForm().offer(kinds)
    if form.is_submitted() and not kinds:
        raise Forbidden("Vous lisez cette enveloppe, sans pouvoir la mouvoir.")
    if form.validate_on_submit():
        try:
            with unit_of_work():
                services.move_by_hand(call, *form.movement, actor=actor)
        except RuleBroken as problem:
            form.blame(problem)
        else:
            flash("Le mouvement est écrit au registre.", "success")
            return redirect(url_for(".envelope", slug=slug), 303)
    totals = ledger.totals_of(call.id)
    return page(
        "calls/envelope.html",
        form,
        call=call,
        zone_name=ZONES.get(call.time_zone, call.time_zone),
        kinds=kinds,
        totals=totals,
        left=sum(totals.values()),
        found=paginate(ledger.ledger_of(call.id), requested_page()),
        crumbs=_crumbs(actor, call),
    )


def _kinds(actor: Account, call: Call) -> list[MovementKind]:
    """The movements that the person may write by hand."""
    kinds = [MovementKind.OPENING] if policies.can_open_envelope(actor, call) else []
    return [*kinds, MovementKind.FREEZE, MovementKind.THAW] if policies.can_freeze(actor, call) else kinds


def _crumbs(actor: Account, call: Call) -> list[tuple[str, str | None]]:
    # The committee reads the ledger, not the managers' page.
    if policies.can_follow(actor, call):
        return crumbs(call, "Enveloppe")
    return [("Accueil", "/"), (call.title, url_for(".show", slug=call.slug)), ("Enveloppe", None)]
