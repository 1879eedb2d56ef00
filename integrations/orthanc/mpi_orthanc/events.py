"""Identity changes as the index tells them: signed, at least once, in order per person."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from .failures import Refusal

SIGNATURE = "x-mpi-signature"  # Orthanc tells header names in lower case
_OF_NOBODY_S_IDENTITY = frozenset({"study-registered", "account-moved", "visits-moved"})


@dataclass(frozen=True, slots=True)
class Change:
    """What may have changed: golden ids old and new, identifiers (authority, value), and studies."""

    golden_ids: frozenset[str]
    identifiers: frozenset[tuple[str, str]]
    studies: tuple[str, ...]


def read_change(body: bytes, signature: str, secret: str) -> Change | None:
    """A change; None for an event that moves no study. Raises `Refusal`: forbidden (the signature is not of this
    body under our secret), bad-value."""
    expected = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise Refusal("forbidden", "the signature is not of this body under our secret")
    try:
        told: dict[str, Any] = json.loads(body)
        if told["type"] in _OF_NOBODY_S_IDENTITY:
            return None
        return Change(
            frozenset(map(str, (*told["old_golden_ids"], *told["new_golden_ids"]))),
            frozenset((str(one["authority"]), str(one["value"])) for one in told["identifiers"]),
            tuple(map(str, told["studies"])),
        )
    except (ValueError, KeyError, TypeError):
        raise Refusal("bad-value", "the body is no event of the index") from None
