"""Reading a page as a browser would: what its main form would send, and what it says."""

from html.parser import HTMLParser
from typing import Any

from werkzeug.datastructures import MultiDict


class Typed(MultiDict[str, str]):
    """What a form would send."""

    def fill(self, values: dict[str, str]) -> None:
        """Type over what the fields hold."""
        for name, value in values.items():
            self[name] = value


class PageReader(HTMLParser):
    """The fields of the form that has the most of them, the words, and how many elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements = 0
        self.forms: list[Typed] = []
        self.words: list[str] = []
        self.identifiers: set[str] = set()
        self._select: str | None = None
        self._area: str | None = None
        self.feed(page)

    @property
    def text(self) -> str:
        """The words, with plain spaces."""
        return " ".join(" ".join(self.words).split())

    @property
    def fields(self) -> Typed:
        return max(self.forms, key=len)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.elements += 1
        if found.get("id"):
            assert found["id"] not in self.identifiers, f"twice the same identifier: {found['id']}"
            self.identifiers.add(str(found["id"]))
        if tag == "form":
            self.forms.append(Typed())
        elif tag == "input" and found.get("name"):
            self._input(found)
        elif tag == "select":
            self._select = found["name"]
        elif tag == "option" and self._select and "selected" in found:
            self.forms[-1].add(self._select, found.get("value") or "")
        elif tag == "textarea":
            self._area = found["name"]
            self.forms[-1].add(str(self._area), "")

    def _input(self, found: dict[str, Any]) -> None:
        kind = found.get("type", "text")
        if kind not in {"checkbox", "radio"} or "checked" in found:
            self.forms[-1].add(found["name"], found.get("value") or ("y" if kind == "checkbox" else ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            # A browser drops the line break that opens a text area.
            before = self.forms[-1][self._area]
            self.forms[-1][self._area] = before + (data if before else data.lstrip("\r\n"))
        self.words.append(data)


def read(answer: Any) -> PageReader:
    return PageReader(answer.get_data(as_text=True))
