"""Every page of the demonstration, as each of its people: reachable, accessible, light, and quick to ask the database."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page

from guichet.accounts.models import Account
from guichet.core.db import db
from guichet.demo.accounts import ACCOUNTS
from tests.journeys.conftest import Site
from tests.journeys.crawl import Visit, crawl, session_of, worth_a_look

VISITOR = "visiteur"
MOST_ELEMENTS, MOST_STATEMENTS = 380, 12
MOST_STATEMENTS_OF = {
    # Who is on the team, who is asked, who may be: each read afresh.
    "applications.team": 19,
    "applications.show": 15,
    "applications.index": 9,
    "calls.index": 4,
    "calls.show": 5,
    **dict.fromkeys(
        (
            "accounts.people",
            "calls.managed",
            "plans.index",
            "plans.show",
            "review.board",
            "review.decisions",
            "review.my_assignments",
            "review.ranking",
            "review.session",
            "review.sessions",
            "supervision.emails",
            "supervision.journal",
            "supervision.messages",
        ),
        8,
    ),
}
COLD_BYTES, WARM_BYTES, MOST_REQUESTS = 100_000, 20_000, 12
NARROW = 320


@pytest.fixture(scope="module")
def people(demonstration_site: Site) -> dict[str, str | None]:
    """Session identifier of each account of the demonstration; None for the visitor."""
    with demonstration_site.app.app_context():
        found = db.session.scalars(sa.select(Account).where(Account.email.in_([one.email for one in ACCOUNTS])))
        known = {account.email: account.get_id() for account in found}
    # The second and the third reviewer see what the first one does.
    return {VISITOR: None, **{one.name: known[one.email] for one in ACCOUNTS if not one.name[-1].isdigit()}}


@pytest.fixture(scope="module")
def visits(demonstration_site: Site, people: dict[str, str | None]) -> list[Visit]:
    return [
        visit
        for role, account_id in people.items()
        for visit in crawl(demonstration_site.app, role, account_id, "/" if account_id is None else "/tableau-de-bord")
    ]


def test_no_link_leads_to_a_refusal_or_an_accident(visits):
    # A page that sends elsewhere (the sign-in, one's own plan) is no dead end.
    assert [(v.role, v.address, v.status) for v in visits if v.status not in {200, 302, 303}] == []


def test_every_route_for_reading_is_reached_by_links(demonstration_site, visits):
    reached = {visit.kind.split()[0] for visit in visits}
    readable = {
        rule.endpoint
        for rule in demonstration_site.app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.endpoint
    }
    assert sorted(readable - reached) == sorted(NOT_LINKED)


# Read by machines, shown in a frame, led to by a form or an e-mail, or of things that the demonstration has not (a call in
# draft, a call without visa, files asked or replaced, a form being rewritten, a rehearsal, complements left without an answer).
NOT_LINKED = {
    "accounts.forgotten_password_sent",
    "accounts.new_password",
    "accounts.sign_out",
    "applications.export",
    "applications.export_file",
    "applications.former_attachments",
    "applications.invitation",
    "applications.replace_attachment",
    "applications.submit",
    "applications.unsent",
    "applications.verify_file",
    "calls.add_criterion",
    "calls.attachment_kinds",
    "calls.change_criterion",
    "calls.criteria",
    "calls.documents",
    "calls.edit",
    "calls.remove_part",
    "calls.remove_round",
    "demo.message_html",
    "health.alive",
    "questions.add_question",
    "questions.discard",
    "questions.publish",
    "rehearsal.document",
    "rehearsal.drop",
    "rehearsal.mails",
    "rehearsal.show",
    "statements.robots",
    "static",
    "supervision.prometheus",
    "supervision.ready",
}


def test_no_page_is_large_or_asks_the_database_too_much(visits):
    pages = [visit for visit in visits if visit.is_page and visit.status == 200]
    large = {(v.kind, v.role, v.elements) for v in pages if v.elements > MOST_ELEMENTS}
    chatty = {
        (v.kind, v.role, v.statements)
        for v in pages
        if v.statements > MOST_STATEMENTS_OF.get(v.kind.split()[0], MOST_STATEMENTS)
    }
    assert (large, chatty) == (set(), set())


@dataclass
class Wire:
    """What a page brings over the network, as the browser's own instruments tell it."""

    session: CDPSession
    urls: dict[str, str] = field(default_factory=dict)
    received: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.session.send("Network.enable")
        self.session.on("Network.requestWillBeSent", self._asked)
        self.session.on("Network.loadingFinished", self._came)

    def _asked(self, told: dict[str, object]) -> None:
        self.urls[str(told["requestId"])] = str(told["request"]["url"])  # type: ignore[index]

    def _came(self, told: dict[str, object]) -> None:
        url = self.urls.get(str(told["requestId"]), "")
        self.received[url] = int(told["encodedDataLength"])  # type: ignore[call-overload]

    def clear(self) -> None:
        self.urls.clear()
        self.received.clear()


