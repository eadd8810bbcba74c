"""Answering the call's own questions: save a section, read what changed, pin the version handed in."""

from collections.abc import Mapping
from typing import Any, BinaryIO

from sqlalchemy.orm.attributes import set_committed_value

from guichet.accounts.models import Account
from guichet.applications import policies, queries
from guichet.applications.merging import Merge, merge, moved, shown_by
from guichet.applications.models import Application, OwnAnswers
from guichet.applications.own import ASKED, OwnSection, form_of, sheet_of, values_of
from guichet.applications.services import attachments
from guichet.applications.services.sittings import record_save, union
from guichet.audit import services as audit
from guichet.audit.models import Audience
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import Conflict, Forbidden, NotFound, RuleBroken
from guichet.questions import queries as questions
from guichet.questions.answers import Names, Refused, Sheet, accepted, in_words
from guichet.questions.definition import Kind, Question
from guichet.questions.definition import Section as OwnPart
from guichet.workflow.engine import lock

Files = Mapping[str, tuple[BinaryIO, str]]


def save(
    application: Application,
    section: OwnSection,
    values: Mapping[str, Any],
    files: Files,
    *,
    seen: str,
    by_itself: bool = False,
    actor: Account,
) -> Merge:
    """Keep the answers of `values` ({code: answer}) and the files ({code: (content, name)}), complete or not.

    Raises Conflict when one answer was changed on both sides since the fingerprint was `seen`, or when the form itself was,
    Forbidden when the section is closed to `actor`, RuleBroken at its question for what it does not take. Answers that are
    not in `values`, and those that others changed meanwhile, stay as they are.
    """
    part = _open(application, section, seen, actor)
    merged = merge(
        {**settled(part, values, _names(application, part)), **{key: [name] for key, (_, name) in files.items()}},
        values_of(application, part),
        seen,
    )
    if merged.clashes:
        raise Conflict("Cette rubrique a changé depuis que vous l’avez ouverte.")
    given = {key: value for key, value in values.items() if key not in merged.kept}
    for key, (content, name) in files.items():
        given[key] = _attach(application, section, part, key, content, name, actor)
    own = _own(application)
    names = _names(application, part)
    held, former = dict(own.answers), list(own.former)
    for question in part.questions:
        if question.key in given and question.kind is not Kind.COMPUTED:
            _keep(question, given[question.key], names, held, former)
    own.answers, own.former = held, former
    application.saved_at = clock.now()
    record_save(application, section.value, by_itself=by_itself, actor=actor, title=section.label, **union(merged))
    return merged


def settled(part: OwnPart, values: Mapping[str, Any], names: Names) -> dict[str, Any]:
    """The answers as they would be kept, to be compared with those that are; what would be refused stays as it was typed."""
    asked = {question.key: question for question in part.questions}
    return {key: _settled(asked[key], value, names) for key, value in values.items() if key in asked}


def _settled(question: Question, value: Any, names: Names) -> Any:
    try:
        return accepted(question, value, names)
    except Refused:
        return value


def _keep(question: Question, value: Any, names: Names, held: dict[str, Any], former: list[dict[str, Any]]) -> None:
    try:
        taken = accepted(question, value, names)
    except Refused as problem:
        raise RuleBroken(str(problem), field=question.key) from problem
    old = held.get(question.key)
    if old and old["value"] is not None and not _suits(question, old["value"], names):
        # What the question would not take any more is put aside, never written over.
        former.append({"title": old["title"], "text": old["text"]})
        del held[question.key]
    if taken is None:
        held.pop(question.key, None)
        return
    text = in_words(question, taken, names)
    held[question.key] = {"value": taken, "kind": question.kind.value, "title": question.title, "text": text}


def _suits(question: Question, value: Any, names: Names) -> bool:
    try:
        accepted(question, value, names)
    except Refused:
        # A file that was taken out, an action that was given up: gone by themselves, the question still takes such things.
        return question.kind in {Kind.FILE, Kind.PLAN_ACTION} and isinstance(value, str)
    return True


