"""What IHE adds to HL7 2.5 for PIX and PDQ answers, as hl7apy message profiles.

HL7 leaves the parameters of a query ("QPD-3-n") to whoever defines it, and hl7apy's own QPD ends at the third field:
ITI-9 and ITI-21 define them here, though what a faulty query lacks cannot be asked of its answer. ITI-21 also wants
one ERR for each unknown domain. All else is HL7's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hl7apy import load_reference

ONE, ANY = (1, 1), (0, -1)


def profiles(version: str) -> Mapping[str, Any]:
    """The profiles of RSP_K21 and RSP_K23, and HL7's own structure of an ACK, by structure."""
    pix = (_field(3, "CX", ANY, version), _field(4, "CX", ANY, version))
    later = tuple(_field(number, "CX" if number == 8 else "ST", ANY, version) for number in range(4, 10))
    pdq = (_field(3, "QIP", ANY, version), *later)
    return {
        "RSP_K23": _with(load_reference("RSP_K23", "Message", version), QPD=(_qpd(pix, version), ONE)),
        "RSP_K21": _with(
            load_reference("RSP_K21", "Message", version),
            QPD=(_qpd(pdq, version), ONE),
            ERR=(load_reference("ERR", "Segment", version), ANY),
        ),
        "ACK": load_reference("ACK", "Message", version),
    }


def _with(structure: Any, **children: tuple[Any, tuple[int, int]]) -> Any:
    told = tuple(
        (name, *children.get(name, (reference, cardinality)), kind)
        for name, reference, cardinality, kind in structure[1]
    )
    return (structure[0], told, *structure[2:])


def _qpd(parameters: tuple[Any, ...], version: str) -> Any:
    kind, fields, *rest = load_reference("QPD", "Segment", version)
    return (kind, (*fields[:2], *parameters), *rest)


def _field(number: int, datatype: str, cardinality: tuple[int, int], version: str) -> Any:
    if datatype == "ST":
        reference: Any = ("leaf", None, "ST", "USER_PARAMETER", None, -1)
    else:
        components = load_reference(datatype, "Datatypes_Structs", version)
        if datatype == "QIP":  # 2.A.60: the values of QIP.2 are separated as subcomponents, which hl7apy's ST has not
            components = (components[0], ("QIP_2", ["leaf", None, "varies", "VALUES", None, -1], (0, 1), "CMP"))
        reference = ("sequence", components, datatype, "USER_PARAMETER", None, -1)
    return (f"QPD_{number}", reference, cardinality, "FIE")
