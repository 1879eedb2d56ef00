"""What somebody who waits for a command sees: a bar on a terminal, now and then a line in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from linkage.progress import Progress

EVERY = 10.0
"""Seconds between lines."""


class Lines:
    """A line when a stage begins, and when a long one has come further. Two stages of one name are told once."""

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._say, self._clock = say, clock
        self._stage, self._steps, self._done, self._said = "", 0, 0, 0.0

    def begin(self, stage: str, steps: int) -> None:
        """Say it."""
        if stage != self._stage:
            self._say(f"{stage} ...")
        self._stage, self._steps, self._done, self._said = stage, steps, 0, self._clock()

    def step(self) -> None:
        """Say how much is done, unless that was said a moment ago."""
        self._done += 1
        if self._clock() - self._said >= EVERY and self._done < self._steps:
            self._said = self._clock()
            self._say(f"{self._stage}: {self._done / self._steps:.0%}")


class Bar:
    """One bar that is the stage's."""

    def __init__(self, bars: Bars, task: TaskID) -> None:
        self._bars, self._task = bars, task

    def begin(self, stage: str, steps: int) -> None:
        """Start anew; a stage of no known length pulses."""
        self._bars.reset(self._task, description=stage, total=steps or None)

    def step(self) -> None:
        """Move on."""
        self._bars.advance(self._task)


@contextmanager
def waiting() -> Iterator[Progress]:
    """Progress for standard error, whatever that is."""
    if not sys.stderr.isatty():
        yield Lines(lambda line: typer.echo(line, err=True))
        return
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        yield Bar(bars, bars.add_task("starting", total=None))
