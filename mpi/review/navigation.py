"""What stands in the pages' navigation: one table, of which everybody sees what they have the right to."""

from __future__ import annotations

from dataclasses import dataclass

from mpi.domain.access import Caller, Right


@dataclass(frozen=True, slots=True)
class Entry:
    """A page to go to; `about` says on the start page what it is for. Without a right it is everybody's."""

    name: str
    path: str
    right: Right | None
    about: str = ""


ENTRIES = (
    Entry("Start", "/review", None),
    Entry(
        "Work list",
        "/review/tasks",
        Right.REVIEW,
        "Settle the questions that the index cannot answer by itself, the most urgent first.",
    ),
    Entry(
        "Find a person",
        "/review/find",
        Right.READ_PERSON,
        "Open one person's imaging history across the network by a hospital number or NHS number.",
    ),
    Entry(
        "Kept apart",
        "/review/kept-apart",
        Right.PRIVACY,
        "Keep two records of one person, or of two, from ever being linked, and lift it together.",
    ),
    Entry(
        "Models",
        "/review/models",
        Right.REVIEW,
        "See which model links records, and judge what another one would change before anything is changed.",
    ),
)


def entries_for(caller: Caller) -> list[Entry]:
    """The entries whose right the caller carries."""
    return [entry for entry in ENTRIES if entry.right is None or caller.may(entry.right)]


def is_current(entry: Entry, path: str) -> bool:
    """Whether `path` is the entry's page or lies under it."""
    return path == entry.path or (entry.path != "/review" and path.startswith(f"{entry.path}/"))
