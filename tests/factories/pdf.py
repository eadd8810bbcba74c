"""Reading a PDF back as a screen reader does: through the characters that its fonts declare."""

import io
import re
from typing import Any

import pikepdf

_SPACES = re.compile(r"[\s\u00a0\u202f]+")
_MAPPED = re.compile(rb"<([0-9A-F]{4})> <([0-9A-F]+)>")


def text_of(content: bytes) -> str:
    """The text of all pages, in the order of the content, any run of spaces and line ends made one space."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return _SPACES.sub(" ", "\n".join(_text_of(page) for page in pdf.pages))


def _text_of(page: Any) -> str:
    fonts = {name: _characters(font) for name, font in page.Resources.Font.items()}
    text, height, font = "", None, {}
    for operands, operator in pikepdf.parse_content_stream(page):
        match str(operator):
            case "cm" if operands[5] != height:
                height = operands[5]
                text += "\n"
            case "Tf":
                font = fonts[str(operands[0])]
            case "TJ":
                text += "".join(_decoded(piece, font) for piece in operands[0] if isinstance(piece, pikepdf.String))
    return text


def _characters(font: Any) -> dict[bytes, str]:
    table = _MAPPED.findall(font.ToUnicode.read_bytes())
    return {bytes.fromhex(code.decode()): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in table}


def _decoded(piece: Any, font: dict[bytes, str]) -> str:
    codes = bytes(piece)
    return "".join(font.get(codes[at : at + 2], "") for at in range(0, len(codes), 2))
