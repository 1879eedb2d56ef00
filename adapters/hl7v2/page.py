"""Markdown for the conformance statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence


def section(title: str) -> tuple[str, str]:
    """A heading."""
    return f"## {title}", ""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table, and an empty line after it."""
    yield f"| {' | '.join(heads)} |"
    yield f"|{' --- |' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""
