"""A form as plain data, for a file that people read and edit, and back; what is wrong is told with its place."""

import re
from typing import Any

import msgspec

from guichet.questions.checks import problems
from guichet.questions.definition import Definition, dump, load

FORMAT = 1
_PLACE = re.compile(r"(?P<what>.*) - at `\$\.?(?P<path>[^`]*)`", re.DOTALL)


class PortableError(ValueError):
    """`path` is the place in the data (« sections[0].questions[2].title »; empty: the whole), `reason` what is wrong there."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path or 'formulaire'} : {reason}")
        self.path = path
        self.reason = reason


def to_data(definition: Definition) -> dict[str, Any]:
    """Dictionaries, lists, texts, numbers and truth values only."""
    return {"format": FORMAT, **dump(definition)}


def from_data(data: Any) -> Definition:
    """The form that `to_data` told. Raises PortableError for the first thing that is wrong."""
    if not isinstance(data, dict):
        raise PortableError("", "un dictionnaire est attendu.")
    if data.get("format") != FORMAT:
        raise PortableError("format", f"la version {FORMAT} du format est attendue.")
    try:
        definition = load({key: value for key, value in data.items() if key != "format"})
    except (msgspec.ValidationError, RecursionError) as problem:
        raise _located(str(problem)) from problem
    for found in problems(definition):
        raise PortableError(f"{found.path}.{found.field}", found.message)
    return definition


def _located(message: str) -> PortableError:
    found = _PLACE.fullmatch(message)
    return PortableError(found["path"], found["what"]) if found else PortableError("", message)
