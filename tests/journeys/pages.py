"""What a person does in her browser, in the words of the pages: follow a link, fill a field, press a button, read."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Download, Locator, Page, expect

from tests.factories.accounts import PASSWORD
from tests.processes import wait_until

Examine = Callable[[Page], list[str]]


@dataclass
class Person:
    """Somebody at her own browser; every page that she reaches is examined when the browser runs scripts."""

    name: str
    email: str
    page: Page
    examine: Examine | None = None
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._note_console)
        self.page.on("pageerror", lambda problem: self.faults.append(f"{self.page.url}: {problem}"))

    def _note_console(self, message: object) -> None:
        kind, text = getattr(message, "type", ""), getattr(message, "text", "")
        # A refusal (409, 413, 422…) is told by the browser too: the test asked for it.
        if kind == "error" and "Failed to load resource" not in text:
            self.faults.append(f"{self.page.url}: {text}")

    def sign_in(self, password: str = PASSWORD) -> None:
        self.go("/connexion")
        self.fill({"Adresse électronique": self.email, "Mot de passe": password})
        self.press("Se connecter")
        expect(self.page.get_by_text(self.name).first).to_be_visible()

    def go(self, address: str, *, status: int = 200) -> None:
        answer = self.page.goto(address)
        assert answer is not None
        self._arrive(answer.status, status)

    def follow(self, name: str, *, within: Locator | None = None, status: int = 200) -> None:
        """Go through the first link of that name."""
        link = (within or self.page).get_by_role("link", name=name, exact=True).first
        with self.page.expect_navigation() as arrival:
            link.click()
        self._arrive(arrival.value.status, status)

    def press(self, name: str, *, within: Locator | None = None, status: int = 200) -> None:
        """Press a button that sends a form."""
        button = (within or self.page).get_by_role("button", name=name, exact=True).first
        with self.page.expect_navigation() as arrival:
            button.click()
        self._arrive(arrival.value.status, status)

    def _arrive(self, status: int, expected: int) -> None:
        assert status == expected, f"{self.page.url}: {status}\n{self.page.locator('main').inner_text()[:1500]}"
        if self.examine:
            self.faults += [f"{self.page.url}: {fault}" for fault in self.examine(self.page)]

    def fill(self, texts: Mapping[str, str]) -> None:
        """Type in the fields of those labels."""
        for label, text in texts.items():
            self.control(label).fill(text)

    def choose(self, choices: Mapping[str, str]) -> None:
        """Choose in the lists of those labels."""
        for label, choice in choices.items():
            self.control(label).select_option(label=choice)

    def tick(self, *labels: str) -> None:
        """Tick boxes, or one of several round buttons, by their own words."""
        for label in labels:
            tick(self.control(label))

    def tick_beginning(self, words: str) -> None:
        """Tick the box whose words begin so."""
        tick(self.page.get_by_role("checkbox", name=re.compile(rf"^\s*{re.escape(words)}")))

    def control(self, label: str) -> Locator:
        """The field of that label, whatever « (obligatoire) » follows it."""
        return self.page.get_by_label(
            re.compile(rf"^\s*{re.escape(label)}(\s*\((obligatoire|facultatif)\))?\s*$")
        ).first

    def sees(self, *texts: str) -> None:
        for text in texts:
            expect(self.page.locator("main")).to_contain_text(text)

    def sees_not(self, *texts: str) -> None:
        for text in texts:
            expect(self.page.locator("main")).not_to_contain_text(text)

    def awaits(self, text: str, *, seconds: float = 30) -> None:
        """Ask for the page again until it says `text`: what the worker does in the background."""
        main = self.page.locator("main")

        def is_told() -> bool:
            self.page.reload()
            return text in main.inner_text()

        wait_until(is_told, f"{self.page.url} never said « {text} »", seconds=seconds)

    def download(self, name: str | re.Pattern[str]) -> bytes:
        """The file behind the first link of that name, which the browser saves."""
        with self.page.expect_download() as caught:
            self.page.get_by_role("link", name=name).first.click()
        return content_of(caught.value)

    @property
    def path(self) -> str:
        """Where she is, without the site."""
        return re.sub(r"^https?://[^/]+", "", self.page.url)


def tick(box: Locator) -> None:
    # The drawn box is its label's: the pointer lands on the label, as a person's does.
    box.check(force=True)


def content_of(download: Download) -> bytes:
    return Path(download.path()).read_bytes()
