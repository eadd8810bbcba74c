"""The ledger of an envelope."""

import csv
import io
from decimal import Decimal
from zoneinfo import ZoneInfo

from flask import Response, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from guichet.accounts.access import current_account, signed_in
from guichet.accounts.models import Account, Role
from guichet.calls import ledger, policies, queries, services
from guichet.calls.forms.envelope import MovementForm, TransferForm
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
                services.move_by_hand(call, *form.movement, actor=actor, key=form.once)
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
        can_transfer=policies.can_transfer(actor, call),
        totals=totals,
        left=sum(totals.values()),
        found=paginate(ledger.balanced(call.id), requested_page()),
        crumbs=_crumbs(actor, call),
    )


@bp.route("/instruction/appels/<slug>/enveloppe/transfert", methods=["GET", "POST"])
@signed_in(Role.FINANCE)
def transfer(slug: str) -> ResponseReturnValue:
    actor = current_account()
    call = queries.managed(slug, actor, policies.can_transfer)
    form = TransferForm().offer(queries.transfer_targets(call, actor))
    if form.validate_on_submit():
        try:
            with unit_of_work():
                services.transfer(call, form.chosen, *form.movement, actor=actor, key=form.once)
        except RuleBroken as problem:
            form.blame(problem)
        else:
            flash("Le transfert est écrit aux deux registres.", "success")
            return redirect(url_for(".envelope", slug=slug), 303)
    trail = [*_crumbs(actor, call)[:-1], ("Enveloppe", url_for(".envelope", slug=slug)), ("Transfert", None)]
    return page("calls/transfer.html", form, call=call, left=ledger.left_of(call.id), crumbs=trail)


@bp.get("/instruction/appels/<slug>/enveloppe.csv")
@signed_in(*READERS)
def envelope_csv(slug: str) -> ResponseReturnValue:
    call = queries.managed(slug, current_account(), policies.can_see_ledger)
    lines = [
        (
            movement.created_at.astimezone(ZoneInfo(call.time_zone)).isoformat(timespec="seconds"),
            movement.kind.label,
            _plain(movement.amount),
            _plain(balance),
            _harmless(movement.reason),
            _harmless(movement.author.full_name),
        )
        for movement, balance in ledger.rows_of(call.id)
    ]
    written = io.StringIO()
    table = csv.writer(written, delimiter=";", lineterminator="\r\n")
    table.writerow(("Date", "Mouvement", "Montant", "Solde", "Motif", "Auteur"))
    table.writerows(lines)
    headers = {"Content-Disposition": f'attachment; filename="enveloppe-{call.slug}.csv"'}
    # The mark at the head tells spreadsheets that the text is UTF-8.
    return Response("\ufeff" + written.getvalue(), mimetype="text/csv", headers=headers)


def _plain(amount: Decimal) -> str:
    return f"{amount:.2f}".replace(".", ",")


def _harmless(text: str) -> str:
    """A spreadsheet must not take what somebody typed for a formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text


def _kinds(actor: Account, call: Call) -> list[MovementKind]:
    """The movements that the person may write by hand."""
    kinds = [MovementKind.OPENING] if policies.can_open_envelope(actor, call) else []
    return [*kinds, MovementKind.FREEZE, MovementKind.THAW] if policies.can_freeze(actor, call) else kinds


def _crumbs(actor: Account, call: Call) -> list[tuple[str, str | None]]:
    # The committee reads the ledger, not the managers' page.
    if policies.can_follow(actor, call):
        return crumbs(call, "Enveloppe")
    return [("Accueil", "/"), (call.title, url_for(".show", slug=call.slug)), ("Enveloppe", None)]
