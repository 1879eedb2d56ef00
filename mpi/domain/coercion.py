"""What an archive writes into an image so that it is found under its golden identity (IHE-61, IHE-68).

The golden id becomes Patient ID, with the index as its issuer; the id the image came with moves to Other Patient IDs
Sequence with its own issuer; what is replaced is kept in Original Attributes Sequence (PS3.3 C.12.1.1.9). Other
Patient IDs (0010,1000), which cannot name an issuer, is never written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mpi.domain.identifiers import Identifier
from mpi.domain.network import Network
from mpi.domain.views import Resolution

JsonElements = Mapping[str, Mapping[str, Any]]
"""Elements by tag ("00100020") in the DICOM JSON model (PS3.18 annex F)."""

PATIENT_ID, ISSUER, QUALIFIERS = "00100020", "00100021", "00100024"
OTHER_PATIENT_IDS, ORIGINAL_ATTRIBUTES, MODIFIED_ATTRIBUTES = "00101002", "04000561", "04000550"
MODIFIED_AT, MODIFYING_SYSTEM, PREVIOUS_SOURCE, MODIFIED_WHY = "04000562", "04000563", "04000564", "04000565"


@dataclass(frozen=True, slots=True)
class Coercion:
    """What to do to a data set whose Patient ID and issuer are not those of `attributes` already; else nothing.

    1. Append to (0400,0561) the item `original_attributes` with, added, the time (0400,0562) and one item in
       (0400,0550) that holds the elements of `replaced` as they stand in the data set, without a value where absent.
    2. Unless the issuer was the index (then an older golden id is replaced): append to (0010,1002) the item
       `other_patient_id`, unless one of the same id and issuer is there.
    3. Set `attributes`.
    """

    attributes: JsonElements
    other_patient_id: JsonElements
    original_attributes: JsonElements
    replaced: Sequence[str] = (PATIENT_ID, ISSUER, QUALIFIERS)


def coercion_for(resolution: Resolution, network: Network) -> Coercion | None:
    """The coercion of an image whose patient id was resolved; None when the network file has no `[issuer]`."""
    issuer = network.issuer
    if issuer is None:
        return None
    return Coercion(
        attributes=_issued(str(resolution.golden_id), issuer.namespace, issuer.oid),
        other_patient_id=_local(resolution.identifier, network),
        original_attributes={
            MODIFYING_SYSTEM: {"vr": "LO", "Value": [issuer.namespace]},
            PREVIOUS_SOURCE: {"vr": "LO"},
            MODIFIED_WHY: {"vr": "CS", "Value": ["COERCE"]},
        },
    )


def _local(identifier: Identifier, network: Network) -> JsonElements:
    if network.issuer is not None and network.issuer.is_named(identifier.authority):  # by rule 2 never written
        return _issued(identifier.value, network.issuer.namespace, network.issuer.oid)
    authority = network.authority_by_id[identifier.authority]
    return _issued(identifier.value, authority.namespaces[0], authority.oid)


def _issued(value: str, namespace: str, oid: str) -> JsonElements:
    elements: dict[str, Mapping[str, Any]] = {
        PATIENT_ID: {"vr": "LO", "Value": [value]},
        ISSUER: {"vr": "LO", "Value": [namespace]},
    }
    if oid:
        universal = {"00400032": {"vr": "UT", "Value": [oid]}, "00400033": {"vr": "CS", "Value": ["ISO"]}}
        elements[QUALIFIERS] = {"vr": "SQ", "Value": [universal]}
    return elements
