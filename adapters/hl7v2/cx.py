"""Identifiers out, as CX: an assigning authority always by namespace, universal id and type (IHE-7, IHE-22)."""

from __future__ import annotations

from adapters.hl7v2.pen import Pen
from mpi.domain.identifiers import NHS_AUTHORITY, Identifier
from mpi.domain.network import Network


def write_cx(identifier: Identifier, network: Network, pen: Pen) -> str:
    """`B1^^^RMC&2.25.1&ISO^PI`; an NHS number has type NH."""
    authority = network.authority_by_id[identifier.authority]
    namespace = authority.namespaces[0] if authority.namespaces else authority.id
    if authority.oid:
        universal, kind = authority.oid, "ISO"
    else:  # all three must be there; the name itself, marked as local, says no more than is known
        universal, kind = namespace, "L"
    domain = pen.subcomponents(namespace, universal, kind)
    type_code = "NH" if identifier.authority == NHS_AUTHORITY else "PI"
    return pen.components(pen.text(identifier.value), "", "", domain, type_code)
