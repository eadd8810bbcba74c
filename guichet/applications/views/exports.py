"""Taking a dossier away: asking for a file, seeing how far it is, fetching it. The page may be left and found again."""

from uuid import UUID

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from guichet.accounts.access import current_account, signed_in
from guichet.applications import queries
from guichet.applications.models import Application, ExportKind, ExportStatus
from guichet.applications.services import exports as services
from guichet.applications.views import bp
from guichet.applications.views.parts import dossier_page
from guichet.core.errors import NotFound
from guichet.core.transaction import unit_of_work
from guichet.documents import serving
from guichet.web.forms import ActionForm

EXPORTS = "/dossiers/<uuid:application_id>/exports"


@bp.route(EXPORTS, methods=["GET", "POST"])
@signed_in()
def exports(application_id: UUID) -> ResponseReturnValue:
    actor = current_account()
    application = queries.one_for(actor, application_id)
    form = ActionForm()
    wanted = request.form.get("kind")
    if wanted in set(ExportKind) and form.validate_on_submit():
        with unit_of_work():
            asked = services.ask(application, ExportKind(wanted), actor=actor)
        return redirect(url_for(".export", application_id=application_id, export_id=asked.id), 303)
    return dossier_page(
        "applications/exports.html",
        form,
        application,
        "Télécharger le dossier",
        kinds=ExportKind,
        asked=services.latest_of(actor, application),
    )


@bp.get(f"{EXPORTS}/<uuid:export_id>")
@signed_in()
def export(application_id: UUID, export_id: UUID) -> ResponseReturnValue:
    actor = current_account()
    application = queries.one_for(actor, application_id)
    asked = services.one_for(actor, application, export_id)
    return dossier_page(
        "applications/export.html",
        ActionForm(formdata=None),
        application,
        "Télécharger le dossier",
        export=asked,
        allowed=services.still_allowed(asked, application, actor),
    )


@bp.get(f"{EXPORTS}/<uuid:export_id>/fichier")
@signed_in()
def export_file(application_id: UUID, export_id: UUID) -> ResponseReturnValue:
    actor = current_account()
    application = queries.one_for(actor, application_id)
    return _fetched(application, export_id)


def _fetched(application: Application, export_id: UUID) -> ResponseReturnValue:
    asked = services.one_for(current_account(), application, export_id)
    if asked.status is not ExportStatus.DONE or asked.document is None:
        flash("Le fichier n’est pas encore prêt.", "info")
        return redirect(url_for(".export", application_id=application.id, export_id=export_id), 303)
    if not services.still_allowed(asked, application, current_account()):
        raise NotFound("Ce que vous pouvez lire de ce dossier a changé depuis : demandez un nouveau fichier.")
    return serving.send(asked.document)
