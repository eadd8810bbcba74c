"""Find a browser for the tests, or bring one: prints the path of its program, or says why it cannot and fails.

In order: CHROMIUM, the system's Chromium, the one that Playwright downloads, the package manager's when we are root.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chosen() -> str | None:
    return shutil.which(os.environ.get("CHROMIUM") or "")


def of_the_system() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


def of_playwright() -> str | None:
    with sync_playwright() as playwright:
        return shutil.which(playwright.chromium.executable_path)


def downloaded() -> str | None:
    run(sys.executable, "-m", "playwright", "install", "chromium")
    return of_playwright()


def installed() -> str | None:
    if os.geteuid() == 0 and shutil.which("apt-get"):
        run("apt-get", "update", "-qq")
        run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium")
    return of_the_system()


def run(*command: str) -> None:
    """Nothing on stdout, which is for the path alone; a failure is for the next way to make good."""
    subprocess.run(command, stdout=sys.stderr, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, check=False)


def starts(browser: str) -> bool:
    """Whether it really runs: a downloaded browser may lack libraries of the system."""
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "about:blank"]
    try:
        return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


WAYS: tuple[tuple[str, Callable[[], str | None]], ...] = (
    ("", chosen),
    ("", of_the_system),
    ("", of_playwright),
    ("Aucun navigateur : téléchargement de Chromium par Playwright…", downloaded),
    ("Installation de Chromium par le gestionnaire de paquets…", installed),
)


def main() -> int:
    for words, find in WAYS:
        if words:
            sys.stderr.write(words + "\n")
        if (browser := find()) and starts(browser):
            sys.stdout.write(browser + "\n")
            return 0
    sys.stderr.write(
        "Les tests ont besoin d’un navigateur et aucun n’a pu être trouvé ni installé : "
        "installez Chromium, ou indiquez CHROMIUM=/chemin/vers/chromium.\n"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
