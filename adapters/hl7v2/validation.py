"""A message against the letter of its version, by hl7apy: every fault with its place, and no value of any field.

hl7apy takes 5 to 7 ms a message, so it judges each message of a strict feed and a sample of a lenient one. What it
calls an error refuses; what it calls a warning (a code outside its table, a length) is only counted, for the UK adds
codes of its own. Left out of the judgement: Z segments (V2-26) and the explicit null, which hl7apy takes for a value
(V2-22). An A24 or A37 holds two PID, which hl7apy's structures cannot, and of an ORM^O01 it wants every
alternative of the order detail at once: their segments are judged one by one.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from hl7apy import load_reference
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.core import Message as JudgedMessage
from hl7apy.core import Segment as JudgedSegment
from hl7apy.core import is_base_datatype
from hl7apy.exceptions import ChildNotFound, HL7apyException, InvalidName, MaxLengthReached
from hl7apy.parser import parse_component, parse_field, parse_segment, parse_segments
from hl7apy.validation import Validator

from adapters.hl7v2.judgement import GROUP, LONG, MISSING, TOO_MANY, TYPE, UNDEFINED, Judgement
from adapters.hl7v2.message import NULL, Message, Segment
from adapters.hl7v2.structures import structure_of
from adapters.hl7v2.timestamps import read_instant
from mpi.domain.conformance import Finding, FoundBy

_STRICT, _TOLERANT = VALIDATION_LEVEL.STRICT, VALIDATION_LEVEL.TOLERANT
# All that hl7apy raises of bad input.
_WRONG = (HL7apyException, ValueError, AttributeError, KeyError, IndexError, TypeError)
_ANY_TIME = frozenset({"2.3", "2.3.1", "2.4"})
_APART = frozenset({"A24", "A37", "O01"})
_ABSENT_MARKS = {"ESCAPE": "\x1e", "SUBCOMPONENT": "\x1f"}  # no text holds these: `message.parse` took them out

_COUNTED = re.compile(r"Error: (Missing required child|Child limit exceeded) ([A-Z0-9_]+)\.([A-Z0-9_]+)")
_TABLE = re.compile(r".* not in table (\w+) in element ([A-Z0-9_]+)\.([A-Z0-9_]+)", re.DOTALL)
_LENGTH = re.compile(r"Exceeded max length \(\d+\) of ([A-Z0-9_]+)\.([A-Z0-9_]+)")


def judge(message: Message) -> list[Judgement]:
    """Everything that is wrong, first the time stamps hl7apy does not look at, then in the order of the segments; []
    for a valid message."""
    reading = _Reading(message)
    return [*reading.times(), *([] if reading.is_clean() else reading.diagnose())]


class _Reading:
    """One message as hl7apy is shown it."""

    def __init__(self, message: Message) -> None:
        d = message.header.msh.delimiters
        self._segments = [segment for segment in message.segments if not segment.name.startswith("Z")]
        self._version = message.header.version
        self._marks = {
            "SEGMENT": "\r",
            "GROUP": "\r",
            "FIELD": d.field,
            "COMPONENT": d.component,
            "REPETITION": d.repetition,
            "ESCAPE": d.escape or _ABSENT_MARKS["ESCAPE"],
            "SUBCOMPONENT": d.subcomponent or _ABSENT_MARKS["SUBCOMPONENT"],
        }
        edges = "".join(map(re.escape, (d.field, d.component, d.repetition, d.subcomponent)))
        self._null = re.compile(rf"(?<![^{edges}]){NULL}(?![^{edges}])")
        trigger = message.header.trigger
        # What the strict reading said, if it came to an end.
        self._strictly: tuple[list[str], Counter[str]] | None = None
        self._excused = False  # whether all that is missing was deleted by the null
        self._structure = "" if trigger in _APART else structure_of(trigger, self._version)

    def is_clean(self) -> bool:
        """Whether hl7apy has nothing to say: the common case, at the price of one reading."""
        try:
            self._strictly = self._read(_STRICT)
        except _WRONG:
            return False
        return not any(self._strictly)

    def times(self) -> Iterator[Judgement]:
        """Time stamps that are none, before 2.5: hl7apy takes any text for a TS there."""
        if self._version not in _ANY_TIME:
            return
        for segment in self._segments:
            for number in range(1, len(segment.fields)):
                if segment.raw(number).strip() and self._is_time(f"{segment.name}_{number}"):
                    for position, value in enumerate(segment.repetitions(number), start=1):
                        if value.text(1) and read_instant(value.text(1)) is None:
                            yield _judgement(segment.name, segment.sequence, number, TYPE, position, 1)

    def _is_time(self, name: str) -> bool:
        try:
            return "TS" in load_reference(name, "Field", self._version)
        except ChildNotFound:
            return False

    def diagnose(self) -> list[Judgement]:
        """Each fault by itself."""
        found = [*self._counted(), *(judgement for s in self._segments for judgement in self._fields(s))]
        order = {id_: n for n, id_ in enumerate((s.name, s.sequence) for s in self._segments)}

        def rank(judgement: Judgement) -> tuple[int, int]:
            name, *numbers = judgement.location.split("^")
            return order.get((name, int(numbers[0]) if numbers else 1), len(order)), judgement.finding.field

        found.sort(key=rank)
        if not found and not self._excused:  # it would not take the message, and no part of it is to blame
            found = [Judgement(Finding("", 0, 0, UNDEFINED, FoundBy.VALIDATOR), "", refuses=True)]
        return found

    def _text(self, segment: Segment) -> str:
        fields = segment.fields
        if segment.name == "MSH":  # hl7apy wants four encoding characters, also of a sender who does with fewer
            order = ("COMPONENT", "REPETITION", "ESCAPE", "SUBCOMPONENT")
            fields = [segment.name, "".join(self._marks[name] for name in order), *segment.fields[3:]]
        return self._null.sub("", self._marks["FIELD"].join(fields))

    def _whole(self, level: int) -> Any:
        """The message in its structure; None when hl7apy knows no structure for the event in this version."""
        if not self._structure:
            return None
        try:
            whole = JudgedMessage(self._structure, None, self._version, level, self._marks)
        except InvalidName:
            return None
        text = "\r".join(map(self._text, self._segments))
        whole.children = parse_segments(text, self._version, self._marks, level, whole.reference, find_groups=True)
        return whole

    def _segment(self, segment: Segment, level: int) -> Any:
        return parse_segment(self._text(segment), self._version, self._marks, level)

    def _read(self, level: int) -> tuple[list[str], Counter[str]]:
        """What hl7apy reports, and the segments it drops in silence because the structure has no place for them."""
        whole = self._whole(level)
        if whole is None:
            return [line for s in self._segments for line in _report(self._segment(s, level))], Counter()
        return _report(whole), Counter(s.name for s in self._segments) - Counter(_names(whole))

    def _counted(self) -> Iterator[Judgement]:
        """What is missing or there too often: segments in the message, fields in a segment."""
        try:
            lines, strays = self._strictly or self._read(_TOLERANT)
        except _WRONG:
            return
        for name, count in sorted(strays.items()):
            last = sum(segment.name == name for segment in self._segments)
            yield _judgement(name, last - count + 1, 0, UNDEFINED)
        for line in dict.fromkeys(lines):
            if match := _COUNTED.fullmatch(line):
                fault = MISSING if match[1].startswith("Missing") else TOO_MANY
                yield from self._placed(match[2], match[3], fault)

    def _placed(self, parent: str, child: str, fault: str) -> Iterator[Judgement]:
        number = child.partition("_")[2]
        if len(parent) == 3 and number.isdigit():  # a field of a segment
            for segment in self._segments:
                if segment.name != parent:
                    continue
                if fault == MISSING and segment.is_null(int(number)):
                    self._excused = True
                elif _shows(segment, int(number), fault):
                    yield _judgement(parent, segment.sequence, int(number), fault)
        elif len(child) == 3:  # a segment of a structure
            count = sum(segment.name == child for segment in self._segments)
            yield _judgement(child, max(count, 1), 0, fault)
        else:
            yield Judgement(Finding("", 0, 0, GROUP, FoundBy.VALIDATOR), "", refuses=True)

    def _fields(self, segment: Segment) -> Iterator[Judgement]:
        if not self._knows(segment.name, "Segment"):
            return
        for number in range(3 if segment.name == "MSH" else 1, len(segment.fields)):
            for position, raw in enumerate(segment.raw(number).split(self._marks["REPETITION"]), start=1):
                text = self._null.sub("", raw)
                if text.strip():
                    yield from self._field(segment, number, position, text)

    def _field(self, segment: Segment, number: int, position: int, text: str) -> Iterator[Judgement]:
        name = f"{segment.name}_{number}"
        if not self._knows(name, "Field"):
            yield _judgement(segment.name, segment.sequence, number, UNDEFINED)
            return
        try:
            around = JudgedSegment(segment.name, version=self._version, validation_level=_STRICT)
            field = parse_field(text, name, self._version, self._marks, _STRICT)
            around.add(field)  # what hl7apy warns of it tells by its parent's name
            lines = _report(field)
        except _WRONG as error:
            yield self._unreadable(segment, number, position, text, _said(error))
            return
        yield from _told(segment, number, position, lines)

    def _unreadable(self, segment: Segment, number: int, position: int, text: str, fault: str) -> Judgement:
        """A field that cannot be read, told by its first component that cannot."""
        place = segment.name, segment.sequence, number
        kind = parse_field("", f"{segment.name}_{number}", self._version, self._marks, _TOLERANT).datatype
        if kind is None or is_base_datatype(kind, self._version):
            return _judgement(*place, fault, position)
        for component, part in enumerate(text.split(self._marks["COMPONENT"]), start=1):
            if not part.strip():
                continue
            if not self._knows(f"{kind}_{component}", "Component"):
                return _judgement(*place, UNDEFINED, position, component)
            try:
                parse_component(part, f"{kind}_{component}", None, self._version, self._marks, _STRICT)
            except _WRONG as error:
                return _judgement(*place, _said(error), position, component)
        return _judgement(*place, fault, position)

    def _knows(self, name: str, kind: str) -> bool:
        try:
            load_reference(name, kind, self._version)
        except ChildNotFound:
            return False
        return True


def _said(error: Exception) -> str:
    return LONG if isinstance(error, MaxLengthReached) else TYPE


def _told(segment: Segment, number: int, position: int, lines: list[str]) -> Iterator[Judgement]:
    found: dict[tuple[int, str], bool] = {}
    for line in lines:
        if match := _TABLE.fullmatch(line):
            found[_component(match[2], match[3]), f"not in table {match[1]}"] = False
        elif match := _LENGTH.search(line):
            found[_component(match[1], match[2]), LONG] = False
        elif match := _COUNTED.fullmatch(line):
            fault = MISSING if match[1].startswith("Missing") else TOO_MANY
            found[_component(match[2], match[3]), fault] = True
        else:
            found[0, TYPE] = True
    for (component, fault), refuses in found.items():
        yield _judgement(segment.name, segment.sequence, number, fault, position, component, refuses=refuses)


def _judgement(
    segment: str,
    sequence: int,
    number: int,
    fault: str,
    position: int = 0,
    component: int = 0,
    *,
    refuses: bool = True,
) -> Judgement:
    parts = [number, position or (1 if component else 0), component] if number else []
    location = "^".join([segment, str(sequence), *(str(part) for part in parts if part)])
    return Judgement(Finding(segment, number, component, fault, FoundBy.VALIDATOR), location, refuses)


def _component(parent: str, child: str) -> int:
    """The component that hl7apy means: `PID_3.CX_4` is 4, and so is its subcomponent `CX_4.HD_1`; of a field, 0."""
    kind, _, number = parent.partition("_")
    if number.isdigit() and len(kind) == 2:
        return int(number)
    number = child.rpartition("_")[2]
    return int(number) if number.isdigit() and "_" in parent else 0


def _shows(segment: Segment, number: int, fault: str) -> bool:
    """Whether this one of the segments of its name has the fault."""
    raw = segment.raw(number)
    return not raw.strip() if fault == MISSING else segment.delimiters.repetition in raw


def _names(part: Any) -> Iterator[str]:
    for child in part.children:
        if child.classname == "Segment":
            yield child.name
        else:
            yield from _names(child)


def _report(part: Any) -> list[str]:
    """hl7apy's errors and warnings, one string each: they quote values, so they must not leave this module.

    It tells all of them only to a file it opens itself; this one is memory and has no name.
    """
    memory = os.memfd_create("hl7apy")
    try:
        with suppress(HL7apyException):
            Validator.validate(part, report_file=os.dup(memory))
        text = os.pread(memory, os.fstat(memory).st_size, 0).decode("utf-8", errors="replace")
    finally:
        os.close(memory)
    lines = re.split(r"\n(?=Error: |Warning: )", text.rstrip("\n"))
    return [line for line in lines if line]
