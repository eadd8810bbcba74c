"""Giving a dossier to reviewers, opening and closing its review."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from guichet.accounts.access import current_account, signed_in
from guichet.accounts.models import Account, Role
from guichet.applications.models import Application
from guichet.core.policy import require
from guichet.review import policies
from guichet.review.forms.assignment import AssignmentForm, CandidateFilter
from guichet.review.queries import assignments as queries
from guichet.review.queries import desk
from guichet.review.services import assignment as services
from guichet.review.views import bp
from guichet.review.views.desk import STAFF, dossier_page
from guichet.review.views.steps import DOSSIER, back_to_dossier, carried_out, crumbs_of, open_to, step_page
from guichet.web.forms import ActionForm
from guichet.web.pages import page

# More would make the page heavy: a search finds the others.
MOST_CANDIDATES = 40


@bp.route(f"{DOSSIER}/evaluateurs", methods=["GET", "POST"])
@signed_in(Role.OFFICER)
def reviewers(application_id: UUID) -> ResponseReturnValue:
    application = open_to(application_id, "open_review", "close_review")
    filters = CandidateFilter(request.args, meta={"csrf": False})
    assigned = queries.of_application(application_id)
    candidates = queries.candidates(application, assigned, filters.mots.data or "")
    form = AssignmentForm()
    form.reviewer.offer(candidates[:MOST_CANDIDATES])
    if carried_out(form, _assign, application, form.reviewer.chosen, form.due_on.data):
        return back_to_dossier(application_id, "Évaluateurs désignés : chacun reçoit un courriel.")
    return step_page(
        "review/reviewers.html",
        form,
        "Désigner des évaluateurs",
        application_id,
        filters=filters,
        candidates=candidates,
        free=[one for one in candidates if not one.obstacle],
        barred=[one for one in candidates[:MOST_CANDIDATES] if one.obstacle],
        others=max(0, len(candidates) - MOST_CANDIDATES),
    )


def _assign(application: Application, chosen: Sequence[Account], due_on: dt.date, *, actor: Account) -> None:
    for reviewer in chosen:
        services.assign(application, reviewer, due_on, actor=actor)


@bp.post(f"{DOSSIER}/evaluateurs/<uuid:assignment_id>/retrait")
@signed_in(Role.OFFICER)
def unassign(application_id: UUID, assignment_id: UUID) -> ResponseReturnValue:
    application = open_to(application_id, "open_review", "close_review")
    assignment = queries.one_of(application, assignment_id)
    form = ActionForm()
    if carried_out(form, services.unassign, assignment):
        return back_to_dossier(application_id, "Désignation retirée.")
    return dossier_page(form, application_id)


@bp.post(f"{DOSSIER}/reprise-evaluation")
@signed_in(Role.OFFICER)
def reopen_review(application_id: UUID) -> ResponseReturnValue:
    application = open_to(application_id, "open_review")
    form = ActionForm()
    if carried_out(form, services.reopen_review, application):
        return back_to_dossier(application_id, "L’évaluation reprend.")
    return dossier_page(form, application_id)


@bp.route(f"{DOSSIER}/cloture-evaluation", methods=["GET", "POST"])
@signed_in(Role.OFFICER)
def close_review(application_id: UUID) -> ResponseReturnValue:
    application = open_to(application_id, "close_review")
    form = ActionForm()
    if carried_out(form, services.close_review, application):
        return back_to_dossier(application_id, "L’évaluation est close : le dossier peut passer en comité.")
    assigned = queries.of_application(application_id)
    return step_page("review/review_closing.html", form, "Clore l’évaluation", application_id, assigned=assigned)


@bp.get(f"{DOSSIER}/evaluations/<uuid:assignment_id>")
@signed_in(*STAFF)
def opinion(application_id: UUID, assignment_id: UUID) -> ResponseReturnValue:
    application = desk.one_for(current_account(), application_id)
    require(policies.can_read_opinions, current_account(), application)
    assignment = queries.opinion_of(application, assignment_id)
    crumbs = [*crumbs_of(application), (f"Évaluation de {assignment.reviewer.full_name}", None)]
    return page("review/opinion.html", application=application, assignment=assignment, crumbs=crumbs)
