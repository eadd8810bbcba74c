"""What the pages of one step of a dossier share: is the step open, carry it out, come back to the dossier."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from guichet.accounts.access import current_account
from guichet.applications.models import Application
from guichet.applications.workflow import WORKFLOW
from guichet.core.errors import Forbidden, InvalidTransition, RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.review.queries import desk
from guichet.web.forms import Form
from guichet.web.pages import page

Crumbs = list[tuple[str, str | None]]
DOSSIER = "/instruction/dossiers/<uuid:application_id>"


def open_to(application_id: UUID, *transitions: str) -> Application:
    """The dossier, when the signed-in person may make one of `transitions` on it.

    Raises NotFound, Forbidden; InvalidTransition for a page that would be of no use. A form already filled is rather
    refused by its use case, and shown again with what was typed.
    """
    application = desk.one_for(current_account(), application_id)
    steps = [WORKFLOW[name] for name in transitions]
    if not any(step.allowed(current_account(), application) for step in steps):
        raise Forbidden("Vous n’instruisez pas ce dossier.")
    if request.method == "GET" and not any(application.status in step.sources for step in steps):
        raise InvalidTransition(f"Action impossible : le dossier est à l’état « {application.status.label} ».")
    return application


def carried_out(form: Form, use_case: Callable[..., Any], *arguments: Any) -> bool:
    """Whether the form came back right and `use_case` did its work; a refusal is shown on the form."""
    if not form.validate_on_submit():
        return False
    try:
        with unit_of_work():
            use_case(*arguments, actor=current_account())
    except RuleBroken as problem:
        form.blame(problem)
        return False
    except InvalidTransition as problem:
        form.blame(RuleBroken(problem.message))
        return False
    return True


def back_to_dossier(application_id: UUID, message: str) -> ResponseReturnValue:
    flash(message, "success")
    return redirect(url_for("review.dossier", application_id=application_id), 303)


def step_page(template: str, form: Form, title: str, application_id: UUID, **context: Any) -> ResponseReturnValue:
    """The page of a step; the dossier is read again, since a refused use case leaves nothing of it."""
    application = desk.one_for(current_account(), application_id)
    crumbs = [*crumbs_of(application), (title, None)]
    return page(template, form, title=title, application=application, crumbs=crumbs, **context)


def crumbs_of(application: Application) -> Crumbs:
    return [
        ("Accueil", "/"),
        ("Instruction", url_for("review.board")),
        (application.reference or application.known_title, url_for("review.dossier", application_id=application.id)),
    ]
