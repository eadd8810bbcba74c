"""Small files and small functions: what grows is cut before it becomes the place where everything goes."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(path for path in (ROOT / "guichet").rglob("*.py") if "node_modules" not in path.parts)
TESTS = sorted((ROOT / "tests").rglob("*.py"))
LONGEST_MODULE, LONGEST_TEST, LONGEST_FUNCTION = 400, 500, 40


def lines_of(path):
    return len(path.read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_is_short_and_so_are_its_functions(path):
    assert lines_of(path) <= LONGEST_MODULE
    long = [
        f"{node.name}: {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION
    ]
    assert long == []


def test_test_files_are_short():
    assert {str(path): lines_of(path) for path in TESTS if lines_of(path) > LONGEST_TEST} == {}


def test_no_drawer_for_everything():
    drawers = {"utils", "helpers", "common", "managers", "misc"}
    assert [path for path in SOURCES if path.stem in drawers or drawers & set(path.parts)] == []
