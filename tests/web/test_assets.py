"""The built files: what they weigh, what they leave out, and the addresses that pages get."""

import json
import re
from pathlib import Path

import pytest
from flask import Flask

from guichet.web.assets import Assets

BUDGET = 60_000


@pytest.fixture
def dist(kit: Flask) -> Path:
    return Path(kit.static_folder or "") / "dist"


@pytest.fixture
def names(dist: Path) -> dict[str, str]:
    built: dict[str, str] = json.loads((dist / "manifest.json").read_text(encoding="utf-8"))
    return built


def test_addresses_carry_the_hash_of_the_content(kit: Flask, names: dict[str, str]):
    with kit.test_request_context():
        assert kit.extensions["assets"].url("app.css") == f"/static/dist/{names['app.css']}"
    assert re.fullmatch(r"app\.[0-9a-f]{10}\.css", names["app.css"])


def test_url_falls_back_on_another_file_when_one_was_not_built(kit: Flask, tmp_path: Path):
    (tmp_path / "manifest.json").write_text('{"app.css": "app.0123456789.css"}')

    with kit.test_request_context():
        assert Assets(tmp_path).url("state.css", instead="app.css") == "/static/dist/app.0123456789.css"


def test_url_is_the_plain_name_before_the_first_build(kit: Flask, tmp_path: Path):
    with kit.test_request_context():
        assert Assets(tmp_path).url("app.css") == "/static/dist/app.css"
    assert not Assets(tmp_path).is_built()


def test_files_of_a_first_visit_weigh_little(dist: Path, names: dict[str, str]):
    sent = sum((dist / f"{names[name]}.br").stat().st_size for name in ("app.css", "app.js", "favicon.svg"))

    assert 0 < sent < BUDGET / 3


def test_neutral_style_holds_neither_brand_nor_request(dist: Path, names: dict[str, str]):
    style = (dist / names["app.css"]).read_text(encoding="utf-8")

    assert ".fr-btn" in style
    assert "Marianne" not in style
    assert "fr-logo" not in style
    assert "000091" not in style
    assert {address[:5] for address in re.findall(r"url\([\"']?([^\"')]*)", style)} == {"data:"}


def test_each_class_of_the_macros_is_styled(dist: Path, names: dict[str, str]):
    style = (dist / names["app.css"]).read_text(encoding="utf-8")

    for tone in ("info", "new", "success", "warning", "error"):
        assert f".fr-badge--{tone}" in style
    for kind in ("info", "success", "warning", "error"):
        assert f".fr-alert--{kind}" in style
    for part in (
        "fr-fieldset--error",
        "fr-select-group--error",
        "fr-upload",
        "fr-pagination__link--next",
        "fr-stepper",
    ):
        assert f".{part}" in style
