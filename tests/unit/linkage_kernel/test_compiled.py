"""The kernel's cache: machine code is reused, and never beside changed sources."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import linkage
from linkage.compiled import SOURCES, stamp
from linkage.engines.local import link_rows
from linkage.kernel import compare
from linkage.strings import jaro
from linkage.training.patterns import code_pairs

ROOT = Path(linkage.__file__).parent


def test_every_compiled_function_is_stamped_with_all_sources() -> None:
    """A change in `strings` must make the cache of `kernel` stale, which numba alone would not see."""
    functions: tuple[Any, ...] = (compare, jaro)
    assert {function._cache._cache_file._source_stamp for function in functions} == {stamp()}


def test_every_source_the_kernel_is_made_of_is_in_the_stamp() -> None:
    compiled = {
        path.relative_to(ROOT).with_suffix("").as_posix()
        for path in ROOT.rglob("*.py")
        if re.search(r"^@(compiled|allocating)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert compiled <= set(SOURCES)
    assert all((ROOT / f"{name}.py").is_file() for name in SOURCES)


def test_what_weighs_a_pair_does_not_count_who_holds_its_arrays() -> None:
    """Counting takes longer than weighing; and the compiler cannot make a thing that makes arrays without it."""
    functions: tuple[Any, ...] = (compare, jaro, code_pairs, link_rows)
    assert [function.targetoptions["_nrt"] for function in functions] == [False, False, True, True]


def test_what_does_not_count_hands_no_array_back() -> None:
    """The array would be freed while its caller still has it."""
    functions = [
        function
        for path in ROOT.rglob("*.py")
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef) and "compiled" in map(ast.unparse, function.decorator_list)
    ]
    told = {function.name: ast.unparse(function.returns) for function in functions if function.returns}
    assert len(told) > 50
    plain = re.compile(r"(?:tuple|int|float|bool|None|np\.float32|np\.uint64|\W)+")
    assert not {name for name, returned in told.items() if not plain.fullmatch(returned)}


def test_the_compiler_is_not_allowed_to_reorder_sums() -> None:
    """No fastmath: reordered sums would break symmetry to the bit."""
    assert not compare.targetoptions.get("fastmath", False)  # type: ignore[attr-defined]
    assert compare.targetoptions["nogil"]  # type: ignore[attr-defined]
