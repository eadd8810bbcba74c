"""Every page that somebody can reach by its links, read inside the process: status, links, elements, SQL statements."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

MOST_OF_A_KIND, MOST_FROM_A_PAGE = 24, 2
# Pages of one kind that are opened in a browser, which is slow.
MOST_LOOKED_AT = 2


@dataclass(frozen=True)
class Visit:
    """A page as one person sees it.

    `kind` tells pages of one route apart by the words of their address; `shapes` are what it is drawn with.
    """

    role: str
    address: str
    kind: str
    status: int
    is_page: bool
    elements: int
    shapes: frozenset[str]
    statements: int


class _Reader(HTMLParser):
    """Counts the elements of a page; keeps its shapes (element and classes) and the addresses of its links."""

    def __init__(self) -> None:
        super().__init__()
        self.elements = 0
        self.shapes: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        self.elements += 1
        self.shapes.add(f"{tag}.{said.get('class')}.{said.get('type')}")
        if tag == "a" and said.get("href"):
            self.links.append(said["href"] or "")


def crawl(app: Flask, role: str, account_id: str | None, start: str) -> list[Visit]:
    """The pages that the person of that session identifier (None: a visitor) reaches from `start`.

    Of the links of one page to pages of one kind, the first few are followed: a list of dossiers in each state leads to
    a few dossiers in each state.
    """
    client = session_of(app, account_id)
    seen, visits, read = {start}, [], defaultdict[str, int](int)
    queue = deque([start])
    while queue:
        address = queue.popleft()
        kind = kind_of(app, address)
        read[kind] += 1
        if read[kind] > MOST_OF_A_KIND:
            continue
        visit, links = _visit(app, client, role, address, kind)
        visits.append(visit)
        followed = defaultdict[str, int](int)
        for link in links:
            followed[kind_of(app, link)] += link not in seen
            if link not in seen and followed[kind_of(app, link)] <= MOST_FROM_A_PAGE:
                seen.add(link)
                queue.append(link)
    return visits


def worth_a_look(visits: Iterable[Visit]) -> list[Visit]:
    """Of the pages of each kind the largest, then those that are drawn with the most of what these lack."""
    kinds = defaultdict[str, list[Visit]](list)
    for visit in visits:
        kinds[visit.kind].append(visit)
    chosen = []
    for kind in kinds.values():
        best = max(kind, key=lambda visit: visit.elements)
        known: frozenset[str] = frozenset()
        for _ in range(MOST_LOOKED_AT):
            chosen.append(best)
            known |= best.shapes
            best = max(kind, key=lambda visit: len(visit.shapes - known))
            if best.shapes <= known:
                break
    return chosen


def session_of(app: Flask, account_id: str | None) -> FlaskClient:
    """A client already signed in."""
    client = app.test_client()
    if account_id is not None:
        with client.session_transaction() as cookie:
            cookie["_user_id"] = account_id
            cookie["_fresh"] = True
    return client


def _visit(app: Flask, client: FlaskClient, role: str, address: str, kind: str) -> tuple[Visit, list[str]]:
    with counted() as statements:
        answer = client.get(address)
    reader = _Reader()
    is_page = answer.mimetype == "text/html"
    if is_page:
        reader.feed(answer.get_data(as_text=True))
    answer.close()
    links = [link for link in (_own(address, link) for link in reader.links) if link]
    if answer.status_code in {302, 303}:
        links.append(_own(address, answer.headers["Location"]) or address)
    visit = Visit(
        role, address, kind, answer.status_code, is_page, reader.elements, frozenset(reader.shapes), len(statements)
    )
    return visit, links


def _own(page: str, link: str) -> str | None:
    """The address of a link of this site, without what follows « # »; None for another site."""
    parts = urlsplit(urljoin(page, link))
    if parts.scheme or parts.netloc:
        return None
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def kind_of(app: Flask, address: str) -> str:
    """The route of an address, with the words that choose among its pages (identifiers and names of calls do not)."""
    adapter = app.url_map.bind("localhost")
    try:
        endpoint, arguments = adapter.match(urlsplit(address).path, method="GET")
    except (HTTPException, RequestRedirect):
        return address
    telling = {"word", "number", "slug" if endpoint == "applications.section" else ""}
    return " ".join([endpoint, *(str(value) for name, value in arguments.items() if name in telling)])


@contextmanager
def counted() -> Iterator[list[str]]:
    """The SQL statements run meanwhile, without the savepoints."""
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            seen.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
