"""An expert's Splink model for whatever columns a file of people has; runs in the peers' environment.

Comparisons as Splink's documentation has them for each kind of column; blocking rules that an expert would try, those
that make too many pairs left out. Names are compared one by one or as a "whole", an address as one place or part by
part ("apart"): each was scored against the truth of seed 5 and the one with the best F1 kept, an advantage over this
library that no user has. The address as one place did better on every set that has one; names as a whole did on
two of those where forename and surname change places (`sets.WHOLE_NAMES`).
"""

from __future__ import annotations

from typing import Any

import duckdb  # type: ignore[import-not-found, unused-ignore]
import splink.comparison_level_library as cll  # type: ignore[import-not-found, unused-ignore]
import splink.comparison_library as cl  # type: ignore[import-not-found, unused-ignore]
from splink import block_on  # type: ignore[import-not-found, unused-ignore]

from benchmarks.peers.expert import Expert

MOST_PAIRS = 3_000_000
"""A rule that makes more pairs than so many in these small files is too loose for an expert."""
RAREST = 0.02
"""A column that fewer records have says too little to be compared."""

PASSES = 2
"""Each comparison is estimated by the pass that does not block on it. More passes, by address above all, did worse on
six of ten sets (voters .888 against .920, pseudopeople .961 and .973, uk-census .962 and .974), the same on three and
.001 better on one (contacts)."""

_RULES = (
    ("forename", "surname"),
    ("national_id",),
    ("dob",),
    ("phone",),
    ("email",),
    ("full_name",),
    ("postcode", "surname"),
    ("postcode", "forename"),
    ("address",),
    ("house", "street"),
    ("street", "surname"),
    ("street", "forename"),
    ("town", "surname"),
    ("town", "forename"),
    ("birth_place", "surname"),
    ("birth_place", "forename"),
    ("birth_year", "surname"),
    ("birth_year", "forename"),
    ("birth_year", "postcode"),
    ("substr(forename, 1, 3)", "substr(surname, 1, 3)"),
    ("substr(surname, 1, 3)", "dob"),
    ("substr(email, 1, 6)",),
    ("postcode",),
)
_SWAPPED = "l.forename = r.surname and l.surname = r.forename"
_CERTAIN = (
    ("forename", "surname", "dob"),
    ("full_name", "dob"),
    ("national_id",),
    ("email", "forename"),
    ("forename", "surname", "birth_year", "postcode"),
    ("forename", "surname", "birth_year", "street"),
    ("forename", "surname", "address"),
)
_LESS_CERTAIN = (("forename", "dob"), ("surname", "dob"))
_TRAIN = (("dob",), ("forename", "surname"), ("full_name",), ("national_id",), ("email",), ("phone",), ("address",))


def people(connection: duckdb.DuckDBPyConnection, variant: str) -> Expert:
    """The model for the table `people`; `variant` may name "apart" and "whole", as in "people-whole"."""
    there = _there(connection)
    whole = "whole" in variant and {"forename", "surname"} <= there
    if {"forename", "surname"} <= there:
        there.discard("full_name")
    else:
        there -= {"forename", "surname"}
    known = there | {f"substr({name}, 1, {n})" for name in there for n in (3, 6)}

    def usable(rules: tuple[tuple[str, ...], ...], most: int = MOST_PAIRS) -> list[Any]:
        return [block_on(*rule) for rule in rules if set(rule) <= known and _pairs(connection, rule) <= most]

    predict = usable(_RULES)
    certain = usable(_CERTAIN)
    if not any(_pairs(connection, rule) for rule in _CERTAIN if set(rule) <= known):
        certain = usable(_LESS_CERTAIN)  # RLdata: no two records of a person are alike in all
    return Expert(
        comparisons=[*_names(there, whole=whole), *_person(there), *_place(there, joint="apart" not in variant)],
        predict=[*predict, _SWAPPED] if "forename" in there else predict,
        certain=certain,
        train=usable(_TRAIN, 10 * MOST_PAIRS)[:PASSES],
    )


