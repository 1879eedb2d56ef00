"""Files under 300 lines, functions under 50 (design 8); a table of codes may be longer."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted(
    file for room in ("linkage", "mpi", "adapters", "integrations") for file in (ROOT / room).rglob("*.py")
)
LITERALS = (ast.Dict, ast.List, ast.Set, ast.Tuple, ast.Constant, ast.Call)


def lines_of(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def is_table(node: ast.stmt) -> bool:
    """A module-level assignment of literal data of ten lines or more."""
    value = getattr(node, "value", None)
    return isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(value, LITERALS) and lines_of(node) >= 10


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_there_is_something_to_measure() -> None:
    assert len(FILES) > 20


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(ROOT)))
def test_a_file_is_short_enough_to_be_read(file: Path) -> None:
    text = file.read_text()
    tables = sum(lines_of(node) for node in ast.parse(text).body if is_table(node))
    assert text.count("\n") - tables <= 300


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(ROOT)))
def test_a_function_is_short_enough_to_be_read(file: Path) -> None:
    long = [f"{f.name}: {lines_of(f)} lines" for f in functions(ast.parse(file.read_text())) if lines_of(f) > 50]
    assert not long


def test_the_median_function_is_below_eight_lines_of_code() -> None:
    """Counted without signature and docstring."""
    sizes = []
    for file in FILES:
        for function in functions(ast.parse(file.read_text())):
            body = function.body[1:] if ast.get_docstring(function) else function.body
            sizes.append(sum(map(lines_of, body)))
    assert statistics.median(sizes) < 8
