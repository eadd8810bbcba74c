"""What the page of a section asks by itself while somebody types: save, and say who else is there. Answers in JSON.

Everything works without it: the buttons of the page save too (views/sections.py).
"""

from uuid import UUID

from flask import jsonify
from flask.typing import ResponseReturnValue

from guichet.accounts.access import current_account, signed_in
from guichet.applications import queries
from guichet.applications.forms.comparison import differences
from guichet.applications.forms.sections import SectionForm
from guichet.applications.merging import Merge, moved
from guichet.applications.models import Application, Section
from guichet.applications.sections import fingerprint, values_of
from guichet.applications.services import drafting, presence
from guichet.applications.views import bp
from guichet.applications.views.choices import labels_of, named, told
from guichet.applications.views.parts import company
from guichet.applications.views.sections import copy_of, form_for, section_at
from guichet.core.errors import Conflict, Forbidden, NotFound, RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.web.filters import hour
from guichet.web.forms import EXPIRED, ActionForm, Form

CLOSED = (
    "Cette rubrique n’est plus ouverte à la saisie : rien de plus n’est enregistré. Gardez une copie de votre texte."
)
REWRITTEN = (
    "Quelqu’un a modifié cette rubrique pendant votre saisie. Choisissez « Enregistrer » pour comparer les deux textes."
)
# A part of the form is not known to the page: what is wrong is said by the page itself, on a whole save.
WRONG = "Un champ est à corriger avant l’enregistrement."


@bp.post("/dossiers/<uuid:application_id>/rubriques/<slug>/saisie")
@signed_in()
def autosave(application_id: UUID, slug: str) -> ResponseReturnValue:
    actor = current_account()
    opened = section_at(slug)
    if opened is Section.BUDGET:
        raise NotFound("Cette rubrique s’enregistre par son bouton.")
    application = queries.one_for(actor, application_id)
    form = form_for(application, opened)
    if not form.validate():
        return refused(form)
    try:
        with unit_of_work():
            presence.note(application, opened, actor=actor)
            seen = form.version.data or ""
            values = form.values()
            merged = drafting.save_section(application, opened, values, seen=seen, by_itself=True, actor=actor)
    except RuleBroken as problem:
        form.blame(problem)
        return refused(form)
    except Forbidden:
        return {"state": "closed", "message": CLOSED}, 409
    except Conflict:
        return _conflicting(queries.one_for(actor, application_id), opened, form)
    return _saved(queries.one_for(actor, application_id), opened, form, merged)


def _saved(application: Application, opened: Section, form: SectionForm, merged: Merge) -> ResponseReturnValue:
    actor = current_account()
    others = company(application, opened, actor)
    # The page still shows what others changed as it was: it goes on from there.
    version = fingerprint(application, opened, merged.kept)
    news = told(application, opened, labels_of(form), merged.kept, actor)
    return saved(application, version, news, company=others)


def saved(application: Application, version: str, news: str, **more: str) -> ResponseReturnValue:
    """What the page is told once its text is kept: `version`, to go on from, when, and what others changed meanwhile."""
    message = f"Enregistré à {hour(application.saved_at, application.call.time_zone)}."
    if news:
        message = f"{message} {news} Rechargez la page pour lire le sien."
    return jsonify(state="saved", version=version, message=message, **more)


def _conflicting(application: Application, opened: Section, form: SectionForm) -> ResponseReturnValue:
    theirs, yours = (
        copy_of(application, form, opened, values_of(application, opened)),
        copy_of(application, form, opened, form.values()),
    )
    if next(differences(theirs, yours), None) is None:
        # The same text sent twice, by the button and by the page.
        return _saved(application, opened, form, Merge(form.values()))
    return {"state": "conflict", "message": REWRITTEN}, 409


def refused(form: Form) -> ResponseReturnValue:
    if EXPIRED in form.form_errors:
        return {"state": "expired"}, 400
    messages = [f"{field.label.text} : {_first(field.errors)}" for field in form if field.errors]
    return {"state": "invalid", "message": (messages or [*form.form_errors, WRONG])[0]}, 422


def _first(errors: object) -> str:
    """The first message of a field, or of the first wrong field of the first wrong line of a table."""
    match errors:
        case str():
            return errors
        case [first, *others]:
            return _first(first) or _first(others)
        case dict():
            return _first(list(errors.values()))
        case _:
            return ""


@bp.post("/dossiers/<uuid:application_id>/rubriques/<slug>/presence")
@signed_in()
def be_present(application_id: UUID, slug: str) -> ResponseReturnValue:
    """A sign of life from an open page: says in return who else is writing there."""
    actor = current_account()
    opened = section_at(slug)
    application = queries.one_for(actor, application_id)
    if not ActionForm().validate():
        return {"state": "expired"}, 400
    try:
        with unit_of_work():
            presence.note(application, opened, actor=actor)
    except Forbidden:
        return {"state": "closed", "message": CLOSED}, 409
    present = company(application, opened, actor)
    if changed := _moved(application, opened):
        present = f"{present} Enregistré depuis l’ouverture de cette page : {changed}.".strip()
    return jsonify(state="present", company=present)


def _moved(application: Application, opened: Section) -> str:
    """What others saved since the page was opened, in words."""
    form = form_for(application, opened)
    return named(labels_of(form), moved(values_of(application, opened), form.version.data or ""))
