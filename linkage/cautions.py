"""What a person should know before relying on a result, in sentences without any value of a record."""

from __future__ import annotations

from collections.abc import Iterator

from linkage.people import Linker
from linkage.plurals import counted
from linkage.tables.table import Table
from linkage.tables.together import facts

_SHARED = frozenset(
    ("a phone", "an e-mail", "address", "town", "region", "postcode", "gp_practice", "sex", "mothers_maiden_name")
)
_MOSTLY = 0.5
"""From this share of random pairs on that look like one person, chance agreement cannot be learned from the rest."""


def cautions(linker: Linker, table: Table) -> Iterator[str]:
    """Why a result may be empty or wrong. table: the records, with their fields."""
    told = facts(table)
    if told <= _SHARED:
        yield (
            f"the records say nothing but {', '.join(table.columns)}, which the members of a household may share, so"
            " nobody is linked by that alone; where each person has one of their own, map it as an [[extra]] of kind"
            " code"
        )
    provenance = linker.model.document["provenance"]
    pairs, alike = provenance["random_pairs"], provenance["matches_among_random_pairs"]
    if pairs and alike > _MOSTLY * pairs:
        yield (
            f"{alike:,} of {counted(pairs, 'random pair')} look like one person: what strangers have in common cannot"
            " be learned from these records, so weights and probabilities are not to be relied on"
        )
