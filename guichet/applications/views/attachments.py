"""The files of a dossier: list, add, replace, remove, hand out."""

from uuid import UUID

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from guichet.accounts.access import current_account, signed_in
from guichet.applications import former, policies, queries, versions
from guichet.applications.completeness import missing
from guichet.applications.forms.attachments import AttachmentForm, ReplacementForm
from guichet.applications.models import Application, Section
from guichet.applications.own import all_sections, file_labels, hidden_files
from guichet.applications.sections import MOST_KEPT
from guichet.applications.services import attachments as services
from guichet.applications.views import bp
from guichet.applications.views.parts import crumbs, dossier_page, section_items
from guichet.core.errors import Forbidden, NotFound, RuleBroken
from guichet.core.paging import paginate
from guichet.core.policy import require
from guichet.core.transaction import unit_of_work
from guichet.documents import serving
from guichet.web.forms import ActionForm
from guichet.web.pages import requested_page


@bp.route("/dossiers/<uuid:application_id>/rubriques/pieces", methods=["GET", "POST"])
@signed_in()
def attachments(application_id: UUID) -> ResponseReturnValue:
    actor = current_account()
    application = queries.one_for(actor, application_id)
    form = AttachmentForm()
    form.offer(application.call.attachment_kinds)
    if not form.is_submitted():
        # A link names the missing piece.
        form.kind_id.process_data(request.args.get("piece", type=UUID))
    if form.validate_on_submit():
        try:
            with unit_of_work():
                upload = form.file.data
                services.attach(
                    application, upload.stream, name=upload.filename, kind_id=form.kind_id.data, actor=actor
                )
        except RuleBroken as problem:
            form.blame(problem)
            application = queries.one_for(actor, application_id)
        else:
            flash("La pièce est jointe au dossier.", "success")
            return redirect(url_for(".attachments", application_id=application_id), 303)
    if not policies.can_read_rewriting(actor, application):
        return redirect(url_for(".content", application_id=application_id), 303)
    return _attachments_page(application, form)


def _attachments_page(application: Application, form: AttachmentForm) -> ResponseReturnValue:
    actor = current_account()
    kept = [attachment for attachment in application.attachments if attachment.removed_at is None]
    return dossier_page(
        "applications/attachments.html",
        form,
        application,
        Section.ATTACHMENTS.label,
        kept=kept,
        is_full=len(kept) >= MOST_KEPT,
        room=services.room_of(application),
        answers=file_labels(application),
        has_former=len(kept) < len(application.attachments) and policies.can_read_former_files(actor, application),
        most=MOST_KEPT,
        is_open=policies.can_edit_section(actor, application, Section.ATTACHMENTS),
        gaps=[gap for gap in missing(application) if gap.section is Section.ATTACHMENTS],
        removal=ActionForm(formdata=None),
        number=len(all_sections(application)),
        items=section_items(application, actor, Section.ATTACHMENTS),
    )


@bp.post("/dossiers/<uuid:application_id>/pieces/<uuid:attachment_id>/retrait")
@signed_in()
def remove_attachment(application_id: UUID, attachment_id: UUID) -> ResponseReturnValue:
    actor = current_account()
    application = queries.one_for(actor, application_id)
    form = ActionForm()
    if not form.validate_on_submit():
        shown = AttachmentForm(formdata=None)
        shown.offer(application.call.attachment_kinds)
        shown.form_errors.extend(form.form_errors)
        return _attachments_page(application, shown)
    with unit_of_work():
        services.remove(application, attachment_id, actor=actor)
    flash("La pièce est retirée du dossier. Les versions déjà déposées la gardent.", "success")
    return redirect(url_for(".attachments", application_id=application_id), 303)


@bp.route("/dossiers/<uuid:application_id>/pieces/<uuid:attachment_id>/remplacement", methods=["GET", "POST"])
@signed_in()
def replace_attachment(application_id: UUID, attachment_id: UUID) -> ResponseReturnValue:
    actor = current_account()
    application = queries.one_for(actor, application_id)
    replaced = services.of(application, attachment_id)
    if not policies.can_edit_section(actor, application, Section.ATTACHMENTS):
        raise Forbidden("Les pièces jointes de ce dossier ne peuvent plus être modifiées.")
    form = ReplacementForm()
    if form.validate_on_submit():
        try:
            with unit_of_work():
                upload = form.file.data
                services.replace(application, attachment_id, upload.stream, name=upload.filename, actor=actor)
        except RuleBroken as problem:
            form.blame(problem)
            application = queries.one_for(actor, application_id)
            replaced = services.of(application, attachment_id)
        else:
            flash("La pièce est remplacée. L’ancien fichier est conservé.", "success")
            return redirect(url_for(".attachments", application_id=application_id), 303)
    return dossier_page(
        "applications/replace_attachment.html",
        form,
        application,
        "Remplacer une pièce",
        replaced=replaced,
    )


@bp.get("/dossiers/<uuid:application_id>/pieces/anciennes")
@signed_in()
def former_attachments(application_id: UUID) -> ResponseReturnValue:
    """The files that were removed or replaced."""
    actor = current_account()
    application = queries.one_for(actor, application_id)
    require(policies.can_read_former_files, actor, application)
    return dossier_page(
        "applications/former_attachments.html",
        None,
        application,
        "Anciens fichiers",
        found=paginate(former.files_of(application.id), requested_page()),
    )


@bp.get("/dossiers/<uuid:application_id>/pieces/<uuid:attachment_id>")
@signed_in()
def attachment(application_id: UUID, attachment_id: UUID) -> ResponseReturnValue:
    actor = current_account()
    application = queries.one_for(actor, application_id)
    wanted = services.of(application, attachment_id)
    is_past = wanted.removed_at is not None and not policies.can_read_former_files(actor, application)
    is_to_come = not policies.can_read_rewriting(actor, application)
    writes = policies.is_on_team(actor, application) or policies.is_focal_point(actor, application)
    is_hidden = not writes and str(wanted.id) in hidden_files(application)
    if (is_past or is_to_come or is_hidden) and not versions.holds_attachment(application.id, wanted.id):
        # Taken back before it was ever submitted, or not submitted yet: it is not the service's to read.
        raise NotFound("Cette pièce n’existe pas dans ce dossier.")
    return serving.hand_out(wanted.document, crumbs=crumbs(application, wanted.document.name))
