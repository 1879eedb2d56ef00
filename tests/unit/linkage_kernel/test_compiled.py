"""The kernel's cache: machine code is reused, and never beside changed sources."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import linkage
from linkage.compiled import SOURCES, stamp
from linkage.kernel import compare
from linkage.strings import jaro

ROOT = Path(linkage.__file__).parent


def test_every_compiled_function_is_stamped_with_all_sources() -> None:
    """A change in `strings` must make the cache of `kernel` stale, which numba alone would not see."""
    functions: tuple[Any, ...] = (compare, jaro)
    assert {function._cache._cache_file._source_stamp for function in functions} == {stamp()}


def test_every_source_the_kernel_is_made_of_is_in_the_stamp() -> None:
    compiled = {
        path.relative_to(ROOT).with_suffix("").as_posix()
        for path in ROOT.rglob("*.py")
        if "@compiled\n" in path.read_text(encoding="utf-8")
    }
    assert compiled <= set(SOURCES)
    assert all((ROOT / f"{name}.py").is_file() for name in SOURCES)


def test_the_compiler_is_not_allowed_to_reorder_sums() -> None:
    """No fastmath: reordered sums would break symmetry to the bit."""
    assert not compare.targetoptions.get("fastmath", False)  # type: ignore[attr-defined]
    assert compare.targetoptions["nogil"]  # type: ignore[attr-defined]
