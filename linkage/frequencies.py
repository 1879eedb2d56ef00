"""How common a name or place is: sharing SMITH says less than sharing OKONKWO-BAINES.

`models/uk_frequencies.json` holds approximate shares of the commonest surnames and forenames of all ages in the
United Kingdom. The figures are this project's own rounded estimates, made in the light of published counts (ONS and
National Records of Scotland baby names by year; surname ranks of the 1998 NHS Central Register and the 2011 census
as reported by ONS); they are no copy of any of them. Frequencies are part of a model version and never follow the
data of the moment.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from linkage.errors import ModelError
from linkage.record import StandardRecord

FIELDS = ("surname", "forename", "sector", "postcode")
_LARGEST = 0.05
_SMALLEST = 1e-7


@dataclass(frozen=True, slots=True)
class Limits:
    """`floor` is the share of a value that is not listed and the least of any; `cap` the most of any."""

    floor: float
    cap: float


_UNKNOWN = Limits(_SMALLEST, _LARGEST)


@dataclass(frozen=True, slots=True)
class Frequencies:
    """Shares of the population by field and value (upper case); fields are those of `FIELDS`."""

    shares: Mapping[str, Mapping[str, float]]
    limits: Mapping[str, Limits]

    def frequency(self, field: str, value: str) -> float:
        """The share of people with this value, within the field's limits; the floor when it is not listed."""
        limits = self.limits.get(field, _UNKNOWN)
        share = self.shares.get(field, {}).get(value, limits.floor)
        return min(limits.cap, max(limits.floor, share))

    def to_document(self) -> dict[str, dict[str, object]]:
        """Plain JSON: one object of shares for each field, and `limits`."""
        limits = {field: {"floor": x.floor, "cap": x.cap} for field, x in sorted(self.limits.items())}
        shares = {field: dict(sorted(table.items())) for field, table in sorted(self.shares.items())}
        return {**{field: dict(table) for field, table in shares.items()}, "limits": dict(limits)}

    @classmethod
    def from_document(
        cls, document: Mapping[str, Mapping[str, object]], fields: Iterable[str] = FIELDS
    ) -> Frequencies:
        """The inverse of `to_document`; fields without limits get the default ones. Raises `ModelError`."""
        wanted = tuple(fields)
        for key in document:
            if key not in (*wanted, "limits"):
                raise ModelError(f"frequencies: unknown field '{key}'; known are {', '.join(wanted)} and limits")
        shares = {field: _read_shares(field, document[field]) for field in wanted if field in document}
        given = document.get("limits", {})
        if not isinstance(given, Mapping):
            raise ModelError("frequencies: 'limits' must be an object of fields with floor and cap")
        limits = {field: _read_limits(field, given[field]) for field in wanted if field in given}
        return cls(shares, limits)


def count(records: Iterable[StandardRecord], *, least: int = 2) -> Frequencies:
    """Frequencies of the current values in `records`; values seen fewer than `least` times are left to the floor.

    The floor is one in the number of values seen: what a value met once would have, and a fair guess for one that
    was never met.
    """
    counters: dict[str, Counter[str]] = {field: Counter() for field in FIELDS}
    for record in records:
        counters["surname"].update(record.surnames[:1])
        counters["forename"].update(record.forenames[:1])
        if record.postcode:
            counters["postcode"][record.postcode] += 1
            counters["sector"][record.postcode[:-2]] += 1
    totals = {field: counter.total() for field, counter in counters.items()}
    shares = {
        field: {value: n / totals[field] for value, n in sorted(counter.items()) if n >= least}
        for field, counter in counters.items()
    }
    limits = {field: Limits(max(_SMALLEST, 1 / max(20, total)), _LARGEST) for field, total in totals.items()}
    return Frequencies(shares, limits)


@cache
def uk() -> Frequencies:
    """The shipped table of UK surnames and forenames; read once."""
    text = files("linkage").joinpath("models/uk_frequencies.json").read_text(encoding="utf-8")
    return Frequencies.from_document(json.loads(text))


def _read_shares(field: str, table: object) -> dict[str, float]:
    if not isinstance(table, Mapping):
        raise ModelError(f"frequencies: '{field}' must be an object of values and their shares")
    return {value: _read_share(field, share) for value, share in table.items()}


def _read_limits(field: str, part: object) -> Limits:
    if not isinstance(part, Mapping):
        raise ModelError(f"frequencies: the limits of '{field}' must be an object with floor and cap")
    limits = Limits(_read_share(field, part.get("floor")), _read_share(field, part.get("cap")))
    if limits.floor > limits.cap:
        raise ModelError(f"frequencies: the floor of '{field}' lies above its cap")
    return limits


def _read_share(field: str, share: object) -> float:
    # No value in the message: a rare surname names a family.
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share <= 1:
        raise ModelError(f"frequencies: every share of '{field}' must be a number above 0 and at most 1")
    return float(share)
