"""Rows as lines of COPY's text format."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from mpi.db.records import other_names, state_columns
from mpi.domain.access import Caller
from mpi.domain.codec import codes_to_json, patch_to_json, stamp_to_json
from mpi.domain.commands import Envelope
from mpi.domain.identifiers import Identifier
from mpi.domain.questions import Question
from mpi.domain.record import Record, Update
from mpi.domain.views import Study
from mpi.usecases.whole.bulk import Line

MESSAGE = "id, feed, application, facility, control_id, event, digest, raw, flags"
AUDIT = '"user", role, organisation, purpose, action, subjects, detail'
QUESTION = "kind, a_id, b_id, weight, guards, reason, pattern"
_NULL = "\\N"
_ENCODER = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))


def message(number: int, envelope: Envelope) -> bytes:
    """A message that was taken, by the columns of `MESSAGE`."""
    fields = (
        str(number),
        *map(escape, (envelope.feed, envelope.application, envelope.facility, envelope.control_id, envelope.event)),
        _bytes(hashlib.sha256(envelope.raw).digest()),
        _bytes(envelope.raw),
        _array(envelope.flags),
    )
    return ("\t".join(fields) + "\n").encode()


def audit(number: int, envelope: Envelope, registered: Identifier, caller: Caller) -> bytes:
    """What intake writes of a message into the audit trail, by the columns of `AUDIT`."""
    detail = {
        "message": number,
        "feed": envelope.feed,
        "event": envelope.event,
        "flags": list(envelope.flags),
    }
    who = (caller.user, caller.role, caller.organisation, caller.purpose, "feed")
    return ("\t".join((*map(escape, who), _array([str(registered)]), _json(detail))) + "\n").encode()


def question(asked: Question, a_id: int, b_id: int) -> str:
    """A question about two records, by the columns of `QUESTION`."""
    pattern = _NULL if asked.shared_pattern is None else _bytes(asked.shared_pattern)
    fields = (asked.kind, a_id, b_id, asked.weight, int(asked.guards), escape(asked.reason), pattern)
    return "\t".join(map(str, fields)) + "\n"


def render(record: Record, updates: Sequence[Update]) -> Line:
    """A record and what was said of it as lines of COPY's text format, without ids and line ends."""
    columns = state_columns(record)
    active = columns["active"]
    fields = (
        escape(record.identifier.authority),
        escape(record.identifier.value),
        _json(columns["registers"]),
        _NULL if columns["pending"] is None else _json(columns["pending"]),
        _NULL if active is None else str(active),
        str(columns["borrowed"]),
        "{" + ",".join(map(str, columns["keys"])) + "}",
        _NULL if record.encoded is None else _bytes(record.encoded),
        *(escape(columns[name]) for name in ("family", "given", "birth_date")),
    )
    told = (
        f"{u.stamp.arrival or _NULL}\t{_json(patch_to_json(u.patch))}\t{_json(stamp_to_json(u.stamp))}"
        for u in updates
    )
    names = ("\t".join(map(escape, name)) for name in sorted(other_names(record.registers.demographics)))
    return "\t".join(fields).encode(), tuple(line.encode() for line in told), tuple(line.encode() for line in names)


def study(study: Study) -> bytes:
    """A study, its patient's identifier before it."""
    fields = (
        escape(study.patient.authority),
        escape(study.patient.value),
        escape(study.study_uid),
        _NULL if study.started_at is None else study.started_at.isoformat(),
        _array(study.modalities),
        *map(escape, (study.body_site, study.description, study.accession, study.organisation, study.archive)),
        str(study.series),
        str(study.instances),
        *(_json(codes_to_json(codes)) for codes in (study.procedures, study.anatomy)),
    )
    return ("\t".join(fields) + "\n").encode()


def _json(value: Any) -> str:
    return _ENCODER.encode(value).replace("\\", "\\\\")  # JSON itself escapes the rest


def _array(texts: Iterable[str]) -> str:
    quoted = ",".join(f'"{_quote(text)}"' for text in texts)
    return escape(f"{{{quoted}}}")


def _bytes(value: bytes) -> str:
    return "\\\\x" + value.hex()


def _quote(element: str) -> str:
    return element.replace("\\", "\\\\").replace('"', '\\"')


def escape(value: str) -> str:
    """A text as a field of COPY's text format."""
    for plain, escaped in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
        value = value.replace(plain, escaped)
    return value