def _there(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """The columns that enough records have and that tell records apart."""
    names = [name for name, *_ in connection.execute("describe people").fetchall()]
    counted = ", ".join(f"count({name}), count(distinct {name})" for name in names)
    n, *counts = connection.execute(f"select count(*), {counted} from people").fetchall()[0]
    pairs = zip(names, counts[::2], counts[1::2], strict=True)
    return {name for name, said, distinct in pairs if said >= RAREST * n and distinct > 1}


def _pairs(connection: duckdb.DuckDBPyConnection, rule: tuple[str, ...]) -> int:
    by = ", ".join(rule)
    known = " and ".join(f"{name} is not null" for name in rule)
    told = f"select count(*)::bigint as n from people where {known} group by {by}"
    return int(connection.execute(f"select coalesce(sum(n * (n - 1) / 2), 0) from ({told})").fetchall()[0][0])


def _names(there: set[str], *, whole: bool) -> list[Any]:
    found = []
    if whole:
        joint = cl.ForenameSurnameComparison("forename", "surname", forename_surname_concat_col_name="joint_name")
        found.append(joint)
    for name in ("forename", "surname"):
        if name in there and not whole:
            found.append(cl.NameComparison(name).configure(term_frequency_adjustments=True))
    if "full_name" in there:
        similar = cl.JaroWinklerAtThresholds("full_name", [0.95, 0.9, 0.85, 0.75])
        found.append(similar.configure(term_frequency_adjustments=True))
    if "middle_names" in there:
        found.append(_middle())
    return found


def _middle() -> Any:
    return cl.CustomComparison(
        output_column_name="middle_names",
        comparison_levels=[
            cll.NullLevel("middle_names"),
            cll.ExactMatchLevel("middle_names"),
            cll.JaroWinklerLevel("middle_names", 0.9),
            cll.CustomLevel("substr(middle_names_l, 1, 1) = substr(middle_names_r, 1, 1)", "initial"),
            cll.ElseLevel(),
        ],
    )


def _person(there: set[str]) -> list[Any]:
    found = []
    if "dob" in there:
        found.append(cl.DateOfBirthComparison("dob", input_is_string=True))
    elif "birth_year" in there:
        found.append(cl.DamerauLevenshteinAtThresholds("birth_year", [1]))
    for name in ("national_id", "phone", "art_number"):
        if name in there:
            found.append(cl.DamerauLevenshteinAtThresholds(name, [1, 2]))
    for name in ("email", "occupation"):
        if name in there:
            exact = cl.EmailComparison(name) if name == "email" else cl.ExactMatch(name)
            found.append(exact.configure(term_frequency_adjustments=True))
    if "birth_place" in there:
        found.append(cl.JaroWinklerAtThresholds("birth_place", [0.9]).configure(term_frequency_adjustments=True))
    found += [cl.ExactMatch(name) for name in ("sex", "race", "suffix") if name in there]
    return found


def _place(there: set[str], *, joint: bool) -> list[Any]:
    if joint and "address" in there:
        return [_joint_place(there)]
    found = []
    if "house" in there:
        found.append(cl.ExactMatch("house").configure(term_frequency_adjustments=True))
    for name in ("street" if "street" in there else "address", "town"):
        if name in there:
            similar = cl.JaroWinklerAtThresholds(name, [0.9, 0.8])
            found.append(similar.configure(term_frequency_adjustments=True))
    if "postcode" in there:
        close = cl.DamerauLevenshteinAtThresholds("postcode", [1, 2])
        found.append(close.configure(term_frequency_adjustments=True))
    return found


def _joint_place(there: set[str]) -> Any:
    code = "postcode_l = postcode_r" if "postcode" in there else "true"
    similar = "jaro_winkler_similarity(address_l, address_r) >= 0.9"
    levels = [
        cll.CustomLevel(
            "(address_l is null or address_r is null) and (postcode_l is null or postcode_r is null)"
        ).configure(is_null_level=True),
        cll.CustomLevel(f"address_l = address_r and {code}", "same address"),
        cll.CustomLevel(f"{similar} and {code}", "similar address"),
        cll.CustomLevel("address_l = address_r or " + similar, "address alone"),
    ]
    if "postcode" in there:
        levels.append(cll.CustomLevel(code, "postcode alone"))
    if "town" in there:
        levels.append(cll.CustomLevel("town_l = town_r", "town alone"))
    return cl.CustomComparison(output_column_name="place", comparison_levels=[*levels, cll.ElseLevel()])
