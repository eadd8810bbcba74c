"""Complements, on the officer's side: asked, given more time, taken back. Each tells the team something."""

from uuid import UUID

from flask.typing import ResponseReturnValue

from guichet.accounts.access import signed_in
from guichet.accounts.models import Role
from guichet.applications import queries as applications
from guichet.applications.own import all_sections
from guichet.applications.services import complements as services
from guichet.review.forms.eligibility import CancellationForm, ComplementsForm, ExtensionForm
from guichet.review.views import bp
from guichet.review.views.steps import DOSSIER, back_to_dossier, carried_out, open_to, step_page
from guichet.web.filters import day

CANCEL = tuple(services.CANCEL.values())


@bp.route(f"{DOSSIER}/complements", methods=["GET", "POST"])
@signed_in(Role.OFFICER)
def complements(application_id: UUID) -> ResponseReturnValue:
    application = open_to(application_id, "request_changes")
    form = ComplementsForm()
    # The call's own sections are read with the whole dossier.
    application = applications.loaded(application.id)
    form.offer(all_sections(application))
    if carried_out(form, services.request_changes, application, form.chosen, form.message.data, form.due_on.data):
        return back_to_dossier(application_id, "Compléments demandés. L’équipe du dossier en est informée.")
    return step_page("review/complements.html", form, "Demander des compléments", application_id)


@bp.route(f"{DOSSIER}/complements/prolongation", methods=["GET", "POST"])
@signed_in(Role.OFFICER)
def extend_complements(application_id: UUID) -> ResponseReturnValue:
    application = open_to(application_id, *CANCEL)
    form = ExtensionForm()
    if carried_out(form, services.extend, application, form.due_on.data, form.reason.data):
        until = day(form.due_on.data)
        return back_to_dossier(application_id, f"Le délai va jusqu’au {until}. L’équipe du dossier en est informée.")
    return step_page("review/extension.html", form, "Prolonger le délai des compléments", application_id)


@bp.route(f"{DOSSIER}/complements/annulation", methods=["GET", "POST"])
@signed_in(Role.OFFICER)
def cancel_complements(application_id: UUID) -> ResponseReturnValue:
    application = open_to(application_id, *CANCEL)
    form = CancellationForm()
    if carried_out(form, services.cancel, application, form.reason.data):
        return back_to_dossier(application_id, "La demande est annulée. L’équipe du dossier en est informée.")
    return step_page("review/cancellation.html", form, "Annuler la demande de compléments", application_id)
