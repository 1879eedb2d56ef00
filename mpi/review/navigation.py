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
        "Find somebody by any number, or by name with date of birth or postcode, and see how the index knows them.",
    ),
    Entry(
        "Corrections",
        "/review/corrections",
        Right.REVIEW,
        "List the people whom one trust has under several of its own numbers, for the trust to merge.",
    ),
    Entry(
        "Refused messages",
        "/review/quarantine",
        Right.MEND,
        "Read what was refused and why, send a mended copy again, or settle it without.",
    ),
    Entry(
        "Deliveries",
        "/review/deliveries",
        Right.OPERATE,
        "See which systems are not being told of changes and why, and tell them again.",
    ),
    Entry(
        "Trusts",
        "/review/dashboards/trusts",
        Right.REVIEW,
        "What each trust's feeds send: how late, how much, how complete, and what is refused.",
    ),
    Entry(
        "Matching",
        "/review/dashboards/matching",
        Right.REVIEW,
        "How well the index matches: weights, decisions, blind samples, fairness and drift.",
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
