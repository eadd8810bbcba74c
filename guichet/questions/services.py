"""Building a form, one change at a time, and publishing its version. The call is locked first: one builder at a time."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec

from guichet.accounts.models import Account
from guichet.audit import services as audit
from guichet.calls.models import Call
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import NotFound, RuleBroken
from guichet.core.policy import require
from guichet.questions import policies, queries
from guichet.questions.checks import problems
from guichet.questions.definition import Definition, Question, Section, dump, load
from guichet.questions.models import QuestionForm
from guichet.workflow.engine import lock

EMPTY = Definition()
GONE = "Cette question n’est plus dans le formulaire."


def begin(call: Call, *, actor: Account) -> QuestionForm:
    """The version being written: a copy of the published one, or an empty form."""
    _lock(call, actor)
    return _draft(call, actor)


def discard(call: Call, *, actor: Account) -> None:
    """Throw away the version being written; the published one stays."""
    _lock(call, actor)
    draft = queries.draft_of(call.id)
    if draft is None:
        return
    db.session.delete(draft)
    audit.record(actor, "call-form.discard", call, number=draft.number)


def add_section(call: Call, terms: dict[str, Any], *, actor: Account) -> str:
    """A new last section, whose code is returned. Raises RuleBroken at its field."""

    def change(form: Definition) -> Definition:
        section = msgspec.convert({**terms, "key": f"s{form.last + 1}"}, Section)
        return msgspec.structs.replace(form, sections=[*form.sections, section], last=form.last + 1)

    return f"s{_rewrite(call, change, 'call-form.add', actor).last}"


def change_section(call: Call, key: str, terms: dict[str, Any], *, actor: Account) -> None:
    """Rewrite the words of a section; its questions stay. Raises NotFound, RuleBroken."""

    def change(form: Definition) -> Definition:
        kept = _section(form, key)
        section = msgspec.convert({**terms, "key": key}, Section)
        return _with_section(form, key, [msgspec.structs.replace(section, questions=kept.questions)])

    _rewrite(call, change, "call-form.change", actor)


def add_question(call: Call, section_key: str, terms: dict[str, Any], *, actor: Account) -> str:
    """A new last question of the section, whose code is returned. Raises NotFound, RuleBroken."""

    def change(form: Definition) -> Definition:
        section = _section(form, section_key)
        question = msgspec.convert({**terms, "key": f"q{form.last + 1}"}, Question)
        form = msgspec.structs.replace(form, last=form.last + 1)
        return _with_questions(form, section, [*section.questions, question])

    return f"q{_rewrite(call, change, 'call-form.add', actor).last}"


def change_question(call: Call, key: str, terms: dict[str, Any], *, actor: Account) -> None:
    """Rewrite a question, which keeps its code and its place. Raises NotFound, RuleBroken."""
    _replace(call, key, lambda _old: [msgspec.convert({**terms, "key": key}, Question)], "call-form.change", actor)


def remove(call: Call, key: str, *, actor: Account) -> None:
    """Take a question, or a whole section, out of the form. Raises NotFound; RuleBroken when another one leans on it."""
    if key.startswith("s"):
        _rewrite(call, lambda form: _with_section(form, key, []), "call-form.remove", actor)
    else:
        _replace(call, key, lambda _old: [], "call-form.remove", actor)


def duplicate(call: Call, key: str, *, actor: Account) -> str:
    """The same question again, right after, under a code of its own. Raises NotFound, RuleBroken."""

    def change(form: Definition) -> Definition:
        section, question = _placed(form, key)
        title = f"{question.title[:190]} (copie)"
        copy = msgspec.structs.replace(question, key=f"q{form.last + 1}", title=title)
        place = section.questions.index(question) + 1
        form = msgspec.structs.replace(form, last=form.last + 1)
        return _with_questions(form, section, [*section.questions[:place], copy, *section.questions[place:]])

    return f"q{_rewrite(call, change, 'call-form.add', actor).last}"


def move(call: Call, key: str, steps: int, *, actor: Account) -> None:
    """Move a section, or a question within its section, as far as there is room. Raises NotFound, RuleBroken."""

    def change(form: Definition) -> Definition:
        if key.startswith("s"):
            return msgspec.structs.replace(form, sections=_moved(form.sections, _section(form, key), steps))
        section, question = _placed(form, key)
        return _with_questions(form, section, _moved(section.questions, question, steps))

    _rewrite(call, change, "call-form.move", actor)


def publish(call: Call, *, actor: Account, seen: int | None = None) -> QuestionForm:
    """Give the version to the applicants, for good. Raises RuleBroken when there is none, or not the one `seen`."""
    _lock(call, actor)
    draft = queries.draft_of(call.id)
    if draft is None:
        raise RuleBroken("Aucune version n’est en préparation.")
    if seen is not None and draft.version != seen:
        raise RuleBroken("Le formulaire a changé depuis l’ouverture de cette page. Relisez-le, puis publiez-le.")
    _publish(call, draft, actor)
    return draft


def publish_with_call(call: Call) -> None:
    """The call was just published: the form prepared for it becomes the applicants'. Told twice, it does nothing more."""
    lock(call)
    draft = queries.draft_of(call.id)
    if draft is not None and draft.number == 1:
        _publish(call, draft, None)


