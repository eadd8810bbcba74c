"""Who writes a dossier."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from guichet.accounts.access import current_account, signed_in
from guichet.applications import policies, queries
from guichet.applications.forms.start import MemberForm
from guichet.applications.models import Application
from guichet.applications.services import team as services
from guichet.applications.views import bp
from guichet.applications.views.parts import dossier_page
from guichet.core.errors import RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.web.forms import ActionForm, Form


@bp.route("/dossiers/<uuid:application_id>/equipe", methods=["GET", "POST"])
@signed_in()
def team(application_id: UUID) -> ResponseReturnValue:
    application = queries.one_for(current_account(), application_id)
    form = MemberForm()
    if not form.is_submitted():
        return _team_page(application, form)
    if form.validate() and _done(form, services.add_member, application, email=form.email.data):
        flash("La personne est dans l’équipe : elle peut écrire le dossier.", "success")
        return redirect(url_for(".team", application_id=application_id), 303)
    return _team_page(queries.one_for(current_account(), application_id), form)


@bp.post("/dossiers/<uuid:application_id>/equipe/<uuid:account_id>/retrait")
@signed_in()
def remove_member(application_id: UUID, account_id: UUID) -> ResponseReturnValue:
    application = queries.one_for(current_account(), application_id)
    form = ActionForm()
    if form.validate_on_submit() and _done(form, services.remove_member, application, account_id):
        flash("La personne n’est plus dans l’équipe.", "success")
        left = account_id == current_account().id
        return redirect(url_for(".index") if left else url_for(".team", application_id=application_id), 303)
    return _team_page(queries.one_for(current_account(), application_id), form)


@bp.post("/dossiers/<uuid:application_id>/equipe/<uuid:account_id>/porteur")
@signed_in()
def transfer_lead(application_id: UUID, account_id: UUID) -> ResponseReturnValue:
    application = queries.one_for(current_account(), application_id)
    form = ActionForm()
    if form.validate_on_submit() and _done(form, services.transfer_lead, application, account_id):
        flash("Le dossier a un nouveau porteur.", "success")
        return redirect(url_for(".team", application_id=application_id), 303)
    return _team_page(queries.one_for(current_account(), application_id), form)


def _done(form: Form, use_case: Callable[..., None], *arguments: Any, **named: Any) -> bool:
    """Whether the use case did its work; a refusal is shown on the form."""
    try:
        with unit_of_work():
            use_case(*arguments, **named, actor=current_account())
    except RuleBroken as problem:
        form.blame(problem)
        return False
    return True


def _team_page(application: Application, form: Form) -> ResponseReturnValue:
    actor = current_account()
    return dossier_page(
        "applications/team.html",
        form,
        application,
        "Équipe",
        member_form=form if isinstance(form, MemberForm) else MemberForm(formdata=None),
        action_form=ActionForm(),
        can_manage=policies.can_manage_team(actor, application),
    )
