"""Preparing and publishing decisions."""

from functools import partial
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from guichet.accounts.access import current_account, signed_in
from guichet.accounts.models import Role
from guichet.applications import priorities
from guichet.applications.models import Application, ApplicationStatus
from guichet.applications.policies import can_publish_decision
from guichet.core.db import db
from guichet.core.errors import Forbidden, InvalidTransition, NotFound, RuleBroken
from guichet.core.money import ZERO
from guichet.core.paging import paginate
from guichet.core.transaction import unit_of_work
from guichet.review import policies
from guichet.review.forms.decision import DecisionForm, PublishForm, ReopenForm
from guichet.review.models import CommitteeSession, Decision, DecisionStatus, SessionStatus
from guichet.review.queries import committee
from guichet.review.queries import decisions as queries
from guichet.review.ranking import scores_of
from guichet.review.services import decision as services
from guichet.review.services import publication as publications
from guichet.review.views import bp
from guichet.review.views.sessions import crumbs_of
from guichet.review.views.steps import carried_out
from guichet.web.forms import ActionForm
from guichet.web.pages import page, requested_page

# Who knows of a decision before the ministry does.
KNOWING = (Role.OFFICER, Role.COMMITTEE, Role.CHAIR, Role.AUDITOR)
PUBLISHERS = (Role.CHAIR, Role.OFFICER)


@bp.route("/seances/<uuid:session_id>/dossiers/<uuid:application_id>", methods=["GET", "POST"])
@signed_in(*committee.READERS)
def decision(session_id: UUID, application_id: UUID) -> ResponseReturnValue:
    """The dossier as the committee reads it; the chair decides there."""
    actor = current_account()
    session = committee.one_for(actor, session_id)
    application = committee.on_agenda(session, actor, application_id)
    if request.method == "POST":
        form = DecisionForm()
        if not policies.can_decide(actor, application):
            raise Forbidden("Seule la présidence du comité décide.")
        prepare = partial(services.prepare, seen=form.seen.data or "")
        given = (form.outcome.data, form.amount.data, form.reason.data or "", form.conditions.data or "")
        if carried_out(form, prepare, application, session, *given):
            flash("La décision est préparée. Elle reste confidentielle jusqu’à sa publication.", "success")
            return redirect(url_for(".session", session_id=session_id), 303)
        return _sheet(session, application, _known_decision(session, application), form)
    known = _known_decision(session, application)
    return _sheet(session, application, known, DecisionForm(obj=_prepared(known)))


def _known_decision(session: CommitteeSession, application: Application) -> Decision | None:
    """The decision that the signed-in person may know."""
    prepared = (DecisionStatus.PREPARED,) if policies.can_see_prepared(current_account(), session) else ()
    return queries.of_session(session, application, *prepared, *committee.TOLD)


def _prepared(known: Decision | None) -> Decision | None:
    return known if known is not None and known.status is DecisionStatus.PREPARED else None


def _sheet(
    session: CommitteeSession, application: Application, known: Decision | None, form: DecisionForm
) -> ResponseReturnValue:
    actor = current_account()
    prepared = _prepared(known)
    form.seen.data = str(prepared.id) if prepared is not None else ""
    reads_opinions = policies.can_read_opinions(actor, session)
    opinions = committee.marks_on(application) if reads_opinions else ()
    decides = policies.can_decide(actor, application)
    return page(
        "review/decision.html",
        form,
        session=session,
        application=application,
        priority=priorities.shown(application),
        reads_opinions=reads_opinions,
        opinions=opinions,
        scores=scores_of(opinion.mean for opinion in opinions if opinion.mean is not None),
        recused=committee.recused_from(application),
        money=committee.money(session, actor),
        decision=known,
        can_prepare=decides and session.status is SessionStatus.PLANNED and application.status in committee.AWAITING,
        can_cancel=decides and prepared is not None,
        can_reopen=application.status is ApplicationStatus.REJECTED and can_publish_decision(actor, application),
        action=ActionForm(),
        crumbs=crumbs_of(session, application.reference or ""),
    )


@bp.post("/seances/<uuid:session_id>/dossiers/<uuid:application_id>/annulation")
@signed_in(Role.CHAIR)
def cancel_decision(session_id: UUID, application_id: UUID) -> ResponseReturnValue:
    actor = current_account()
    session = committee.one_for(actor, session_id)
    application = committee.on_agenda(session, actor, application_id)
    if not policies.can_decide(actor, application):
        raise Forbidden("Seule la présidence du comité annule une décision.")
    prepared = queries.of_session(session, application, DecisionStatus.PREPARED)
    if prepared is None:
        raise InvalidTransition("Il n’y a plus de décision à annuler pour ce dossier.")
    form = ActionForm()
    if carried_out(form, services.cancel, prepared):
        flash("La décision est annulée, son montant revient à l’enveloppe.", "success")
    else:
        flash(" ".join(form.form_errors), "error")
    return redirect(url_for(".decision", session_id=session_id, application_id=application_id), 303)


