"""The messages of a dossier. Each audience has its own form and its own address: no field says who will read."""

import sys
from uuid import UUID

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from guichet.accounts.access import current_account, signed_in
from guichet.accounts.models import Account
from guichet.applications import messages as threads
from guichet.applications import policies, queries
from guichet.applications.forms.messages import MessageForm, NoteForm, SeenForm, WordsForm
from guichet.applications.models import NEVER_SUBMITTED, Application, AuthorRole, MessageAudience
from guichet.applications.services import messages as services
from guichet.applications.views import bp
from guichet.applications.views.parts import Crumbs, crumbs, standing
from guichet.core.errors import RuleBroken
from guichet.core.policy import require
from guichet.core.transaction import unit_of_work
from guichet.web.forms import ActionForm
from guichet.web.pages import page, requested_page

MESSAGES = "/dossiers/<uuid:application_id>/messages"
FORMS: dict[MessageAudience, type[WordsForm]] = {
    MessageAudience.EXCHANGE: MessageForm,
    MessageAudience.INTERNAL: NoteForm,
}
DONE = {
    MessageAudience.EXCHANGE: "Votre message est envoyé. Ses lecteurs sont prévenus par courriel.",
    MessageAudience.INTERNAL: "La note interne est enregistrée. Seul le service la lit.",
}


@bp.route(MESSAGES, methods=["GET", "POST"])
@signed_in()
def messages(application_id: UUID) -> ResponseReturnValue:
    return _written(application_id, MessageForm(), MessageAudience.EXCHANGE)


@bp.post(f"{MESSAGES}/notes")
@signed_in()
def note(application_id: UUID) -> ResponseReturnValue:
    return _written(application_id, NoteForm(), MessageAudience.INTERNAL)


@bp.post(f"{MESSAGES}/lecture")
@signed_in()
def read_messages(application_id: UUID) -> ResponseReturnValue:
    actor = current_account()
    application = queries.one_for(actor, application_id)
    form = SeenForm()
    if form.validate_on_submit():
        with unit_of_work():
            services.mark_read(application, form.last_seen, actor=actor)
        flash("Ces messages sont marqués comme lus.", "success")
    else:
        flash(" ".join(form.form_errors), "error")
    return redirect(url_for(".messages", application_id=application_id), 303)


def _written(application_id: UUID, form: WordsForm, audience: MessageAudience) -> ResponseReturnValue:
    actor = current_account()
    application = queries.one_for(actor, application_id)
    require(policies.can_read_messages, actor, application)
    if form.is_submitted():
        require(services.ALLOWED[audience], actor, application)
    if form.validate_on_submit():
        try:
            with unit_of_work():
                message = services.write(
                    application, form.text, audience=audience, key=form.once, seen=form.last_seen, actor=actor
                )
        except RuleBroken as problem:
            form.refuse(problem)
            application = queries.one_for(actor, application_id)
        else:
            flash(DONE[audience], "success")
            return redirect(url_for(".messages", application_id=application_id, _anchor=f"message-{message.id}"), 303)
    return _page(application, actor, form)


def _page(application: Application, actor: Account, form: WordsForm) -> ResponseReturnValue:
    found = threads.thread(application, actor, requested_page(default=sys.maxsize))
    forms = _forms(application, actor, form)
    for one in forms.values():
        one.seen.data = str(found.items[-1].id) if found.items else ""
    part = policies.part_of(actor, application)
    return page(
        "applications/messages.html",
        form,
        application=application,
        answer=ActionForm(formdata=None),
        standing=standing(application, actor),
        crumbs=_crumbs(application, actor),
        found=found,
        is_new=any(line.unread for line in found.items),
        reading=SeenForm(formdata=None),
        people=threads.correspondents(application) if forms else None,
        serves=part is AuthorRole.OFFICER,
        takes_part=part is not None,
        message_form=forms.get(MessageAudience.EXCHANGE),
        note_form=forms.get(MessageAudience.INTERNAL),
        reads_notes=MessageAudience.INTERNAL in policies.audiences_read(actor, application),
        not_submitted=application.status in NEVER_SUBMITTED,
        on_desk=_on_desk(application, actor),
    )


def _forms(application: Application, actor: Account, sent: WordsForm) -> dict[MessageAudience, WordsForm]:
    """The form of each audience that `actor` may write to now. One that came back stays, with its words."""
    forms: dict[MessageAudience, WordsForm] = {}
    for audience, form_class in FORMS.items():
        if sent.is_submitted() and isinstance(sent, form_class):
            forms[audience] = sent
        elif application.status in policies.WRITTEN_WHILE[audience] and services.ALLOWED[audience](actor, application):
            forms[audience] = form_class(formdata=None)
    return forms


def _on_desk(application: Application, actor: Account) -> bool:
    """Whether `actor` comes from the officers' desk."""
    return application.status not in NEVER_SUBMITTED and policies.can_read_staff_entries(actor, application)


def _crumbs(application: Application, actor: Account) -> Crumbs:
    if not _on_desk(application, actor):
        return crumbs(application, "Messages")
    dossier = url_for("review.dossier", application_id=application.id)
    return [
        ("Accueil", "/"),
        ("Instruction", url_for("review.board")),
        (application.reference or application.known_title, dossier),
        ("Messages", None),
    ]
