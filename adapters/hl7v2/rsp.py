"""Answers to queries: MSH MSA [ERR] QAK QPD, what was found, and DSC when there is more.

Own writer, as for acknowledgements: hl7apy needs milliseconds for what is a few lines here, and judges them in the
tests. QPD is repeated as it came.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from adapters.hl7v2 import charset
from adapters.hl7v2.ack import CONDITIONS, Answer
from adapters.hl7v2.message import Header
from adapters.hl7v2.pen import Pen
from adapters.hl7v2.qbp import Asked

STRUCTURES = {"Q23": ("RSP", "K23", "RSP_K23"), "Q22": ("RSP", "K22", "RSP_K21")}  # IHE-30: K21, not K22
_UTF_8 = "UNICODE UTF-8"


@dataclass(frozen=True, slots=True)
class Hits:
    """QAK-4 to QAK-6: people found in all, on this page, and still to come."""

    total: int
    here: int
    left: int


@dataclass(frozen=True, slots=True)
class Response:
    """What to answer: MSA-1, QAK-2, problems (AA with one is a warning), segments after QPD, DSC-1."""

    code: str = "AA"
    status: str = "OK"
    problems: tuple[Answer, ...] = ()
    segments: tuple[str, ...] = ()
    hits: Hits | None = None
    pointer: str = ""


class Rejected(Exception):
    """The query cannot be answered for these reasons, each at its place."""

    def __init__(self, *problems: Answer) -> None:
        super().__init__(problems[0].text)
        self.problems = problems


def failed(*problems: Answer) -> Response:
    """The answer to a query that cannot be answered; AE or AR as the first problem says."""
    code = problems[0].code
    return Response(code, code, problems)


def write(asked: Asked, response: Response, now: datetime, control_id: str) -> bytes:
    """The answer's bytes, in the query's character set or, where that cannot carry it, in UTF-8. `now` is UTC."""
    header, pen = asked.header, Pen(asked.header.msh.delimiters)
    d = pen.delimiters
    body = [
        pen.segment("MSA", {1: response.code, 2: header.msh.raw(10)}),
        *(_err(problem, response.code, pen) for problem in response.problems),
        pen.segment("QAK", _qak(asked, response)),
        d.field.join(asked.qpd.fields),
        *response.segments,
    ]
    if response.pointer:
        body.append(pen.segment("DSC", {1: pen.text(response.pointer), 2: "I"}))
    text = "\r".join(body) + "\r"
    declared = header.msh.raw(18).split(d.repetition)[0]
    codec = charset.codec_of(header.msh.text(18))
    try:
        content = text.encode(codec)
    except UnicodeEncodeError:
        declared, content = _UTF_8, text.encode("utf-8")
    kind = d.component.join(STRUCTURES[header.trigger])
    return (write_msh(header, kind, declared, now, control_id) + "\r").encode("latin-1") + content


def write_msh(header: Header, kind: str, declared: str, now: datetime, control_id: str) -> str:
    """The MSH of an answer: sender and receiver change places, version and processing id are repeated (V2-15)."""
    msh, d = header.msh, header.msh.delimiters
    fields = ["MSH", msh.raw(2), msh.raw(5), msh.raw(6), msh.raw(3), msh.raw(4)]
    fields += [now.strftime("%Y%m%d%H%M%S+0000"), "", kind, control_id, msh.raw(11), msh.raw(12)]
    return d.field.join([*fields, *[""] * 5, declared]).rstrip(d.field)


def _qak(asked: Asked, response: Response) -> dict[int, str]:
    fields = {1: asked.qpd.raw(2), 2: response.status}
    if response.hits is not None:
        fields |= {4: str(response.hits.total), 5: str(response.hits.here), 6: str(response.hits.left)}
    return fields


def _err(problem: Answer, code: str, pen: Pen) -> str:
    condition = pen.components(problem.condition, CONDITIONS[problem.condition], "HL70357")
    text = pen.text(problem.text)
    fields = {2: pen.components(*problem.location.split("^")), 3: condition, 4: "W" if code == "AA" else "E"}
    return pen.segment("ERR", fields | {7: text, 8: text})
