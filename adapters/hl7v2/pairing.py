"""Which PID and MRG belong together, and which of their identifiers (V2-45)."""

from __future__ import annotations

from adapters.hl7v2.identifiers import Typed, read_identifiers, refuse_foreign, require_own
from adapters.hl7v2.message import Message, Segment
from mpi.domain.network import Feed, Network
from mpi.errors import Fault, Refused


def only_pid(message: Message) -> Segment:
    """The PID of a message about one patient; raises `Refused` when there is none, or another."""
    pids = message.all("PID")
    if not pids:
        raise Refused(Fault.MISSING_FIELD, "there is no PID segment", "PID^1")
    if len(pids) > 1:
        raise Refused(Fault.MALFORMED, "the message holds more than one PID", "PID^2")
    return pids[0]


def groups(message: Message) -> list[tuple[Segment, Segment]]:
    """The PID and MRG of each `{PID [PD1] MRG [PV1]}` group, in order (V2-45)."""
    found: list[tuple[Segment, Segment]] = []
    pid: Segment | None = None
    for segment in message.segments:
        if segment.name == "PID":
            _require_mrg(pid)
            pid = segment
        elif segment.name == "MRG":
            if pid is None:
                raise Refused(Fault.MISSING_FIELD, "MRG stands without a PID before it", f"MRG^{segment.sequence}")
            found.append((pid, segment))
            pid = None
    _require_mrg(pid)
    if not found:
        raise Refused(Fault.MISSING_FIELD, "there is no PID segment", "PID^1")
    return found


def _require_mrg(pid: Segment | None) -> None:
    if pid is not None:
        raise Refused(Fault.MISSING_FIELD, "a PID has no MRG after it", f"MRG^{pid.sequence}")


def pairs(
    message: Message,
    survivors: tuple[Segment, int],
    priors: tuple[Segment, int],
    feed: Feed,
    network: Network,
) -> list[tuple[Typed, Typed]]:
    """Each prior identifier with the surviving one of its authority and type (V2-45).

    A pair of equal identifiers beside a pair that differs is an identifier that did not change; alone it is kept,
    for the domain to refuse as a self-merge (V2-42). Raises `Refused`.
    """
    kept = read_identifiers(message, *survivors, feed, network)
    gone = read_identifiers(message, *priors, feed, network)
    if gone.foreign:
        raise refuse_foreign(gone.foreign[0])
    own = require_own(kept, *survivors)
    told = [(_counterpart(prior, own), prior) for prior in require_own(gone, *priors)]
    changed = [pair for pair in told if pair[0].identifier != pair[1].identifier]
    return changed or told


def _counterpart(prior: Typed, survivors: tuple[Typed, ...]) -> Typed:
    same = [typed for typed in survivors if typed.identifier.authority == prior.identifier.authority]
    exact = [typed for typed in same if typed.type == prior.type]
    untyped = [typed for typed in same if not (typed.type and prior.type)]
    found = exact or untyped
    if len(found) != 1:
        raise Refused(
            Fault.BAD_VALUE,
            "the prior identifier has no single counterpart of its authority and type among the surviving ones",
            prior.location,
        )
    return found[0]
