"""Take the README's pictures: `make screenshots`. The demonstration is made and served at a fixed instant, so that the same
code always gives the same pictures. They are written in docs/images, or in the folder given."""

import datetime as dt
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import flask_migrate
from playwright.sync_api import Page, sync_playwright

from guichet import create_app
from guichet.config import read_settings
from guichet.core import clock
from guichet.core.db import db
from guichet.demo.accounts import DOMAIN, PASSWORD
from guichet.demo.instance import ROOT, Instance
from guichet.demo.seed import seed_demo
from guichet.demo.steps import step
from guichet.embedded.child import Child, wait_until
from guichet.embedded.ports import HOST, answers, free_port

# A Wednesday, in the middle of the story: one call is open, a committee sits.
MOMENT = dt.datetime(2026, 11, 25, 10, tzinfo=dt.UTC)
CALL, SESSION = "Numérique de l’État écoresponsable", "Second comité"
SIZE = {"width": 1280, "height": 800}
BROWSER_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-color-profile=srgb"]


def served() -> Callable[..., Iterable[bytes]]:
    """The application that gunicorn serves: its clock is stopped."""
    app = create_app()

    def at_that_moment(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        with clock.travel_to(MOMENT):
            return app(environ, start_response)

    return at_that_moment


def main(folder: Path) -> int:
    browser = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if browser is None:
        print("Aucun navigateur : lancez « make screenshots », qui en apporte un.", file=sys.stderr)
        return 1
    with _demonstration() as address, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=BROWSER_ARGUMENTS)
        page = chromium.new_page(base_url=address, viewport=SIZE, locale="fr-FR", reduced_motion="reduce")
        for name, go in (("appel.png", _to_the_call), ("classement.png", _to_the_ranking)):
            with step(name):
                go(page)
                page.screenshot(path=folder / name, animations="disabled")
        chromium.close()
    return 0


def _to_the_call(page: Page) -> None:
    page.goto("/appels")
    _follow(page, CALL)


def _to_the_ranking(page: Page) -> None:
    page.goto("/connexion")
    page.get_by_label("Adresse électronique").fill(f"presidence@{DOMAIN}")
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    page.wait_for_url("**/tableau-de-bord")
    page.goto("/seances")
    _follow(page, SESSION)
    _follow(page, "Voir le classement")
    page.mouse.move(0, 0)


def _follow(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.get_by_role("link", name=name, exact=True).first.click()


@contextmanager
def _demonstration() -> Iterator[str]:
    """The address of a demonstration of its own, without worker nor clock: nothing moves while the pictures are taken."""
    place = Path(tempfile.mkdtemp(prefix="guichet-"))
    # Open to passage: PostgreSQL and Valkey may run under another account than ours.
    place.chmod(0o711)
    instance = Instance(place / "instance", free_port())
    web = Child("web", instance.log("web"))
    try:
        with instance.postgres, instance.valkey:
            with step("Données de démonstration"):
                _fill(instance)
            command = [sys.executable, "-m", "gunicorn", "scripts.screenshots:served()", "--bind"]
            web.start([*command, f"{HOST}:{instance.port}", "--threads", "4"], env=instance.environment(), cwd=ROOT)
            if not wait_until(lambda: answers(instance.port), seconds=60):
                raise RuntimeError(f"The site does not answer:\n{web.tail()}")
            yield instance.address
            web.stop()
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _fill(instance: Instance) -> None:
    instance.postgres.ensure_database()
    app = create_app(read_settings(instance.environment()))
    with app.app_context(), clock.travel_to(MOMENT):
        flask_migrate.upgrade(directory=str(ROOT / "migrations"))
        seed_demo()
        db.session.remove()
        db.engine.dispose()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"))
