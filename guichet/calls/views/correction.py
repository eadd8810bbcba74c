"""Putting right the texts of a published call."""

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from guichet.accounts.access import current_account, signed_in
from guichet.accounts.models import Account
from guichet.calls import policies, queries, services
from guichet.calls.forms.correction import CorrectionForm
from guichet.calls.models import Call
from guichet.calls.views import bp
from guichet.calls.views.content import MANAGERS
from guichet.calls.views.trail import crumbs
from guichet.core.errors import RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.documents import services as documents
from guichet.web.pages import page


@bp.route("/instruction/appels/<slug>/mise-a-jour", methods=["GET", "POST"])
@signed_in(*MANAGERS)
def correct(slug: str) -> ResponseReturnValue:
    call = queries.managed(slug, current_account(), policies.can_correct)
    form = CorrectionForm.of(call, queries.documents_of(call.id))
    if form.validate_on_submit():
        try:
            with unit_of_work():
                _correct(call, form, current_account())
        except RuleBroken as problem:
            form.blame(problem)
        else:
            flash("La mise à jour est publiée, avec sa date et son motif.", "success")
            return redirect(url_for(".manage", slug=slug), 303)
    return page("calls/correct.html", form, call=call, crumbs=crumbs(call, "Mise à jour des textes"))


def _correct(call: Call, form: CorrectionForm, actor: Account) -> None:
    added = None
    if upload := form.upload:
        stored = documents.store(upload.stream, name=upload.filename, actor=actor)
        added = (stored, form.label.data or "")
    files = services.Files(added=added, withdrawn=form.chosen)
    services.correct(call, form.words, files, form.reason.data or "", actor=actor)
