"""Fields that only dossiers have: a thing chosen by its identifier; and lines that repeat."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from wtforms import SelectField
from wtforms.validators import ValidationError

from guichet.web.fields import presence
from guichet.web.rows import RowsField

__all__ = ["ReferenceField", "RowsField"]

STRANGER = "Choisissez une valeur de la liste."


class ReferenceField(SelectField):
    """One thing among those of a list, or of a list by groups; `data` is its identifier, or None."""

    def __init__(self, label: str, *, required: bool = False, empty: str = "Choisir…", **kwargs: Any) -> None:
        super().__init__(label, [presence(required)], coerce=_identifier, choices={"": empty}, **kwargs)
        self.empty = empty
        self.offered: set[str] = set()

    def offer(self, things: Iterable[tuple[Any, str]]) -> None:
        """Let one of `things` be chosen: (identifier, label)."""
        listed = {str(identifier): label for identifier, label in things}
        self.offered = set(listed)
        self.choices = {"": self.empty, **listed}

    def offer_groups(self, groups: Mapping[str, Iterable[tuple[Any, str]]]) -> None:
        """The same, by groups: {title: [(identifier, label)]}."""
        listed = {title: {str(identifier): label for identifier, label in things} for title, things in groups.items()}
        self.offered = {value for things in listed.values() for value in things}
        self.choices = {"": self.empty, **listed}

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = None
        if valuelist and valuelist[0]:
            try:
                self.data = UUID(str(valuelist[0]))
            except ValueError as problem:
                raise ValueError(STRANGER) from problem

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 - the signature is WTForms'
        if self.data is not None and str(self.data) not in self.offered:
            self.data = None
            raise ValidationError(STRANGER)


def _identifier(value: Any) -> UUID | None:
    return UUID(str(value)) if value else None
