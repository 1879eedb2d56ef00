"""A database that is filled once and kept in a folder, so that each run of a benchmark works on a copy of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.service import Stage, opened, staged

Fill = Callable[[Stage], dict[str, float]]
"""Fills an empty database; returns what is to be told of it: seconds and counts."""


@contextmanager
def filled(template: Path | None, fill: Fill, holds: dict[str, int]) -> Iterator[tuple[Stage, dict[str, float]]]:
    """A copy of the database in `template`, filled when empty, or else one filled anew; and what filling told.

    `holds` are the counts that were asked for: a template of others ends the run with a sentence.
    """
    told = _filled(template, fill, holds) if template is not None else None
    with staged(template) as stage:
        yield stage, (told if told is not None else fill(stage))


def _filled(template: Path, fill: Fill, holds: dict[str, int]) -> dict[str, float]:
    note = template / "loading.json"
    if not note.exists():
        template.mkdir(parents=True, exist_ok=True)
        with opened(template) as stage:
            note.write_text(json.dumps({"told": fill(stage), "holds": holds}))
    kept = json.loads(note.read_text())
    if kept["holds"] != holds:
        raise SystemExit(f"{template} holds {kept['holds']}; name another folder")
    told: dict[str, float] = kept["told"]
    return told