@bp.route("/seances/<uuid:session_id>/dossiers/<uuid:application_id>/recours", methods=["GET", "POST"])
@signed_in(*PUBLISHERS)
def reopen(session_id: UUID, application_id: UUID) -> ResponseReturnValue:
    actor = current_account()
    session = committee.one_for(actor, session_id)
    application = committee.on_agenda(session, actor, application_id)
    if not can_publish_decision(actor, application):
        raise Forbidden("Vous ne pouvez pas rouvrir ce dossier.")
    form = ReopenForm()
    if application.status is not ApplicationStatus.REJECTED:
        raise InvalidTransition("Seul un dossier non retenu se rouvre après un recours.")
    if carried_out(form, services.reopen, application, form.reason.data or ""):
        flash("Le dossier est rouvert. Inscrivez-le à l’ordre du jour d’une séance.", "success")
        return redirect(url_for(".decision", session_id=session_id, application_id=application_id), 303)
    crumbs = crumbs_of(session, application.reference or "", "Recours")
    return page("review/reopen.html", form, session=session, application=application, crumbs=crumbs)


@bp.get("/seances/<uuid:session_id>/decisions")
@signed_in(*KNOWING)
def decisions(session_id: UUID) -> ResponseReturnValue:
    session = _known_session(session_id)
    actor = current_account()
    return page(
        "review/decisions.html",
        session=session,
        found=paginate(queries.prepared(session, actor), requested_page()),
        can_publish=actor.holds_on_call(session.call_id, *PUBLISHERS),
        runs=queries.runs_of(session, actor),
        crumbs=crumbs_of(session, "Décisions à publier"),
    )


@bp.route("/seances/<uuid:session_id>/publication", methods=["GET", "POST"])
@signed_in(*PUBLISHERS)
def publish(session_id: UUID) -> ResponseReturnValue:
    """What is about to be published, counted; the address says which decisions (`decision`), or all (`tout`)."""
    actor = current_account()
    session = _known_session(session_id)
    if not actor.holds_on_call(session.call_id, *PUBLISHERS):
        raise Forbidden("Vous ne publiez pas les décisions de cet appel.")
    chosen = _chosen(session)
    form = PublishForm()
    if form.validate_on_submit() and form.confirms(chosen):
        try:
            with unit_of_work():
                run = publications.ask(session, chosen, actor=actor)
        except RuleBroken as problem:
            form.blame(problem)
        else:
            return redirect(url_for(".publication", session_id=session_id, run_id=run.id), 303)
    form.show(chosen)
    return page(
        "review/publish.html",
        form,
        session=session,
        chosen=chosen,
        shown=chosen[:20],
        total=sum((one.amount for one in chosen if one.amount is not None), ZERO),
        mails=queries.people_to_tell(chosen),
        crumbs=crumbs_of(session, "Publier"),
    )


def _chosen(session: CommitteeSession) -> list[Decision]:
    """The decisions that the address names, among those prepared that the person may see."""
    rows = queries.prepared(session, current_account())
    if "tout" not in request.args:
        names = request.args.getlist("decision", type=UUID)
        rows = rows.where(Decision.id.in_(names))
    return list(db.session.scalars(rows))


@bp.get("/seances/<uuid:session_id>/publications/<uuid:run_id>")
@signed_in(*KNOWING)
def publication(session_id: UUID, run_id: UUID) -> ResponseReturnValue:
    """How a publication goes: a page to leave and to find again."""
    session = _known_session(session_id)
    run = queries.run_for(session, run_id)
    actor = current_account()
    return page(
        "review/publication.html",
        session=session,
        run=run,
        counts=queries.counts_of(run, actor),
        found=paginate(queries.items_of(run, actor), requested_page()),
        crumbs=crumbs_of(session, "Publication"),
    )


def _known_session(session_id: UUID) -> CommitteeSession:
    """The session, for those who know its decisions before the ministries do."""
    session = committee.one_for(current_account(), session_id)
    if not policies.can_see_prepared(current_account(), session):
        raise NotFound("Cette page n’existe pas, ou vous n’y avez pas accès.")
    return session