def _open(application: Application, section: OwnSection, seen: str, actor: Account) -> OwnPart:
    """Lock the dossier, and read its form afresh: a new version may have been published meanwhile."""
    read = application.version
    lock(application)
    if application.version != read:
        # Somebody saved while this request waited for the lock.
        queries.loaded(application.id)
    reread_form(application)
    part = sheet_of(application).definition.section(section.key)
    if not policies.can_edit_section(actor, application, section):
        raise Forbidden(f"La rubrique « {section.label} » n’est pas ouverte à la saisie.")
    if part is None or ASKED in moved(values_of(application, part), seen) or ASKED not in shown_by(seen):
        raise Conflict("Cette rubrique a changé depuis que vous l’avez ouverte.")
    return part


def _attach(
    application: Application, section: OwnSection, part: OwnPart, key: str, content: BinaryIO, name: str, actor: Account
) -> str:
    if not any(question.key == key and question.kind is Kind.FILE for question in part.questions):
        raise NotFound("Cette question ne demande pas de fichier.")
    try:
        added = attachments.attach(application, content, name=name, kind_id=None, actor=actor, section=section)
    except RuleBroken as problem:
        raise RuleBroken(problem.message, field=key) from problem
    return str(added.id)


def _names(application: Application, part: OwnPart) -> Names:
    """What may be pointed to: the ministry's actions as they are now, and those that the dossier already named."""
    known = sheet_of(application).names
    if not any(question.kind is Kind.PLAN_ACTION for question in part.questions):
        return known
    offered = {str(action.id): action.title for action in queries.actions_of(application.ministry_id)}
    return Names({**known.actions, **offered}, known.files)


def offered_actions(application: Application) -> Names:
    """The same, for the page of a section."""
    known = sheet_of(application).names
    offered = {str(action.id): action.title for action in queries.actions_of(application.ministry_id)}
    return Names({**known.actions, **offered}, known.files)


def reread_form(application: Application) -> None:
    """The form as it is published at this instant, under the lock of whoever asks."""
    # Nothing is written for it: the step that asks is in the middle of its own changes.
    with db.session.no_autoflush:
        set_committed_value(application, "current_form", questions.published_of(application.call_id))


def _own(application: Application) -> OwnAnswers:
    if application.own is None:
        form = form_of(application)
        if form is None:
            raise NotFound("Cet appel n’a pas de questions propres.")
        application.own = OwnAnswers(form_id=form.id, form=form, answers={}, former=[])
    return application.own


def begin(application: Application) -> None:
    """A new dossier has read the form as it is: only later changes are news."""
    form = questions.published_of(application.call_id)
    if form is not None:
        db.session.add(OwnAnswers(application_id=application.id, form_id=form.id, answers={}, former=[]))


def dismiss_news(application: Application, *, actor: Account) -> None:
    """The team has read what changed in the form."""
    lock(application)
    if not policies.can_edit(actor, application):
        raise Forbidden("Seule l’équipe du dossier peut marquer ces changements comme lus.")
    reread_form(application)
    form = form_of(application)
    if application.own is None or form is None:
        return
    application.own.form_id = form.id
    application.own.form = form
    audit.record(actor, "application.read-form", application, audience=Audience.TEAM, number=form.number)


def pin(application: Application) -> None:
    """From now on the dossier stays on the version that it is handed in with, read at this instant."""
    reread_form(application)
    form = application.current_form
    if form is None:
        return
    own = application.own
    if own is None:
        application.own = OwnAnswers(form_id=form.id, form=form, answers={}, former=[])
        return
    own.form_id, own.form = form.id, form


def sheet_with(application: Application, values: Mapping[str, Any], names: Names) -> Sheet:
    """The sheet as it would be with `values` too."""
    held = sheet_of(application)
    return Sheet(held.definition, {**held.stored, **values}, names)
