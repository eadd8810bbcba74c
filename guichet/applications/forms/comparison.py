"""What differs between two copies of one form, said in words: the two texts of a conflict."""

import datetime as dt
import enum
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from wtforms import BooleanField, FieldList, FormField, SelectField, SelectMultipleField

from guichet.applications.forms.sections import SectionForm
from guichet.applications.forms.tables import UNTYPED
from guichet.web.filters import day, number


@dataclass(frozen=True)
class Difference:
    """`name` is that of the field."""

    name: str
    label: str
    theirs: str
    yours: str


def differences(theirs: SectionForm, yours: SectionForm) -> Iterator[Difference]:
    """Field by field, those that do not say the same."""
    for field in yours:
        if field.short_name in {"version", "csrf_token"} or field.short_name not in theirs:
            continue
        texts = text_of(theirs[field.short_name]), text_of(field)
        if texts[0] != texts[1]:
            yield Difference(field.short_name, field.label.text, *texts)


def text_of(field: Any) -> str:
    """What a field holds, as a person would read it; one line for each row of a table."""
    if isinstance(field, FieldList):
        return "\n".join(text_of(entry) for entry in field if entry.form.is_kept)
    if isinstance(field, FormField):
        texts = (text_of(inner) for inner in field if inner.short_name not in UNTYPED)
        return " · ".join(text for text in texts if text)
    if isinstance(field, BooleanField):
        return "oui" if field.data else "non"
    if isinstance(field, SelectField | SelectMultipleField):
        return ", ".join(label for value, label, chosen, *_ in field.iter_choices() if chosen and value)
    return _plain(field.data)


def _plain(value: Any) -> str:
    match value:
        case None:
            return ""
        case Decimal():
            return number(value, 3)
        case dt.date():
            return day(value)
        case enum.Enum():
            return str(value.value)
        case _:
            return str(value)