@dataclass
class Measure:
    visit: Visit
    cold: int
    warm: int
    requests: int
    elements: int
    faults: list[str]


class Inspector:
    """One person's browser, going through pages and writing down what it finds."""

    def __init__(self, context: BrowserContext, url: str, axe: Callable[[Page], list[str]], weights: dict[str, int]):
        self.page = context.new_page()
        self.url, self.axe, self.weights = url, axe, weights
        self.wire = Wire(context.new_cdp_session(self.page))
        self.heard: list[str] = []
        self.page.on("console", lambda message: self.heard.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda problem: self.heard.append(str(problem)))

    def inspect(self, visit: Visit) -> Measure:
        self.heard.clear()
        self.page.set_viewport_size({"width": 1280, "height": 900})
        # The first visit brings the style and the script, which later pages have at hand.
        self.wire.clear()
        answer = self.page.goto(visit.address)
        assert answer is not None
        urls = set(self.wire.urls.values())
        warm = sum(self.wire.received.values())
        for url, size in self.wire.received.items():
            self.weights[url] = max(size, self.weights.get(url, 0))
        # The browser's own reader of PDF is an extension of its.
        expected = (self.url, "data:", "blob:", "chrome-extension://")
        faults = [f"strange request: {url}" for url in urls if not url.startswith(expected)]
        if answer.status != 200 or answer.url != self.url + visit.address:
            faults.append(f"status {answer.status} at {answer.url}")
        faults += [f"axe: {found}" for found in self.axe(self.page)]
        elements = self.page.evaluate("document.querySelectorAll('*').length")
        faults += self._narrow()
        cold = sum(self.weights.get(url, 0) for url in urls)
        return Measure(visit, cold, warm, len(urls), elements, faults + [f"console: {text}" for text in self.heard])

    def _narrow(self) -> list[str]:
        self.page.set_viewport_size({"width": NARROW, "height": 640})
        width = self.page.evaluate("document.documentElement.scrollWidth")
        return [f"{width} px wide on a screen of {NARROW} px"] if width > NARROW else []


@pytest.fixture
def inspect(
    demonstration_site: Site, people: dict[str, str | None], browser: Browser, axe: Callable[[Page], list[str]]
) -> Iterator[Callable[[Visit], Measure]]:
    """Measure a page in the browser of the person who reached it, already signed in."""
    inspectors: dict[str, Inspector] = {}
    weights: dict[str, int] = {}

    def inspector_of(role: str) -> Inspector:
        context = browser.new_context(base_url=demonstration_site.url, locale="fr-FR")
        cookie = session_of(demonstration_site.app, people[role]).get_cookie(
            demonstration_site.app.config["SESSION_COOKIE_NAME"]
        )
        if cookie is not None:
            context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": demonstration_site.url}])
        return Inspector(context, demonstration_site.url, axe, weights)

    def measure(visit: Visit) -> Measure:
        if visit.role not in inspectors:
            inspectors[visit.role] = inspector_of(visit.role)
            # The style and the script are weighed once, as a first visit brings them.
            inspectors[visit.role].inspect(visit)
        return inspectors[visit.role].inspect(visit)

    yield measure
    for inspector in inspectors.values():
        inspector.page.context.close()


def test_every_page_is_accessible_light_and_fits_a_narrow_screen(visits, inspect, record_property):
    pages = worth_a_look(visit for visit in visits if visit.is_page and visit.status == 200)
    measures = [inspect(visit) for visit in pages]
    record_property("Pages de la démonstration", report(measures))
    heavy = [
        (m.visit.kind, m.visit.role, m.cold, m.warm, m.requests, m.elements)
        for m in measures
        if m.cold > COLD_BYTES or m.warm > WARM_BYTES or m.requests > MOST_REQUESTS or m.elements > MOST_ELEMENTS
    ]
    faults = [f"{m.visit.address} ({m.visit.role}): {fault}" for m in measures for fault in m.faults]
    assert heavy == []
    assert "\n".join(faults) == ""


def report(measures: list[Measure]) -> str:
    """The table of budgets, the worst of each kind of page."""
    worst = defaultdict[str, list[int]](lambda: [0] * 5)
    for m in measures:
        found = (m.cold, m.warm, m.requests, m.elements, m.visit.statements)
        worst[m.visit.kind] = [max(pair) for pair in zip(worst[m.visit.kind], found, strict=True)]
    lines = [f"{'page':<64} {'froid ko':>8} {'tiède ko':>8} {'requêtes':>8} {'éléments':>8} {'SQL':>4}"]
    lines += [
        f"{kind:<64} {cold / 1000:>8.1f} {warm / 1000:>8.1f} {requests:>8} {elements:>8} {statements:>4}"
        for kind, (cold, warm, requests, elements, statements) in sorted(worst.items())
    ]
    return "\n".join([*lines, f"{len(measures)} pages"])
