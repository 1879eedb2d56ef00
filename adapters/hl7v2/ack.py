"""Acknowledgements: MSH, MSA and an ERR in the shape of the sender's version (V2-10 to V2-15).

Own writer: hl7apy takes 5 ms to build what is three lines here; it validates these lines in the tests instead.
Everything repeated from the sender's MSH is repeated byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from adapters.hl7v2.message import Delimiters, Header, Segment
from mpi.errors import Fault

_DEFAULT = Delimiters("|", "^", "~", "\\", "&")

# HL7 table 0357. ACCEPT is AA; AE must not be sent again uncorrected; AR is about MSH or may be tried again (V2-12).
CONDITIONS = {
    "0": "Message accepted",
    "100": "Segment sequence error",
    "101": "Required field missing",
    "102": "Data type error",
    "200": "Unsupported message type",
    "201": "Unsupported event code",
    "202": "Unsupported processing id",
    "203": "Unsupported version id",
    "204": "Unknown key identifier",
    "205": "Duplicate key identifier",
    "207": "Application internal error",
}
BY_FAULT = {
    Fault.MALFORMED: ("AE", "100"),
    Fault.ENCODING: ("AE", "102"),
    Fault.OVERSIZED: ("AE", "207"),
    Fault.UNKNOWN_FEED: ("AR", "204"),
    Fault.FOREIGN_FEED: ("AR", "207"),
    Fault.OUT_OF_SEQUENCE: ("AR", "207"),  # not AE, after which most engines drop the message for good
    Fault.UNSUPPORTED_TYPE: ("AR", "200"),
    Fault.UNSUPPORTED_EVENT: ("AR", "201"),
    Fault.WRONG_PROCESSING_ID: ("AR", "202"),
    Fault.UNSUPPORTED_VERSION: ("AR", "203"),
    Fault.COUNT_MISMATCH: ("AE", "207"),
    Fault.MISSING_FIELD: ("AE", "101"),
    Fault.BAD_VALUE: ("AE", "102"),
    Fault.UNKNOWN_AUTHORITY: ("AE", "204"),
    Fault.FOREIGN_AUTHORITY: ("AE", "204"),
    Fault.SELF_MERGE: ("AE", "205"),
    Fault.ALREADY_SUBSUMED: ("AE", "204"),
    Fault.MERGE_CYCLE: ("AE", "207"),
    Fault.IDENTIFIER_IN_USE: ("AE", "205"),
    Fault.OVERLAY: ("AE", "207"),
    Fault.UNKNOWN_IDENTIFIER: ("AE", "204"),
    Fault.CONFLICT: ("AE", "207"),
}


_ERL = re.compile(r"[A-Z][A-Z0-9]{2}(\^\d+)*")  # any other location is of another protocol's making


@dataclass(frozen=True, slots=True)
class Answer:
    """What to tell the sender: an original-mode code and, unless AA, the condition (table 0357), place and words.

    `expected` is MSA-4, the sequence number the next message shall have (V2-18); None without that protocol.
    """

    code: str
    condition: str = ""
    text: str = ""
    location: str = ""
    expected: int | None = None


ACCEPTED = Answer("AA")
TRY_AGAIN = Answer("AR", "207", "the index cannot store messages now, send this one again later")  # no ERR-2 (V2-12)


def of_refusal(fault: str, text: str, location: str) -> Answer:
    """The answer to a refusal, by its fault; AE 207 for a fault unknown here."""
    code, condition = BY_FAULT.get(Fault(fault), ("AE", "207")) if fault in set(Fault) else ("AE", "207")
    return Answer(code, condition, text, location)


def acknowledge(header: Header, answer: Answer, now: datetime, new_id: Callable[[], str]) -> tuple[bytes, ...]:
    """What acknowledges a message with that header, in order; `now` is UTC, `new_id` gives each its MSH-10.

    Original mode: one of AA, AE, AR. Enhanced mode, MSH-15 or MSH-16 valued: the accept acknowledgement (CA, CE, CR)
    as MSH-15 asks, empty counting as AL; then, of what was accepted, the application acknowledgement (AA, AE, AR) as
    MSH-16 asks, a message of its own that wants no answer.
    """
    written = []
    for code in codes_in_mode(header.msh, answer.code):
        # The reason goes with the code that gives it: of CA before AE there is nothing to say.
        told = answer if code[1] == answer.code[1] else replace(ACCEPTED, expected=answer.expected)
        lines = [_msh(header, code, now, new_id()), _msa(header, code, told)]
        if told.condition:
            lines.append(_err(header, told))
        written.append(("\r".join(lines) + "\r").encode("latin-1", errors="replace"))
    return tuple(written)


def unreadable() -> Header:
    """A stand-in for an MSH that cannot be read: default delimiters, version 2.3, nothing to repeat."""
    fields = ["MSH", "|", "^~\\&", *[""] * 9]
    return Header(Segment("MSH", (*fields[:11], "P", "2.3"), _DEFAULT, "latin-1"))


def salvage(content: bytes) -> Header:
    """The stand-in with MSH-3 to 6 and MSH-10 where a broken MSH still shows them, for the sender to match."""
    line = re.split(rb"[\r\n]", content.lstrip(b"\r\n"), maxsplit=1)[0].decode("latin-1")
    stand_in = unreadable()
    parts = line.split(line[3:4]) if line.startswith("MSH") and line[3:4].strip() else []
    if len(parts) < 10 or line[3] != "|":
        return stand_in
    fields = list(stand_in.msh.fields)
    fields[3:7], fields[10] = parts[2:6], parts[9]
    return Header(replace(stand_in.msh, fields=tuple(fields)))


def code_of(reply: bytes) -> str:
    """MSA-1 of an acknowledgement; "" when it is none."""
    match = re.search(rb"\rMSA.([A-Z]{2})", reply)
    return match.group(1).decode("ascii") if match else ""


def codes_in_mode(msh: Segment, code: str) -> tuple[str, ...]:
    """The codes of MSA-1 that say `code`, one of AA, AE, AR, in the mode that MSH-15 and MSH-16 choose (V2-10)."""
    accept, application = msh.text(15).upper(), msh.text(16).upper()
    if not (accept or application):
        return (code,)
    later = (code,) if application and _is_wanted(application, code) else ()
    if accept == "NE":
        return later
    # AE with an application acknowledgement to say so: safe-kept all the same, in quarantine (CA).
    kept = "AA" if code == "AE" and later else code
    early = ("C" + kept[1],) if _is_wanted(accept, kept) else ()
    return (*early, *(() if early and kept != "AA" else later))


def _is_wanted(condition: str, code: str) -> bool:
    """HL7 table 0155."""
    if condition == "NE":
        return False
    return (code == "AA") != (condition == "ER") if condition in {"ER", "SU"} else True


def _msh(header: Header, code: str, now: datetime, control_id: str) -> str:
    msh, d = header.msh, header.msh.delimiters
    version = _numbered(header.version)
    kind = ["ACK"]
    if version >= (2, 3, 1) and header.trigger:
        kind = ["ACK", msh.repetitions(9)[0].components[1], "ACK"]
    fields = [""] * 19
    if code[0] == "A" and (msh.raw(15) or msh.raw(16)):
        fields[15] = fields[16] = "NE"  # acknowledging an acknowledgement would never end
    fields[0], fields[2] = "MSH", msh.raw(2)
    fields[3:7] = msh.raw(5), msh.raw(6), msh.raw(3), msh.raw(4)
    fields[7] = now.strftime("%Y%m%d%H%M%S+0000")
    fields[9], fields[10] = d.component.join(kind), _escape(control_id, d)
    fields[11], fields[12], fields[18] = msh.raw(11), msh.raw(12), msh.raw(18)
    return d.field.join([fields[0], *fields[2:]]).rstrip(d.field)


def _msa(header: Header, code: str, answer: Answer) -> str:
    fields = ["MSA", code, header.msh.raw(10)]
    if answer.text and _numbered(header.version) < (2, 5):
        fields.append(_escape(answer.text[:80], header.msh.delimiters))  # MSA-3 has 80 characters
    if answer.expected is not None:
        fields += [""] * (4 - len(fields)) + [str(answer.expected)]
    return header.msh.delimiters.field.join(fields)


def _err(header: Header, answer: Answer) -> str:
    d = header.msh.delimiters
    condition = [answer.condition, CONDITIONS[answer.condition], "HL70357"]
    place = answer.location.split("^") if _ERL.fullmatch(answer.location) else []
    if _numbered(header.version) < (2, 5):  # ERR-1 is an ELD; nothing else exists (V2-14)
        eld = [*place[:3], *[""] * (3 - len(place)), (d.subcomponent or " ").join(condition)]
        return d.field.join(["ERR", d.component.join(eld)])
    text = _escape(answer.text, d)
    return d.field.join(["ERR", "", d.component.join(place), d.component.join(condition), "E", "", "", text, text])


def _numbered(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isascii() and part.isdigit())


def _escape(text: str, d: Delimiters) -> str:
    text = text.encode("ascii", errors="replace").decode("ascii")  # our own words fit whatever MSH-18 is repeated
    if not d.escape:
        return "".join(" " if char in (d.field, d.component, d.repetition) else char for char in text)
    names = {d.escape: "E", d.field: "F", d.component: "S", d.repetition: "R"}
    if d.subcomponent:
        names[d.subcomponent] = "T"
    return "".join(f"{d.escape}{names[char]}{d.escape}" if char in names else char for char in text)
