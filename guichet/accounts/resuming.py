"""Where to go after signing in, and what was typed when the session ended: nothing of it is lost.

The fields travel as `kept-<name>` through the sign-in page, then are sent again, under their own names, to the address
they were meant for. They are never stored.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from werkzeug.datastructures import FileStorage, MultiDict

PREFIX = "kept-"
# Says that the form resumes a send, even one without fields (a button that acts).
MARK = "resuming"
# A form of the window weighs at most some 100 kB; more than this comes from no page of ours.
MOST_FIELDS, MOST_CHARACTERS = 1000, 1_000_000
# Never carried over: tokens of the ended session, and passwords.
NOT_KEPT = {"csrf_token", "password", "current", "new", "confirmation"}

Fields = list[tuple[str, str]]


def local_path(address: str | None) -> str | None:
    """`address` when it is a path of this site, None otherwise: nobody is sent elsewhere after signing in."""
    if not address or len(address) > 2000 or not address.startswith("/") or address.startswith("//"):
        return None
    # Browsers read « \\ » as « / » and skip tabs and line breaks.
    if "\\" in address or any(character.isspace() or not character.isprintable() for character in address):
        return None
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return None if parts.scheme or parts.netloc else address


def kept_fields(form: MultiDict[str, str]) -> Fields:
    """What was typed, in its order, without what must not be carried over."""
    return _within_reason((name, value) for name, value in form.items(multi=True) if name not in NOT_KEPT)


def kept_again(form: MultiDict[str, str]) -> Fields:
    """The fields that came through the sign-in page, under their own names."""
    return _within_reason(
        (name.removeprefix(PREFIX), value) for name, value in form.items(multi=True) if name.startswith(PREFIX)
    )


def long_texts(fields: Fields) -> list[str]:
    """What took some time to write, to be read again (and copied, should the send be refused)."""
    return [value for _, value in fields if len(value) > 40][:50]


def file_names(files: MultiDict[str, FileStorage]) -> list[str]:
    """Names of the files that were chosen: no page can hold them, so the person is told."""
    return [file.filename for file in files.values() if file.filename]


def _within_reason(fields: Iterable[tuple[str, str]]) -> Fields:
    kept: Fields = []
    characters = 0
    for name, value in fields:
        characters += len(name) + len(value)
        if len(kept) == MOST_FIELDS or characters > MOST_CHARACTERS:
            break
        kept.append((name, value))
    return kept
