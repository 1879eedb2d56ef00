"""Patches, registers and what is said of orders as JSON and back, exactly; nothing else knows their stored form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from linkage.record import Address, AddressUse, Name, NameUse, Reliability, Sex
from mpi.domain.commands import Death, Field, NhsNumber, Patch, Rank, Stamp, Value
from mpi.domain.identifiers import Identifier
from mpi.domain.order_fold import Said
from mpi.domain.orders import Coded, OrderField, OrderStatus, OrderValue, ReportStatus
from mpi.domain.record import Pending
from mpi.domain.registers import Cell, Registers

Json = Any
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# Looked up, for a query decodes thousands of them and calling an enumeration costs more than all else here.
_RANKS = {int(rank): rank for rank in Rank}
_NAME_USES = {use.value: use for use in NameUse}
_ADDRESS_USES = {use.value: use for use in AddressUse}
_FIELDS = {field.value: field for field in Field}


def _name_to_json(name: Name) -> Json:
    return [name.family, name.given, name.middle, name.title, name.suffix, name.use]


def _name_from_json(data: Json) -> Name:
    family, given, middle, title, suffix, use = data
    return Name(family, given, middle, title, suffix, _NAME_USES[use])


def _address_to_json(address: Address) -> Json:
    return [list(address.lines), address.town, address.county, address.postcode, address.use]


def _address_from_json(data: Json) -> Address:
    return Address(tuple(data[0]), data[1], data[2], data[3], _ADDRESS_USES[data[4]])


_Codec = tuple[Callable[[Any], Json], Callable[[Json], Value]]
_PLAIN: _Codec = (lambda value: value, lambda data: data)
_TEXTS: _Codec = (list, tuple)
_DEATH: _Codec = (lambda death: death.at, Death)
_CODECS: Mapping[Field, _Codec] = {
    Field.NAMES: (
        lambda names: [_name_to_json(n) for n in names],
        lambda data: tuple(_name_from_json(n) for n in data),
    ),
    Field.ADDRESSES: (
        lambda addresses: [_address_to_json(a) for a in addresses],
        lambda data: tuple(_address_from_json(a) for a in data),
    ),
    Field.PHONES: _TEXTS,
    Field.EMAILS: _TEXTS,
    Field.SEX: (str, Sex),
    Field.NHS_NUMBER: (lambda number: [number.value, number.status], lambda data: NhsNumber(*data)),
    Field.DEATH: _DEATH,
    Field.DISCHARGE_DEATH: _DEATH,
    Field.RELIABILITY: (sorted, lambda data: frozenset(Reliability(code) for code in data)),
}


def _value_to_json(name: Field, value: Value) -> Json:
    return None if value is None else _CODECS.get(name, _PLAIN)[0](value)


def _value_from_json(name: Field, data: Json) -> Value:
    return None if data is None else _CODECS.get(name, _PLAIN)[1](data)


def stamp_to_json(stamp: Stamp) -> Json:
    """A stamp as [rank, occurred, recorded, arrival], times in microseconds since 1970 UTC."""
    occurred, recorded = ((at - _EPOCH) // _MICROSECOND for at in (stamp.occurred, stamp.recorded))
    return [int(stamp.rank), occurred, recorded, stamp.arrival]


def stamp_from_json(data: Json) -> Stamp:
    """The inverse of `stamp_to_json`."""
    rank, occurred, recorded, arrival = data
    at = _EPOCH + timedelta(0, 0, occurred)
    return Stamp(_RANKS[rank], at, at if recorded == occurred else _EPOCH + timedelta(0, 0, recorded), arrival)


def patch_to_json(patch: Patch) -> dict[str, Json]:
    """A patch as a JSON object; null deletes."""
    return {str(name): _value_to_json(name, value) for name, value in patch.items()}


def patch_from_json(data: Mapping[str, Json]) -> Patch:
    """The inverse of `patch_to_json`."""
    return {_FIELDS[name]: _value_from_json(_FIELDS[name], value) for name, value in data.items()}


def registers_to_json(registers: Registers) -> dict[str, Json]:
    """Registers as a JSON object of [value, stamp] or [value, stamp, past] a field."""
    return {str(name): _cell_to_json(name, cell) for name, cell in registers.cells.items()}


def registers_from_json(data: Mapping[str, Json]) -> Registers:
    """The inverse of `registers_to_json`."""
    return Registers({(field := _FIELDS[name]): _cell_from_json(field, cell) for name, cell in data.items()})


def pending_to_json(pending: Pending | None) -> Json:
    """A pending version as a JSON object; None for none."""
    if pending is None:
        return None
    return {
        "registers": registers_to_json(pending.registers),
        "addressed": [pending.addressed.authority, pending.addressed.value],
        "opened": stamp_to_json(pending.opened),
        "rejected": pending.rejected,
    }


def pending_from_json(data: Json) -> Pending | None:
    """The inverse of `pending_to_json`."""
    if data is None:
        return None
    registers, opened = registers_from_json(data["registers"]), stamp_from_json(data["opened"])
    return Pending(registers, Identifier(*data["addressed"]), opened, data["rejected"])


def _cell_to_json(name: Field, cell: Cell) -> Json:
    stored = [_value_to_json(name, cell.value), stamp_to_json(cell.stamp)]
    if cell.past:
        stored.append([[_value_to_json(name, value), stamp_to_json(stamp)] for value, stamp in cell.past])
    return stored


def _cell_from_json(name: Field, data: Json) -> Cell:
    value, stamp = _value_from_json(name, data[0]), stamp_from_json(data[1])
    if len(data) == 2:
        return Cell(value, stamp)
    past = tuple((_value_from_json(name, value), stamp_from_json(stamp)) for value, stamp in data[2])
    return Cell(value, stamp, past)


def said_to_json(said: Said) -> dict[str, Json]:
    """What was said of an order as a JSON object of [value, stamp] a field."""
    return {str(name): [_order_value_to_json(value), stamp_to_json(stamp)] for name, (value, stamp) in said.items()}


def said_from_json(data: Mapping[str, Json]) -> Said:
    """The inverse of `said_to_json`."""
    read = {OrderField(name): told for name, told in data.items()}
    return {name: (_order_value_from_json(name, told[0]), stamp_from_json(told[1])) for name, told in read.items()}


def codes_to_json(codes: Iterable[Coded]) -> Json:
    """Codes as [code, text, system] each."""
    return [[coded.code, coded.text, coded.system] for coded in codes]


def codes_from_json(data: Json) -> tuple[Coded, ...]:
    """The inverse of `codes_to_json`."""
    return tuple([Coded(*coded) for coded in data]) if data else ()  # of five hundred studies few have any


_ORDER_READERS: Mapping[OrderField, Callable[[Json], OrderValue]] = {
    OrderField.CODES: codes_from_json,
    OrderField.STARTS_AT: datetime.fromisoformat,
    OrderField.STATUS: OrderStatus,
    OrderField.REPORT: ReportStatus,
}


def _order_value_to_json(value: OrderValue) -> Json:
    if isinstance(value, datetime):
        return value.isoformat()
    return codes_to_json(value) if isinstance(value, tuple) else value


def _order_value_from_json(name: OrderField, data: Json) -> OrderValue:
    return None if data is None else _ORDER_READERS.get(name, str)(data)
