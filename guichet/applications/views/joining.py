"""Answering: the invitation to a team, behind its link or on « Mes dossiers », and the dossier that is proposed."""

from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from guichet.accounts.access import current_account, public, signed_in
from guichet.applications import joining
from guichet.applications.services import invitations, lead
from guichet.applications.views import bp
from guichet.core import clock
from guichet.core.errors import Forbidden
from guichet.core.transaction import unit_of_work
from guichet.web.forms import ActionForm
from guichet.web.pages import page

EXPIRED_FORM = "Cette page est restée ouverte trop longtemps : répondez de nouveau depuis « Mes dossiers »."


@bp.get("/invitations/<string(maxlength=100):secret>")
@public
def invitation(secret: str) -> ResponseReturnValue:
    """Opening the link changes nothing: mail scanners open links too. Only the account of the address learns the dossier."""
    found = joining.behind(secret)
    actor = current_account() if current_user.is_authenticated else None
    if found and actor and found.accepted_by_id == actor.id:
        return redirect(url_for(".show", application_id=found.application_id), 303)
    if found is None or not found.is_open(at=clock.now()):
        return render_template("applications/invitation_over.html"), 404
    if actor is None or actor.email != found.address or not joining.may_join(actor, found.application):
        return _stranger(secret, is_invited=bool(actor and actor.email == found.address))
    return page("applications/invitation.html", ActionForm(formdata=None), invitation=found)


def _stranger(secret: str, *, is_invited: bool) -> ResponseReturnValue:
    told = render_template("applications/invitation_stranger.html", secret=secret, is_invited=is_invited)
    return told, 403 if current_user.is_authenticated else 200


@bp.post("/invitations/<uuid:invitation_id>/acceptation")
@signed_in()
def accept_invitation(invitation_id: UUID) -> ResponseReturnValue:
    found = joining.invitation_to(current_account(), invitation_id)
    _check_token()
    with unit_of_work():
        invitations.accept(found, actor=current_account())
    flash("Vous êtes dans l’équipe du dossier.", "success")
    return redirect(url_for(".show", application_id=found.application_id), 303)


@bp.post("/invitations/<uuid:invitation_id>/refus")
@signed_in()
def decline_invitation(invitation_id: UUID) -> ResponseReturnValue:
    found = joining.invitation_to(current_account(), invitation_id)
    _check_token()
    with unit_of_work():
        invitations.decline(found, actor=current_account())
    flash("Vous avez décliné l’invitation.", "success")
    return redirect(url_for(".index"), 303)


@bp.post("/transmissions/<uuid:transfer_id>/acceptation")
@signed_in()
def accept_lead(transfer_id: UUID) -> ResponseReturnValue:
    found = joining.transfer_to(current_account(), transfer_id)
    _check_token()
    with unit_of_work():
        lead.accept(found, actor=current_account())
    flash("Vous êtes le porteur du dossier.", "success")
    return redirect(url_for(".show", application_id=found.application_id), 303)


@bp.post("/transmissions/<uuid:transfer_id>/refus")
@signed_in()
def decline_lead(transfer_id: UUID) -> ResponseReturnValue:
    found = joining.transfer_to(current_account(), transfer_id)
    _check_token()
    with unit_of_work():
        lead.decline(found, actor=current_account())
    flash("Vous avez décliné la proposition : le porteur ne change pas.", "success")
    return redirect(url_for(".index"), 303)


def _check_token() -> None:
    """Raises Forbidden for a post that comes from no page of ours, or from one left open too long."""
    if not ActionForm().validate_on_submit():
        raise Forbidden(EXPIRED_FORM)
