"""Look people up by demographics: one statement for each combination of criteria, planned once for any values.

A record is met by any of its names, further and former ones too (IHE-31). Those stand in a table of their own, read
by an arm of its own, so that the many who have but one name are still found by one index.

Ten thousand people may have one surname, and nobody is told of more than some hundred. So the records that meet the
criteria, which indexes alone tell, are taken in the order of their ids, only so many at a time as may hold the people
wanted, and only of these it is asked whose they are.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, bindparam, text

from mpi.db.lane import Lane
from mpi.db.prepared import Prepared
from mpi.domain.views import SearchCriteria

_LAST = "\U0010ffff"  # greater than any letter
_OF_RECORD = "select r.id from source_record r where r.live"
_RECORDS = 4  # to a person, at least, or else it takes a second look
_OF_OTHER_NAME = "select r.id from other_name n join source_record r on r.id = n.record_id where r.live"


def people_meeting(lane: Lane, criteria: SearchCriteria) -> list[UUID]:
    """Golden ids with a live record that meets every criterion; of too many those of the oldest records."""
    statement, parameters = looking_for(criteria)
    found: dict[UUID, None] = {}
    after, asked = 0, parameters["records"]
    while len(found) < criteria.limit:
        rows = list(lane.run(statement, parameters | {"after": after}))
        found |= dict.fromkeys(row.golden_id for row in rows if row.golden_id is not None)
        if len(rows) < asked:
            break
        after = rows[-1].id
    return sorted(islice(found, criteria.limit))


def looking_for(criteria: SearchCriteria) -> tuple[Prepared, dict[str, Any]]:
    """The statement for live records that meet every criterion, with the golden id of each, and its parameters;
    `after` is the id after which to look."""
    names, others = _names(criteria), _others(criteria)
    parameters: dict[str, Any] = {"after": 0, "records": _RECORDS * criteria.limit}
    for _, values in (*names, *others):
        parameters |= values
    return _statement(tuple(clause for clause, _ in names), tuple(clause for clause, _ in others)), parameters


@lru_cache(maxsize=256)  # as many as there are combinations of criteria
def _statement(names: tuple[str, ...], others: tuple[str, ...]) -> Prepared:
    arms = [(_OF_RECORD, "r"), (_OF_OTHER_NAME, "n")] if names else [(_OF_RECORD, "r")]
    met = " union all ".join(
        " and ".join((arm, *(clause.format(name=name) for clause in names), *others)) for arm, name in arms
    )
    # The records first: the planner would rather walk through everybody's links in the order of golden ids.
    return Prepared(
        text(
            f"""with met as materialized ({met}),
            taken as materialized (select id from met where id > :after order by id limit :records)
            select taken.id, l.golden_id from taken left join link l on l.record_id = taken.id and l.until is null
            order by taken.id"""
        ).bindparams(bindparam("after", type_=BigInteger), bindparam("records", type_=BigInteger))
    )


def _names(criteria: SearchCriteria) -> list[tuple[str, dict[str, Any]]]:
    """Conditions on the row of a name, which stands in them as `{name}`."""
    found: list[tuple[str, dict[str, Any]]] = []
    for part, value in (("family", criteria.family.upper()), ("given", criteria.given.upper())):
        if value and part in criteria.exact:
            found.append((f"{{name}}.{part} = :{part}", {part: value}))
        elif value:
            # As a range, because a plan that is made once cannot use the index for a pattern it does not know.
            clause = f"{{name}}.{part} ~>=~ :{part} and {{name}}.{part} ~<~ :{part}_end"
            found.append((clause, {part: value, f"{part}_end": value + _LAST}))
    return found


def _others(criteria: SearchCriteria) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    if criteria.birth_date:
        clause = "r.birth_date = :birth_date and r.birth_date <> ''"  # the second is the index's own condition
        found.append((clause, {"birth_date": criteria.birth_date}))
    if criteria.sex:
        found.append(("r.registers #>> '{sex,0}' = :sex", {"sex": criteria.sex}))
    if criteria.postcode:
        clause = (
            "exists (select from jsonb_array_elements(r.registers #> '{addresses,0}') a"
            " where replace(upper(a ->> 3), ' ', '') = :postcode)"
        )
        found.append((clause, {"postcode": criteria.postcode.upper().replace(" ", "")}))
    if criteria.identifier is not None:
        asked = {"authority": criteria.identifier.authority, "value": criteria.identifier.value}
        found.append(("r.authority = :authority and r.value = :value", asked))
    return found
