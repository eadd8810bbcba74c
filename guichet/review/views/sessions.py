"""The sessions of the committee: list, planning, page, ranking, close."""

from collections.abc import Sequence
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from guichet.accounts.access import current_account, signed_in
from guichet.accounts.models import Role
from guichet.applications import priorities
from guichet.calls import queries as calls
from guichet.core.errors import Forbidden, InvalidTransition, NotFound, RuleBroken
from guichet.core.paging import PAGE_SIZE, Page, paginate
from guichet.core.policy import require
from guichet.core.transaction import unit_of_work
from guichet.review import policies
from guichet.review.forms.committee import SessionFilter, session_form
from guichet.review.models import CommitteeSession, SessionStatus
from guichet.review.queries import committee as queries
from guichet.review.queries import decisions
from guichet.review.ranking import Place, rank
from guichet.review.services import committee as services
from guichet.review.views import bp
from guichet.review.views.steps import Crumbs, carried_out
from guichet.review.workflow import SESSION
from guichet.web.forms import ActionForm
from guichet.web.pages import page, requested_page
from guichet.workflow.engine import open_transitions


@bp.get("/seances")
@signed_in(*queries.READERS)
def sessions() -> ResponseReturnValue:
    actor = current_account()
    filters = SessionFilter(request.args, meta={"csrf": False})
    return page(
        "review/sessions.html",
        filters=filters,
        found=paginate(queries.sessions_of(actor, filters.status), requested_page()),
        can_plan=actor.has_role(Role.OFFICER),
        crumbs=[("Accueil", "/"), ("Séances", None)],
    )


@bp.get("/seances/nouvelle")
@signed_in(Role.OFFICER)
def choose_call() -> ResponseReturnValue:
    offered = queries.calls_to_plan(current_account())
    crumbs = [("Accueil", "/"), ("Séances", url_for(".sessions")), ("Nouvelle séance", None)]
    return page("review/choose_call.html", calls=offered, crumbs=crumbs)


@bp.route("/seances/nouvelle/<slug>", methods=["GET", "POST"])
@signed_in(Role.OFFICER)
def plan_session(slug: str) -> ResponseReturnValue:
    call = calls.by_slug(slug)
    if call not in queries.calls_to_plan(current_account()):
        raise NotFound("Vous n’organisez pas de séance pour cet appel.")
    form = session_form(call)
    if form.validate_on_submit():
        try:
            with unit_of_work():
                planned = services.plan(call, *form.values(), actor=current_account())
        except RuleBroken as problem:
            form.blame(problem)
        else:
            flash("La séance est prévue. Composez maintenant son ordre du jour.", "success")
            return redirect(url_for(".place", session_id=planned.id), 303)
    crumbs = [("Accueil", "/"), ("Séances", url_for(".sessions")), ("Nouvelle séance", None)]
    return page("review/session_form.html", form, call=call, session=None, crumbs=crumbs)


@bp.route("/seances/<uuid:session_id>/modifier", methods=["GET", "POST"])
@signed_in(Role.OFFICER)
def change_session(session_id: UUID) -> ResponseReturnValue:
    session = planned_by_officer(session_id)
    form = session_form(session.call, session)
    if carried_out(form, services.change, session, *form.values()):
        flash("La séance est modifiée.", "success")
        return redirect(url_for(".session", session_id=session_id), 303)
    crumbs = crumbs_of(session, "Modifier")
    return page("review/session_form.html", form, call=session.call, session=session, crumbs=crumbs)


@bp.get("/seances/<uuid:session_id>")
@signed_in(*queries.READERS)
def session(session_id: UUID) -> ResponseReturnValue:
    actor = current_account()
    shown = queries.one_for(actor, session_id)
    found = queries.agenda(shown, actor, requested_page())
    knows = policies.can_see_prepared(actor, shown)
    return page(
        "review/session.html",
        session=shown,
        found=found,
        priorities=priorities.shown_of([line.application_id for line in found.items]),
        money=queries.money(shown, actor),
        knows=knows,
        reads_opinions=policies.can_read_opinions(actor, shown),
        runs=decisions.runs_of(shown, actor) if knows else (),
        steps=open_transitions(SESSION, shown, actor),
        can_plan=policies.can_plan_session(actor, shown) and shown.status is SessionStatus.PLANNED,
        can_decide=actor.holds_on_call(shown.call_id, Role.CHAIR),
        crumbs=crumbs_of(shown),
    )


@bp.get("/seances/<uuid:session_id>/classement")
@signed_in(*queries.READERS)
def ranking(session_id: UUID) -> ResponseReturnValue:
    actor = current_account()
    shown = queries.one_for(actor, session_id)
    require(policies.can_read_opinions, actor, shown)
    money = queries.money(shown, actor)
    places = rank(queries.lines(shown, actor), money.to_share)
    found = _page_of(places)
    return page(
        "review/ranking.html",
        session=shown,
        found=found,
        money=money,
        funded=sum(place.funded for place in places),
        knows=policies.can_see_prepared(actor, shown),
        crumbs=crumbs_of(shown, "Classement"),
    )


@bp.route("/seances/<uuid:session_id>/cloture", methods=["GET", "POST"])
@signed_in(Role.CHAIR)
def close_session(session_id: UUID) -> ResponseReturnValue:
    actor = current_account()
    session = queries.one_for(actor, session_id)
    require(policies.can_close_session, actor, session)
    if session.status is SessionStatus.HELD:
        raise InvalidTransition("La séance est déjà close.")
    form = ActionForm()
    if carried_out(form, services.close, session):
        flash("La séance est close. Les décisions préparées restent à publier.", "success")
        return redirect(url_for(".session", session_id=session_id), 303)
    undecided = sum(line.decision is None for line in queries.lines(session, actor))
    crumbs = crumbs_of(session, "Clore la séance")
    return page("review/close_session.html", form, session=session, undecided=undecided, crumbs=crumbs)


def _page_of(places: Sequence[Place[queries.Line]]) -> Page[Place[queries.Line]]:
    number = min(max(1, requested_page()), max(1, -(-len(places) // PAGE_SIZE)))
    return Page(places[(number - 1) * PAGE_SIZE : number * PAGE_SIZE], number, len(places))


def planned_by_officer(session_id: UUID) -> CommitteeSession:
    """The session, when the signed-in officer may still change it. Raises NotFound, Forbidden or InvalidTransition."""
    actor = current_account()
    session = queries.one_for(actor, session_id)
    if not policies.can_plan_session(actor, session):
        raise Forbidden("Vous n’organisez pas les séances de cet appel.")
    if session.status is not SessionStatus.PLANNED:
        raise InvalidTransition("La séance est close : son ordre du jour ne change plus.")
    return session


def crumbs_of(session: CommitteeSession, *here: str) -> Crumbs:
    start: Crumbs = [("Accueil", "/"), ("Séances", url_for("review.sessions"))]
    if not here:
        return [*start, (session.title, None)]
    return [
        *start,
        (session.title, url_for("review.session", session_id=session.id)),
        *((label, None) for label in here),
    ]
