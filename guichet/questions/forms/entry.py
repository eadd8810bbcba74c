"""The form of one section of own questions, made from its definition; a save may be incomplete."""

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from wtforms import BooleanField, FormField, HiddenField, SelectField

from guichet.documents.forms import UploadField
from guichet.questions.answers import Names, Refused, Sheet, accepted
from guichet.questions.definition import MOST_ROWS, Column, Kind, Question, Section
from guichet.web.fields import ChecksField, DayField, EuroField, LineField, NumberField, TextField
from guichet.web.forms import Form, put_back
from guichet.web.rows import RowsField

BLANKS = 2
CHOOSE = "Choisir…"


class OwnRow(Form):
    """A line of a table; an empty one is ignored."""

    class Meta(Form.Meta):
        csrf = False

    removed = BooleanField("Retirer")

    @property
    def cells(self) -> list[Any]:
        return [field for field in self if field.short_name != "removed"]

    @property
    def is_kept(self) -> bool:
        return not self.removed.data and any(_is_filled(field) for field in self.cells)

    def validate(self, extra_validators: Any = None) -> bool:
        return super().validate(extra_validators) if self.is_kept else True


def _is_filled(field: Any) -> bool:
    if field.raw_data is not None:
        return any(str(typed).strip() for typed in field.raw_data)
    return field.data not in (None, "")


class EntryForm(Form):
    """Base. `version` is the fingerprint of the section as it was shown, `asked` the questions that it showed."""

    version = HiddenField()
    asked = HiddenField()
    questions: tuple[Question, ...] = ()
    names = Names()

    def validate(self, extra_validators: Any = None) -> bool:
        valid = super().validate(extra_validators)
        for question in self.answered:
            field = self[question.key]
            if field.errors:
                continue
            try:
                if question.kind is not Kind.FILE:
                    accepted(question, plain(question, field), self.names)
            except Refused as problem:
                self._refuse(field, str(problem))
                valid = False
        return valid

    def _refuse(self, field: Any, message: str) -> None:
        if isinstance(field, RowsField):
            # Its own errors are those of its lines.
            self.form_errors.append(f"{field.label.text} : {message}")
        else:
            field.errors = [message]

    @property
    def answered(self) -> list[Question]:
        """The questions that the page showed: only these are answered by it."""
        shown = set((self.asked.data or "").split(","))
        return [one for one in self.questions if one.key in shown and one.kind is not Kind.COMPUTED]

    def values(self) -> dict[str, Any]:
        """The answers, but for the files."""
        return {one.key: plain(one, self[one.key]) for one in self.answered if one.kind is not Kind.FILE}

    def restore(self, key: str, value: Any) -> None:
        """Show the answer `value`, that is kept, instead of what was typed."""
        question = next(one for one in self.questions if one.key == key)
        if question.kind is not Kind.FILE:
            put_back(self[key], _for_field(question, value))

    def uploads(self) -> dict[str, tuple[Any, str]]:
        """The files that were sent."""
        files = {one.key: self[one.key].data for one in self.answered if one.kind is Kind.FILE}
        return {key: (sent.stream, sent.filename) for key, sent in files.items() if getattr(sent, "filename", "")}


def entry_form(part: Section, sheet: Sheet, names: Names, asked: Iterable[Question], **options: Any) -> EntryForm:
    """The form of `part`, filled with what `sheet` holds; `asked` are the questions shown."""
    fields = {one.key: _field(one, names) for one in part.questions if one.kind is not Kind.COMPUTED}
    made = type("OwnSectionForm", (EntryForm,), fields)
    data = {one.key: _for_field(one, sheet.valid(one)) for one in part.questions if one.kind is not Kind.FILE}
    form: EntryForm = made(data=data, **options)
    form.questions, form.names = tuple(part.questions), names
    if not form.is_submitted() or "formdata" in options:
        form.asked.data = ",".join(one.key for one in asked)
        for one in part.questions:
            if one.kind is Kind.TABLE:
                _add_blanks(form[one.key])
    for one in part.questions:
        if one.required and one.kind not in {Kind.COMPUTED, Kind.TABLE}:
            form[one.key].flags.required = True
    return form


def _add_blanks(rows: Any) -> None:
    for _ in range(min(BLANKS, MOST_ROWS - len(rows.entries))):
        rows.append_entry()


def _field(question: Question, names: Names) -> Any:
    words: dict[str, Any] = {"description": question.help}
    match question.kind:
        case Kind.CHOICE:
            return SelectField(question.title, choices=_listed(question.choices), validate_choice=False, **words)
        case Kind.CHOICES:
            return ChecksField(question.title, choices=[(one, one) for one in question.choices], **words)
        case Kind.PLAN_ACTION:
            offered = {"": CHOOSE, **names.actions}
            return SelectField(question.title, choices=offered, validate_choice=False, **words)
        case Kind.FILE:
            return UploadField(question.title, required=False, **words)
        case Kind.TABLE:
            cells = {one.key: _cell(one) for one in question.columns}
            return RowsField(FormField(type("OwnTableRow", (OwnRow,), cells)), question.title, **words)
        case _:
            return _simple(question.kind, question.title, question.room, question.unit, words)


def _listed(choices: Iterable[str]) -> dict[str, str]:
    return {"": CHOOSE, **{one: one for one in choices}}


def _cell(column: Column) -> Any:
    title = f"{column.title} ({column.unit})" if column.unit else column.title
    return _simple(column.kind, title, 200, "", {})


def _simple(kind: Kind, title: str, room: int, unit: str, words: Mapping[str, Any]) -> Any:
    match kind:
        case Kind.LONG_TEXT:
            return TextField(title, longest=room, **words)
        case Kind.NUMBER:
            return NumberField(title, least=None, suffix=unit, **words)
        case Kind.AMOUNT:
            return EuroField(title, **words)
        case Kind.DATE:
            return DayField(title, **words)
        case Kind.YES_NO:
            choices = {"": CHOOSE, "oui": "Oui", "non": "Non"}
            return SelectField(title, choices=choices, validate_choice=False, **words)
        case _:
            return LineField(title, longest=room, **words)


def _for_field(question: Question, value: Any) -> Any:
    """A stored answer as its field takes it."""
    match question.kind:
        case Kind.TABLE:
            columns = [Question(key=one.key, kind=one.kind, title=one.title) for one in question.columns]
            return [{one.key: _for_field(one, row.get(one.key)) for one in columns} for row in value or ()]
        case Kind.YES_NO:
            return {True: "oui", False: "non"}.get(value)
        case Kind.NUMBER | Kind.AMOUNT:
            return None if value is None else Decimal(value)
        case Kind.DATE:
            return None if value is None else dt.date.fromisoformat(value)
        case _:
            return value


def plain(question: Question, field: Any) -> Any:
    """What a field holds, as an answer is kept."""
    match question.kind:
        case Kind.TABLE:
            columns = [Question(key=one.key, kind=one.kind, title=one.title) for one in question.columns]
            kept = [entry.form for entry in field if entry.form.is_kept]
            return [{one.key: plain(one, row[one.key]) for one in columns} for row in kept]
        case Kind.YES_NO:
            return {"oui": True, "non": False, "": None, None: None}.get(field.data, field.data)
        case Kind.NUMBER | Kind.AMOUNT:
            return None if field.data is None else format(field.data, "f")
        case Kind.DATE:
            return None if field.data is None else field.data.isoformat()
        case _:
            return field.data
