"""Duplicates within an assigning authority, found by reading the index of its links once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from mpi.db.lane import Lane
from mpi.db.prepared import Prepared
from mpi.domain.correction import Doubled
from mpi.domain.identifiers import Identifier

_SOUND = "r.live and not r.borrowed and r.pending is null and l.until is null and not l.contested"
_FIRST = (UUID(int=0), "")
# From the index of links alone to the few with several records there, and only of these are the records looked at.
_COUNTED = f"""often as materialized (
      select golden_id, authority from link
      where authority = any(:authorities) and until is null and not contested
      group by authority, golden_id having count(*) > 1),
    doubled as materialized (
      select l.golden_id, l.authority from often o
      join link l on l.authority = o.authority and l.golden_id = o.golden_id
      join source_record r on r.id = l.record_id
      where {_SOUND} group by l.golden_id, l.authority having count(*) > 1)"""
_DOUBLED = text(
    f"""with {_COUNTED}
    select golden_id, authority, (select count(*) from doubled) as total from doubled
    where (golden_id, authority collate "C") > (:after_id, :after_authority)
    order by golden_id, authority collate "C" limit :limit"""
).bindparams(bindparam("authorities", type_=ARRAY(Text)), bindparam("after_id", type_=Uuid))
_TOTAL = text(f"with {_COUNTED} select count(*) from doubled").bindparams(bindparam("authorities", type_=ARRAY(Text)))
_MEMBERS = Prepared(
    text(
        f"""select l.golden_id, r.authority, r.value,
         (select count(*) from study s where s.record_id = r.id) as studies
       from unnest(:golden_ids, :authorities) as d (golden_id, authority)
       join link l on l.authority = d.authority and l.golden_id = d.golden_id
       join source_record r on r.id = l.record_id
       where {_SOUND}"""
    ).bindparams(bindparam("golden_ids", type_=ARRAY(Uuid)), bindparam("authorities", type_=ARRAY(Text)))
)


class DuplicateStore:
    """See `mpi.ports.Duplicates`."""

    def __init__(self, connection: Lane) -> None:
        self._connection = connection

    def doubled(self, authorities: Collection[str], after: Doubled | None, limit: int) -> tuple[list[Doubled], int]:
        """Who is doubled, and how many there are in all."""
        own: dict[str, Any] = {"authorities": list(authorities)}
        after_id, after_authority = after or _FIRST
        place = {"after_id": after_id, "after_authority": after_authority, "limit": limit}
        rows = list(self._connection.execute(_DOUBLED, own | place))
        if not rows:
            return [], int(self._connection.execute(_TOTAL, own).scalar_one()) if after else 0
        return [(row.golden_id, row.authority) for row in rows], rows[0].total

    def members(self, doubled: Sequence[Doubled]) -> Mapping[Doubled, Mapping[Identifier, int]]:
        """The records of each, with how many studies were acquired under it."""
        found: dict[Doubled, dict[Identifier, int]] = defaultdict(dict)
        asked = {"golden_ids": [one for one, _ in doubled], "authorities": [authority for _, authority in doubled]}
        for row in self._connection.run(_MEMBERS, asked):
            found[row.golden_id, row.authority][Identifier(row.authority, row.value)] = row.studies
        return found
