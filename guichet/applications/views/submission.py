"""Handing a dossier in: endorsement, submission, complements; and stepping back. Each page may be sent twice without harm."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from guichet.accounts.access import current_account, signed_in
from guichet.accounts.models import Account
from guichet.applications import policies, priorities, queries
from guichet.applications.budget import summarise
from guichet.applications.forms.submission import EndorseForm, ReadForm, ReturnForm, SubmitForm, WithdrawForm
from guichet.applications.models import Application, ApplicationStatus
from guichet.applications.services import submission as services
from guichet.applications.services.complements import open_request
from guichet.applications.views import bp
from guichet.applications.views.parts import dossier_page, gaps_with_links
from guichet.applications.workflow import WORKFLOW
from guichet.calls.policies import window_of
from guichet.core import clock
from guichet.core.errors import InvalidTransition, RuleBroken
from guichet.core.policy import require
from guichet.core.transaction import unit_of_work
from guichet.web.filters import moment
from guichet.web.forms import Form

S = ApplicationStatus


@dataclass(frozen=True)
class Step:
    """A step that its page describes and its form confirms: the transition, the template, what is said once it is made."""

    transition: str
    template: str
    done: Callable[[Application], str]


def _submitted(application: Application) -> str:
    submitted_at = moment(application.submitted_at, application.call.time_zone)
    return f"Le dossier est déposé le {submitted_at} sous le numéro {application.reference}. Son accusé de réception arrive."


SUBMIT = Step("submit", "applications/submit.html", _submitted)
ENDORSE = Step("endorse", "applications/endorse.html", _submitted)
RESUBMIT = Step(
    "resubmit", "applications/resubmit.html", lambda _: "Vos compléments sont déposés. Leur accusé de réception arrive."
)
REQUEST = Step(
    "request_endorsement",
    "applications/request_endorsement.html",
    lambda _: "Le visa est demandé. Le référent de votre ministère est prévenu par courriel.",
)
RETURN = Step(
    "return_to_draft", "applications/return_to_draft.html", lambda _: "Le dossier est de nouveau un brouillon."
)
WITHDRAW = Step(
    "withdraw", "applications/withdraw.html", lambda _: "Le dossier est retiré. Le service instructeur est prévenu."
)


@bp.route("/dossiers/<uuid:application_id>/depot", methods=["GET", "POST"])
@signed_in()
def submit(application_id: UUID) -> ResponseReturnValue:
    form = SubmitForm()
    return _take(SUBMIT, application_id, form, lambda dossier, who: services.submit(dossier, actor=who, seen=form.seen))


@bp.route("/dossiers/<uuid:application_id>/visa", methods=["GET", "POST"])
@signed_in()
def endorse(application_id: UUID) -> ResponseReturnValue:
    form = EndorseForm()

    def act(dossier: Application, who: Account) -> None:
        services.endorse(dossier, actor=who, seen=form.seen, comment=form.comment.data or "")

    return _take(ENDORSE, application_id, form, act)


@bp.route("/dossiers/<uuid:application_id>/complements", methods=["GET", "POST"])
@signed_in()
def resubmit(application_id: UUID) -> ResponseReturnValue:
    form = SubmitForm()
    return _take(
        RESUBMIT, application_id, form, lambda dossier, who: services.resubmit(dossier, actor=who, seen=form.seen)
    )


@bp.route("/dossiers/<uuid:application_id>/demande-de-visa", methods=["GET", "POST"])
@signed_in()
def request_endorsement(application_id: UUID) -> ResponseReturnValue:
    form = ReadForm()

    def act(dossier: Application, who: Account) -> None:
        services.request_endorsement(dossier, actor=who, seen=form.seen)

    return _take(REQUEST, application_id, form, act)


@bp.route("/dossiers/<uuid:application_id>/retour-en-brouillon", methods=["GET", "POST"])
@signed_in()
def return_to_draft(application_id: UUID) -> ResponseReturnValue:
    form = ReturnForm()

    def act(dossier: Application, who: Account) -> None:
        services.return_to_draft(dossier, form.reason.data or "", actor=who)

    return _take(RETURN, application_id, form, act)


@bp.route("/dossiers/<uuid:application_id>/retrait", methods=["GET", "POST"])
@signed_in()
def withdraw(application_id: UUID) -> ResponseReturnValue:
    form = WithdrawForm()
    return _take(
        WITHDRAW, application_id, form, lambda dossier, who: services.withdraw(dossier, form.reason.data, actor=who)
    )


def _take(
    step: Step, application_id: UUID, form: Form, act: Callable[[Application, Account], Any]
) -> ResponseReturnValue:
    """Show the page of the step, or make it. A step already made, by another click or tab, leads to the dossier and says so."""
    actor = current_account()
    application = queries.one_for(actor, application_id)
    require(WORKFLOW[step.transition].allowed, actor, application)
    if application.status not in WORKFLOW[step.transition].sources:
        return _already(step, application)
    if form.validate_on_submit():
        try:
            with unit_of_work():
                act(application, actor)
        except InvalidTransition:
            return _already(step, queries.one_for(actor, application_id))
        except RuleBroken as problem:
            form.blame(problem)
            application = queries.one_for(actor, application_id)
        else:
            flash(step.done(application), "success")
            return redirect(url_for(".show", application_id=application_id), 303)
    if isinstance(form, ReadForm):
        form.version.data = str(application.version)
    return _step_page(step, application, actor, form)


def _step_page(step: Step, application: Application, actor: Account, form: Form) -> ResponseReturnValue:
    return dossier_page(
        step.template,
        form,
        application,
        WORKFLOW[step.transition].label,
        gaps=gaps_with_links(application, actor),
        budget=summarise(
            application.budget_lines, application.cofundings, staff_counted=application.call.staff_cost_counted
        ),
        pieces=[attachment for attachment in application.attachments if attachment.removed_at is None],
        is_open=(window := window_of(application.call, at=clock.now())).is_open,
        window=window,
        complements=open_request(application),
        order=priorities.order_for(actor, application) if step is ENDORSE else (),
        is_writer=policies.is_writer(actor, application),
    )


def _already(step: Step, application: Application) -> ResponseReturnValue:
    flash(_why_not(step, application), "info")
    return redirect(url_for(".show", application_id=application.id), 303)


def _why_not(step: Step, application: Application) -> str:
    """What the person is told who comes after the step was made, or when it cannot be made any more."""
    status, zone = application.status, application.call.time_zone
    if step is RESUBMIT and application.versions and len(application.versions) > 1:
        latest = application.versions[-1]
        return f"Les compléments sont déjà déposés, le {moment(latest.submitted_at, zone)} (version {latest.number})."
    if step in {SUBMIT, ENDORSE, REQUEST} and application.submitted_at:
        submitted_at = moment(application.submitted_at, zone)
        return f"Ce dossier est déjà déposé, le {submitted_at}, sous le numéro {application.reference}."
    if (step, status) in {(REQUEST, S.AWAITING_ENDORSEMENT), (RETURN, S.DRAFT), (WITHDRAW, S.WITHDRAWN)}:
        return f"C’est déjà fait : le dossier est à l’état « {status.label} »."
    return f"Cette étape n’est pas possible : le dossier est à l’état « {status.label} »."
