"""How far a long run has come, for whoever waits for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

T = TypeVar("T")


class Progress(Protocol):
    """Told by one thread: a stage begins with so many steps of about equal length, and then each that is done."""

    def begin(self, stage: str, steps: int) -> None:
        """A stage, named as in "weighing pairs", of so many steps, 0 when nobody can tell: the one before is over."""

    def step(self) -> None:
        """One more step of the stage is done."""


class Silent:
    """Tells nobody."""

    def begin(self, stage: str, steps: int) -> None:
        """Nothing."""

    def step(self) -> None:
        """Nothing."""


SILENT = Silent()


def stepping(items: Iterable[T], stage: str, steps: int, progress: Progress) -> Iterator[T]:
    """The items as they come, each of them a step of a new stage."""
    progress.begin(stage, steps)
    for item in items:
        yield item
        progress.step()
