"""What can go wrong between archive and index. No text here names a patient."""

from __future__ import annotations


class Unavailable(Exception):
    """The index cannot answer now. Nothing is known, so nothing may be concluded."""


class Refusal(Exception):
    """The index, or the image itself, leaves the question without an answer until somebody has acted.

    `reason` is a word of the index's problems ("unknown-authority", "missing-field", "conflict" ...).
    """

    def __init__(self, reason: str, text: str = "") -> None:
        super().__init__(text or reason)
        self.reason = reason


class Gone(Exception):
    """Orthanc has no such study or image, or no longer."""


class BadSettings(Exception):
    """The configuration cannot be used; the text says what to write instead."""
