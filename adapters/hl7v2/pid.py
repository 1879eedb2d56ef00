"""A person as PID and PD1, for PDQ: what `demographics` and `patient` read, written (ITI-21 3.21.4.2.2).

Where a restricted person lives, how to reach them and their practice are never told (NHS-57). The child fields of
pediatric demographics are among them: mother's maiden name, multiple birth, birth order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from adapters.hl7v2.cx import write_cx
from adapters.hl7v2.pen import Pen
from linkage.record import Address, AddressUse, Demographics, Name, NameUse, Sex
from mpi.domain.identifiers import Identifier
from mpi.domain.network import Network
from mpi.domain.views import PersonView

# HL7 table 0200; it has no code for a name that is no longer used.
_NAME_TYPES: Mapping[NameUse, str] = {
    NameUse.USUAL: "D",
    NameUse.OFFICIAL: "L",
    NameUse.MAIDEN: "M",
    NameUse.OLD: "A",
    NameUse.NICKNAME: "N",
    NameUse.ALIAS: "A",
    NameUse.TEMP: "S",
}
# HL7 table 0190.
_ADDRESS_TYPES: Mapping[AddressUse, str] = {
    AddressUse.HOME: "H",
    AddressUse.TEMP: "C",
    AddressUse.OLD: "BA",
    AddressUse.WORK: "B",
    AddressUse.BIRTH: "BDL",
}
_SEXES: Mapping[Sex, str] = {Sex.MALE: "M", Sex.FEMALE: "F", Sex.OTHER: "O", Sex.UNKNOWN: "U"}
_UNSPECIFIED = "U"  # the type of a name that is not known: PID-5 must have one


def write_person(
    person: PersonView, told: Sequence[Identifier], network: Network, pen: Pen, number: int
) -> tuple[str, ...]:
    """PID, and PD1 when there is anything to say in it; `number` is PID-1."""
    demographics = person.demographics
    fields = {1: str(number), 3: pen.repetitions([write_cx(one, network, pen) for one in told])}
    fields |= _identity(demographics, pen) | _death(person)
    practice = ""
    if not person.restricted:
        fields |= _whereabouts(demographics, pen)
        practice = demographics.gp_practice
    fields[33] = _time(max((r.updated_at for r in person.records if r.updated_at), default=person.updated_at))
    pid = pen.segment("PID", fields)
    pd1 = pen.segment(
        "PD1",
        {3: pen.components(*[""] * 9, pen.text(practice)), 12: "Y" if person.restricted else ""},
    )
    return (pid, pd1) if pd1 != "PD1" else (pid,)


def _identity(told: Demographics, pen: Pen) -> dict[int, str]:
    names = [_name(one, pen) for one in told.names] + [_name(one, pen, NameUse.OLD) for one in told.previous_names]
    codes = sorted(told.reliability) + ([f"NSTS{told.nhs_status}"] if told.nhs_status else [])
    fields = {
        5: pen.repetitions(names) or pen.delimiters.component * 6 + _UNSPECIFIED,
        7: told.birth_date.replace("-", ""),
        8: _SEXES[told.sex],
        25: str(told.birth_order or ""),
        31: "Y" if told.identity_unknown else "",
        32: pen.repetitions(codes),
    }
    if told.mothers_maiden_name:
        fields[6] = pen.components(pen.text(told.mothers_maiden_name), *[""] * 5, "M")
    if told.multiple_birth is not None:
        fields[24] = "Y" if told.multiple_birth else "N"
    return fields


def _name(name: Name, pen: Pen, use: NameUse | None = None) -> str:
    parts = (name.family, name.given, name.middle, name.suffix, name.title, "")
    return pen.components(*map(pen.text, parts), _NAME_TYPES[use or name.use])


def _whereabouts(told: Demographics, pen: Pen) -> dict[int, str]:
    telecom = [pen.components(pen.text(number), "PRN", "PH") for number in told.phones]
    telecom += [pen.components("", "NET", "Internet", pen.text(address)) for address in told.emails]
    return {
        11: pen.repetitions([_address(address, pen) for address in told.addresses]),
        13: pen.repetitions(telecom),
    }


def _address(address: Address, pen: Pen) -> str:
    street, further = address.lines[:1], address.lines[1:]
    parts = (*(street or ("",)), ", ".join(further), address.town, address.county, address.postcode, "")
    return pen.components(*map(pen.text, parts), _ADDRESS_TYPES[address.use])


def _death(person: PersonView) -> dict[int, str]:
    if person.death is None:
        return {}
    return {29: _moment(person.death.at), 30: "Y"}


def _moment(text: str) -> str:
    """An ISO moment at its precision as TS; "" when it is none."""
    day, _, clock = text.partition("T")
    if not clock:
        return day.replace("-", "")
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return day.replace("-", "")
    return at.strftime("%Y%m%d%H%M%S") + (at.strftime("%z")[:5] if at.tzinfo else "")


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%d%H%M%S+0000")
