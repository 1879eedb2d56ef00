"""The conformance statement, written from the tables the code runs on: `python -m adapters.hl7v2.statement`.

`docs/hl7v2.md` is its output, and a test holds the two against each other. What the reader takes of each segment is
code and not a table; `FIELDS` says it in words, and a test watches the reader at work and compares.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence

from adapters.hl7v2 import ack, charset, commands, demographics, identifiers, judgement, mllp, patient
from adapters.hl7v2.page import section, table
from adapters.hl7v2.statement_consumers import consumers
from adapters.hl7v2.statement_orders import orders
from adapters.hl7v2.structures import structure_of
from mpi.domain.network import Feed, Moves, Overlays, Protocol
from mpi.errors import Fault

_EFFECTS: Mapping[str, str] = {  # by the reader of `commands.READERS`
    "_register": "registers the patient or updates what is sent",
    "_merge": "merges MRG-1 into PID-3",
    "_merge_external": "merges MRG-4 into PID-2, without MRG-4 MRG-1 into PID-3",
    "_rename": "renames MRG-1 to PID-3",
    "_link": "links the patients of two PID; both live on",
    "_unlink": "takes the patients of two PID apart, for good",
    "_delete": "deletes the patient, whom a later event can bring back",
    "move_patient": "no identity changes; what else, says the feed's `moves`",
    "move_account": "no identity changes; subscribers are told that account MRG-3 is now of PID-3",
    "move_visits": "no identity changes; subscribers are told that visits MRG-5 and MRG-6 are now of account PID-18",
}

_MOVES: Mapping[Moves, str] = {
    Moves.REVIEW: "a review task names both patients (the default)",
    Moves.NOTE: "it is on record and nobody is asked",
    Moves.REFUSE: "AR 201",
}

_PLAIN = Feed("", "", Protocol.MLLP, "", "", ())  # a feed that sets nothing

FIELDS: Mapping[str, Mapping[int, str]] = {
    "MSH": {
        2: "encoding characters, used as declared (V2-20)",
        3: "sending application; with MSH-4 it names the feed",
        4: "sending facility",
        5: "repeated in the acknowledgement as its sender",
        6: "repeated in the acknowledgement as its sender",
        7: "time of the message; its offset holds for times without one (V2-63)",
        9: "MSH-9.1 and MSH-9.2 decide; MSH-9.3 is never looked at (V2-26)",
        10: "control id, required; repeated verbatim in MSA-2 (V2-15, V2-16)",
        11: "processing id; must be the feed's (V2-13)",
        12: "version; must be one of the feed's (V2-13)",
        15: "accept acknowledgement condition (V2-10)",
        16: "application acknowledgement condition (V2-10)",
        18: "character set; else the feed's own (V2-21)",
    },
    "EVN": {
        1: "compared with MSH-9.2, which wins (V2-17)",
        2: "when it was recorded (V2-60)",
        6: "when it occurred; not of a cancellation (V2-60)",
    },
    "PID": {
        2: "external id of A39; NHS number where the feed says so",
        3: "identifiers: the feed's own and the NHS number",
        5: "names, every repetition with its type",
        6: "mother's maiden name",
        7: "date of birth, at the precision sent",
        8: "sex, by the feed's codes and table 0001",
        10: "ethnic category, for watching bias only",
        11: "addresses, every repetition with its type",
        13: "telephone and e-mail, home",
        14: "telephone and e-mail, business",
        18: "account after a move (A44, A45)",
        19: "NHS number where the feed says so",
        22: "ethnic category, for watching bias only",
        24: "multiple birth",
        25: "birth order",
        29: "time of death",
        30: "death indicator; N or the null takes a death back",
        31: "identity unknown",
        32: "reliability and NHS number status",
    },
    "PD1": {
        3: "GP practice, by its ODS code",
        4: "GP practice, by its ODS code in any component",
        12: "protection indicator: the patient is restricted",
    },
    "MRG": {
        1: "prior identifiers",
        3: "account before a move (A44, A45)",
        4: "prior external id of A39",
        5: "visit moved (A45)",
        6: "visit moved, alternate number (A45)",
    },
}
"""What is read of an ADT message. Everything else is kept with the message as it came, and not read."""


def statement() -> str:
    """The whole page, Markdown."""
    adt = (_opening(), _transport(), _events(), _fields(), _tables(), _answers(), _overlays(), _strictness())
    parts = (*adt, orders(), consumers())
    return "\n".join(line for part in parts for line in part)


def _opening() -> Iterator[str]:
    yield "# HL7 v2 conformance statement"
    yield ""
    yield "Written by `python -m adapters.hl7v2.statement` from the tables the code runs on; do not edit it by hand."
    yield "Numbers such as V2-20 are those of the requirements that the tests cite."
    yield ""


def _transport() -> Iterator[str]:
    yield from section("Transport and encoding")
    frame = f"`{_hex(mllp.START)}`, content, `{_hex(mllp.END)}`"
    yield f"- MLLP: {frame}; at most {mllp.MAX_FRAME} bytes unless configured."
    yield f"- Versions: {', '.join(_PLAIN.versions)}, each feed those it declares."
    yield "- Segments end in CR; LF and CRLF are tolerated and remarked (V2-2). Z segments are kept and not read."
    yield '- An empty field keeps the stored value, `""` deletes it (V2-22).'
    yield f"- Read of an ADT message: {', '.join(FIELDS)}. The rest is kept as it came."
    yield ""
    yield from table(
        ("MSH-18 (HL7 table 0211)", "codec"), ((name, f"`{codec}`") for name, codec in charset.TABLE_0211.items())
    )


def _events() -> Iterator[str]:
    yield from section("Trigger events")
    options = ", ".join(sorted(commands.OPTIONAL))
    yield f"Message type ADT. {options} are taken from feeds that opt in. The structure ids are what a strict feed is"
    yield "held to; a lenient one is read whatever its structure. A feed's `moves` says what becomes of its A43:"
    yield f"{'; '.join(f'`{moves.value}`, {what}' for moves, what in _MOVES.items())}."
    yield ""
    yield from table(("event", "2.3, 2.3.1", "2.4 and later", "effect"), _event_rows())
    missing = [f"A{n:02}" for n in range(1, 63) if f"A{n:02}" not in commands.READERS]
    yield f"Answered AR 201: {', '.join(missing)}, and every other event."
    yield ""


def _event_rows() -> Iterator[Sequence[str]]:
    for trigger, read in sorted(commands.READERS.items()):
        none = commands.NO_EFFECT.get(trigger)
        effect = f"none on identity: {none}" if none else _EFFECTS[read.__name__]
        if read.__name__ == "_register" and trigger not in commands.EXISTS:
            effect = "updates what is sent; a deleted patient stays deleted"
        option = " (by option)" if trigger in commands.OPTIONAL else ""
        yield trigger + option, structure_of(trigger, "2.3"), structure_of(trigger, "2.5.1"), effect


def _fields() -> Iterator[str]:
    yield from section("Segments and fields read")
    rows = ((f"{name}-{n}", words) for name, read in FIELDS.items() for n, words in read.items())
    yield from table(("field", "use"), rows)


def _tables() -> Iterator[str]:
    yield from section("Tables")
    yield "A feed may add sex codes of its own. The last line of a table says how any other code is read."
    yield ""
    sexes = {"M": "male", "F": "female", "O": "other", "U": "unknown"}
    yield from _codes("0001, PID-8", {code: sexes[letter] for code, letter in demographics.SEXES.items()}, "left out")
    names = {code: use.value if use else "left out" for code, use in demographics.NAME_USES.items()}
    yield from _codes("0200, XPN.7", names, "alias")
    addresses = {code: use.value for code, use in demographics.ADDRESS_USES.items()}
    yield from _codes("0190, XAD.7", addresses, "home")
    types = dict.fromkeys(sorted(identifiers.NHS_TYPES), "NHS number")
    other = dict.fromkeys(sorted(identifiers.NOT_PATIENT), "no identifier of a patient, left out")
    yield from _codes("0203, CX.5", {**types, **other}, "the feed's identifier")
    known = dict.fromkeys(sorted(patient.RELIABILITIES), "reliability")
    statuses = dict.fromkeys(sorted(patient.STATUSES), "NHS number status")
    yield from _codes("0445, PID-32", {**known, **statuses}, "left out")
    yield from _codes("NHS ethnic category, PID-10 and PID-22", dict.fromkeys(_ethnic(), "as sent"), "left out")


def _ethnic() -> list[str]:
    return sorted(demographics.ETHNIC_CATEGORIES, key=lambda code: (len(code), code))


def _answers() -> Iterator[str]:
    yield from section("Acknowledgements")
    yield "Original mode answers AA, AE or AR; with MSH-15 or MSH-16 valued CA, CE or CR as table 0155 asks"
    yield "(V2-10). AA and CA are sent after the commit (V2-11). AE must not be sent again uncorrected (V2-12)."
    yield "From 2.5 on the fault stands in ERR-2, ERR-3, ERR-4, ERR-7 and ERR-8; before in ERR-1, with words in MSA-3"
    yield "(V2-14). Sequence numbers (MSH-13), batches, files and TLS stand in hl7v2-transport.md."
    yield ""
    rows = (
        (fault.value, code, condition, ack.CONDITIONS[condition])
        for fault, (code, condition) in ((fault, ack.BY_FAULT[fault]) for fault in Fault if fault in ack.BY_FAULT)
    )
    yield from table(("fault", "MSA-1", "HL7 table 0357", "meaning"), rows)
    again = ack.TRY_AGAIN
    yield f"When nothing can be stored: {again.code} {again.condition}, {again.text}."
    yield ""


def _overlays() -> Iterator[str]:
    code, condition = ack.BY_FAULT[Fault.OVERLAY]
    yield from section("Overlays")
    yield "An update that changes name, date of birth and sex at once turns a patient into somebody else. It is"
    yield "accepted and kept, but the record stays as it was, its link is contested and a reviewer is asked; the same"
    yield "patient told again withdraws the question."
    yield f'With `overlays = "{Overlays.REFUSE}"` in the feed it is answered {code} {condition} instead, and kept in'
    yield "quarantine."
    yield ""


def _strictness() -> Iterator[str]:
    yield from section("Strictness")
    yield "A lenient feed (the default) is taken as far as it can be understood, and its faults are counted; hl7apy"
    yield f"is shown one message in {_PLAIN.validate_one_in} unless the feed says otherwise (`validate_one_in`)."
    yield 'A feed becomes strict by `strictness = "strict"` in the network file.'
    yield "Of a strict feed every message must be valid in its version and structure by hl7apy, else it is"
    yield "answered AE and kept in quarantine. Codes outside their table are counted and not refused; Z segments and"
    yield "the null are not judged. Of A24, A37, O01 and events that hl7apy has no structure for, each segment is"
    yield "judged alone. Before 2.5 hl7apy takes any text for a time stamp: there our own reading of it decides."
    yield "`mpi conformance` and `GET /v1/feeds/{feed}/conformance` show the counts: places, never values."
    yield ""
    rows = ((words, *ack.BY_FAULT[fault]) for words, fault in judgement.FAULTS.items())
    yield from table(("a strict feed's field, component or segment", "MSA-1", "HL7 table 0357"), rows)


def _codes(title: str, codes: Mapping[str, str], other: str) -> Iterator[str]:
    by_meaning: dict[str, list[str]] = {}
    for code, meaning in codes.items():
        by_meaning.setdefault(meaning, []).append(code or "(empty)")
    yield f"### {title}"
    yield ""
    rows = [*((", ".join(found), meaning) for meaning, found in by_meaning.items()), ("any other", other)]
    yield from table(("codes", "read as"), rows)


def _hex(mark: bytes) -> str:
    return " ".join(f"0x{byte:02X}" for byte in mark)


if __name__ == "__main__":
    sys.stdout.write(statement())
