"""A model cut to a table before any training: its further fields, the frequencies of its own names, its guards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from math import log2
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from linkage.comparison import COMPARISONS, MOST_FURTHER
from linkage.costs import FALSE_MERGE, LEAST_COST, MOST_COST
from linkage.errors import LinkageError
from linkage.frequencies import Frequencies
from linkage.model import Model
from linkage.record import Kind
from linkage.standardise.addresses import read_postcode
from linkage.standardise.further import read_further, read_postal_code
from linkage.standardise.name_parts import read_given
from linkage.standardise.names import read_surname
from linkage.tables.table import Table

USUAL_KINDS: Mapping[str, tuple[Kind, bool]] = {
    "national_id": (Kind.CODE, False),
    "birth_place": (Kind.NAME, True),
    "email": (Kind.TEXT, True),
    "region": (Kind.CATEGORY, True),
}
"""Fields of a table that are compared as further ones, their kinds, and whether a family shares them."""

GUARDS = ("nhs_number_conflict", "nhs_number_confusion", "unidentified", "placeholder_name")
"""Those in force for files: the identity of one who has few fields is weak by design, and the weight says so."""

RATES: Mapping[Kind, tuple[tuple[float, float], ...]] = {
    Kind.CODE: ((0.85, 1e-5), (0.08, 5e-5), (0.02, 3e-4), (0.05, 0.9995)),
    Kind.NAME: ((0.8, 0.02), (0.1, 0.002), (0.03, 0.01), (0.1, 0.97)),
    Kind.TEXT: ((0.8, 0.005), (0.08, 0.001), (0.04, 0.003), (0.12, 0.99)),
    Kind.CATEGORY: ((0.85, 0.1), (0.01, 0.01), (0.01, 0.01), (0.15, 0.9)),
    Kind.NUMBER: ((0.7, 0.05), (0.1, 0.05), (0.1, 0.2), (0.15, 0.7)),
}
"""m and u of each level that anchor the training."""

LARGE = 100_000
LISTED = 20_000
JUDGED = 20_000
LEAST_SEEN = 5
LEAST_NAMES, LEAST_PEOPLE = 500, 200
"""How many records, and of how many people, must give a name for a table to say how common names are."""


def tailor(table: Table, base: Model, false_merge: float = FALSE_MERGE) -> Model:
    """The model to train for a table; what the base has for another file's further fields is left out.

    false_merge: what joining two people costs, in missed links. A pair whose odds outweigh it joins by itself, the
    choice of the least expected cost (Chow 1970). Raises `LinkageError` when it is below `LEAST_COST`.
    """
    if not LEAST_COST <= false_merge <= MOST_COST:
        limits = f"{LEAST_COST:g} to {MOST_COST:g}"
        raise LinkageError(f"a false merge costs {limits} missed links, and not {false_merge:g}")
    document = {key: value for key, value in base.document.items() if key not in ("further", "foreign")}
    document["guards"] = list(GUARDS)
    document["comparisons"] = {name: base.document["comparisons"][name] for name in COMPARISONS}
    if not is_usual(table):
        kinds = further_kinds(table)
        document["further"] = [_further(table, name, kind) for name, kind in kinds.items()]
        rates = {name: _rates(name, kind, base) for name, kind in kinds.items()}
        document["comparisons"] = {**document["comparisons"], **rates}
        document["foreign"] = "postcode" in table.columns and is_foreign(table.columns["postcode"])
    document |= {"certain": log2(false_merge), "possible": -6.0, "veto": -30.0, "balance": -1.0}
    _use_names(table, document)
    if "further" in document and "postcode" in table.columns:
        _use_postcodes(table, document)
    return Model.from_document(document)


def is_usual(table: Table) -> bool:
    """Whether a large British table needs no more than the index compares: names, birth date, and British postcodes.

    A place as text and further fields cost a quarter more memory, and find next to nothing more there.
    """
    needed = ("surname", "forename", "dob", "postcode")
    there = len(table) > LARGE and all(name in table.columns for name in needed)
    others = [name for name in further_kinds(table) if name != "email"]
    return there and not others and not is_foreign(table.columns["postcode"])


def is_foreign(postcodes: pa.Array) -> bool:
    """Whether fewer than half of the distinct postcodes are British, judged by some of them."""
    distinct = postcodes.unique().drop_null()
    if len(distinct) > JUDGED:  # at even distance in their order, so that the order of the rows is nothing to it
        some = np.linspace(0, len(distinct) - 1, JUDGED).astype(np.int64)
        distinct = distinct.take(pc.sort_indices(distinct)).take(pa.array(some))
    told = distinct.to_pylist()
    return 2 * sum(bool(read_postcode(code)) for code in told) < len(told)


def further_kinds(table: Table) -> dict[str, Kind]:
    """The fields of a table that are compared as further ones, the extra ones last.

    Raises `LinkageError` when they are more than there is room for.
    """
    there = {name: kind for name, (kind, _) in USUAL_KINDS.items() if name in table.columns}
    if "postcode" in table.columns or "town" in table.columns:
        there.pop("region", None)  # it follows from either
    found = there | dict(table.extras)
    if len(found) > MOST_FURTHER:
        raise LinkageError(
            f"{len(found)} further fields are more than the {MOST_FURTHER} that can be compared, so leave"
            f" {len(found) - MOST_FURTHER} of them out: {', '.join(found)}"
        )
    return found


def _further(table: Table, name: str, kind: Kind) -> dict[str, Any]:
    family = USUAL_KINDS.get(name, (kind, False))[1]
    told: dict[str, Any] = {"name": name, "kind": kind.value, "family": family}
    if kind in (Kind.NAME, Kind.TEXT, Kind.CATEGORY):
        shares, average = _shares(table.columns[name], lambda text: read_further(kind, text))
        if shares:
            told |= {"frequencies": _frequencies(name, shares), "average": average}
    return told


def _rates(name: str, kind: Kind, base: Model) -> dict[str, dict[str, float]]:
    """What anchors a further field: the base's rates where it has one of that name and kind, else the kind's."""
    if (name, kind) in {(field.name, field.kind) for field in base.further or ()}:
        return dict(base.document["comparisons"][name])
    names = ("exact", "near", "similar", "disagree")
    return {name: {"m": m, "u": u} for name, (m, u) in zip(names, RATES[kind], strict=True)}


def _use_names(table: Table, document: dict[str, Any]) -> None:
    """Take the frequencies of names from the table, where it has enough of them."""
    readers: Mapping[str, Callable[[str], str]] = {"surname": read_surname, "forename": _first_forename}
    frequencies, once = dict(document["frequencies"]), _once_each(table)
    there = {field: table.columns[field] for field in readers if field in table.columns}
    enough = [field for field in there if _told(there[field]) >= LEAST_NAMES and _told(once[field]) >= LEAST_PEOPLE]
    with ThreadPoolExecutor(len(readers)) as pool:
        found = list(pool.map(lambda field: _shares(there[field], readers[field]), enough))
    for field, (shares, average) in zip(enough, found, strict=True):
        if shares:
            told = _frequencies(field, shares)
            frequencies[field] = told[field]
            frequencies["limits"] = {**frequencies.get("limits", {}), **told["limits"]}
            levels = dict(document["comparisons"][field])
            levels["exact"] = {**levels["exact"], "u": average}
            document["comparisons"] = {**document["comparisons"], field: levels}
            document["term_frequency"] = {
                **document["term_frequency"],
                field: {**document["term_frequency"][field], "least": -6.0, "most": 4.0},
            }
    document["frequencies"] = frequencies


def _use_postcodes(table: Table, document: dict[str, Any]) -> None:
    """Take the frequencies of postcodes from the table: a care home, a hostel or a hospital's own postcode for those
    who gave none says little of who is one person. A rare one says no more than most: those who share it share a
    home. People count and not records, as far as names and dates tell."""
    column = _once_each(table, "postcode")["postcode"]
    if _told(column) < LEAST_NAMES:
        return
    shares, average = _shares(column, read_postal_code if document["foreign"] else read_postcode)
    if average > 0.0:
        told = _frequencies("postcode", shares)
        limits = {**document["frequencies"].get("limits", {}), **told["limits"]}
        document["frequencies"] = {**document["frequencies"], "postcode": told["postcode"], "limits": limits}
        term = {"least": -6.0, "most": 0.0, "average": average}
        document["term_frequency"] = {**document["term_frequency"], "postcode": term}


def _once_each(table: Table, *besides: str) -> Mapping[str, pa.ChunkedArray | pa.Array]:
    """The names of a table, those that stand with one birth date (without the column, with all else) once only.

    They are most often of one person, and a file that is all of a few people says nothing of how common a name is:
    taken at its word, it would make their agreement worth nothing. In a large table no few people are so many. Names
    beside which nothing is told count as often as they stand.
    """
    names = [name for name in ("surname", "forename") if name in table.columns]
    beside = ["dob"] if "dob" in table.columns else [name for name in table.columns if name not in names]
    wanted = [*names, *besides]
    if len(table) > LARGE or not names or not beside:
        return table.columns
    columns = {name: pc.ascii_upper(table.columns[name]) for name in wanted}
    columns |= {name: table.columns[name] for name in beside}
    told = pc.is_valid(table.columns["dob"]) if beside == ["dob"] else pa.array(np.ones(len(table), np.bool_))
    rows = pa.table(columns)
    once = rows.filter(told).group_by(list(columns)).aggregate([]).select(wanted)
    apart = pa.concat_tables((once, rows.filter(pc.invert(told)).select(wanted)))
    return dict(zip(wanted, apart.columns, strict=True))


def _told(column: pa.ChunkedArray | pa.Array) -> int:
    return int(len(column) - column.null_count)


def _first_forename(text: str) -> str:
    found = read_given(text).forenames
    return found[0] if found else ""


def _shares(column: pa.Array, read: Callable[[str], str]) -> tuple[dict[str, float], float]:
    """Shares of the standardised values of a column that are common enough to say nothing of anybody, with the share
    of all others under ""; and the chance that two records agree."""
    counted = pc.value_counts(pc.ascii_upper(column).drop_null())
    values, counts = counted.field("values"), counted.field("counts").to_numpy()
    order = np.argsort(-counts, kind="stable")
    total = int(counts.sum())
    if not total:
        return {}, 0.0
    # Of values met equally often none or all are listed: which came first is chance.
    least = max(LEAST_SEEN, int(counts[order[LISTED]]) + 1 if len(order) > LISTED else 0)
    listed = order[counts[order] >= least]
    found: dict[str, int] = {}
    for value, count in zip(values.take(pa.array(listed)).to_pylist(), counts[listed].tolist(), strict=True):
        if text := read(value):
            found[text] = found.get(text, 0) + count
    rest = counts[order[len(listed) :]].astype(float)
    # What two strangers of unlisted values share: a value met once tells nothing of how often it would be met.
    unlisted = float((rest * np.maximum(rest - 1, 0.25)).sum() / max(1.0, rest.sum())) / total if len(rest) else 0.0
    average = (sum(n * n for n in found.values()) + float((rest * np.maximum(rest - 1, 0.25)).sum())) / total**2
    shares = {text: n / total for text, n in found.items()}
    shares[""] = max(unlisted, 0.25 / total)
    return shares, min(1.0, max(average, 1.0 / total**2))


def _frequencies(field: str, shares: Mapping[str, float]) -> dict[str, Any]:
    listed = {text: round(share, 9) for text, share in shares.items() if text}
    floor = min(1.0, max(1e-9, shares[""]))
    cap = max([floor, *listed.values()])
    return Frequencies({field: listed}, {}).to_document() | {"limits": {field: {"floor": floor, "cap": cap}}}
