"""The files of a dossier at the browser: joined, refused, looked at, replaced, taken away; without scripts on a telephone too."""

import hashlib
import io
import zipfile
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from guichet.core.db import db
from guichet.documents.models import Document
from tests.factories import files
from tests.journeys.conftest import Window
from tests.journeys.drafts import Draft, arrive, begin
from tests.journeys.pages import content_of

OTHER = files.pdf(b"null")
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def choose(page: Page, name: str, content: bytes) -> None:
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "application/pdf", "buffer": content})


def is_ready(page: Page) -> None:
    """Ask again by the page's own button until the worker has made the file."""
    for _ in range(60):
        if page.get_by_text("Le fichier est prêt").is_visible():
            return
        with page.expect_navigation():
            page.get_by_role("link", name="Actualiser").click()
    raise AssertionError("the archive was never ready")


def join_look_and_replace(page: Page, draft: Draft, is_sound: Callable[[], None]) -> None:
    page.goto(f"{draft.address}/rubriques/pieces")
    expect(page.get_by_text("Taille maximale : 15 Mo.")).to_be_visible()
    choose(page, "lettre.pdf", files.PDF)
    page.get_by_role("button", name="Joindre la pièce").click()
    expect(page.get_by_role("link", name="lettre.pdf", exact=True)).to_be_visible()
    is_sound()

    choose(page, "piege.pdf", files.pdf(catalog=b"/OpenAction << /S /JavaScript /JS (x) >>"))
    page.get_by_role("button", name="Joindre la pièce").click()
    expect(page.get_by_text("contient un programme (JavaScript)").first).to_be_visible()
    # What was joined before is still there.
    expect(page.get_by_role("link", name="lettre.pdf", exact=True)).to_be_visible()
    is_sound()

    page.get_by_role("link", name="Aperçu et empreinte de lettre.pdf").click()
    expect(page.get_by_text(hashlib.sha256(files.PDF).hexdigest())).to_be_visible()
    expect(page.locator("iframe[title='PDF « lettre.pdf »']")).to_be_visible()
    is_sound()
    page.goto(f"{draft.address}/rubriques/pieces")

    page.get_by_role("link", name="Remplacer lettre.pdf").click()
    is_sound()
    choose(page, "lettre-2.pdf", OTHER)
    page.get_by_role("button", name="Remplacer la pièce").click()
    expect(page.get_by_role("link", name="lettre-2.pdf", exact=True)).to_be_visible()
    page.get_by_role("link", name="Fichiers retirés ou remplacés").click()
    expect(page.get_by_text("remplacé par « lettre-2.pdf »")).to_be_visible()
    is_sound()


def take_away(page: Page, draft: Draft, is_sound: Callable[[], None]) -> bytes:
    """The archive, asked, left, found again and fetched."""
    page.goto(draft.address)
    page.get_by_role("link", name="Télécharger le dossier").click()
    is_sound()
    page.get_by_role("button", name="Archive du dossier (ZIP)").click()
    is_sound()
    # Left, and found again from the dossier.
    page.goto(draft.address)
    page.get_by_role("link", name="Télécharger le dossier").click()
    page.get_by_role("link", name="Archive du dossier (ZIP)").click()
    is_ready(page)
    is_sound()
    with page.expect_download() as download:
        page.get_by_role("link", name="Télécharger le fichier").click()
    return content_of(download.value)


@pytest.mark.parametrize(("scripts", "width"), [(True, 1280), (False, 360)], ids=["scripts", "no-scripts-360"])
def test_files_are_joined_refused_shown_replaced_and_taken_away(
    window: Window,
    visit: Callable[..., Page],
    axe: Callable[[Page], list[str]],
    *,
    scripts: bool,
    width: int,
) -> None:
    draft = begin(window.app, complete=True)
    page = arrive(window, draft, visit, scripts=scripts, width=width).page

    def is_sound() -> None:
        assert page.evaluate(OVERFLOW) <= 0, page.url
        if scripts:
            assert axe(page) == [], page.url

    join_look_and_replace(page, draft, is_sound)
    archive = zipfile.ZipFile(io.BytesIO(take_away(page, draft, is_sound)))
    assert archive.read("pieces/01-lettre-2.pdf") == OTHER
    with window.app.app_context():
        assert db.session.query(Document).filter_by(name="piege.pdf").count() == 0
