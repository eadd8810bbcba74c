"""The agenda of a session, composed by the officer."""

from collections.abc import Sequence
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from guichet.accounts.access import current_account, signed_in
from guichet.accounts.models import Role
from guichet.applications import priorities
from guichet.applications.models import Application
from guichet.core.db import db
from guichet.core.errors import RuleBroken
from guichet.core.paging import paginate
from guichet.review.forms.committee import AgendaForm, PlaceForm, agenda_form
from guichet.review.models import CommitteeSession
from guichet.review.queries import committee as queries
from guichet.review.services import committee as services
from guichet.review.views import bp
from guichet.review.views.sessions import crumbs_of, planned_by_officer
from guichet.review.views.steps import carried_out
from guichet.web.forms import ActionForm
from guichet.web.pages import page, requested_page


@bp.route("/seances/<uuid:session_id>/ajout", methods=["GET", "POST"])
@signed_in(Role.OFFICER)
def place(session_id: UUID) -> ResponseReturnValue:
    session = planned_by_officer(session_id)
    chosen_round = _round_asked_of(session)
    found = paginate(queries.placeable(session, current_account(), chosen_round), requested_page())
    form = PlaceForm().offer(found.items)
    chosen = form.pick(found.items)
    if form.is_submitted() and not chosen:
        form.blame(RuleBroken("Cochez au moins un dossier.", field="chosen"))
    elif carried_out(form, services.place, session, chosen):
        flash(_placed(len(chosen)), "success")
        return redirect(url_for(".place", session_id=session_id, releve=chosen_round), 303)
    crumbs = crumbs_of(session, "Ajouter des dossiers")
    return page(
        "review/place.html",
        form,
        session=session,
        found=found,
        chosen_round=chosen_round,
        action=ActionForm(),
        crumbs=crumbs,
    )


def _round_asked_of(session: CommitteeSession) -> UUID | None:
    """The round that the address names, when it is one of the call's: a session may decide one round alone."""
    return next((one.id for one in session.call.rounds if str(one.id) == request.args.get("releve")), None)


@bp.post("/seances/<uuid:session_id>/ajout/tous")
@signed_in(Role.OFFICER)
def place_all(session_id: UUID) -> ResponseReturnValue:
    """All that await the committee; a deferred dossier is brought back one by one, its points being cleared."""
    session = planned_by_officer(session_id)
    rows = queries.placeable(session, current_account(), _round_asked_of(session)).where(
        Application.status.in_(queries.AWAITING)
    )
    waiting = list(db.session.scalars(rows))
    if waiting and carried_out(form := ActionForm(), services.place, session, waiting):
        flash(_placed(len(waiting)), "success")
    elif waiting:
        flash(" ".join(form.form_errors), "error")
    else:
        flash("Aucun dossier n’attend d’être inscrit.", "info")
    return redirect(url_for(".agenda", session_id=session_id), 303)


@bp.route("/seances/<uuid:session_id>/ordre-du-jour", methods=["GET", "POST"])
@signed_in(Role.OFFICER)
def agenda(session_id: UUID) -> ResponseReturnValue:
    session = planned_by_officer(session_id)
    found = queries.agenda(session, current_account(), requested_page())
    first = (found.number - 1) * found.size + 1
    form = agenda_form(found.items, first, found.total)
    if form.is_submitted() and _changed(session, form, found.items, first):
        return redirect(url_for(".agenda", session_id=session_id, page=found.number), 303)
    crumbs = crumbs_of(session, "Ordre du jour")
    shown = priorities.shown_of([line.application_id for line in found.items])
    return page("review/agenda.html", form, session=session, found=found, priorities=shown, crumbs=crumbs)


def _changed(session: CommitteeSession, form: AgendaForm, lines: Sequence[queries.Line], first: int) -> bool:
    if "remove" not in request.form:
        message = "L’ordre du jour est enregistré."
        done = carried_out(form, services.reorder, session, form.moved(lines, first))
    elif chosen := form.pick(lines):
        message = "Le dossier est retiré." if len(chosen) == 1 else f"{len(chosen)} dossiers sont retirés."
        done = carried_out(form, services.remove, session, chosen)
    else:
        form.blame(RuleBroken("Cochez au moins un dossier à retirer.", field="chosen"))
        return False
    if done:
        flash(message, "success")
    return done


def _placed(number: int) -> str:
    return "Un dossier est inscrit." if number == 1 else f"{number} dossiers sont inscrits."