def _publish(call: Call, draft: QuestionForm, actor: Account | None) -> None:
    draft.published_at = clock.now()
    db.session.flush()
    audit.record(actor, "call-form.publish", call, number=draft.number)


def copy_from(call: Call, source_id: UUID, *, actor: Account) -> None:
    """Replace the version being written by the form of another call that `actor` may read. Raises RuleBroken."""
    _lock(call, actor)
    source = queries.latest_of(source_id)
    if source is None or source_id not in {identifier for identifier, _ in queries.to_copy(actor, call)}:
        raise RuleBroken("Choisissez un appel de la liste.", field="source")
    adopt(call, load(source.definition), actor=actor)


def adopt(call: Call, definition: Definition, *, actor: Account) -> None:
    """Write a whole form at once in the version being written. Raises RuleBroken when it is not a sound one."""
    _rewrite(call, lambda _form: definition, "call-form.adopt", actor)


def _lock(call: Call, actor: Account) -> None:
    lock(call)
    require(policies.can_build, actor, call)


def _draft(call: Call, actor: Account) -> QuestionForm:
    if draft := queries.draft_of(call.id):
        return draft
    published = queries.published_of(call.id)
    draft = QuestionForm(
        call_id=call.id,
        number=published.number + 1 if published else 1,
        definition=published.definition if published else dump(EMPTY),
    )
    db.session.add(draft)
    db.session.flush()
    audit.record(actor, "call-form.begin", call, number=draft.number)
    return draft


def _rewrite(call: Call, change: Callable[[Definition], Definition], action: str, actor: Account) -> Definition:
    _lock(call, actor)
    draft = _draft(call, actor)
    before = load(draft.definition)
    after = change(before)
    _refuse(before, after)
    draft.definition = dump(after)
    audit.record(actor, action, call, number=draft.number)
    return after


def _refuse(before: Definition, after: Definition) -> None:
    """What is wrong is told at its field when it is where the change was made, else with the question that it breaks."""
    found = problems(after)
    if not found:
        return
    problem = found[0]
    where = _title_at(problem.path, after)
    changed = {one.title for one in after.questions if before.question(one.key) != one}
    changed |= {one.title for one in after.sections if before.section(one.key) != one}
    if where and where not in changed:
        raise RuleBroken(f"Impossible à cause de « {where} » : {problem.message}")
    raise RuleBroken(problem.message, field=problem.field)


def _title_at(path: str, form: Definition) -> str:
    digits = [int(part.rstrip("]")) for part in path.replace(".questions", "").split("[")[1:] if part]
    if not digits:
        return ""
    section = form.sections[digits[0]]
    return section.questions[digits[1]].title if len(digits) > 1 else section.title


def _section(form: Definition, key: str) -> Section:
    section = form.section(key)
    if section is None:
        raise NotFound("Cette rubrique n’est plus dans le formulaire.")
    return section


def _placed(form: Definition, key: str) -> tuple[Section, Question]:
    section, question = form.section_of(key), form.question(key)
    if section is None or question is None:
        raise NotFound(GONE)
    return section, question


def _with_section(form: Definition, key: str, instead: list[Section]) -> Definition:
    place = form.sections.index(_section(form, key))
    return msgspec.structs.replace(form, sections=[*form.sections[:place], *instead, *form.sections[place + 1 :]])


def _with_questions(form: Definition, section: Section, questions: list[Question]) -> Definition:
    return _with_section(form, section.key, [msgspec.structs.replace(section, questions=questions)])


def _replace(
    call: Call, key: str, instead: Callable[[Question], list[Question]], action: str, actor: Account
) -> Definition:
    def change(form: Definition) -> Definition:
        section, question = _placed(form, key)
        place = section.questions.index(question)
        around = section.questions
        return _with_questions(form, section, [*around[:place], *instead(question), *around[place + 1 :]])

    return _rewrite(call, change, action, actor)


def _moved(things: list[Any], thing: Any, steps: int) -> list[Any]:
    others = [one for one in things if one is not thing]
    place = min(max(0, things.index(thing) + steps), len(others))
    return [*others[:place], thing, *others[place:]]
