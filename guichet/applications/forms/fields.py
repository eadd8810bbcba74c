"""Fields that only dossiers have: a thing chosen by its identifier, and lines that repeat."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from wtforms import FieldList, SelectField
from wtforms.validators import ValidationError

from guichet.web.fields import presence

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


class RowsField(FieldList):  # type: ignore[type-arg]
    """Lines that repeat; only the indices that our own pages write are read."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The macros know fields by this name.
        self.type = FieldList.__name__

    def _extract_indices(self, prefix: str, formdata: Any) -> Iterator[int]:
        # WTForms reads « ² » and numbers of five thousand digits as indices, and stumbles on them.
        pattern = re.compile(rf"{re.escape(prefix)}-([0-9]{{1,3}})-")
        return (int(found[1]) for key in formdata if (found := pattern.match(key)))
