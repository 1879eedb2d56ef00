"""What a person should know before relying on a result, in sentences without any value of a record."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from linkage.people import Linker
from linkage.plurals import counted
from linkage.tables.table import Table
from linkage.tables.together import facts

_SHARED = frozenset(
    ("a phone", "an e-mail", "address", "town", "region", "postcode", "gp_practice", "sex", "mothers_maiden_name")
)
_MOSTLY = 0.5
"""From this share of random pairs on that look like one person, chance agreement cannot be learned from the rest."""
_PLACES_AND_NAMES = ("forename", "surname", "full_name", "postcode", "address")
_CROWD = 0.5
"""From this share of such a field's values on, one of them may be a default rather than a fact."""
_LEAST = 20
_LOOKED = 200_000


def cautions(linker: Linker, table: Table) -> Iterator[str]:
    """Why a result may be empty or wrong. table: the records, with their fields."""
    told = facts(table)
    if told <= _SHARED:
        yield (
            f"the records say nothing but {', '.join(table.columns)}, which the members of a household may share, so"
            " nobody is linked by that alone; where each person has one of their own, map it as an [[extra]] of kind"
            " code"
        )
    for name, rows in linker.defaults.items():
        yield (
            f"{name}: {counted(rows, 'row')} say what people of many names say too: it was taken for a default,"
            " and for nothing said"
        )
    yield from _defaults(table)
    provenance = linker.model.document["provenance"]
    pairs, alike = provenance["random_pairs"], provenance["matches_among_random_pairs"]
    if pairs and alike > _MOSTLY * pairs:
        yield (
            f"{alike:,} of {counted(pairs, 'random pair')} look like one person: what strangers have in common cannot"
            " be learned from these records, so weights and probabilities are not to be relied on"
        )


def _some(column: pa.Array) -> pa.Array:
    """At most `_LOOKED` of the rows, evenly spread: counting the values of millions takes as much memory as they."""
    if len(column) <= _LOOKED:
        return column
    return column.take(pa.array(np.linspace(0, len(column) - 1, _LOOKED).astype(np.int64)))


def _defaults(table: Table) -> Iterator[str]:
    """Fields of which one value stands in so many rows that it must be a default."""
    for name in _PLACES_AND_NAMES:
        column = _some(table.columns.get(name, pa.nulls(0, pa.string()))).drop_null()
        said, most = len(column), pc.max(pc.value_counts(pc.ascii_upper(column)).field("counts")).as_py() or 0
        if most >= max(_LEAST, _CROWD * said):
            yield (
                f"{name}: one value stands in {most:,} of {counted(said, 'row')} that say any, of those looked at;"
                " where it is a default and no fact, agreement on it misleads, so blank it in the file or leave the"
                " column out"
            )
