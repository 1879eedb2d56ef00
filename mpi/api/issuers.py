"""Which assigning authority a request means."""

from __future__ import annotations

from mpi.domain.identifiers import Identifier
from mpi.domain.network import Network
from mpi.errors import Fault, Refused


def find_authority(network: Network, name: str) -> str:
    """The id of the authority called `name` (our id, namespace, OID, system). Raises Refused (UNKNOWN_AUTHORITY)."""
    return network.authority(name).id


def parse_identifier(network: Network, text: str) -> Identifier:
    """`authority|value` with the authority by any of its names. Raises Refused (BAD_VALUE, UNKNOWN_AUTHORITY)."""
    authority, _, value = (part.strip() for part in text.partition("|"))
    if not (authority and value):
        raise Refused(Fault.BAD_VALUE, "an identifier is written authority|value", "identifier")
    return Identifier(find_authority(network, authority), value)
