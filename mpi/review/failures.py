"""Failures as pages: what happened and what to do, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Failure:
    """A heading and what the reader can do about it."""

    heading: str
    advice: str


_OTHER = Failure(
    "Sorry, there is a problem with this service",
    "Nothing was changed. Try again later; if it stays, report it with the reference below.",
)
_FAILURES: Mapping[int, Failure] = {
    400: Failure("That could not be understood", "Go back, check what was entered and send it again."),
    403: Failure(
        "You may not do this",
        "Your role does not allow it, or the form was out of date. If you need it for your work, ask your "
        "data-quality lead.",
    ),
    404: Failure(
        "Page not found",
        "There is no such page or person, or none that you may see. Check the address or number and search again.",
    ),
    405: Failure("Page not found", "This address takes no such request. Go back to the start page."),
    409: Failure(
        "Somebody else changed this first",
        "Nothing of yours was saved. Open the page again, look at what changed, and decide anew.",
    ),
    413: Failure("That is too large", "Send less at once."),
    422: Failure("Something entered here cannot be accepted", "Go back, mend what is named below and send it again."),
    503: Failure(
        "The index cannot answer now",
        "Nothing was changed. Wait a moment and load the page again.",
    ),
}


_LAUNCH = Failure(
    "This page cannot be opened",
    "Go back to the patient's record and open the imaging history from there again. If that fails too, tell your IT "
    "service desk the reference below.",
)
_UNKNOWN_PATIENT = Failure(
    "No imaging history was found",
    "The index does not know this patient number. Check that the right patient's record is open; a new patient "
    "appears here as soon as their hospital has told the index of them.",
)


def failure_of(status: int, path: str = "") -> Failure:
    """What to say about an HTTP status of an address."""
    if path.startswith("/launch"):
        if status == 404:
            return _UNKNOWN_PATIENT
        if status in {400, 401, 403, 422}:
            return _LAUNCH
    return _FAILURES.get(status, _OTHER)
