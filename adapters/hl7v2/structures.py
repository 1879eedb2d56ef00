"""Which message structure an event has, by version (HL7 table 0354); MSH-9.3 is never asked (V2-26)."""

from __future__ import annotations

from collections.abc import Mapping

_OLD: Mapping[str, str] = {  # 2.3 and 2.3.1
    "ADT_A01": "A01 A04 A05 A08 A13 A14 A28 A31",
    "ADT_A02": "A02 A21 A22 A23 A25 A26 A27 A29 A32 A33",
    "ADT_A03": "A03",
    "ADT_A06": "A06 A07",
    "ADT_A09": "A09 A10 A11 A15",
    "ADT_A12": "A12",
    "ADT_A16": "A16",
    "ADT_A17": "A17",
    "ADT_A18": "A18",
    "ADT_A20": "A20",
    "ADT_A24": "A24",
    "ADT_A30": "A30 A34 A35 A36 A46 A47 A48 A49",
    "ADT_A37": "A37",
    "ADT_A38": "A38",
    "ADT_A39": "A39 A40 A41 A42",
    "ADT_A43": "A43 A44",
    "ADT_A45": "A45",
    "ADT_A50": "A50 A51",
    "ORM_O01": "O01",
    "ORU_R01": "R01",
}
_NEW: Mapping[str, str] = {  # 2.4 and later
    **_OLD,
    "ADT_A01": "A01 A04 A08 A13",
    "ADT_A02": "A02",
    "ADT_A05": "A05 A14 A28 A31",
    "ADT_A09": "A09 A10 A11",
    "ADT_A15": "A15",
    "ADT_A21": "A21 A22 A23 A25 A26 A27 A29 A32 A33",
    "ADT_A52": "A52 A53",
    "ADT_A54": "A54 A55",
    "ADT_A60": "A60",
    "ADT_A61": "A61 A62",
    "OMG_O19": "O19",
}
_OMI: Mapping[str, str] = {**_NEW, "OMI_O23": "O23"}  # 2.5 and later


def _by_event(table: Mapping[str, str]) -> Mapping[str, str]:
    return {event: structure for structure, events in table.items() for event in events.split()}


_BY_EVENT = {
    "2.3": _by_event(_OLD),
    "2.3.1": _by_event(_OLD),
    "2.4": _by_event(_NEW),
    "2.5": _by_event(_OMI),
    "2.5.1": _by_event(_OMI),
}


def structure_of(trigger: str, version: str) -> str:
    """The structure id (`ADT_A05`) of a trigger event in a version; "" when that version has none for it."""
    return _BY_EVENT.get(version, {}).get(trigger, "")
