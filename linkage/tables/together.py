"""Two tables as one, so that one engine links them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from linkage.room import UNBOUNDED, Room
from linkage.tables.errors import InputError
from linkage.tables.table import FIELDS, Table

_GIVEN, _FAMILY, _MIDDLE = "a forename", "a surname", "middle names"
_FACTS: Mapping[str, tuple[str, ...]] = {
    "forename": (_GIVEN,),
    "middle_names": (_MIDDLE,),
    "surname": (_FAMILY,),
    "previous_surname": (_FAMILY,),
    "full_name": (_GIVEN, _FAMILY, _MIDDLE),
    **dict.fromkeys(("phone", "phone_2", "phone_3"), ("a phone",)),
    **dict.fromkeys(("email", "email_2"), ("an e-mail",)),
    # What a title or the state of a number says is no reason to link.
    **dict.fromkeys(("title", "nhs_status", "multiple_birth"), ()),
}
"""What a field is compared as, where that is not itself."""


def together(one: Table, other: Table, room: Room = UNBOUNDED) -> Table:
    """All records of both, the first table's before the second's; a column that one lacks is not said there.

    Where the two share an id, every id gets its table's number in front: "1:17" and "2:17". Raises `InputError` when
    no field that is compared is said in both, or an extra column is of two kinds.
    """
    if facts(one).isdisjoint(facts(other)):
        raise InputError(
            "the two files have no field in common by which their records could be compared:"
            f" one has {_listed(one)}, the other {_listed(other)}"
        )
    for name, kind in one.extras.items():
        if other.extras.get(name, kind) is not kind:
            raise InputError(f"'{name}' is a {kind} in one file and a {other.extras[name]} in the other")
    clash = pc.any(pc.is_in(one.ids, value_set=other.ids)).as_py()
    sides = [_numbered(one.ids, "1"), _numbered(other.ids, "2")] if clash else [one.ids, other.ids]
    extras = {**one.extras, **other.extras}
    columns = {
        name: room.keep(pa.concat_arrays([_column(one, name), _column(other, name)]))
        for name in (*FIELDS, *extras)
        if name in one.columns or name in other.columns
    }
    return Table(pa.concat_arrays(sides), columns, extras, len(one))


def facts(table: Table) -> set[str]:
    """What the records of a table can be compared by."""
    return {fact for name in table.columns for fact in _FACTS.get(name, (name,))}


def tell_alone(one: Table, other: Table, names: tuple[str, str]) -> Iterator[str]:
    """A sentence for either file, by name, that says something the other does not."""
    for name, mine, others in ((names[0], one, facts(other)), (names[1], other, facts(one))):
        told = {field: _FACTS.get(field, (field,)) for field in mine.columns}
        alone = [field for field, said in told.items() if said and others.isdisjoint(said)]
        if alone:
            yield f"only in {name}, so not compared: {', '.join(alone)}"


def _listed(table: Table) -> str:
    return ", ".join(table.columns)


def _numbered(ids: pa.Array, number: str) -> pa.Array:
    return pc.binary_join_element_wise(number, ids, ":")


def _column(table: Table, name: str) -> pa.Array:
    return table.columns.get(name, pa.nulls(len(table), pa.string()))
