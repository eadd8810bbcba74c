"""What the skeleton of every page asks for: the built style sheet, script and icon, and a token for its sign-out button.

The addresses carry a hash of the content, so browsers keep the files for ever.
"""

import json
from pathlib import Path

from flask import Flask, url_for
from flask_wtf.csrf import generate_csrf

DIST = "dist"


class Assets:
    """The manifest written by guichet/assets/build.mjs, read once."""

    def __init__(self, folder: Path) -> None:
        self._manifest = folder / "manifest.json"
        self._names: dict[str, str] = {}

    def is_built(self) -> bool:
        return self._manifest.is_file()

    def url(self, name: str, instead: str | None = None) -> str:
        """The address of `name` ("app.css"), or of `instead` when `name` was not built.

        Before the first build it is the plain name: the page is then bare, but complete.
        """
        if not self._names and self.is_built():
            self._names = json.loads(self._manifest.read_text(encoding="utf-8"))
        built = self._names.get(name) or self._names.get(instead or name, name)
        return url_for("static", filename=f"{DIST}/{built}")


def init_assets(app: Flask) -> None:
    """Give templates `asset(name)` and `csrf_token()`."""
    assets = Assets(Path(app.static_folder or "") / DIST)
    app.extensions["assets"] = assets
    app.jinja_env.globals["asset"] = assets.url
    app.jinja_env.globals["csrf_token"] = generate_csrf
