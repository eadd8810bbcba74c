"""Who is on a dossier's team: brought in, taken off, given another role, proposed as its lead."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from guichet.accounts import limits
from guichet.accounts.access import current_account, signed_in
from guichet.applications import joining, policies
from guichet.applications.forms.team import MemberForm, RoleForm
from guichet.applications.models import TeamRole
from guichet.applications.services import invitations, lead
from guichet.applications.services import team as services
from guichet.applications.views import bp
from guichet.applications.views.parts import Crumbs, crumbs, dossier_page
from guichet.core import clock
from guichet.core.errors import RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.web.forms import ActionForm, Form

ADDED = "La personne est dans l’équipe ; un courriel le lui dit."
INVITED = (
    "Une invitation part à cette adresse : elle vaut sept jours, pour un porteur de projet du ministère du dossier."
)


@bp.route("/dossiers/<uuid:application_id>/equipe", methods=["GET", "POST"])
@signed_in()
@limits.invitations_per_address
@limits.invitations_per_person
def team(application_id: UUID) -> ResponseReturnValue:
    application, _ = joining.one_for_team(current_account(), application_id)
    form = MemberForm()
    if not form.validate_on_submit():
        return _team_page(application_id, form)
    try:
        with unit_of_work():
            invited = services.bring_in(
                application, email=form.email.data, role=form.role.data, actor=current_account()
            )
    except RuleBroken as problem:
        form.blame(problem)
        return _team_page(application_id, form)
    flash(INVITED if invited else ADDED, "success")
    return _back(application_id)


@bp.post("/dossiers/<uuid:application_id>/equipe/<uuid:account_id>/role")
@signed_in()
def change_role(application_id: UUID, account_id: UUID) -> ResponseReturnValue:
    form = RoleForm()
    role: TeamRole = form.role.data
    return _act(application_id, form, services.change_role, account_id, role, said="Le rôle est changé.")


@bp.post("/dossiers/<uuid:application_id>/equipe/<uuid:account_id>/retrait")
@signed_in()
def remove_member(application_id: UUID, account_id: UUID) -> ResponseReturnValue:
    left = url_for(".index") if account_id == current_account().id else None
    said = "La personne n’est plus dans l’équipe."
    return _act(application_id, ActionForm(), services.remove_member, account_id, said=said, to=left)


@bp.post("/dossiers/<uuid:application_id>/equipe/<uuid:account_id>/proposition")
@signed_in()
def propose_lead(application_id: UUID, account_id: UUID) -> ResponseReturnValue:
    said = "La proposition est envoyée : le dossier change de porteur quand la personne l’accepte."
    return _act(application_id, ActionForm(), lead.propose, account_id, said=said)


@bp.post("/dossiers/<uuid:application_id>/equipe/<uuid:account_id>/porteur")
@signed_in()
def impose_lead(application_id: UUID, account_id: UUID) -> ResponseReturnValue:
    return _act(application_id, ActionForm(), lead.impose, account_id, said="Le dossier a un nouveau porteur.")


@bp.post("/dossiers/<uuid:application_id>/equipe/proposition/retrait")
@signed_in()
def withdraw_lead(application_id: UUID) -> ResponseReturnValue:
    return _act(application_id, ActionForm(), lead.withdraw, said="La proposition est retirée.")


@bp.post("/dossiers/<uuid:application_id>/equipe/invitations/<uuid:invitation_id>/retrait")
@signed_in()
def withdraw_invitation(application_id: UUID, invitation_id: UUID) -> ResponseReturnValue:
    return _act(application_id, ActionForm(), invitations.withdraw, invitation_id, said="L’invitation est retirée.")


def _act(
    application_id: UUID, form: Form, use_case: Callable[..., Any], *arguments: Any, said: str, to: str | None = None
) -> ResponseReturnValue:
    """Do what a button of the page asks; a refusal is shown on the page."""
    application, _ = joining.one_for_team(current_account(), application_id)
    if not form.validate_on_submit():
        return _team_page(application_id, form)
    try:
        with unit_of_work():
            use_case(application, *arguments, actor=current_account())
    except RuleBroken as problem:
        form.blame(problem)
        return _team_page(application_id, form)
    flash(said, "success")
    return redirect(to, 303) if to else _back(application_id)


def _back(application_id: UUID) -> ResponseReturnValue:
    return redirect(url_for(".team", application_id=application_id), 303)


def _team_page(application_id: UUID, form: Form) -> ResponseReturnValue:
    # Read afresh: after a refusal, the page shows what is in the database.
    actor = current_account()
    application, reads = joining.one_for_team(actor, application_id)
    manages = policies.can_manage_team(actor, application)
    way: Crumbs = crumbs(application, "Équipe") if reads else _way_of_administrators()
    return dossier_page(
        "applications/team.html",
        form,
        application,
        crumbs=way,
        reads=reads,
        member_form=form if isinstance(form, MemberForm) else MemberForm(formdata=None),
        role_form=RoleForm(formdata=None),
        can_manage=manages,
        invitations=joining.pending_of(application_id) if manages else [],
        imposes=policies.can_impose_lead(actor, application) and joining.lead_has_left(application),
        now=clock.now(),
    )


def _way_of_administrators() -> Crumbs:
    return [
        ("Accueil", "/"),
        ("Administration", url_for("accounts.administration")),
        ("Dossiers sans porteur", url_for(".without_lead")),
        ("Équipe", None),
    ]
