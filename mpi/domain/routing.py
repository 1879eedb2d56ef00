"""Which record a source's words belong to once identifiers have been merged (V2-40, V2-41, V2-62).

A pure function of what was said and of the merges, so late messages and late merges end alike:
- said of a subsumed identifier after its merge: the sender meant the survivor;
- said before the merge: it stays with the prior's own record, kept as it was for the day of an unmerge;
- a survivor of which nothing was said before the merge is the same patient renamed: all of the prior's is its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from operator import attrgetter

from mpi.domain.commands import Field
from mpi.domain.identifiers import Identifier
from mpi.domain.record import Hop, Update
from mpi.domain.versions import Versions


def route(update: Update, hops: Mapping[Identifier, Hop], described: Mapping[Identifier, datetime]) -> Identifier:
    """The record that `update` belongs to; `described` says since when something was said of an identifier."""
    place = update.addressed
    if update.patch.get(Field.ACTIVE) is False:
        return place  # a PAS tidying up a merged number does not mean the living patient
    while (hop := hops.get(place)) is not None:
        if update.stamp.occurred <= hop.stamp.occurred and _was_described(hop, described):
            break
        place = hop.survivor
    return place


def fold(
    updates: Iterable[Update], hops: Mapping[Identifier, Hop], members: Iterable[Identifier]
) -> dict[Identifier, Versions]:
    """The versions of every member of one family of merged identifiers, from all that was ever said of them."""
    told = sorted(updates, key=attrgetter("stamp"))
    described = _described(told)
    versions = {member: Versions() for member in members}
    for update in told:
        place = route(update, hops, described)
        versions[place] = versions[place].tell(update)
    return versions


def borrowers(
    updates: Iterable[Update], hops: Mapping[Identifier, Hop], members: Iterable[Identifier]
) -> frozenset[Identifier]:
    """The members whose registers hold a prior's words: survivors of which nothing was said before the merge."""
    described = _described(updates)
    renamed = {hop.survivor for hop in hops.values() if not _was_described(hop, described)}
    return frozenset(member for member in members if member in renamed)


def _described(updates: Iterable[Update]) -> dict[Identifier, datetime]:
    since: dict[Identifier, datetime] = {}
    for update in updates:
        occurred = update.stamp.occurred
        since[update.addressed] = min(occurred, since.get(update.addressed, occurred))
    return since


def _was_described(hop: Hop, described: Mapping[Identifier, datetime]) -> bool:
    since = described.get(hop.survivor)
    return since is not None and since <= hop.stamp.occurred
