"""The calls of those who run them: list, page, rules."""

from typing import Any

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import joinedload, selectinload

from guichet.accounts.access import current_account, signed_in
from guichet.accounts.models import Organisation, Role
from guichet.audit import queries as audit
from guichet.calls import eligibility, ledger, policies, queries, services
from guichet.calls.dating import CallKind
from guichet.calls.forms.drafting import CallForm
from guichet.calls.models import Call
from guichet.calls.views import bp
from guichet.calls.views.steps import STEPS
from guichet.calls.views.trail import crumbs, gaps_of
from guichet.calls.views.words import facts
from guichet.calls.workflow import WORKFLOW
from guichet.core.errors import RuleBroken
from guichet.core.paging import paginate
from guichet.core.transaction import unit_of_work
from guichet.web.filters import moment
from guichet.web.pages import page, requested_page
from guichet.workflow.engine import open_transitions

MANAGERS = (Role.OFFICER, Role.ADMIN)


@bp.get("/instruction/appels")
@signed_in(*policies.FOLLOWERS)
def managed() -> ResponseReturnValue:
    actor = current_account()
    found = paginate(queries.followed_by(actor), requested_page())
    return page(
        "calls/managed.html",
        found=found,
        can_create=policies.can_create(actor),
        crumbs=crumbs(),
    )


@bp.get("/instruction/appels/<slug>")
@signed_in(*policies.FOLLOWERS)
def manage(slug: str) -> ResponseReturnValue:
    actor = current_account()
    call = queries.managed(slug, actor, policies.can_follow, *PARTS)
    can_edit = policies.can_edit(actor, call)
    possible = open_transitions(WORKFLOW, call, actor)
    return page(
        "calls/manage.html",
        call=call,
        can_edit=can_edit,
        can_correct=policies.can_correct(actor, call),
        can_manage=policies.can_manage(actor, call),
        can_extend=policies.can_extend(actor, call),
        rounds=[f"{one.name} : jusqu’au {moment(one.closes_at, call.time_zone)}" for one in call.rounds],
        gaps=gaps_of(call) if can_edit else [],
        who=eligibility.who_in_words(call.applicant_kinds, [one.name for one in call.organisations]),
        steps=[(word, WORKFLOW[step.name].label) for word, step in STEPS.items() if step.name in possible],
        dossiers=queries.dossiers_of(call.id),
        left=ledger.left_of(call.id),
        documents=queries.documents_of(call.id),
        can_create=policies.can_create(actor),
        history=facts(audit.history_of(call)[:10]),
        crumbs=crumbs(call),
    )


@bp.route("/instruction/appels/nouveau", methods=["GET", "POST"])
@signed_in(*MANAGERS)
def create() -> ResponseReturnValue:
    form = CallForm(
        data={
            "kind": CallKind.DATED,
            "max_rate": 50,
            "reviews_required": 2,
            "staff_cost_counted": True,
            "endorsement_required": True,
        }
    )
    form.offer(queries.families(), queries.priority_actions())
    if form.validate_on_submit():
        try:
            with unit_of_work():
                call = services.create(form.terms_for(_named(form)), opening=form.opening.data, actor=current_account())
        except RuleBroken as problem:
            form.blame(problem)
        else:
            flash("L’appel est créé en brouillon. Ajoutez ses critères, puis publiez-le.", "success")
            return redirect(url_for(".manage", slug=call.slug), 303)
    return page("calls/edit.html", form, call=None, crumbs=[*crumbs(), ("Nouvel appel", None)])


@bp.route("/instruction/appels/<slug>/modification", methods=["GET", "POST"])
@signed_in(*MANAGERS)
def edit(slug: str) -> ResponseReturnValue:
    call = queries.managed(slug, current_account(), policies.can_edit, *PARTS)
    form = CallForm.of(call)
    form.offer(queries.families(), queries.priority_actions())
    if form.validate_on_submit():
        try:
            with unit_of_work():
                services.update(call, form.terms_for(_named(form)), actor=current_account())
        except RuleBroken as problem:
            form.blame(problem)
        else:
            flash("Les règles de l’appel sont enregistrées.", "success")
            return redirect(url_for(".manage", slug=slug), 303)
    return page("calls/edit.html", form, call=call, crumbs=crumbs(call, "Règles"))


def _named(form: CallForm) -> list[Organisation]:
    """The organisations that the form names. Raises RuleBroken, telling those that the window does not know."""
    found = queries.organisations_named(form.names)
    if unknown := [name for name in form.names if name not in {organisation.name for organisation in found}]:
        told = " ; ".join(unknown[:5])
        raise RuleBroken(f"Le guichet ne connaît pas : {told}. Vérifiez le nom.", field="organisation_names")
    return found


PARTS: tuple[Any, ...] = (
    joinedload(Call.organisations),
    selectinload(Call.criteria),
    selectinload(Call.families),
    selectinload(Call.priority_actions),
    selectinload(Call.attachment_kinds),
)
