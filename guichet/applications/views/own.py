"""The pages of the call's own questions, one for each section of its form."""

from typing import Any, cast
from uuid import UUID

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from guichet.accounts.access import current_account, signed_in
from guichet.applications import policies, queries
from guichet.applications.completeness import missing
from guichet.applications.forms.comparison import Difference
from guichet.applications.merging import Merge, merge
from guichet.applications.models import Application
from guichet.applications.own import (
    OwnSection,
    all_sections,
    file_labels,
    fingerprint,
    former_answers,
    hidden_files,
    own_readings,
    sheet_of,
    values_of,
)
from guichet.applications.services import own as services
from guichet.applications.views import bp
from guichet.applications.views.autosave import CLOSED, REWRITTEN, refused, saved
from guichet.applications.views.choices import labels_of, named, saved_ones, tell, told
from guichet.applications.views.parts import dossier_page, section_items
from guichet.applications.views.sections import next_url
from guichet.core.errors import Conflict, Forbidden, NotFound, RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.questions.answers import Refused, Sheet, accepted, in_words
from guichet.questions.definition import Kind, Question
from guichet.questions.definition import Section as OwnPart
from guichet.questions.forms.entry import EntryForm, entry_form
from guichet.web.forms import ActionForm

bp.add_app_template_global(own_readings)
bp.add_app_template_global(hidden_files)
bp.add_app_template_global(file_labels)


@bp.route("/dossiers/<uuid:application_id>/questions/<key>", methods=["GET", "POST"])
@signed_in()
def own_section(application_id: UUID, key: str) -> ResponseReturnValue:
    application = queries.one_for(current_account(), application_id)
    part = sheet_of(application).definition.section(key)
    if part is None or not sheet_of(application).is_shown(part):
        raise NotFound("Cette rubrique n’existe pas dans ce dossier.")
    opened = OwnSection(part.key, part.title)
    form = _form_for(application, part)
    if not policies.can_edit_section(current_account(), application, opened):
        return _closed(application, part, form)
    if "choose" in request.form or not form.validate_on_submit():
        return _own_page(application, part, form)
    return _save(application, part, form)


@bp.post("/dossiers/<uuid:application_id>/questions/<key>/saisie")
@signed_in()
def autosave_own(application_id: UUID, key: str) -> ResponseReturnValue:
    """What the page asks by itself while somebody types; files wait for the button."""
    actor = current_account()
    application = queries.one_for(actor, application_id)
    part = sheet_of(application).definition.section(key)
    if part is None:
        raise NotFound("Cette rubrique n’existe pas dans ce dossier.")
    opened, form = OwnSection(part.key, part.title), _form_for(application, part)
    if not form.validate():
        return refused(form)
    try:
        with unit_of_work():
            seen = form.version.data or ""
            merged = services.save(application, opened, form.values(), {}, seen=seen, by_itself=True, actor=actor)
    except RuleBroken as problem:
        form.blame(problem)
        return refused(form)
    except Forbidden:
        return {"state": "closed", "message": CLOSED}, 409
    except Conflict:
        fresh = queries.one_for(actor, application_id)
        if _differences(sheet_of(fresh), form) or sheet_of(fresh).definition.section(key) != part:
            return {"state": "conflict", "message": REWRITTEN}, 409
        merged = Merge(form.values())
    fresh = queries.one_for(actor, application_id)
    news = told(fresh, opened.value, labels_of(form), merged.kept, actor)
    return saved(fresh, fingerprint(fresh, part, merged.kept), news)


def _form_for(application: Application, part: OwnPart) -> EntryForm:
    sheet = sheet_of(application)
    form = entry_form(part, sheet, services.offered_actions(application), sheet.asked(part))
    if not form.is_submitted():
        form.version.data = fingerprint(application, part)
    else:
        for key in saved_ones(one.key for one in form.answered):
            form.restore(key, sheet.stored.get(key))
    return form


def _save(application: Application, part: OwnPart, form: EntryForm) -> ResponseReturnValue:
    actor, opened = current_account(), OwnSection(part.key, part.title)
    before = {question.key for question in form.answered}
    try:
        with unit_of_work():
            seen = form.version.data or ""
            merged = services.save(application, opened, form.values(), form.uploads(), seen=seen, actor=actor)
    except RuleBroken as problem:
        form.blame(problem)
        return _own_page(queries.one_for(actor, application.id), part, form)
    except (Conflict, Forbidden):
        return _conflict(queries.one_for(actor, application.id), part, form)
    tell(application, opened.value, labels_of(form), merged, actor)
    return _saved(queries.one_for(actor, application.id), opened, before)


