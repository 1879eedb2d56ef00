"""What a radiology system says of its studies: scheduled by ORM or OMI, reported by ORU, and what is planned next.

Written from the standard alone, as `wire_hl7` is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from mpi.domain.network import Feed, Network
from mpi.simulate.imaging import SimStudy
from mpi.simulate.wire_hl7 import escape

_PLANNED_IN = 16  # one study in so many is followed by another that is planned
_UNREPORTED_IN = 10  # and one in so many waits for its report
_FOLLOWS = timedelta(weeks=6)
_GENERAL_ORDER, _IMAGING_ORDER = "ORM^O01", "OMI^O23"


@dataclass(frozen=True, slots=True)
class SimOrder:
    """One message of a radiology system, without MLLP framing, sent `at`, aware UTC. `kind` is "ORM^O01", "OMI^O23"
    or "ORU^R01", `act` is "order", "report" or "plan", the last of an examination that no study has come of."""

    feed_id: str
    at: datetime
    control_id: str
    body: bytes
    kind: str
    act: str
    study: SimStudy


def told_of(network: Network, studies: Iterable[SimStudy]) -> Iterator[SimOrder]:
    """What the network's radiology systems say of these studies since they went live, study by study."""
    systems = {authority: feed for feed in network.feeds if not feed.identity for authority in feed.authorities}
    numbers = count(1)
    for study in studies:
        feed = systems.get(study.authority)
        if feed is None or (feed.go_live is not None and study.started_at.date() < feed.go_live):
            continue
        serial = next(numbers)
        booked = study.started_at - timedelta(days=3)
        yield _order(feed, study, serial, booked)
        if serial % _UNREPORTED_IN:
            yield _result(feed, study, serial, study.started_at + timedelta(hours=20))
        if serial % _PLANNED_IN == 0:
            yield _plan(feed, study, serial, study.started_at + timedelta(days=1))


def _order(feed: Feed, study: SimStudy, serial: int, at: datetime) -> SimOrder:
    orc = f"ORC|SC|P{serial}|{study.accession}||SC|||{_time(at)}"
    obr = _obr(study, serial, study.accession, planned=_time(study.started_at))
    zds = f"ZDS|{study.study_uid}^Application^DICOM"
    ipc = _ipc(study, serial, study.accession, study.study_uid)
    return _message(feed, study, "order", serial, at, orc, obr, ipc if _ordering(feed) == _IMAGING_ORDER else zds)


def _ordering(feed: Feed) -> str:
    """The message by which a radiology system orders, of those that the network takes from it."""
    return _GENERAL_ORDER if "O01" in feed.options else _IMAGING_ORDER


def _plan(feed: Feed, study: SimStudy, serial: int, at: datetime) -> SimOrder:
    number = f"N{study.accession}"
    orc = f"ORC|NW|P{serial}N|{number}||SC|||{_time(at)}"
    obr = _obr(study, serial, number, planned=_time(study.started_at + _FOLLOWS))
    # An OMI has to name the study that is to come, an ORM need not.
    named = [_ipc(study, serial, number, f"{study.study_uid}.1")] if _ordering(feed) == _IMAGING_ORDER else []
    return _message(feed, study, "plan", serial, at, orc, obr, *named)


def _ipc(study: SimStudy, serial: int, accession: str, uid: str) -> str:
    return f"IPC|{accession}|R{serial}|{uid}|S{serial}|{study.modality}"


def _result(feed: Feed, study: SimStudy, serial: int, at: datetime) -> SimOrder:
    obr = _obr(study, serial, study.accession, made=_time(study.started_at), reported=_time(at))
    obx = "OBX|1|TX|REPORT^Report^99RIS||Nothing is read of this.||||||F"
    return _message(feed, study, "report", serial, at, obr, obx)


def _obr(
    study: SimStudy, serial: int, accession: str, *, planned: str = "", made: str = "", reported: str = ""
) -> str:
    fields = {
        1: "1",
        2: f"P{serial}",
        3: accession,
        4: f"{study.modality}{study.body_site[:4]}^{escape(study.description)}^99RIS",
        7: made,
        15: f"^^^{study.body_site}" if study.body_site else "",
        18: accession,
        22: reported,
        24: study.modality,
        25: "F" if reported else "",
        36: planned,
    }
    return "|".join(["OBR", *(fields.get(n, "") for n in range(1, max(n for n, text in fields.items() if text) + 1))])


def _message(feed: Feed, study: SimStudy, act: str, serial: int, at: datetime, *segments: str) -> SimOrder:
    kind, control_id = "ORU^R01" if act == "report" else _ordering(feed), f"{act[0].upper()}{serial:09d}"
    msh = (
        f"MSH|^~\\&|{escape(feed.application)}|{escape(feed.facility)}|MPI|REGION|{_time(at)}||{kind}|{control_id}"
        f"|{feed.processing_id}|{feed.versions[-1]}"
    )
    name = "^".join(map(escape, study.patient_name.split("^")))
    pid = f"PID|1||{escape(study.patient_id)}||{name}||{study.birth_date.replace('-', '')}|{study.sex}"
    text = "\r".join((msh, pid, *segments)) + "\r"
    return SimOrder(feed.id, at, control_id, text.encode(feed.charset, "replace"), kind, act, study)


def _time(at: datetime) -> str:
    return at.strftime("%Y%m%d%H%M%S+0000")
