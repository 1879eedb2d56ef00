"""The model: what each level of agreement is worth. Data, frozen, with a fingerprint stored beside every weight."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from importlib.resources.abc import Traversable
from math import exp2, inf, log2
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from linkage.comparison import COLUMNS, COMPARISONS, FORENAME, MIDDLE_NAMES, MOST_LEVELS, SURNAME
from linkage.errors import ModelError
from linkage.frequencies import Frequencies
from linkage.layout import ENCODING_VERSION

RULES = (
    "prior",
    "near",
    "similar",
    "generation_years",
    "estimated_factor",
    "household_no_forename",
    "household_other_forename",
    "household_other_birth_date",
    "household_other_generation",
    "household_other_person",
    "new_year",
    "most_from_names",
)
"""The numbers beside the table of weights, by their place in `Model.rules`; the first and last are worked out."""

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TermWeight:
    """What the frequency of an agreed name adds to its field's weight for an average one.

    average: u of exact agreement, the frequency at which nothing is added. `most` caps what rarity adds, because a
    name that is not listed need not be rare where this patient lives. together: by how much to multiply the shares of
    names that one community bears, because there the forename goes with the surname, and with the place.
    """

    field: str
    frequencies: Frequencies
    average: float
    least: float
    most: float
    together: Mapping[str, float]

    def adjustment(self, name: str) -> float:
        """Bits to add when `name` agrees exactly: negative for a common name; 0 for no name."""
        if not name:
            return 0.0
        share = self.frequencies.frequency(self.field, name) * self.together.get(name, 1.0)
        bits = log2(self.average / share)
        return min(self.most, max(self.least, bits))

    def lists(self, name: str) -> bool:
        """Whether `name` is in the table of frequencies, and so no slip of the hand."""
        return name in self.frequencies.shares.get(self.field, {})


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """Weights in bits (log2 of m over u), thresholds on the total weight with the prior in it, and frequencies.

    weights: float64[COLUMNS, MOST_LEVELS + 1], column 0 is missing and all zeros. rules: float64[len(RULES)].
    m, u: float64 of the same shape as weights, nan where there is no level. tag: 64 bits of what an encoded row holds
    of the model, its frequencies; models that differ in weights and thresholds only can weigh the same rows.
    """

    name: str
    version: str
    fingerprint: str
    tag: int
    prior: float
    certain: float
    possible: float
    veto: float
    weights: Numbers
    m: Numbers
    u: Numbers
    rules: Numbers
    surnames: TermWeight
    forenames: TermWeight
    document: Mapping[str, Any]

    def __reduce__(self) -> tuple[Callable[[Mapping[str, Any]], Model], tuple[dict[str, Any]]]:
        """Pickled as its document: arrays lose their read-only mark, for which the kernel would be compiled anew."""
        return Model.from_document, (dict(self.document),)

    def probability(self, weight: float) -> float:
        """Posterior probability for a total weight in bits, 0 to 1."""
        odds = exp2(-abs(weight))
        return 1.0 / (1.0 + odds) if weight >= 0 else odds / (1.0 + odds)

    def surname_adjustment(self, name: str) -> float:
        """Bits to add when two surnames agree on `name`."""
        return self.surnames.adjustment(name)

    def forename_adjustment(self, name: str) -> float:
        """Bits to add when two forenames agree on `name`."""
        return self.forenames.adjustment(name)

    @classmethod
    def default(cls) -> Model:
        """The shipped model of the United Kingdom; read once."""
        return _default()

    @classmethod
    def load(cls, path: Path) -> Model:
        """The model in a JSON file; its frequencies stand in it or in a file beside it. Raises `ModelError`."""
        return _read(path.parent, path.name)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Model:
        """The model a parsed file means, its frequencies inside. Raises `ModelError` with what is wrong and where."""
        if document.get("encoding") != ENCODING_VERSION:
            raise ModelError(f"the model is not made for encoding {ENCODING_VERSION}; train it again")
        prior, certain, possible, veto = (
            _number(document, key, "the model") for key in ("prior", "certain", "possible", "veto")
        )
        if not veto < possible < certain:
            raise ModelError("the model's thresholds must rise from veto over possible to certain")
        m, u = _probabilities(_part(document, "comparisons", "the model"))
        weights = np.nan_to_num(np.log2(m / u), nan=0.0)
        surnames = _term_weight(document, "surname", float(u[SURNAME, 1]))
        forenames = _term_weight(document, "forename", float(u[FORENAME, 1]))
        most = float(weights[[FORENAME, SURNAME, MIDDLE_NAMES]].max(axis=1).sum()) + max(surnames.most, 0.0)
        rules = _rules(document, prior, most + max(forenames.most, 0.0))
        _freeze(weights, m, u, rules)
        return cls(
            name=str(document.get("name", "")),
            version=str(document.get("version", "")),
            fingerprint=_fingerprint(document),
            tag=_tag(document, surnames, forenames),
            prior=prior,
            certain=certain,
            possible=possible,
            veto=veto,
            weights=weights,
            m=m,
            u=u,
            rules=rules,
            surnames=surnames,
            forenames=forenames,
            document=document,
        )


@cache
def _default() -> Model:
    return _read(files("linkage").joinpath("models"), "uk.json")


def _read(folder: Traversable, name: str) -> Model:
    document = _json(folder, name)
    frequencies = document.get("frequencies")
    if isinstance(frequencies, str):
        document = {**document, "frequencies": _json(folder, frequencies)}
    return Model.from_document(document)


def _json(folder: Traversable, name: str) -> dict[str, Any]:
    try:
        document = json.loads(folder.joinpath(name).read_text(encoding="utf-8"))
    except OSError:
        raise ModelError(f"the model file {name} cannot be read") from None
    except ValueError as error:
        raise ModelError(f"the model file {name} is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise ModelError(f"the model file {name} must hold an object")
    return document


def _fingerprint(document: Mapping[str, Any]) -> str:
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return blake2b(canonical.encode(), digest_size=16).hexdigest()


def _tag(document: Mapping[str, Any], *terms: TermWeight) -> int:
    inside = {key: document.get(key) for key in ("encoding", "term_frequency", "frequencies")}
    return int(_fingerprint({**inside, "averages": [term.average for term in terms]})[:16], 16)


def _part(document: Mapping[str, Any], key: str, place: str) -> Mapping[str, Any]:
    part = document.get(key)
    if not isinstance(part, dict):
        raise ModelError(f"{place} needs an object '{key}'")
    return part


def _number(part: Mapping[str, Any], key: str, place: str, low: float = -inf, high: float = inf) -> float:
    value = part.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        limits = "" if low == -inf else f" from {low:g} to {high:g}"
        raise ModelError(f"{place} needs a number '{key}'{limits}")
    return float(value)


def _probabilities(comparisons: Mapping[str, Any]) -> tuple[Numbers, Numbers]:
    if set(comparisons) != set(COMPARISONS):
        raise ModelError(f"the model's comparisons must be {', '.join(COMPARISONS)}")
    m = np.full((COLUMNS, MOST_LEVELS + 1), np.nan)
    u = np.full_like(m, np.nan)
    for column, (name, levels) in enumerate(COMPARISONS.items()):
        part = _part(comparisons, name, "comparisons")
        if set(part) != {level.name.lower() for level in levels}:
            names = ", ".join(level.name.lower() for level in levels)
            raise ModelError(f"comparison '{name}' must have the levels {names}")
        for level in levels:
            place = f"comparison '{name}'"
            pair = _part(part, level.name.lower(), place)
            m[column, level] = _number(pair, "m", f"{place}, level '{level.name.lower()}'", 1e-12, 1.0)
            u[column, level] = _number(pair, "u", f"{place}, level '{level.name.lower()}'", 1e-12, 1.0)
    return m, u


def _term_weight(document: Mapping[str, Any], field: str, average: float) -> TermWeight:
    limits = _part(_part(document, "term_frequency", "the model"), field, "term_frequency")
    place = f"term_frequency '{field}'"
    return TermWeight(
        field=field,
        frequencies=Frequencies.from_document(_part(document, "frequencies", "the model")),
        average=average,
        least=_number(limits, "least", place, -30.0, 0.0),
        most=_number(limits, "most", place, 0.0, 30.0),
        together=_together(limits.get("together", []), place),
    )


def _together(groups: object, place: str) -> dict[str, float]:
    """The factor of every name from a list of {"factor", "names"}."""
    factors: dict[str, float] = {}
    for group in groups if isinstance(groups, list) else [groups]:
        if not isinstance(group, dict) or not isinstance(names := group.get("names"), list):
            raise ModelError(f"{place}: 'together' needs a list of objects with factor and names")
        factors |= dict.fromkeys(map(str, names), _number(group, "factor", place, 1.0, 100.0))
    return factors


def _rules(document: Mapping[str, Any], prior: float, most_from_names: float) -> Numbers:
    part = _part(document, "rules", "the model")
    given = [_number(part, key, "rules", 0.0, 200.0) for key in RULES[1:-1]]
    return np.array([prior, *given, most_from_names])


def _freeze(*tables: Numbers) -> None:
    for table in tables:
        table.setflags(write=False)
