"""What proves a submission: its frozen version, its receipt, the letter of its decision, and their public verification."""

from contextlib import ExitStack
from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from guichet.accounts.access import current_account, public, signed_in
from guichet.applications import policies, queries, versions
from guichet.applications.differences import between
from guichet.applications.forms.submission import VerifyFileForm, VerifyForm
from guichet.applications.frozen import reading_of, sha256_of
from guichet.applications.services import readings, receipts
from guichet.applications.views import bp
from guichet.applications.views.parts import crumbs, dossier_page
from guichet.core.policy import require
from guichet.core.transaction import unit_of_work
from guichet.documents import queries as documents
from guichet.documents.serving import send
from guichet.extensions import limiter
from guichet.web.forms import EXPIRED, ActionForm, Form
from guichet.web.pages import page


@bp.get("/dossiers/<uuid:application_id>/versions/<int(max=9999):number>")
@signed_in()
def version(application_id: UUID, number: int) -> ResponseReturnValue:
    application = queries.one_for(current_account(), application_id)
    shown = versions.version_of(application, number)
    before = versions.version_of(application, number - 1).content if number > 1 else None
    return page(
        "applications/version.html",
        application=application,
        version=shown,
        intact=sha256_of(shown.content) == shown.sha256,
        sections=reading_of(shown.content),
        documents={str(piece.id): piece.document for piece in application.attachments},
        changes=between(before, shown.content) if before else None,
        crumbs=crumbs(application, f"Version {number}"),
    )


@bp.get("/dossiers/<uuid:application_id>/complements/<uuid:request_id>")
@signed_in()
def unsent(application_id: UUID, request_id: UUID) -> ResponseReturnValue:
    """What the team had written when a request was closed without its answer, beside what was submitted."""
    application = queries.one_for(current_account(), application_id)
    require(policies.can_read_unsent, current_account(), application)
    asked, written = versions.unsent_of(application, request_id)
    submitted = versions.version_of(application, written["version"] - 1).content if written else None
    return dossier_page(
        "applications/unsent.html",
        None,
        application,
        "Compléments non déposés",
        asked=asked,
        changes=between(submitted, written) if written and submitted else [],
    )


@bp.route("/dossiers/<uuid:application_id>/accuse/<int(max=9999):number>", methods=["GET", "POST"])
@signed_in()
def receipt(application_id: UUID, number: int) -> ResponseReturnValue:
    """The receipt of a submission, or a page that says that it is being made, or that it could not be, and tries again."""
    actor = current_account()
    application = queries.one_for(actor, application_id)
    shown = versions.version_of(application, number)
    form = ActionForm()
    if form.validate_on_submit():
        with unit_of_work():
            receipts.make_again(shown, actor=actor)
        return redirect(url_for(".receipt", application_id=application_id, number=number), 303)
    if shown.receipt_id is not None:
        return send(documents.by_id(shown.receipt_id))
    return page(
        "applications/receipt.html",
        form,
        has_failed=receipts.failure_of(shown) is not None,
        application=application,
        version=shown,
        crumbs=crumbs(application, "Accusé de réception"),
    )


@bp.get("/dossiers/<uuid:application_id>/lettre")
@signed_in()
def letter(application_id: UUID) -> ResponseReturnValue:
    """The letter of the published decision."""
    application = queries.one_for(current_account(), application_id)
    return send(documents.by_id(application.outcome_letter_id))


@bp.post("/dossiers/<uuid:application_id>/lettre")
@signed_in()
def make_letter_again(application_id: UUID) -> ResponseReturnValue:
    """The letter could not be made: try again. Its dossier says how far it is."""
    actor = current_account()
    application = queries.one_for(actor, application_id)
    if ActionForm().validate_on_submit():
        with unit_of_work():
            receipts.make_letter_again(application, actor=actor)
        flash("La lettre de décision est de nouveau en préparation.", "info")
    else:
        flash(EXPIRED, "error")
    return redirect(url_for(".show", application_id=application_id), 303)


@bp.post("/dossiers/<uuid:application_id>/decision-lue")
@signed_in()
def acknowledge_outcome(application_id: UUID) -> ResponseReturnValue:
    """Somebody of the team has read the decision: the first one is dated. Opening the letter does not count."""
    actor = current_account()
    application = queries.one_for(actor, application_id)
    if ActionForm().validate_on_submit():
        with unit_of_work():
            readings.acknowledge(application, actor=actor)
        flash("La lecture de la décision est enregistrée.", "success")
    else:
        flash(EXPIRED, "error")
    return redirect(url_for(".show", application_id=application_id), 303)


@bp.route("/verification", methods=["GET", "POST"])
@public
@limiter.limit("20 per minute", methods=["POST"])
def verify() -> ResponseReturnValue:
    """Anybody who holds a receipt may check that it is one of ours; nothing of the content is told."""
    form = VerifyForm()
    asked = form.validate_on_submit()
    return _verification(form, form, VerifyFileForm(formdata=None), asked=asked, proof=_proof(form) if asked else None)


def _proof(form: VerifyForm) -> versions.Proof | None:
    return versions.proof_of(**form.typed)


@bp.route("/verification/fichier", methods=["GET", "POST"])
@public
@limiter.limit("20 per minute", methods=["POST"])
def verify_file() -> ResponseReturnValue:
    """The same by the file itself: its fingerprint is computed, nothing of it is kept."""
    if request.method == "GET":
        # What a refresh or a bookmark asks after a file was sent.
        return redirect(url_for(".verify"), 303)
    form = VerifyFileForm()
    with ExitStack() as stack:
        for upload in request.files.values():
            stack.callback(upload.close)
        sent = form.validate_on_submit()
        file_proof = versions.proof_of_file(form.sha256) if sent else None
    return _verification(
        form,
        VerifyForm(formdata=None),
        form,
        sent=sent,
        file_proof=file_proof,
    )


def _verification(shown: Form, by_number: VerifyForm, by_file: VerifyFileForm, **context: Any) -> ResponseReturnValue:
    crumbs = [("Accueil", "/"), ("Vérifier un accusé de réception", None)]
    return page("applications/verify.html", shown, by_number=by_number, by_file=by_file, crumbs=crumbs, **context)
