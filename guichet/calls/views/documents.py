"""The files offered with a call: everybody downloads them, those who write the call add them."""

from uuid import UUID

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import joinedload

from guichet.accounts.access import current_account, public, signed_in
from guichet.accounts.models import Account
from guichet.calls import policies, queries, services
from guichet.calls.forms.drafting import CallDocumentForm
from guichet.calls.models import Call, CallDocument
from guichet.calls.views import bp
from guichet.calls.views.content import MANAGERS, draft
from guichet.calls.views.public import visitor
from guichet.calls.views.trail import crumbs
from guichet.core.errors import NotFound, RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.documents import services as documents_services
from guichet.documents import serving
from guichet.web.pages import page


@bp.get("/appels/<slug>/documents/<uuid:document_id>")
@public
def document(slug: str, document_id: UUID) -> ResponseReturnValue:
    call = queries.by_slug(slug)
    if not policies.can_view(visitor(), call):
        raise NotFound
    offered = queries.line_of(CallDocument, call, document_id, joinedload(CallDocument.document))
    return serving.send(offered.document)


@bp.route("/instruction/appels/<slug>/documents", methods=["GET", "POST"])
@signed_in(*MANAGERS)
def documents(slug: str) -> ResponseReturnValue:
    call = draft(slug)
    form = CallDocumentForm()
    if form.validate_on_submit():
        try:
            with unit_of_work():
                _add(call, form, current_account())
        except RuleBroken as problem:
            form.blame(problem)
        else:
            flash("Le document est ajouté.", "success")
            return redirect(url_for(".documents", slug=slug), 303)
    offered = queries.documents_of(call.id)
    return page("calls/documents.html", form, call=call, offered=offered, crumbs=crumbs(call, "Documents"))


def _add(call: Call, form: CallDocumentForm, actor: Account) -> None:
    upload = form.file.data
    stored = documents_services.store(upload.stream, name=upload.filename or "", actor=actor)
    services.add_document(call, stored, form.label.data or "", actor=actor)
