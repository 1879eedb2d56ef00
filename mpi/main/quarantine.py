"""Composes what looks after refused messages: each protocol reads and takes in its own."""

from __future__ import annotations

from adapters.dicom.quarantined import QuarantinedHeaders
from adapters.fhir.exchange import Addresses
from adapters.fhir.feed import EVENTS
from adapters.fhir.quarantined import QuarantinedResources
from adapters.hl7v2.quarantined import QuarantinedMessages
from adapters.hl7v2.receive import Receiver
from mpi.domain.network import Network
from mpi.domain.quarantine import Copy, Kept, is_dicom
from mpi.main.speaking import caller_of, caller_of_archive, new_id
from mpi.ports import Clock, Messages, Units
from mpi.usecases.identity.rematch import Rematch
from mpi.usecases.refused.quarantine import Quarantine
from mpi.usecases.refused.retaking import Retaking


def compose_quarantine(units: Units, rematch: Rematch, network: Network, clock: Clock) -> Quarantine:
    """Refused messages of every protocol."""

    def intake_of(copy: Copy) -> Retaking:
        return Retaking(units, rematch, network, copy)

    def receiver_of(intake: Retaking) -> Receiver:
        return Receiver(intake, network, caller_of, clock.now, new_id)

    hl7v2 = QuarantinedMessages(network, intake_of, receiver_of)
    fhir = QuarantinedResources(Addresses(network, ""), intake_of, caller_of)
    dicom = QuarantinedHeaders(network, intake_of, caller_of_archive)

    def messages_of(kept: Kept) -> Messages:
        if kept.event in EVENTS.values():
            return fhir
        return dicom if is_dicom(kept.event) else hl7v2

    return Quarantine(units, network, messages_of)
