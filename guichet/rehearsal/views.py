"""The pages of rehearsals: asked from the page of the call, followed, read as a story, thrown away."""

from uuid import UUID

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from guichet.accounts.access import current_account, signed_in
from guichet.accounts.models import Role
from guichet.calls import policies as call_policies
from guichet.calls import queries as calls
from guichet.calls.models import Call
from guichet.core.errors import NotFound, RuleBroken
from guichet.core.paging import PAGE_SIZE, Page, page_within, paginate
from guichet.core.transaction import unit_of_work
from guichet.documents import serving
from guichet.rehearsal import policies, queries
from guichet.rehearsal.models import Rehearsal
from guichet.rehearsal.report import Mail, Obstacle, Place, Report, load
from guichet.rehearsal.services import requests as services
from guichet.web.forms import ActionForm
from guichet.web.pages import page, requested_page

bp = Blueprint("rehearsal", __name__)

HOME = "/instruction/appels/<slug>/repetitions"
ONE = f"{HOME}/<uuid:rehearsal_id>"
MANAGERS = (Role.OFFICER, Role.ADMIN)
ENDPOINTS = {
    Place.RULES: "calls.edit",
    Place.CRITERIA: "calls.criteria",
    Place.ENVELOPE: "calls.envelope",
    Place.ROUNDS: "calls.rounds",
    Place.ATTACHMENTS: "calls.attachment_kinds",
    Place.QUESTIONS: "questions.show",
}
# Pages that still open once the call is published.
LASTING = frozenset({Place.ENVELOPE, Place.QUESTIONS})

Crumbs = list[tuple[str, str | None]]


def _call(slug: str) -> Call:
    return calls.managed(slug, current_account(), call_policies.can_manage)


@bp.route(HOME, methods=["GET", "POST"])
@signed_in(*MANAGERS)
def index(slug: str) -> ResponseReturnValue:
    call, form = _call(slug), ActionForm()
    if form.validate_on_submit():
        try:
            with unit_of_work():
                asked = services.ask(call, actor=current_account())
        except RuleBroken as problem:
            form.blame(problem)
        else:
            return redirect(url_for(".show", slug=slug, rehearsal_id=asked.id), 303)
    return page(
        "rehearsal/index.html",
        form,
        call=call,
        found=paginate(queries.of_call(call), requested_page()),
        can_rehearse=policies.can_rehearse(current_account(), call),
        crumbs=_crumbs(call),
    )


@bp.get(ONE)
@signed_in(*MANAGERS)
def show(slug: str, rehearsal_id: UUID) -> ResponseReturnValue:
    call = _call(slug)
    rehearsal = queries.one_of(call, rehearsal_id)
    return page(
        "rehearsal/show.html",
        ActionForm(formdata=None),
        call=call,
        rehearsal=rehearsal,
        report=_report(rehearsal),
        mend=lambda obstacle: _mend(call, obstacle),
        can_rehearse=policies.can_rehearse(current_account(), call),
        crumbs=_crumbs(call, rehearsal),
    )


@bp.get(f"{ONE}/courriels")
@signed_in(*MANAGERS)
def mails(slug: str, rehearsal_id: UUID) -> ResponseReturnValue:
    call = _call(slug)
    rehearsal = queries.one_of(call, rehearsal_id)
    report = _report(rehearsal)
    return page(
        "rehearsal/mails.html",
        call=call,
        rehearsal=rehearsal,
        found=_page_of(report.mails if report else []),
        crumbs=_crumbs(call, rehearsal, "Courriels"),
    )


@bp.get(f"{ONE}/documents/<uuid:file_id>")
@signed_in(*MANAGERS)
def document(slug: str, rehearsal_id: UUID, file_id: UUID) -> ResponseReturnValue:
    call = _call(slug)
    rehearsal = queries.one_of(call, rehearsal_id)
    file = next((one for one in rehearsal.files if one.id == file_id), None)
    if file is None:
        raise NotFound("Ce document n’existe pas, ou il a été supprimé avec sa répétition.")
    return serving.hand_out(file.document, crumbs=_crumbs(call, rehearsal, file.label))


@bp.route(f"{ONE}/suppression", methods=["GET", "POST"])
@signed_in(*MANAGERS)
def drop(slug: str, rehearsal_id: UUID) -> ResponseReturnValue:
    call, form = _call(slug), ActionForm()
    rehearsal = queries.one_of(call, rehearsal_id)
    if form.validate_on_submit():
        with unit_of_work():
            services.drop(call, rehearsal, actor=current_account())
        flash("La répétition est supprimée, avec ses documents.", "success")
        return redirect(url_for(".index", slug=slug), 303)
    crumbs = _crumbs(call, rehearsal, "Supprimer")
    return page("rehearsal/drop.html", form, call=call, rehearsal=rehearsal, crumbs=crumbs)


def _report(rehearsal: Rehearsal) -> Report | None:
    return None if rehearsal.report is None else load(rehearsal.report)


def _page_of(told: list[Mail]) -> Page[Mail]:
    """Texts take room: fewer of them on a page than lines of a table."""
    size = PAGE_SIZE // 2
    number = page_within(requested_page(), len(told), size=size)
    return Page(items=told[(number - 1) * size : number * size], number=number, total=len(told), size=size)


def _mend(call: Call, obstacle: Obstacle) -> str:
    """Where to mend what stopped the story; a published call is read only, but for its money and its questions."""
    place = obstacle.place
    if place in LASTING or (place in ENDPOINTS and call_policies.can_edit(current_account(), call)):
        return url_for(ENDPOINTS[place], slug=call.slug, _anchor=obstacle.anchor or None)
    return url_for("calls.manage", slug=call.slug)


def _crumbs(call: Call, rehearsal: Rehearsal | None = None, here: str | None = None) -> Crumbs:
    way: Crumbs = [("Accueil", "/"), ("Gestion des appels", url_for("calls.managed"))]
    way.append((call.title, url_for("calls.manage", slug=call.slug)))
    way.append(("Répétitions", url_for("rehearsal.index", slug=call.slug) if rehearsal else None))
    if rehearsal is not None:
        address = url_for("rehearsal.show", slug=call.slug, rehearsal_id=rehearsal.id) if here else None
        way.append(("Répétition", address))
    return [*way, (here, None)] if here else way
