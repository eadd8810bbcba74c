"""The builder of a call's form, for those who run the call: every change is one request, without script."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from guichet.accounts.access import current_account, signed_in
from guichet.accounts.models import Role
from guichet.calls import queries as calls
from guichet.calls.models import Call
from guichet.core.errors import NotFound, RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.questions import policies, queries, services
from guichet.questions.answers import Names, Sheet
from guichet.questions.definition import Definition, Kind, Question, Section, load, told
from guichet.questions.differences import differences
from guichet.questions.forms.building import (
    SLOTS,
    CopyForm,
    KindForm,
    QuestionForm,
    SectionForm,
    before_next_in,
    earlier_than,
)
from guichet.questions.forms.entry import EntryForm, entry_form
from guichet.web.forms import ActionForm, Form
from guichet.web.pages import page

bp = Blueprint("questions", __name__)
MANAGERS = (Role.OFFICER, Role.ADMIN)
HOME = "/instruction/appels/<slug>/formulaire"
Crumbs = list[tuple[str, str | None]]


def _built(slug: str) -> tuple[Call, Definition]:
    """The call and the form to be built: the version being written, or the published one until a change begins the next."""
    call = calls.managed(slug, current_account(), policies.can_build)
    return call, _definition(call)


def _definition(call: Call) -> Definition:
    latest = queries.latest_of(call.id)
    return load(latest.definition) if latest else Definition()


def _section(form: Definition, key: str) -> Section:
    section = form.section(key)
    if section is None:
        raise NotFound("Cette rubrique n’est pas dans le formulaire.")
    return section


def _crumbs(call: Call, *here: tuple[str, str | None]) -> Crumbs:
    home = url_for(".show", slug=call.slug) if here else None
    way: Crumbs = [("Accueil", "/"), ("Gestion des appels", url_for("calls.managed"))]
    return [*way, (call.title, url_for("calls.manage", slug=call.slug)), ("Formulaire", home), *here]


def _done(form: Form, change: Callable[[], Any]) -> bool:
    """Whether `change` was asked for, and made; a rule that it breaks is told in the form."""
    if not form.validate_on_submit():
        return False
    try:
        with unit_of_work():
            change()
    except RuleBroken as problem:
        # The days of a date are its bounds.
        aliases = {"least": "first_day", "most": "last_day", "columns": "c1_title"}
        field = problem.field or ""
        form.blame(RuleBroken(problem.message, field=field if field in form else aliases.get(field, field)))
        return False
    return True


@bp.get(HOME)
@signed_in(*MANAGERS)
def show(slug: str) -> ResponseReturnValue:
    call = calls.managed(slug, current_account(), policies.can_read_form)
    draft, published = queries.draft_of(call.id), queries.published_of(call.id)
    latest = draft or published
    form = load(latest.definition) if latest else Definition()
    return page(
        "questions/show.html",
        ActionForm(formdata=None),
        call=call,
        definition=form,
        draft=draft,
        published=published,
        conditions={one.key: told(one.condition, form) for one in form.sections if one.condition},
        can_build=policies.can_build(current_account(), call),
        crumbs=_crumbs(call),
    )


@bp.route(f"{HOME}/rubriques/nouvelle", methods=["GET", "POST"])
@signed_in(*MANAGERS)
def add_section(slug: str) -> ResponseReturnValue:
    call, definition = _built(slug)
    form = SectionForm()
    form.offer(earlier_than(definition, None))
    if _done(form, lambda: services.add_section(call, form.terms(), actor=current_account())):
        added = _definition(call).sections[-1]
        flash("La rubrique est ajoutée : ajoutez-y des questions.", "success")
        return redirect(url_for(".section", slug=slug, key=added.key), 303)
    return _section_page(call, form, "Nouvelle rubrique")


@bp.route(f"{HOME}/rubriques/<key>/modification", methods=["GET", "POST"])
@signed_in(*MANAGERS)
def change_section(slug: str, key: str) -> ResponseReturnValue:
    call, definition = _built(slug)
    part = _section(definition, key)
    form = SectionForm()
    form.offer(earlier_than(definition, key))
    if not form.is_submitted():
        form.read(part)
    if _done(form, lambda: services.change_section(call, key, form.terms(), actor=current_account())):
        flash("La rubrique est enregistrée.", "success")
        return redirect(url_for(".section", slug=slug, key=key), 303)
    return _section_page(call, form, "Modifier la rubrique")


def _section_page(call: Call, form: SectionForm, title: str) -> ResponseReturnValue:
    back = url_for(".show", slug=call.slug)
    return page(
        "questions/section_form.html", form, call=call, title=title, back=back, crumbs=_crumbs(call, (title, None))
    )


@bp.get(f"{HOME}/rubriques/<key>")
@signed_in(*MANAGERS)
def section(slug: str, key: str) -> ResponseReturnValue:
    call, definition = _built(slug)
    return _list_page(call, definition, _section(definition, key), KindForm(formdata=None))


def _list_page(call: Call, definition: Definition, part: Section, form: Form) -> ResponseReturnValue:
    return page(
        "questions/section.html",
        form,
        call=call,
        part=part,
        conditions={one.key: told(one.condition, definition) for one in part.questions if one.condition},
        kinds=KindForm(formdata=None),
        crumbs=_crumbs(call, (part.title, None)),
    )


@bp.route(f"{HOME}/rubriques/<key>/questions/nouvelle", methods=["GET", "POST"])
@signed_in(*MANAGERS)
def add_question(slug: str, key: str) -> ResponseReturnValue:
    call, definition = _built(slug)
    part = _section(definition, key)
    kind = next((one for one in Kind if one.value == request.args.get("kind")), Kind.SHORT_TEXT)
    form = QuestionForm()
    form.keep(kind)
    form.offer(before_next_in(definition, key))

    def save() -> None:
        services.add_question(call, key, form.question_terms(kind), actor=current_account())

    if _done(form, save):
        flash("La question est ajoutée.", "success")
        return redirect(url_for(".section", slug=slug, key=key), 303)
    return _question_page(call, part, form, kind, "Nouvelle question")


@bp.route(f"{HOME}/questions/<key>", methods=["GET", "POST"])
@signed_in(*MANAGERS)
def change_question(slug: str, key: str) -> ResponseReturnValue:
    call, definition = _built(slug)
    question, part = _placed(definition, key)
    kind = next((one for one in Kind if one.value == request.args.get("kind")), question.kind)
    form = QuestionForm()
    form.keep(kind)
    form.offer(earlier_than(definition, key))
    if not form.is_submitted():
        form.show(question)

    def save() -> None:
        services.change_question(call, key, form.question_terms(kind), actor=current_account())

    if _done(form, save):
        flash("La question est enregistrée.", "success")
        return redirect(url_for(".section", slug=slug, key=part.key), 303)
    return _question_page(call, part, form, kind, "Modifier la question", question)


def _placed(definition: Definition, key: str) -> tuple[Question, Section]:
    question, part = definition.question(key), definition.section_of(key)
    if question is None or part is None:
        raise NotFound("Cette question n’est pas dans le formulaire.")
    return question, part


def _question_page(
    call: Call, part: Section, form: QuestionForm, kind: Kind, title: str, question: Question | None = None
) -> ResponseReturnValue:
    back = url_for(".section", slug=call.slug, key=part.key)
    numeric = [one for one in _definition(call).questions if _feeds_formulas(one)]
    return page(
        "questions/question.html",
        form,
        call=call,
        kind=kind,
        kinds=list(Kind),
        title=title,
        question=question,
        slots=SLOTS if kind is Kind.TABLE else [],
        codes=numeric if kind is Kind.COMPUTED else [],
        back=back,
        crumbs=_crumbs(call, (part.title, back), (title, None)),
    )


def _feeds_formulas(question: Question) -> bool:
    return question.kind in {Kind.NUMBER, Kind.AMOUNT, Kind.COMPUTED, Kind.TABLE}


ACTIONS: dict[str, Callable[..., Any]] = {
    "monter": lambda call, key, actor: services.move(call, key, -1, actor=actor),
    "descendre": lambda call, key, actor: services.move(call, key, 1, actor=actor),
    "dupliquer": lambda call, key, actor: services.duplicate(call, key, actor=actor),
}


@bp.post(f"{HOME}/lignes/<key>/<word>")
@signed_in(*MANAGERS)
def act(slug: str, key: str, word: str) -> ResponseReturnValue:
    call, definition = _built(slug)
    action = ACTIONS.get(word) or abort(404)
    part = definition.section_of(key)
    form = ActionForm()
    if not _done(form, lambda: action(call, key, actor=current_account())):
        for message in form.form_errors:
            flash(message, "error")
    back = url_for(".section", slug=slug, key=part.key) if part else url_for(".show", slug=slug)
    return redirect(back, 303)


@bp.route(f"{HOME}/lignes/<key>/suppression", methods=["GET", "POST"])
@signed_in(*MANAGERS)
def remove(slug: str, key: str) -> ResponseReturnValue:
    call, definition = _built(slug)
    thing = definition.section(key) or definition.question(key)
    if thing is None:
        raise NotFound("Cette ligne n’est pas dans le formulaire.")
    part = definition.section_of(key)
    back = url_for(".section", slug=slug, key=part.key) if part else url_for(".show", slug=slug)
    form = ActionForm()
    if _done(form, lambda: services.remove(call, key, actor=current_account())):
        flash(f"« {thing.title} » est retirée du formulaire.", "success")
        return redirect(back, 303)
    return page(
        "questions/remove.html", form, thing=thing, back=back, crumbs=_crumbs(call, (f"Retirer {thing.title}", None))
    )


@bp.route(f"{HOME}/abandon", methods=["GET", "POST"])
@signed_in(*MANAGERS)
def discard(slug: str) -> ResponseReturnValue:
    call, _ = _built(slug)
    form = ActionForm()
    back = url_for(".show", slug=slug)
    if _done(form, lambda: services.discard(call, actor=current_account())):
        flash("La version en préparation est abandonnée.", "success")
        return redirect(back, 303)
    return page("questions/discard.html", form, back=back, crumbs=_crumbs(call, ("Abandonner la version", None)))


@bp.route(f"{HOME}/publication", methods=["GET", "POST"])
@signed_in(*MANAGERS)
def publish(slug: str) -> ResponseReturnValue:
    call, _ = _built(slug)
    draft, published = queries.draft_of(call.id), queries.published_of(call.id)
    if draft is None:
        raise NotFound("Aucune version du formulaire n’est en préparation.")
    form = ActionForm()
    seen = request.form.get("seen", type=int, default=0)
    if _done(form, lambda: services.publish(call, actor=current_account(), seen=seen)):
        flash("Le formulaire est publié.", "success")
        return redirect(url_for(".show", slug=slug), 303)
    before = load(published.definition) if published else Definition()
    return page(
        "questions/publish.html",
        form,
        call=call,
        draft=draft,
        published=published,
        changes=differences(before, load(draft.definition)),
        crumbs=_crumbs(call, ("Publier le formulaire", None)),
    )


@bp.route(f"{HOME}/copie", methods=["GET", "POST"])
@signed_in(*MANAGERS)
def copy(slug: str) -> ResponseReturnValue:
    call, _ = _built(slug)
    form = CopyForm()
    form.offer(queries.to_copy(current_account(), call))

    def save() -> None:
        services.copy_from(call, _identifier(form.source.data), actor=current_account())

    if _done(form, save):
        flash("Le formulaire est copié. Relisez-le avant de le publier.", "success")
        return redirect(url_for(".show", slug=slug), 303)
    return page("questions/copy.html", form, call=call, crumbs=_crumbs(call, ("Copier un formulaire", None)))


def _identifier(text: Any) -> UUID:
    try:
        return UUID(str(text))
    except ValueError as problem:
        raise RuleBroken("Choisissez un appel de la liste.", field="source") from problem


@bp.route(f"{HOME}/apercu/<key>", methods=["GET", "POST"])
@signed_in(*MANAGERS)
def preview(slug: str, key: str) -> ResponseReturnValue:
    """The real form of a section, which judges what is typed and saves nothing."""
    call = calls.managed(slug, current_account(), policies.can_read_form)
    definition = _definition(call)
    part = _section(definition, key)
    names = Names()
    form = entry_form(part, Sheet(definition, {}), names, part.questions)
    tried = form.validate_on_submit()
    sheet = Sheet(definition, form.values() if tried else {}, names)
    return page(
        "questions/preview.html",
        form,
        call=call,
        part=part,
        definition=definition,
        sheet=sheet,
        shown=part.questions,
        tried=tried,
        gaps=_gaps(part, sheet, form) if tried else [],
        conditions={one.key: told(one.condition, definition) for one in part.questions if one.condition},
        crumbs=_crumbs(call, (f"Aperçu : {part.title}", None)),
    )


def _gaps(part: Section, sheet: Sheet, form: EntryForm) -> list[Question]:
    """The required questions that are left, leaving aside those that would not be asked."""
    sent = form.uploads()
    alone = Sheet(
        Definition(sections=[Section(key=part.key, title=part.title, questions=part.questions)]), sheet.stored
    )
    return [
        one
        for one in part.questions
        if one.required and one.key not in sent and alone.is_asked(one) and alone.valid(one) is None
    ]
