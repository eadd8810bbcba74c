"""The scoring grid and the attachments of a draft call."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from guichet.accounts.access import current_account, signed_in
from guichet.accounts.models import Role
from guichet.calls import policies, queries, services
from guichet.calls.forms.drafting import AttachmentKindForm, CriterionForm
from guichet.calls.models import AttachmentKind, Call, CallDocument, Criterion
from guichet.calls.views import bp
from guichet.calls.views.trail import crumbs
from guichet.core.errors import RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.web.forms import ActionForm, Form
from guichet.web.pages import page

MANAGERS = (Role.OFFICER, Role.ADMIN)


@dataclass(frozen=True)
class Part:
    """A list that hangs on a call: what its lines are, how one is removed, how they are called."""

    model: Any
    remove: Callable[..., None]
    endpoint: str
    title: str
    removed: str


PARTS = {
    "criteres": Part(Criterion, services.remove_criterion, ".criteria", "Critères", "Le critère est retiré."),
    "pieces": Part(
        AttachmentKind, services.remove_attachment_kind, ".attachment_kinds", "Pièces", "La pièce n’est plus demandée."
    ),
    "documents": Part(CallDocument, services.remove_document, ".documents", "Documents", "Le document est retiré."),
}


def draft(slug: str) -> Call:
    """The call at this address, when the person may still write its rules."""
    return queries.managed(slug, current_account(), policies.can_edit)


@bp.get("/instruction/appels/<slug>/criteres")
@signed_in(*MANAGERS)
def criteria(slug: str) -> ResponseReturnValue:
    call = draft(slug)
    grid = queries.criteria_of(call.id)
    return page("calls/criteria.html", ActionForm(), call=call, grid=grid, crumbs=crumbs(call, "Critères"))


@bp.route("/instruction/appels/<slug>/criteres/nouveau", methods=["GET", "POST"])
@signed_in(*MANAGERS)
def add_criterion(slug: str) -> ResponseReturnValue:
    call = draft(slug)
    form = CriterionForm()
    return _criterion_page(
        form, call, "Nouveau critère", lambda: services.add_criterion(call, form.terms, actor=current_account())
    )


@bp.route("/instruction/appels/<slug>/criteres/<uuid:criterion_id>", methods=["GET", "POST"])
@signed_in(*MANAGERS)
def change_criterion(slug: str, criterion_id: UUID) -> ResponseReturnValue:
    call = draft(slug)
    form = CriterionForm(obj=queries.line_of(Criterion, call, criterion_id))
    return _criterion_page(
        form,
        call,
        "Modifier le critère",
        lambda: services.change_criterion(call, criterion_id, form.terms, actor=current_account()),
    )


def _criterion_page(form: CriterionForm, call: Call, title: str, save: Callable[[], None]) -> ResponseReturnValue:
    if _saved(form, save):
        flash("Le critère est enregistré.", "success")
        return redirect(url_for(".criteria", slug=call.slug), 303)
    trail = [*crumbs(call), ("Critères", url_for(".criteria", slug=call.slug)), (title, None)]
    return page("calls/criterion.html", form, call=call, title=title, crumbs=trail)


@bp.post("/instruction/appels/<slug>/criteres/<uuid:criterion_id>/deplacement")
@signed_in(*MANAGERS)
def move_criterion(slug: str, criterion_id: UUID) -> ResponseReturnValue:
    call = draft(slug)
    form = ActionForm()
    steps = 1 if request.form.get("sens") == "bas" else -1
    if not _saved(form, lambda: services.move_criterion(call, criterion_id, steps, actor=current_account())):
        grid = queries.criteria_of(call.id)
        return page("calls/criteria.html", form, call=call, grid=grid, crumbs=crumbs(call, "Critères"))
    return redirect(url_for(".criteria", slug=slug), 303)


@bp.route("/instruction/appels/<slug>/pieces", methods=["GET", "POST"])
@signed_in(*MANAGERS)
def attachment_kinds(slug: str) -> ResponseReturnValue:
    call = draft(slug)
    form = AttachmentKindForm()

    def save() -> None:
        services.add_attachment_kind(call, form.label.data or "", required=form.required.data, actor=current_account())

    if _saved(form, save):
        return redirect(url_for(".attachment_kinds", slug=slug), 303)
    kinds = queries.attachment_kinds_of(call.id)
    return page("calls/attachment_kinds.html", form, call=call, kinds=kinds, crumbs=crumbs(call, "Pièces à joindre"))


@bp.route("/instruction/appels/<slug>/<word>/<uuid:line_id>/suppression", methods=["GET", "POST"])
@signed_in(*MANAGERS)
def remove_part(slug: str, word: str, line_id: UUID) -> ResponseReturnValue:
    call, part = draft(slug), PARTS.get(word) or abort(404)
    line = queries.line_of(part.model, call, line_id)
    form = ActionForm()
    back = url_for(part.endpoint, slug=slug)
    if _saved(form, lambda: part.remove(call, line_id, actor=current_account())):
        flash(part.removed, "success")
        return redirect(back, 303)
    label = line.title if isinstance(line, Criterion) else line.label
    return page(
        "calls/remove.html", form, label=label, back=back, crumbs=[*crumbs(call), (part.title, back), ("Retirer", None)]
    )


def _saved(form: Form, save: Callable[[], None]) -> bool:
    """Whether `save` was asked for, and done; a rule that it breaks is told in the form."""
    if not form.validate_on_submit():
        return False
    try:
        with unit_of_work():
            save()
    except RuleBroken as problem:
        form.blame(problem)
        return False
    return True
