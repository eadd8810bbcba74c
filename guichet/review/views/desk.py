"""The officer's desk: the dossiers to process, and the page of one."""

from collections.abc import Sequence
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from guichet.accounts.access import current_account, signed_in
from guichet.accounts.models import Account, Role
from guichet.applications import journal, messages, priorities
from guichet.applications import timeline as timelines
from guichet.applications.awaited import awaited
from guichet.applications.legal_clock import clock_of, in_words
from guichet.applications.models import Application
from guichet.applications.policies import can_process, can_read_messages, can_read_rewriting
from guichet.applications.services import readings
from guichet.applications.timeline import Moment, timeline
from guichet.applications.workflow import WORKFLOW
from guichet.core import clock
from guichet.core.paging import PAGE_SIZE, Page, page_within
from guichet.documents.serving import hand_out
from guichet.review import policies
from guichet.review.forms.desk import DeskFilter
from guichet.review.models import Assignment, AssignmentStatus
from guichet.review.queries import assignments, committee, desk
from guichet.review.queries import content as contents
from guichet.review.queries.assignments import LIVE
from guichet.review.views import bp
from guichet.review.views.steps import DOSSIER, crumbs_of
from guichet.web.forms import ActionForm, Form
from guichet.web.pages import page, requested_page
from guichet.workflow.engine import open_transitions

# The dossier's own page shows the latest lines of its history; the rest has a page.
LATEST = 8
# The acts of reviewers, beside those of the dossier.
TITLES = {
    **timelines.TITLES,
    **journal.ASSIGNMENTS,
}
# Who opens the desk; what each one sees of it is in the queries.
STAFF = (Role.OFFICER, Role.ADMIN, Role.AUDITOR)
# Transition -> (what the button says, page of the step), in the order of the buttons. The committee's are on its pages.
STEPS = {
    "declare_eligible": ("Décider de la recevabilité", "review.eligibility"),
    "open_review": ("Désigner des évaluateurs", "review.reviewers"),
    "close_review": ("Clore l’évaluation", "review.close_review"),
    "extend_changes": ("Prolonger le délai des compléments", "review.extend_complements"),
    "cancel_changes": ("Annuler la demande de compléments", "review.cancel_complements"),
    "cancel_changes_in_review": ("Annuler la demande de compléments", "review.cancel_complements"),
    "request_changes": ("Demander des compléments", "review.complements"),
    "close_without_follow_up": ("Classer sans suite", "review.closing"),
    "reopen_ineligible": ("Rouvrir la recevabilité", "review.reopening"),
}
# What is done from a session, where the other dossiers and the envelope are in sight.
IN_SESSION = {"award", "reject", "waitlist", "defer", "return_to_reviewed", "reopen_rejected"}


@bp.get("/instruction")
@signed_in(*STAFF)
def board() -> ResponseReturnValue:
    actor = current_account()
    filters = DeskFilter(request.args, meta={"csrf": False})
    answered = desk.answered(actor)
    filters.offer(answered.calls, answered.rounds, desk.ministries_of(actor))
    wanted = filters.wanted(request.args.get("tri", ""))
    counts = desk.counts(actor, wanted)
    found = desk.board(actor, wanted, counts.matching(wanted), requested_page())
    return page(
        "review/board.html",
        filters=filters,
        found=found,
        priorities=priorities.shown_of([row.id for row in found.items]),
        counts=counts,
        crumbs=[("Accueil", "/"), ("Instruction", None)],
    )


@bp.get(DOSSIER)
@signed_in(*STAFF)
def dossier(application_id: UUID) -> ResponseReturnValue:
    return dossier_page(ActionForm(), application_id)


def dossier_page(form: Form, application_id: UUID) -> ResponseReturnValue:
    """The dossier as staff see it; `form` is the one of its buttons, with what was refused if anything."""
    actor = current_account()
    application = desk.one_for(actor, application_id)
    assigned = assignments.of_application(application_id)
    return page(
        "review/dossier.html",
        form,
        application=application,
        priority=priorities.shown(application),
        steps=steps_for(actor, application),
        assigned=assigned,
        live=[one for one in assigned if one.status in LIVE],
        done=sum(one.status is AssignmentStatus.COMPLETED for one in assigned),
        can_assign=can_process(actor, application),
        eligibility=desk.eligibility_of(application),
        decisions=desk.decisions_of(application, actor),
        reads_opinions=policies.can_read_opinions(actor, application),
        # Who administers the window reads dossiers, not what the committee says of them.
        sees_sessions=actor.holds_on_call(application.call_id, *committee.READERS),
        awaited=awaited(application, at=clock.now()),
        delay=in_words(count, yours=False) if (count := clock_of(application, at=clock.now())) else "",
        today=clock.today(application.call.time_zone),
        reading=readings.reading_of(application),
        reads_messages=can_read_messages(actor, application),
        unread=messages.count_unread(actor, [application.id])[application.id],
        moments=_moments(application, assigned),
        latest=LATEST,
        crumbs=[*crumbs_of(application)[:-1], (application.reference, None)],
    )


@bp.get(f"{DOSSIER}/contenu")
@signed_in(*STAFF)
def content(application_id: UUID) -> ResponseReturnValue:
    application = desk.one_for(current_account(), application_id)
    crumbs = [*crumbs_of(application), ("Contenu du dossier", None)]
    return page("review/content.html", content=contents.content_of(application), crumbs=crumbs)


@bp.get(f"{DOSSIER}/pieces/<uuid:attachment_id>")
@signed_in(*STAFF)
def attachment(application_id: UUID, attachment_id: UUID) -> ResponseReturnValue:
    application = desk.one_for(current_account(), application_id)
    return hand_out(
        contents.document_of(application, attachment_id), crumbs=[*crumbs_of(application), ("Pièce jointe", None)]
    )


@bp.get(f"{DOSSIER}/historique")
@signed_in(*STAFF)
def history(application_id: UUID) -> ResponseReturnValue:
    application = desk.one_for(current_account(), application_id)
    moments = _moments(application, assignments.of_application(application_id))
    number = page_within(requested_page(), len(moments))
    return page(
        "review/history.html",
        application=application,
        found=Page(moments[(number - 1) * PAGE_SIZE : number * PAGE_SIZE], number, len(moments)),
        crumbs=[*crumbs_of(application), ("Historique", None)],
    )


def _moments(application: Application, assigned: Sequence[Assignment]) -> list[Moment]:
    history = desk.history_of(application, assigned)
    if not can_read_rewriting(current_account(), application):
        history = timelines.read_by_others(history, application)
    return timeline(history, TITLES)


def steps_for(actor: Account, application: Application) -> dict[str, tuple[str, str]]:
    """The steps that `actor` could take now: transition -> (label, address)."""
    names = open_transitions(WORKFLOW, application, actor)
    if {"cancel_changes", "cancel_changes_in_review"}.intersection(names):
        # No step of the dossier's life: the same request, with more time.
        names.append("extend_changes")
    steps = {
        name: (label, url_for(endpoint, application_id=application.id))
        for name, (label, endpoint) in STEPS.items()
        if name in names
    }
    if IN_SESSION.intersection(names):
        steps["session"] = ("Voir les séances", url_for("review.sessions"))
    return steps
