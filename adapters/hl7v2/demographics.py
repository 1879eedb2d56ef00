"""HL7 data types into demographics as received: XPN names, XAD addresses, XTN telecom, coded values.

Translation only: whatever a value is worth as evidence is for `linkage.standardise` to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from adapters.hl7v2.message import Segment, Value
from linkage.record import Address, AddressUse, Name, NameUse, Sex

# HL7 table 0200. P is the name of a partner, not the patient's.
NAME_USES: Mapping[str, NameUse | None] = {
    "": NameUse.USUAL,
    "L": NameUse.OFFICIAL,
    "D": NameUse.USUAL,
    "C": NameUse.USUAL,
    "U": NameUse.USUAL,
    "R": NameUse.OFFICIAL,
    "M": NameUse.MAIDEN,
    "N": NameUse.NICKNAME,
    "A": NameUse.ALIAS,
    "B": NameUse.OLD,
    "S": NameUse.TEMP,
    "T": NameUse.TEMP,
    "BAD": NameUse.OLD,
    "NOUSE": NameUse.OLD,
    "P": None,
}
# HL7 table 0190.
ADDRESS_USES: Mapping[str, AddressUse] = {
    "B": AddressUse.WORK,
    "O": AddressUse.WORK,
    "C": AddressUse.TEMP,
    "BA": AddressUse.OLD,
    "F": AddressUse.OLD,
    "BDL": AddressUse.BIRTH,
    "BR": AddressUse.BIRTH,
    "N": AddressUse.BIRTH,
}
# HL7 table 0001 and the NHS codes of NHS-51; a feed adds its own.
SEXES: Mapping[str, str] = {
    "M": "M",
    "F": "F",
    "O": "O",
    "A": "O",
    "U": "U",
    "N": "U",
    "1": "M",
    "2": "F",
    "9": "O",
    "I": "O",
    "0": "U",
    "X": "U",
}
_SEX_BY_LETTER: Mapping[str, Sex] = {"M": Sex.MALE, "F": Sex.FEMALE, "O": Sex.OTHER, "U": Sex.UNKNOWN}
_CURRENT = frozenset({NameUse.USUAL, NameUse.OFFICIAL})
ETHNIC_CATEGORIES = frozenset("ABCDEFGHJKLMNPRSZ") | {"99"}


def read_names(repetitions: Iterable[Value]) -> tuple[Name, ...]:
    """All names of an XPN field, those in current use first, otherwise in the order sent (PID-5)."""
    names = [name for name in map(_read_name, repetitions) if name is not None]
    return tuple(sorted(names, key=lambda name: name.use not in _CURRENT))


def _read_name(xpn: Value) -> Name | None:
    use = NAME_USES.get(xpn.text(7).upper(), NameUse.ALIAS)
    family, given, middle = xpn.text(1), xpn.text(2), xpn.text(3)
    if use is None or not (family or given or middle):
        return None
    return Name(family, given, middle, title=xpn.text(5), suffix=xpn.text(4), use=use)


def read_addresses(repetitions: Iterable[Value]) -> tuple[Address, ...]:
    """All addresses of an XAD field, home addresses first, otherwise in the order sent (PID-11)."""
    addresses = [address for address in map(_read_address, repetitions) if address is not None]
    return tuple(sorted(addresses, key=lambda address: address.use is not AddressUse.HOME))


def _read_address(xad: Value) -> Address | None:
    street = xad.text(1) or f"{xad.text(1, 3)} {xad.text(1, 2)}".strip()  # SAD.3 number, SAD.2 street
    address = Address(
        lines=tuple(line for line in (street, xad.text(2)) if line),
        town=xad.text(3),
        county=xad.text(4) or xad.text(9),
        postcode=xad.text(5),
        use=ADDRESS_USES.get(xad.text(7).upper(), AddressUse.HOME),
    )
    return address if (address.lines or address.town or address.county or address.postcode) else None


def read_telecom(repetitions: Iterable[Value]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Phone numbers and e-mail addresses of XTN fields, in order, without repeats (PID-13, PID-14)."""
    phones: dict[str, None] = {}
    emails: dict[str, None] = {}
    for xtn in repetitions:
        number = xtn.text(1) or xtn.text(12) or " ".join(filter(None, (xtn.text(6), xtn.text(7))))
        if xtn.text(4) or "@" in number:
            emails[xtn.text(4) or number] = None
        elif number and xtn.text(3).upper() != "FX":  # a fax reaches an office, not a person
            phones[number] = None
    return tuple(phones), tuple(emails)


def read_sex(code: str, feed_codes: Mapping[str, str]) -> Sex | None:
    """Sex for a PID-8 code by the feed's own table, then the standard ones; None for a code in neither."""
    letter = feed_codes.get(code) or SEXES.get(code.upper())
    return _SEX_BY_LETTER.get(letter) if letter else None


def read_ethnic_category(*fields: str) -> str:
    """The first NHS ethnic category code among `fields`; "" when none is one."""
    return next((field.upper() for field in fields if field.upper() in ETHNIC_CATEGORIES), "")


def read_practice(pd1: Segment) -> str:
    """The ODS code of the GP practice: PD1-3 XON.10 or XON.3, else any part of PD1-4; "" when there is none."""
    organisation = [part for xon in pd1.repetitions(3) for part in (xon.text(10), xon.text(3), xon.text(1))]
    provider = [xcn.text(n) for xcn in pd1.repetitions(4) for n in range(1, len(xcn.components) + 1)]
    return next((part.upper() for part in (*organisation, *provider) if _is_practice(part)), "")


def _is_practice(code: str) -> bool:
    return len(code) == 6 and code.isascii() and code[0].isalpha() and code[1:].isdigit()