def _saved(application: Application, opened: OwnSection, before: set[str]) -> ResponseReturnValue:
    flash(f"La rubrique « {opened.label} » est enregistrée.", "success")
    here = url_for(".own_section", application_id=application.id, key=opened.key)
    sheet = sheet_of(application)
    part = sheet.definition.section(opened.key)
    asked = [one for one in sheet.asked(part) if one.kind is not Kind.COMPUTED] if part else []
    if new := next((one for one in asked if one.key not in before), None):
        flash("Votre réponse ouvre d’autres questions de cette rubrique.", "info")
        return redirect(f"{here}#{new.key}", 303)
    if request.form.get("then") == "next" and opened in all_sections(application):
        return redirect(next_url(application, current_account(), opened), 303)
    return redirect(here, 303)


def _conflict(application: Application, part: OwnPart, form: EntryForm) -> ResponseReturnValue:
    """Both texts side by side where they clash, each to be chosen; elsewhere, what others saved is in the page already."""
    sheet = sheet_of(application)
    current = sheet.definition.section(part.key)
    if current is None or not policies.can_edit_section(
        current_account(), application, OwnSection(part.key, part.title)
    ):
        return _closed(application, part, form)
    compared = _differences(sheet, form)
    if not compared and not form.uploads() and current == part:
        return _saved(application, OwnSection(part.key, part.title), {one.key for one in form.answered})
    held = values_of(application, current)
    merged = merge(services.settled(part, form.values(), form.names), held, form.version.data or "")
    if current == part:
        compared = [one for one in compared if one.name in merged.clashes] or compared
        for key in merged.kept:
            form.restore(key, held[key])
    else:
        # The form itself changed: what was typed is carried to the questions of the new version.
        form = entry_form(current, sheet, form.names, sheet.asked(current))
        form.asked.data = ",".join(one.key for one in sheet.asked(current))
    form.version.data = fingerprint(application, current)
    context = {"differences": compared, "united": named(labels_of(form), merged.kept if current == part else ())}
    body, _ = cast("tuple[str, int]", _own_page(application, current, form, **context))
    return body, 409


def _differences(sheet: Sheet, form: EntryForm) -> list[Difference]:
    values = form.values()
    found = []
    for question in form.answered:
        if question.key in values:
            theirs, yours = (
                _words(question, sheet.stored.get(question.key), form),
                _words(question, values[question.key], form),
            )
            if theirs != yours:
                found.append(Difference(question.key, question.title, theirs, yours))
    return found


def _words(question: Question, value: Any, form: EntryForm) -> str:
    try:
        taken = accepted(question, value, form.names)
    except Refused:
        return str(value)
    return "" if taken is None else in_words(question, taken, form.names)


def _closed(application: Application, part: OwnPart, form: EntryForm) -> ResponseReturnValue:
    """The section closed while somebody was typing: nothing is saved, but nothing typed is lost either."""
    if not form.is_submitted() or not policies.is_on_team(current_account(), application):
        raise Forbidden(f"La rubrique « {part.title} » n’est pas ouverte à la saisie.")
    body, _ = cast("tuple[str, int]", _own_page(application, part, form, is_closed=True))
    return body, 409


def _own_page(application: Application, part: OwnPart, form: EntryForm, **context: Any) -> ResponseReturnValue:
    opened, order = OwnSection(part.key, part.title), all_sections(application)
    number = order.index(opened) if opened in order else len(order) - 2
    shown = set((form.asked.data or "").split(","))
    sheet = sheet_of(application)
    computed = {one.key for one in sheet.asked(part) if one.kind is Kind.COMPUTED}
    return dossier_page(
        "applications/own_section.html",
        form,
        application,
        part.title,
        section=opened,
        part=part,
        sheet=sheet,
        shown=[one for one in part.questions if one.key in shown | computed],
        number=number + 1,
        total=len(order),
        following=order[number + 1],
        items=section_items(application, current_account(), opened),
        gaps=[gap for gap in missing(application) if gap.section == opened],
        former=former_answers(application)[:10],
        **context,
    )


@bp.post("/dossiers/<uuid:application_id>/formulaire/lu")
@signed_in()
def dismiss_news(application_id: UUID) -> ResponseReturnValue:
    application = queries.one_for(current_account(), application_id)
    form = ActionForm()
    if form.validate_on_submit():
        with unit_of_work():
            services.dismiss_news(application, actor=current_account())
        flash("Les changements du formulaire sont marqués comme lus.", "success")
    else:
        flash(" ".join(form.form_errors), "error")
    return redirect(url_for(".show", application_id=application_id), 303)
