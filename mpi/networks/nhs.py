"""The NHS number's own assigning authority, part of every network without being written in any file."""

from __future__ import annotations

from mpi.domain.identifiers import NHS_AUTHORITY, NHS_OID, NHS_SYSTEM
from mpi.domain.network import Authority

# NHS-6: systems of earlier FHIR profiles, which senders still use; they mean today's NHS_SYSTEM.
_OLD_SYSTEMS = (
    "http://fhir.nhs.net/Id/nhs-number",
    "https://fhir.nhs.net/Id/nhs-number",
    "http://fhir.nhs.uk/Id/nhs-number",
)

NHS = Authority(
    id=NHS_AUTHORITY,
    name="NHS number",
    owner="",  # issued nationally: no organisation of a network owns it
    namespaces=(NHS_AUTHORITY, *_OLD_SYSTEMS),
    oid=NHS_OID,
    system=NHS_SYSTEM,
)

NHS_NAMES = frozenset({NHS.id, *NHS.namespaces, NHS.oid, NHS.system})
