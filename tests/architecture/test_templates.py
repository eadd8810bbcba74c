"""Templates draw: they ask no database, hold no script nor style of their own, and none is left unused."""

import re
from pathlib import Path

import jinja2.meta
import pytest

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "templates"
PAGES = sorted(path for path in TEMPLATES.rglob("*.html"))
NAMES = [str(path.relative_to(TEMPLATES)) for path in PAGES]
FORBIDDEN = {
    "a style of its own": re.compile(r"\sstyle\s*="),
    "a script of its own": re.compile(r"<script(?![^>]*\ssrc=)", re.IGNORECASE),
    "an inline handler": re.compile(r"\son[a-z]+\s*=\s*[\"']", re.IGNORECASE),
    "text trusted blindly": re.compile(r"\|\s*safe\b"),
    "a query": re.compile(r"\.query\b|session\.(execute|scalars?)"),
    "another site": re.compile(r"(src|href)=[\"']https?://(?!www\.defenseurdesdroits|formulaire\.defenseurdesdroits)"),
}


@pytest.mark.parametrize("name", NAMES)
def test_template_holds_nothing_forbidden(name):
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    # An e-mail has no style sheet to link to: its own lives in its head.
    found = [what for what, pattern in FORBIDDEN.items() if pattern.search(text)]
    assert found == []


def test_every_template_compiles_and_is_used(app):
    sources = [
        path.read_text(encoding="utf-8") for path in (ROOT / "guichet").rglob("*.py") if "assets" not in path.parts
    ]
    mentioned = set(re.findall(r'"([a-z_]+/[a-z_/]+\.html)"', "\n".join(sources)))
    for name in NAMES:
        app.jinja_env.get_template(name)
        parsed = app.jinja_env.parse((TEMPLATES / name).read_text(encoding="utf-8"))
        mentioned |= {used for used in jinja2.meta.find_referenced_templates(parsed) if used}
    computed = {f"errors/{status}.html" for status in (403, 404, 409, 413, 422, 429, 500, 503)}
    assert set(NAMES) - mentioned - computed == set()


def test_every_endpoint_named_by_a_template_exists(app):
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    demonstration = {"demo"}
    missing = {
        f"{path.relative_to(TEMPLATES)}: {endpoint}"
        for path in TEMPLATES.rglob("*")
        if path.suffix in {".html", ".txt"}
        for endpoint in re.findall(r'(?:url_for|address)\(\s*"([a-z_.]+)"', path.read_text(encoding="utf-8"))
        if not endpoint.startswith(".") and endpoint not in endpoints and endpoint.split(".")[0] not in demonstration
    }
    assert missing == set()
