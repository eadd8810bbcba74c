"""Fields that speak French: euros with a comma, days, instants in a call's zone, choices from an enumeration."""

import datetime as dt
import enum
import re
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import (
    DateField,
    DateTimeLocalField,
    DecimalField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import Choice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from guichet.core import clock
from guichet.core.money import LARGEST

FIRST_DAY, LAST_DAY = dt.date(2000, 1, 1), dt.date(2100, 12, 31)
_SPACES = re.compile(r"[\s\u00a0\u202f]")
# A forged line break would end the header of an e-mail, or put a paragraph of one's own into its text.
_BREAKS = re.compile(r"[\n\r\t\v\f\x1c-\x1e\x85\u2028\u2029]+")


def presence(required: bool) -> Any:
    return InputRequired("Ce champ est obligatoire.") if required else Optional()


def _words(required: bool) -> Any:
    # Spaces alone are no answer: what counts is the text once trimmed.
    return DataRequired("Ce champ est obligatoire.") if required else Optional()


def one_line(text: Any) -> Any:
    """`text` on one line, whatever breaks were forged into it."""
    return _BREAKS.sub(" ", text) if isinstance(text, str) else text


class LineField(StringField):
    """One line of text, `longest` characters at most."""

    data: Any

    def __init__(self, label: str, *, longest: int, required: bool = False, **kwargs: Any) -> None:
        checks = [_words(required), Length(max=longest, message=f"{longest} caractères au plus.")]
        filters = [one_line, *kwargs.pop("filters", ())]
        super().__init__(label, [*checks, *kwargs.pop("validators", ())], filters=filters, **kwargs)
        self.longest = longest


class TextField(TextAreaField):
    """Several lines of text, `longest` characters at most."""

    data: Any

    def __init__(self, label: str, *, longest: int = 5000, required: bool = False, **kwargs: Any) -> None:
        checks = [_words(required), Length(max=longest, message=f"{longest} caractères au plus.")]
        super().__init__(label, [*checks, *kwargs.pop("validators", ())], **kwargs)
        self.longest = longest


class NumberField(DecimalField):
    """A decimal number typed the French way (« 1 234,5 »), between `least` and `most`."""

    suffix = ""

    def __init__(
        self,
        label: str,
        *,
        required: bool = False,
        least: Decimal | int | None = 0,
        most: Decimal | int = LARGEST,
        places: int = 3,
        suffix: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(label, [presence(required), _within(least, most)], places=places, **kwargs)
        self.digits = places
        self.suffix = suffix or self.suffix

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = None
        if not valuelist or not _SPACES.sub("", valuelist[0]):
            return
        typed = _SPACES.sub("", valuelist[0]).replace("€", "").replace(",", ".")
        value = _number(typed)
        if value is None:
            raise ValueError("Écrivez un nombre, par exemple 1 234,50.")
        if self.digits == 0 and value != value.to_integral_value():
            raise ValueError("Écrivez un nombre entier, sans virgule.")
        self.data = value.quantize(Decimal(1).scaleb(-self.digits), rounding=ROUND_HALF_UP)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        if self.data is None:
            return ""
        return format(Decimal(self.data).normalize(), "f").replace(".", ",")


class EuroField(NumberField):
    """An amount in euros, exact to the cent."""

    suffix = "€"

    def __init__(self, label: str, *, required: bool = False, **kwargs: Any) -> None:
        super().__init__(label, required=required, places=2, **kwargs)


class WholeField(NumberField):
    """A whole number."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(label, places=0, **kwargs)

    data: Any

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata(valuelist)
        if self.data is not None:
            self.data = int(self.data)


class DayField(DateField):
    """A day, between 2000 and 2100."""

    data: Any

    def __init__(self, label: str, *, required: bool = False, **kwargs: Any) -> None:
        super().__init__(label, [presence(required)], format=["%Y-%m-%d", "%d/%m/%Y"], **kwargs)

    def process_formdata(self, valuelist: list[Any]) -> None:
        if not valuelist or not str(valuelist[0]).strip():
            self.data = None
            return
        try:
            super().process_formdata([str(valuelist[0]).strip()])
        except ValueError as problem:
            raise ValueError("Écrivez une date, par exemple 23/11/2026.") from problem
        if self.data is not None and not FIRST_DAY <= self.data <= LAST_DAY:
            self.data = None
            raise ValueError("La date doit être comprise entre 2000 et 2100.")


class MomentField(DateTimeLocalField):
    """An instant typed in a time zone (Paris by default), kept in UTC."""

    def __init__(self, label: str, *, required: bool = False, zone: str = "Europe/Paris", **kwargs: Any) -> None:
        super().__init__(label, [presence(required)], format=["%Y-%m-%dT%H:%M", "%d/%m/%Y %H:%M"], **kwargs)
        self.zone = zone

    def process_data(self, value: Any) -> None:
        # Left as it was shown, an hour that comes twice stays the instant it was.
        self.held: dt.datetime | None = value or None
        self.data = value.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None, fold=0) if value else None

    def process_formdata(self, valuelist: list[Any]) -> None:
        if not valuelist or not str(valuelist[0]).strip():
            self.data = None
            return
        try:
            super().process_formdata([str(valuelist[0]).strip()])
        except ValueError as problem:
            raise ValueError("Écrivez une date et une heure, par exemple 23/11/2026 17:00.") from problem
        if self.data is not None and not FIRST_DAY <= self.data.date() <= LAST_DAY:
            self.data = None
            raise ValueError("La date doit être comprise entre 2000 et 2100.")
        if self.data is not None:
            self._refuse_change_of_hour(self.data)

    def _refuse_change_of_hour(self, typed: dt.datetime) -> None:
        times = clock.instants_of(typed, self.zone)
        if len(times) != 1 and self.held not in times:
            self.data = None
            raise ValueError(
                "Cette heure existe deux fois, la nuit du changement d’heure : choisissez-en une autre."
                if times
                else "Cette heure n’existe pas, la nuit du changement d’heure : choisissez-en une autre."
            )

    @property
    def instant(self) -> dt.datetime | None:
        """What was typed, in UTC."""
        if self.data is None:
            return None
        times = clock.instants_of(self.data, self.zone)
        return self.held if self.held in times else next(iter(times), None)


class EnumField(SelectField):
    """One member of an enumeration, shown by its label; `data` is the member, or None."""

    def __init__(
        self, label: str, members: Iterable[Any], *, required: bool = False, empty: str = "Choisir…", **kwargs: Any
    ) -> None:
        self.members = list(members)
        self.empty = empty
        choices = {"": empty} | {member.value: member.label for member in self.members}
        super().__init__(label, [presence(required)], choices=choices, coerce=self._member, **kwargs)

    def _member(self, value: Any) -> Any:
        if value is None or value == "":
            return None
        if isinstance(value, enum.Enum):
            return value
        return next((member for member in self.members if member.value == value), str(value))

    def iter_choices(self) -> Any:
        # A stranger to the list selects nothing.
        chosen = self.data.value if isinstance(self.data, enum.Enum) else ""
        listed = {"": self.empty} | {member.value: member.label for member in self.members}
        for value, label in listed.items():
            yield Choice(value, label, selected=value == chosen, render_kw={})

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 - the signature is WTForms'
        if self.data is not None and self.data not in self.members:
            self.data = None
            raise ValidationError("Choisissez une valeur de la liste.")


class ChecksField(SelectMultipleField):
    """Several choices among a list, as checkboxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(
        self, label: str, *, choices: Sequence[tuple[str, str]] = (), required: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(label, [presence(required)], choices=dict(choices), validate_choice=False, **kwargs)

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 - the signature is WTForms'
        allowed = {choice[0] for choice in self.iter_choices()}
        if not set(self.data or ()) <= allowed:
            raise ValidationError("Choisissez parmi les valeurs de la liste.")


def _number(typed: str) -> Decimal | None:
    """`typed` as a number that a column can hold; None for words, « NaN », the infinite and extravagant exponents."""
    try:
        value = Decimal(typed)
        return value if abs(value) < Decimal(10) ** 13 else None
    except ArithmeticError:
        return None


def _within(least: Decimal | int | None, most: Decimal | int) -> Any:
    """Checks a number that could be read; what could not has its own message already."""

    def check(_form: Any, field: Any) -> None:
        if field.data is None:
            return
        if least is not None and field.data < least:
            raise ValidationError(f"Écrivez un nombre d’au moins {least}." if most == LARGEST else between)
        if field.data > most:
            raise ValidationError("Le nombre est trop grand." if most == LARGEST else between)

    between = (
        f"Écrivez un nombre entre {least} et {most}." if least is not None else f"Écrivez un nombre de {most} au plus."
    )
    return check
