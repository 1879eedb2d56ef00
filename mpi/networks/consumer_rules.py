"""What the consumers of a network file must mean."""

from __future__ import annotations

from collections.abc import Iterator

from mpi.domain.consumer import TOLD
from mpi.domain.identifiers import NHS_AUTHORITY
from mpi.networks.positions import Path
from mpi.networks.problem import Problem
from mpi.networks.rules import _HL7_TEXT, _ID, _OID, _repeated, _unknown
from mpi.networks.shape import ConsumerTable, NetworkTable


def consumer_problems(network: NetworkTable) -> Iterator[Problem]:
    """Everything wrong with the consumers of `network`, in their order."""
    ids: set[str] = set()
    doors: set[str] = set()
    organisations = {o.code: o for o in network.organisations}
    known = {NHS_AUTHORITY, *(a.id for a in network.authorities)}
    for number, table in enumerate(network.consumers):
        here: Path = ("consumers", number)
        if not _ID.fullmatch(table.id):
            yield Problem((*here, "id"), f"'{table.id}' is no id; write letters, digits and hyphens")
        yield from _repeated(table.id, ids, (*here, "id"), "consumer")
        yield from _repeated(f"{table.application} at {table.facility}", doors, (*here, "application"), "consumer")
        if table.organisation not in organisations:
            yield _unknown((*here, "organisation"), "organisation", table.organisation, organisations)
        for key in ("application", "facility"):
            if not _HL7_TEXT.fullmatch(getattr(table, key)):
                yield Problem((*here, key), f"'{key}' holds an HL7 delimiter or control character; leave it out")
        for place, name in enumerate(table.authorities):
            if name not in known:
                yield _unknown((*here, "authorities", place), "authority", name, known)
        yield from _told(table, here)


def _told(table: ConsumerTable, here: Path) -> Iterator[Problem]:
    """ITI-10 and ITI-64 need somewhere to go, and ITI-64 an affinity domain."""
    told = [name for name in table.transactions if name in TOLD]
    if told and not (table.host and table.port):
        yield Problem(here, f"{told[0]} needs 'host' and 'port', where this consumer listens for MLLP")
    if table.tls and not table.host:
        yield Problem((*here, "tls"), "'tls' says how this consumer listens, but no 'host' where; write it too")
    if "ITI-64" in told and not _OID.fullmatch(table.xad_oid):
        yield Problem(here, "ITI-64 needs 'xad_oid', the OID of the affinity domain's patient ids (IHE-50)")
