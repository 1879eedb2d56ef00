"""Compilation of the kernel's functions: without the GIL, cached on disk, and never stale."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit

SOURCES = (
    "blocking",
    "columns/digest",
    "columns/gather",
    "columns/plain",
    "comparison",
    "compiled",
    "crowds",
    "engines/block_index",
    "engines/blocking_loss",
    "engines/components",
    "engines/local",
    "engines/screen",
    "fetching",
    "field_levels",
    "further",
    "further_levels",
    "guard",
    "household",
    "kernel",
    "kernel_guards",
    "layout",
    "likeness",
    "lookup",
    "loose_blocking",
    "model",
    "name_levels",
    "place_levels",
    "record",
    "steps",
    "strings",
    "training/patterns",
    "training/sampling",
)

INLINED = frozenset(("field_levels", "kernel", "kernel_guards", "likeness", "name_levels", "steps", "strings"))
"""The modules whose functions become part of what calls them: to be called takes them as long as to run."""
WHOLE = frozenset(("compare", "compare_texts", "conclude", "jaro", "score_rows"))
"""Those of their functions that do not, lest all else be compiled many times over."""

F = TypeVar("F", bound=Callable[..., Any])


@cache
def stamp() -> str:
    """Digest of every source the kernel's machine code is made from."""
    digest = blake2b(digest_size=16)
    for name in SOURCES:
        digest.update((Path(__file__).parent / f"{name}.py").read_bytes())
    return digest.hexdigest()


def compiled(function: F) -> F:
    """Compile `function` with numba on first call; later processes load the machine code from the cache.

    It makes no array and hands none back: what it is given is held by its caller, so that it need not count itself
    among the holders. Counting takes longer than weighing a pair, and threads that count on the same arrays wait for
    one another. What makes arrays is `allocating`.

    No fastmath: reordered sums would break symmetry to the bit. Many functions of this kind call one another across
    files, but numba looks only at the file of the outermost one when it asks whether its cache is fresh, and would go
    on running an old comparison inside a new kernel; hence the stamp over all of them.
    """
    return _compiled(function, counting=False)


def allocating(function: F) -> F:
    """As `compiled`, for a function that makes arrays or hands some back."""
    return _compiled(function, counting=True)


def _compiled(function: F, *, counting: bool) -> F:
    inlined = function.__module__.rpartition(".")[2] in INLINED and function.__name__ not in WHOLE
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "forceinline": inlined, "_nrt": counting}
    dispatcher = njit(cache=True, **options)(function)
    cache_file = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
    if cache_file is not None:
        cache_file._source_stamp = stamp()
    return cast(F, dispatcher)
