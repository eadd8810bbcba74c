"""What the focal point makes of the changes that dossiers applied."""

from uuid import UUID

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from guichet.accounts.access import current_account, signed_in
from guichet.accounts.models import Role
from guichet.core.errors import RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.plans import queries, services
from guichet.plans.forms import UndoForm
from guichet.plans.views import bp
from guichet.plans.views.words import shown_changes
from guichet.web.forms import ActionForm
from guichet.web.pages import page


@bp.post("/plans/modifications/<uuid:change_id>/confirmation")
@signed_in(Role.FOCAL_POINT)
def confirm_change(change_id: UUID) -> ResponseReturnValue:
    change = queries.change_to_settle(current_account(), change_id)
    form = ActionForm()
    if form.validate_on_submit():
        try:
            with unit_of_work():
                services.confirm_change(change, actor=current_account())
            flash("La modification est confirmée.", "success")
        except RuleBroken as problem:
            flash(problem.message, "warning")
    else:
        flash(" ".join(form.form_errors), "warning")
    return redirect(url_for(".action", action_id=change.action_id), 303)


@bp.route("/plans/modifications/<uuid:change_id>/annulation", methods=["GET", "POST"])
@signed_in(Role.FOCAL_POINT)
def undo_change(change_id: UUID) -> ResponseReturnValue:
    change = queries.change_to_settle(current_account(), change_id)
    form = UndoForm()
    back = url_for(".action", action_id=change.action_id)
    if form.validate_on_submit():
        try:
            with unit_of_work():
                services.undo_change(change, form.reason.data or "", actor=current_account())
        except RuleBroken as problem:
            form.blame(problem)
        else:
            flash("La modification est annulée : la valeur d’avant est remise.", "success")
            return redirect(back, 303)
    shown = shown_changes([change], may_settle=True)[0]
    return page("plans/undo.html", form, change=shown, action_id=change.action_id, back=back)
