"""The reviewer's pages: what she was asked, her declaration, the dossier, her marks."""

from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from guichet.accounts.access import current_account, signed_in
from guichet.accounts.models import Account, Role
from guichet.calls.models import Criterion
from guichet.core import clock
from guichet.core.errors import Conflict, RuleBroken
from guichet.core.policy import require
from guichet.core.transaction import unit_of_work
from guichet.documents.serving import hand_out
from guichet.review import policies
from guichet.review.forms.scoring import (
    Answer,
    DeclarationForm,
    ScoringForm,
    SteppingAsideForm,
    WorklistFilter,
    scoring_form,
    stored,
)
from guichet.review.models import Assignment, AssignmentStatus
from guichet.review.queries import content as contents
from guichet.review.queries import evaluations as queries
from guichet.review.ranking import applicable
from guichet.review.services import scoring as services
from guichet.review.views import bp
from guichet.review.views.steps import Crumbs, carried_out
from guichet.web.pages import page, requested_page

EVALUATION = "/evaluations/<uuid:assignment_id>"
MESSAGES = {
    Answer.NO_CONFLICT: "Votre déclaration est enregistrée : le dossier vous est ouvert.",
    Answer.CONFLICT: "Votre déclaration est enregistrée : ce dossier n’est plus visible pour vous.",
    Answer.DECLINE: "Votre refus est enregistré : une autre personne sera désignée.",
}


@bp.get("/evaluations")
@signed_in(Role.REVIEWER)
def my_assignments() -> ResponseReturnValue:
    actor = current_account()
    filters = WorklistFilter(request.args, meta={"csrf": False})
    filters.offer(queries.calls_of(actor))
    by_status, total = queries.counts(actor, filters.wanted)
    return page(
        "review/my_assignments.html",
        filters=filters,
        found=queries.worklist(actor, filters.wanted, total, requested_page()),
        by_status=by_status,
        today_in=clock.today,
        crumbs=[("Accueil", "/"), ("Mes évaluations", None)],
    )


@bp.route(EVALUATION, methods=["GET", "POST"])
@signed_in(Role.REVIEWER)
def evaluation(assignment_id: UUID) -> ResponseReturnValue:
    """Her declaration first; the dossier once she has declared no conflict."""
    assignment = queries.one_for(current_account(), assignment_id)
    if request.method == "GET" and policies.can_read_dossier(current_account(), assignment):
        return _dossier_page(assignment)
    return _declare(DeclarationForm(), assignment, "review/declaration.html")


def _dossier_page(assignment: Assignment) -> ResponseReturnValue:
    actor = current_account()
    return page(
        "review/evaluation.html",
        content=contents.content_of(assignment.application),
        assignment=assignment,
        can_write=policies.can_write(actor, assignment),
        can_step_aside=policies.can_step_aside(actor, assignment),
        crumbs=crumbs_of(assignment),
    )


@bp.get(f"{EVALUATION}/pieces/<uuid:attachment_id>")
@signed_in(Role.REVIEWER)
def evaluation_attachment(assignment_id: UUID, attachment_id: UUID) -> ResponseReturnValue:
    assignment = queries.one_for(current_account(), assignment_id)
    require(policies.can_read_dossier, current_account(), assignment)
    return hand_out(
        contents.document_of(assignment.application, attachment_id),
        crumbs=[*crumbs_of(assignment), ("Pièce jointe", None)],
    )


@bp.route(f"{EVALUATION}/deport", methods=["GET", "POST"])
@signed_in(Role.REVIEWER)
def stepping_aside(assignment_id: UUID) -> ResponseReturnValue:
    """A conflict, or an impediment, may come to light once the dossier is read."""
    assignment = queries.one_for(current_account(), assignment_id)
    require(policies.can_step_aside, current_account(), assignment)
    return _declare(SteppingAsideForm(), assignment, "review/stepping_aside.html")


def _declare(form: DeclarationForm, assignment: Assignment, template: str) -> ResponseReturnValue:
    assignment_id, actor = assignment.id, current_account()
    if carried_out(form, _answer, assignment, form):
        flash(MESSAGES[form.answer.data], "success")
        accepted = form.answer.data is Answer.NO_CONFLICT
        target = url_for(".evaluation", assignment_id=assignment_id) if accepted else url_for(".my_assignments")
        return redirect(target, 303)
    assignment = queries.one_for(actor, assignment_id)
    can_answer = policies.can_step_aside(actor, assignment)
    return page(template, form, assignment=assignment, can_answer=can_answer, crumbs=crumbs_of(assignment))


def _answer(assignment: Assignment, form: DeclarationForm, *, actor: Account) -> None:
    if form.answer.data is Answer.NO_CONFLICT:
        services.accept(assignment, actor=actor)
    elif form.answer.data is Answer.CONFLICT:
        services.declare_conflict(assignment, form.reason.data or "", actor=actor)
    else:
        services.decline(assignment, form.reason.data or "", actor=actor)


@bp.route(f"{EVALUATION}/grille", methods=["GET", "POST"])
@signed_in(Role.REVIEWER)
def scoring(assignment_id: UUID) -> ResponseReturnValue:
    evaluation = queries.written_by(current_account(), assignment_id)
    form = scoring_form(_grid(evaluation.assignment), evaluation)
    finished = "hand_in" in request.form
    if form.validate_on_submit() and (not finished or form.is_complete()):
        use_case = services.hand_in if finished else services.save_draft
        try:
            with unit_of_work():
                use_case(evaluation, form.opinion, version=form.seen, actor=current_account())
        except RuleBroken as problem:
            form.blame(problem)
        except Conflict as problem:
            return _both_texts(form, assignment_id, problem)
        else:
            return _kept(assignment_id, finished=finished)
    return _grid_page(form, assignment_id)


def _grid(assignment: Assignment) -> list[Criterion]:
    return applicable(assignment.application.call.criteria, assignment.application)


def _kept(assignment_id: UUID, *, finished: bool) -> ResponseReturnValue:
    flash("Votre évaluation est remise. Merci." if finished else "Votre brouillon est enregistré.", "success")
    return redirect(url_for(".scoring", assignment_id=assignment_id), 303)


def _grid_page(form: ScoringForm, assignment_id: UUID, **context: Any) -> tuple[str, int]:
    assignment = queries.written_by(current_account(), assignment_id).assignment
    done = assignment.status is AssignmentStatus.COMPLETED and request.method == "GET"
    return page(
        "review/my_opinion.html" if done else "review/scoring.html",
        form,
        assignment=assignment,
        can_write=policies.can_write(current_account(), assignment),
        crumbs=[*crumbs_of(assignment), ("Ma grille", None)],
        **context,
    )


def _both_texts(form: ScoringForm, assignment_id: UUID, problem: Conflict) -> ResponseReturnValue:
    """What she typed stays in the form; what is kept stands beside. Sending again is then her choice."""
    kept = stored(form.criteria, queries.written_by(current_account(), assignment_id))
    form.version.data = kept["version"]
    text, _ = _grid_page(form, assignment_id, kept=kept, conflict=problem.message)
    return text, 409


def crumbs_of(assignment: Assignment) -> Crumbs:
    title = assignment.application.known_title
    return [
        ("Accueil", "/"),
        ("Mes évaluations", url_for("review.my_assignments")),
        (title, url_for("review.evaluation", assignment_id=assignment.id)),
    ]
