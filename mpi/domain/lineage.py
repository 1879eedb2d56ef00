"""Which golden id each block of a new partition carries: ids are stable, never reused, and retire with a pointer."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from mpi.domain.identifiers import Identifier

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Lineage:
    """`golden_of` gives every record's golden id, `minted` are new, `retired` maps each lost id to its successor."""

    golden_of: Mapping[Identifier, UUID]
    minted: tuple[UUID, ...]
    retired: Mapping[UUID, UUID]


def trace(
    blocks: Sequence[Sequence[Identifier]],
    held: Mapping[Identifier, UUID],
    age: Callable[[UUID], object],
    mint: Callable[[], UUID],
    since: Mapping[Identifier, datetime] = {},
) -> Lineage:
    """Give each block the id that held most of its records; of equals the oldest id, and of blocks with an equal
    claim to one id that of whoever has been under it longest, so that a merge taken back gives it to whom it was of;
    then the first by record.

    `held` are the ids before (new records have none), `age` orders ids from the oldest, `since` tells when records
    first came under the ids they hold. An id goes to one block only; a block that gets none is given a minted one (a
    split).
    """
    claims = _claims(blocks, held)

    def longest(block: int, golden: UUID) -> datetime:
        return min((since[m] for m in blocks[block] if held.get(m) == golden and m in since), default=_NEVER)

    ranked = sorted(claims, key=lambda c: (-claims[c], age(c[1]), c[1], longest(*c), blocks[c[0]][0]))
    kept: dict[int, UUID] = {}
    taken: set[UUID] = set()
    for block, golden in ranked:
        if block not in kept and golden not in taken:
            kept[block] = golden
            taken.add(golden)
    minted = {block: mint() for block in range(len(blocks)) if block not in kept}
    ids = kept | minted
    golden_of = {member: ids[number] for number, block in enumerate(blocks) for member in block}
    lost = {golden for golden in held.values() if golden not in taken}
    return Lineage(golden_of, tuple(minted.values()), _successors(lost, ranked, ids))


def _claims(blocks: Sequence[Sequence[Identifier]], held: Mapping[Identifier, UUID]) -> Counter[tuple[int, UUID]]:
    return Counter(
        (number, held[member]) for number, block in enumerate(blocks) for member in block if member in held
    )


def _successors(lost: set[UUID], ranked: Iterable[tuple[int, UUID]], ids: Mapping[int, UUID]) -> dict[UUID, UUID]:
    """Each lost id is followed by the id of the block that took most of its records."""
    takers: dict[UUID, list[int]] = defaultdict(list)
    for block, golden in ranked:
        takers[golden].append(block)
    return {golden: ids[takers[golden][0]] for golden in sorted(lost)}
