"""The workflow tables are the only road, and the documentation shows them as they are."""

import re
from pathlib import Path

import pytest

from guichet.cli import DIAGRAMS, DOCS, diagram_page

ROOT = Path(__file__).parents[2]
# A status whose life has a table: application and call.
ASSIGNMENT = re.compile(r"\b(application|dossier|call)\.status\s*=[^=]")


@pytest.mark.parametrize("name", DIAGRAMS)
def test_documentation_shows_the_workflow_as_the_code_has_it(name):
    assert (DOCS / name).read_text(encoding="utf-8") == diagram_page(name, DIAGRAMS[name])


@pytest.mark.parametrize("name", DIAGRAMS)
def test_no_status_is_a_dead_end_by_accident(name):
    table = DIAGRAMS[name]
    statuses = type(next(iter(table.values())).target)
    left = {source for transition in table.values() for source in transition.sources}
    reached = {transition.target for transition in table.values()}
    final = {"awarded", "withdrawn", "closed", "archived"}
    assert {status.value for status in statuses} - {status.value for status in left} <= final
    assert {status.value for status in statuses} - {status.value for status in reached} <= {"draft"}


def test_nothing_but_the_workflow_engine_assigns_a_status():
    offenders = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in (ROOT / "guichet").rglob("*.py")
        if "node_modules" not in path.parts
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if ASSIGNMENT.search(line)
    ]
    assert offenders == []
