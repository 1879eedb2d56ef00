"""The model: what each level of agreement is worth. Data, frozen, with a fingerprint stored beside every weight."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from importlib.resources.abc import Traversable
from math import exp2
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from linkage.comparison import (
    COLUMNS,
    COMPARISONS,
    FORENAME,
    FURTHER,
    LOCATION,
    MIDDLE_NAMES,
    MOST_FURTHER,
    MOST_LEVELS,
    SURNAME,
    Further,
)
from linkage.documents import read_number, read_part
from linkage.errors import ModelError
from linkage.further import KIND_CODES, FurtherField, read_fields
from linkage.guard import Guard
from linkage.layout import ENCODED_SIZE, ENCODING_VERSION, FURTHER_SLOTS, SLOT
from linkage.model_keys import check_keys
from linkage.terms import TermWeight, read_postcode_weight, read_term_weight

GIVEN_RULES = (
    "near",
    "similar",
    "generation_years",
    "estimated_factor",
    "household_no_forename",
    "household_other_forename",
    "household_other_birth_date",
    "household_other_generation",
    "household_other_person",
    "household_twins",
    "household_namesakes",
    "household_middle_names",
    "new_year",
)
RULES = ("prior", *GIVEN_RULES, "most_from_texts", "guards", *("kind",) * MOST_FURTHER, *("family",) * MOST_FURTHER)
"""The numbers beside the table of weights, by their place in `Model.rules`. The document gives some, the others are
worked out: what names can add at most, which guards are in force, and of each further field its kind (0 none) and
whether a family shares it."""

(
    PRIOR,
    NEAR,
    SIMILAR,
    GENERATION_YEARS,
    ESTIMATED_FACTOR,
    NO_FORENAME,
    OTHER_FORENAME,
    OTHER_BIRTH_DATE,
    OTHER_GENERATION,
    OTHER_PERSON,
    TWINS,
    NAMESAKES,
    MIDDLE_IS_FAMILY,
    NEW_YEAR_BITS,
    MOST_FROM_TEXTS,
    GUARDS,
    FIRST_KIND,
) = range(RULES.index("kind") + 1)
FIRST_FAMILY = FIRST_KIND + MOST_FURTHER

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """Weights in bits (log2 of m over u), thresholds on the total weight with the prior in it, and frequencies.

    weights: float64[COLUMNS, MOST_LEVELS + 1], column 0 is missing and all zeros. rules: float64[len(RULES)].
    m, u: float64 of the same shape as weights, nan where there is no level. tag: 64 bits of what an encoded row holds
    of the model, its frequencies; models that differ in weights and thresholds only can weigh the same rows. balance:
    what all pairs across two clusters must weigh on average to join them, None where the heaviest pair decides.
    foreign: postcodes follow no British rules.
    """

    name: str
    version: str
    fingerprint: str
    tag: int
    prior: float
    certain: float
    possible: float
    veto: float
    balance: float | None
    weights: Numbers
    m: Numbers
    u: Numbers
    rules: Numbers
    surnames: TermWeight
    forenames: TermWeight
    postcodes: TermWeight | None
    further: tuple[FurtherField, ...] | None
    foreign: bool
    document: Mapping[str, Any]

    @property
    def size(self) -> int:
        """Bytes of an encoded row: more with `further`, which may be empty but for the place."""
        return ENCODED_SIZE if self.further is None else 8 * (FURTHER_SLOTS + SLOT * len(self.further))

    @property
    def comparisons(self) -> Mapping[str, type[IntEnum]]:
        """Name to levels, in the order of the columns of a pattern; further fields last."""
        return {**COMPARISONS, **dict.fromkeys((field.name for field in self.further or ()), Further)}

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

    def postcode_adjustment(self, postcode: str) -> float:
        """Bits to add when two places agree on `postcode`; 0 in a model that says nothing of postcodes."""
        return self.postcodes.adjustment(postcode) if self.postcodes else 0.0

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
        if "encoding" not in document:
            raise ModelError("this is no model: it does not say for which encoding it is made")
        if document["encoding"] != ENCODING_VERSION:
            raise ModelError(f"the model is not made for encoding {ENCODING_VERSION}; train it again")
        check_keys(document, GIVEN_RULES)
        prior, certain, possible, veto = (
            read_number(document, key, "the model") for key in ("prior", "certain", "possible", "veto")
        )
        if not veto < possible < certain:
            raise ModelError("the model's thresholds must rise from veto over possible to certain")
        further = read_fields(document)
        m, u = _probabilities(read_part(document, "comparisons", "the model"), further or ())
        weights = np.nan_to_num(np.log2(m / u), nan=0.0)
        surnames = read_term_weight(document, "surname", float(u[SURNAME, 1]))
        forenames = read_term_weight(document, "forename", float(u[FORENAME, 1]))
        postcodes = read_postcode_weight(document) if further is not None else None
        terms = [surnames, forenames, *([postcodes] if postcodes else [])]
        rules = _rules(document, prior, _most_from_texts(weights, terms, further), further or ())
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
            balance=None if document.get("balance") is None else read_number(document, "balance", "the model"),
            weights=weights,
            m=m,
            u=u,
            rules=rules,
            surnames=surnames,
            forenames=forenames,
            postcodes=postcodes,
            further=further,
            foreign=document.get("foreign") is True,
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
    file = folder.joinpath(name)
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"the model file {file} cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise ModelError(f"the model file {file} is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise ModelError(f"the model file {file} must hold an object")
    return document


def _fingerprint(document: Mapping[str, Any]) -> str:
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return blake2b(canonical.encode(), digest_size=16).hexdigest()


def _tag(document: Mapping[str, Any], *terms: TermWeight) -> int:
    inside = {key: document.get(key) for key in ("encoding", "term_frequency", "frequencies")}
    inside |= {key: document[key] for key in ("further", "foreign") if key in document}
    return int(_fingerprint({**inside, "averages": [term.average for term in terms]})[:16], 16)


def _probabilities(comparisons: Mapping[str, Any], further: Sequence[FurtherField]) -> tuple[Numbers, Numbers]:
    wanted: list[tuple[str, type[IntEnum]]] = [*COMPARISONS.items(), *((field.name, Further) for field in further)]
    if set(comparisons) != {name for name, _ in wanted} or len(comparisons) != len(wanted):
        raise ModelError(f"the model's comparisons must be {', '.join(name for name, _ in wanted)}")
    m = np.full((COLUMNS, MOST_LEVELS + 1), np.nan)
    u = np.full_like(m, np.nan)
    for column, (name, levels) in enumerate(wanted):
        part = read_part(comparisons, name, "comparisons")
        if set(part) != {level.name.lower() for level in levels}:
            names = ", ".join(level.name.lower() for level in levels)
            raise ModelError(f"comparison '{name}' must have the levels {names}")
        for level in levels:
            place = f"comparison '{name}'"
            pair = read_part(part, level.name.lower(), place)
            m[column, level] = read_number(pair, "m", f"{place}, level '{level.name.lower()}'", 1e-12, 1.0)
            u[column, level] = read_number(pair, "u", f"{place}, level '{level.name.lower()}'", 1e-12, 1.0)
    return m, u


def _most_from_texts(weights: Numbers, terms: Sequence[TermWeight], further: Sequence[FurtherField] | None) -> float:
    """The most that the comparisons of texts can add, which the kernel leaves for last."""
    columns = [FORENAME, SURNAME, MIDDLE_NAMES, *range(FURTHER, COLUMNS), *(() if further is None else (LOCATION,))]
    every = [*terms, *(field.terms for field in further or () if field.terms)]
    return float(weights[columns].max(axis=1).sum()) + sum(term.most for term in every)


def _rules(
    document: Mapping[str, Any], prior: float, most_from_texts: float, further: Sequence[FurtherField]
) -> Numbers:
    part = read_part(document, "rules", "the model")
    given = [read_number(part, key, "rules", 0.0, 200.0) for key in GIVEN_RULES]
    kinds = [float(KIND_CODES[field.kind]) for field in further]
    families = [float(field.family) for field in further]
    rest = [0.0] * (MOST_FURTHER - len(further))
    return np.array([prior, *given, most_from_texts, float(_guards(document)), *kinds, *rest, *families, *rest])


def _guards(document: Mapping[str, Any]) -> int:
    """The bits of the guards in force: all of them unless the document lists some by name."""
    listed = document.get("guards")
    known = {guard.name.lower(): guard for guard in Guard if guard.name}
    if listed is None:
        return sum(known.values())
    if not isinstance(listed, list) or not all(isinstance(name, str) and name in known for name in listed):
        raise ModelError(f"'guards' must be a list of some of {', '.join(known)}")
    return sum(known[name] for name in set(listed))


def _freeze(*tables: Numbers) -> None:
    for table in tables:
        table.setflags(write=False)
