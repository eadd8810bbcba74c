"""The sections of a dossier that come from its call's own questions: what they ask, hold, lack and say. Pure."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from guichet.applications import merging
from guichet.applications.models import NEVER_SUBMITTED, Application, ApplicationStatus, Section
from guichet.questions.answers import Names, Sheet
from guichet.questions.definition import Definition, Kind, Question, dump, load
from guichet.questions.definition import Section as OwnPart
from guichet.questions.differences import Difference, differences
from guichet.questions.models import QuestionForm

# Beside the answers in a fingerprint: the questions themselves.
ASKED = "asked"
KINDS = {Kind.AMOUNT: "euros", Kind.DATE: "day", Kind.YES_NO: "yes_no"}


@dataclass(frozen=True)
class OwnSection:
    """A section of the call's form, which goes by the same three words as the dossier's own (see Section)."""

    key: str
    label: str

    @property
    def value(self) -> str:
        return f"own-{self.key}"

    @property
    def slug(self) -> str:
        return f"questions-{self.key}"


AnySection = Section | OwnSection


def form_of(application: Application) -> QuestionForm | None:
    """The version that the dossier answers: the latest while it is written, then the one that it was handed in with."""
    is_written = application.status in NEVER_SUBMITTED or application.status is ApplicationStatus.CHANGES_REQUESTED
    if is_written:
        return application.current_form
    return application.own.form if application.own else None


def sheet_of(application: Application) -> Sheet:
    """The form and the answers, read together. A dossier that was asked nothing has an empty one."""
    form = form_of(application)
    definition = load(form.definition) if form else Definition()
    stored = {key: answer["value"] for key, answer in (application.own.answers if application.own else {}).items()}
    return Sheet(definition, stored, names_of(application, stored))


def names_of(application: Application, stored: dict[str, Any]) -> Names:
    """The files that the dossier carries, and the actions that it already named: a service checks a new one by itself."""
    answers = application.own.answers if application.own else {}
    # A row that is not written yet has no document.
    kept = (one for one in application.attachments if one.removed_at is None)
    files = {str(one.id): getattr(one.document, "name", "") for one in kept}
    actions = {
        value: answers[key]["text"]
        for key, value in stored.items()
        if answers[key].get("kind") == Kind.PLAN_ACTION and isinstance(value, str)
    }
    return Names(actions, files)


def own_sections(application: Application) -> list[OwnSection]:
    """Those that are asked of this dossier, in their order."""
    return [OwnSection(part.key, part.title) for part in sheet_of(application).shown()]


def all_sections(application: Application) -> list[AnySection]:
    """In the order in which they are filled: the call's own come before the files."""
    first = [section for section in Section if section is not Section.ATTACHMENTS]
    return [*first, *own_sections(application), Section.ATTACHMENTS]


@dataclass(frozen=True)
class Lack:
    """A required question that is asked and not answered."""

    section: OwnSection
    field: str
    message: str


def lacking(application: Application) -> Iterator[Lack]:
    """Once complements were asked, of the sections that they reopened: nobody could fill the others."""
    sheet = sheet_of(application)
    asked = application.change_requests[-1:] if application.status not in NEVER_SUBMITTED else []
    for part in sheet.shown():
        section = OwnSection(part.key, part.title)
        if asked and section.value not in asked[0].sections:
            continue
        for question in sheet.asked(part):
            if is_lacking(question, sheet):
                yield Lack(section, question.key, f"Répondez à « {question.title} ».")


def is_lacking(question: Question, sheet: Sheet) -> bool:
    return question.required and question.kind is not Kind.COMPUTED and sheet.value(question) is None


def is_begun(application: Application, section: OwnSection) -> bool:
    part = sheet_of(application).definition.section(section.key)
    held = application.own.answers if application.own else {}
    return part is not None and any(question.key in held for question in part.questions)


def values_of(application: Application, part: OwnPart) -> dict[str, Any]:
    """The answers of the section, and what it asks."""
    held = application.own.answers if application.own else {}
    answers = {question.key: held.get(question.key, {}).get("value") for question in part.questions}
    return {ASKED: dump(Definition(sections=[part])), **answers}


def fingerprint(application: Application, part: OwnPart, shown: Mapping[str, str] | None = None) -> str:
    """Changes whenever the answers of the section do, or what it asks; `shown` as in sections.fingerprint."""
    return merging.fingerprint(values_of(application, part), shown)


def former_answers(application: Application) -> list[dict[str, str]]:
    """What was answered to questions that left the form, or that would not take the answer any more: to copy from."""
    if application.own is None:
        return []
    sheet = sheet_of(application)
    left = [
        {"title": answer["title"], "text": answer["text"]}
        for key, answer in application.own.answers.items()
        if answer["value"] is not None and not _is_taken(sheet, key)
    ]
    return [*left, *application.own.former]


def _is_taken(sheet: Sheet, key: str) -> bool:
    question = sheet.definition.question(key)
    return question is not None and sheet.fits(question)


@dataclass(frozen=True)
class News:
    """What changed in the form since the team last looked."""

    at: dt.datetime
    differences: list[Difference]


def news(application: Application) -> News | None:
    """Nothing once the dossier is handed in, or when the team has read it."""
    form, own = form_of(application), application.own
    if form is None or own is None or own.form_id == form.id or form.published_at is None:
        return None
    found = differences(load(own.form.definition), load(form.definition))
    return News(form.published_at, found) if found else None


def hidden_files(application: Application) -> set[str]:
    """Files of questions that are not asked (any more): kept, and left out of what is handed in and shown to others."""
    sheet = sheet_of(application)
    used = {sheet.value(question) for question in sheet.definition.questions if question.kind is Kind.FILE}
    answers = application.own.answers if application.own else {}
    named = {answer["value"] for answer in answers.values() if answer.get("kind") == Kind.FILE}
    return {name for name in named if name} - used


def file_labels(application: Application) -> dict[str, str]:
    """Of which question a file is the answer."""
    sheet = sheet_of(application)
    files = (question for question in sheet.definition.questions if question.kind is Kind.FILE)
    return {name: question.title for question in files if (name := sheet.value(question))}


def frozen_sections(application: Application) -> list[dict[str, Any]]:
    """The own sections of the frozen content: what is asked and what is answered, with the labels of the day."""
    sheet = sheet_of(application)
    return [
        {
            "section": OwnSection(part.key, part.title).value,
            "label": part.title,
            "fields": [_frozen(question, sheet) for question in sheet.asked(part)],
        }
        for part in sheet.shown()
    ]


def _frozen(question: Question, sheet: Sheet) -> dict[str, Any]:
    value = sheet.value(question)
    kind = KINDS.get(question.kind, "text")
    told = value if kind != "text" else sheet.text(question)
    return {"key": question.key, "label": question.title, "kind": kind, "value": told}


@dataclass(frozen=True)
class OwnReading:
    """A section as people read it."""

    section: OwnSection
    pairs: list[tuple[str, str]]


def own_readings(application: Application) -> list[OwnReading]:
    sheet = sheet_of(application)
    return [
        OwnReading(
            OwnSection(part.key, part.title), [(question.title, sheet.text(question)) for question in sheet.asked(part)]
        )
        for part in sheet.shown()
    ]
