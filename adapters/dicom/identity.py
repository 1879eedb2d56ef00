"""The identity of an image: Patient ID and who issued it, never the one without the other (IHE-60)."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.dicom.elements import Elements
from mpi.domain.commands import NhsNumber
from mpi.domain.identifiers import NHS_AUTHORITY, Identifier
from mpi.domain.issuers import find_issuer
from mpi.domain.network import Network
from mpi.errors import Fault, Refused

_LONGEST = 64  # characters of a value of VR LO (PS3.5 6.2)
_GOLDEN = "*"  # stands for the index among authorities; no id in a network file has this form


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an image came from: the network's archive id and the AE title of the sender, "" when not known."""

    archive: str = ""
    ae_title: str = ""


@dataclass(frozen=True, slots=True)
class Others:
    """What Other Patient IDs Sequence adds: identifiers with their issuers, the NHS number, and remarks upon items
    that were passed over because nobody can tell who issued them."""

    identifiers: tuple[Identifier, ...] = ()
    nhs: NhsNumber | None = None
    remarks: tuple[str, ...] = ()


def read_identity(elements: Elements, network: Network, origin: Origin) -> Identifier:
    """The patient id of an image under its authority.

    The issuer the image names counts (0010,0021, and 0010,0024, which must agree); only for an image that names none
    does the AE title it came from. An image that carries a golden id is its patient's under the id it was acquired
    with, which coercion has kept. Raises `Refused`: MISSING_FIELD (no Patient ID, no issuer and no mapped source),
    UNKNOWN_AUTHORITY, BAD_VALUE, ENCODING.
    """
    value = elements.text("PatientID", _LONGEST)
    if not value:
        raise elements.refuse("PatientID", "is empty: the image has no identity", Fault.MISSING_FIELD)
    authority = _read_issuer(elements, network, origin)
    if authority == _GOLDEN:
        return _before_coercion(elements, network, origin)
    if authority is None:
        authority = _by_ae_title(elements, network, origin)
    if authority == NHS_AUTHORITY:
        raise elements.refuse("PatientID", "is an NHS number, which names a person and not a patient id of a trust")
    return Identifier(authority, value)


def read_others(elements: Elements, network: Network, origin: Origin) -> Others:
    """The identifiers of Other Patient IDs Sequence (0010,1002). Other Patient IDs (0010,1000), which names no
    issuers, is not read (IHE-61). Raises `Refused` when two different NHS numbers stand there."""
    found: list[Identifier] = []
    numbers: dict[str, None] = {}
    remarks: list[str] = []
    for item in elements.items("OtherPatientIDsSequence"):
        try:
            value, authority = item.text("PatientID", _LONGEST), _read_issuer(item, network, origin)
        except Refused as reason:
            remarks.append(f"{reason.location} passed over: {reason.fault}")
            continue
        if not value or authority is None:
            remarks.append(f"{item.location} passed over: {Fault.MISSING_FIELD}")
        elif authority == _GOLDEN:
            continue  # ours, of no trust
        elif authority == NHS_AUTHORITY:
            numbers[value.replace(" ", "").replace("-", "")] = None
        else:
            found.append(Identifier(authority, value))
    if len(numbers) > 1:
        raise elements.refuse("OtherPatientIDsSequence", "holds two different NHS numbers")
    nhs = NhsNumber(next(iter(numbers))) if numbers else None  # an image cannot verify it (NHS-8)
    return Others(tuple(dict.fromkeys(found)), nhs, tuple(remarks))


def is_golden(elements: Elements, network: Network, origin: Origin) -> bool:
    """Whether the Patient ID is one that the index has issued. Raises `Refused` (UNKNOWN_AUTHORITY)."""
    return _read_issuer(elements, network, origin) == _GOLDEN


def _before_coercion(elements: Elements, network: Network, origin: Origin) -> Identifier:
    """The id that the last coercion from a trust's id kept in Original Attributes Sequence (0400,0561)."""
    ours = network.issuer.namespace if network.issuer else ""
    for item in reversed(list(elements.items("OriginalAttributesSequence"))):
        kept = item.first("ModifiedAttributesSequence")
        if item.text("ModifyingSystem") != ours or kept is None:
            continue
        authority = _read_issuer(kept, network, origin)
        if authority == _GOLDEN:
            continue
        if authority is not None:
            return Identifier(authority, kept.text("PatientID"))
        # The source's AE title had told the issuer, which coercion wrote down among the other ids.
        known = [i for i in read_others(elements, network, origin).identifiers if i.value == kept.text("PatientID")]
        if len(known) == 1:
            return known[0]
    text = "the Patient ID is a golden id, and the image does not tell under which id it was acquired"
    raise Refused(Fault.MISSING_FIELD, text, elements.place("OriginalAttributesSequence"))


def _read_issuer(elements: Elements, network: Network, origin: Origin) -> str | None:
    """The authority that all names of the issuer agree on (as IHE-8 has it); None when it is not named."""
    places = {name: elements.place("IssuerOfPatientID") for name in [elements.text("IssuerOfPatientID")] if name}
    qualifiers = elements.first("IssuerOfPatientIDQualifiersSequence")
    if qualifiers is not None:
        for keyword in ("LocalNamespaceEntityID", "UniversalEntityID"):
            if name := qualifiers.text(keyword):
                places[name] = qualifiers.place(keyword)
    found = {_find(network, name, place, origin) for name, place in places.items()}
    if len(found) > 1:
        text = "the names of the issuer mean different assigning authorities"
        raise Refused(Fault.UNKNOWN_AUTHORITY, text, elements.place("IssuerOfPatientIDQualifiersSequence"))
    if qualifiers is not None and found:
        _check_type(qualifiers, network, next(iter(found)))
    return next(iter(found), None)


def _check_type(qualifiers: Elements, network: Network, authority: str) -> None:
    """Universal Entity ID Type (0040,0033): an OID is of type ISO, and nothing else is."""
    universal, kind = qualifiers.text("UniversalEntityID"), qualifiers.text("UniversalEntityIDType")
    is_oid = universal.removeprefix("urn:oid:") == _oid(network, authority)
    if universal and kind and is_oid != (kind == "ISO"):
        raise qualifiers.refuse("UniversalEntityIDType", "is not the type of the id there", Fault.UNKNOWN_AUTHORITY)


def _oid(network: Network, authority: str) -> str:
    if authority == _GOLDEN:
        return network.issuer.oid if network.issuer else ""
    return network.authority_by_id[authority].oid


def _find(network: Network, name: str, place: str, origin: Origin) -> str:
    if network.issuer is not None and name.removeprefix("urn:oid:") in (network.issuer.namespace, network.issuer.oid):
        return _GOLDEN
    try:
        return find_issuer(network, issuer=name, archive=origin.archive)
    except Refused as reason:
        raise Refused(reason.fault, reason.text, place) from None


def _by_ae_title(elements: Elements, network: Network, origin: Origin) -> str:
    place = elements.place("IssuerOfPatientID")
    if not origin.ae_title:
        text = "the image names no issuer of its Patient ID, and where it came from is not known"
        raise Refused(Fault.MISSING_FIELD, text, place)
    try:
        return find_issuer(network, ae_title=origin.ae_title, archive=origin.archive)
    except Refused as reason:
        raise Refused(reason.fault, f"the image names no issuer, and its {reason.text}", place) from None
