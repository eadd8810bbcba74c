"""Setting a document in PDF: tagged for screen readers (PDF/UA-1), fit for archives (PDF/A-2a), the same bytes for the same data.

What people typed travels as data, never as source: nothing of it can be run, nor bend the layout.
"""

import datetime as dt
import functools
import json
import unicodedata
from pathlib import Path
from typing import Any

import typst

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "documents"
STANDARDS: list["typst.PDFStandard"] = ["ua-1", "a-2a"]
# Stands for a character that no font of ours can draw (an emoji, a rare script): the standards refuse a silent hole.
SUBSTITUTE = "□"


def typeset(template: str, *, at: dt.datetime, **data: Any) -> bytes:
    """The PDF of templates/documents/<template>.typ filled with `data`, dated `at`. Reads no clock, no font of the machine."""
    return _compile(template, _drawable(data), at)


def _compile(template: str, data: Any, at: dt.datetime) -> bytes:
    return typst.compile(
        TEMPLATES / f"{template}.typ",
        root=TEMPLATES,
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        pdf_standards=STANDARDS,
        timestamp=at.astimezone(dt.UTC).replace(microsecond=0),
    )


@functools.cache
def _fonts() -> typst.Fonts:
    """The fonts that ship with the typesetter: a document looks the same on every machine."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)


def _drawable(value: Any) -> Any:
    """`value` with each character that cannot be drawn replaced, in all its texts."""
    if isinstance(value, str):
        return "".join(c if c.isascii() or _can_draw(c) else SUBSTITUTE for c in value if not _turns_text(c))
    if isinstance(value, dict):
        return {key: _drawable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_drawable(item) for item in value]
    return value


def _turns_text(character: str) -> bool:
    # Marks that reverse the direction of writing would show another text than the one that was frozen.
    return unicodedata.bidirectional(character) in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@functools.lru_cache(maxsize=10_000)
def _can_draw(character: str) -> bool:
    # One try costs a millisecond; the letters of French are asked once in the life of a process.
    try:
        _compile("probe", character, dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    except typst.TypstError:
        return False
    return True
