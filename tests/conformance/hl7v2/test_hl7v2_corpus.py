"""Every message of the corpus gets the acknowledgement and the commands its file says (standards section 1)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields as members
from dataclasses import is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from mpi.domain.commands import Command, Stamp
from mpi.domain.identifiers import Identifier
from tests.unit.hl7v2.wire_builders import RecordingIntake, condition, fields, receiver

CASES = sorted((Path(__file__).parent / "cases").glob("*.toml"))


def read_case(path: Path) -> tuple[dict[str, Any], bytes]:
    case = tomllib.loads(path.read_text(encoding="utf-8"))
    ending = case.get("ending", "\r")
    lines = case["message"].strip("\n").split("\n")
    return case, (ending.join(lines) + ending).encode(case.get("encoding", "ascii"))


def plain(value: object) -> object:
    """A value of the domain as TOML can write it."""
    if value is None:
        return "<deleted>"
    if isinstance(value, Identifier):
        return str(value)
    if isinstance(value, Stamp):
        return value.occurred.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, frozenset):
        return sorted(str(plain(item)) for item in value)
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {plain(key): plain(item) for key, item in value.items()}
    if is_dataclass(value):
        held = {member.name: plain(getattr(value, member.name)) for member in members(value)}
        return {name: item for name, item in held.items() if item not in ("", [])}
    return value


def plain_command(command: Command, expected: Mapping[str, Any]) -> dict[str, Any]:
    held = {member.name: plain(getattr(command, member.name)) for member in members(command)}
    occurred = held.pop("stamp")
    if "occurred" in expected:
        held["occurred"] = occurred
    if held.get("identifier") == "<deleted>":
        del held["identifier"]
    return {"kind": type(command).__name__, **held}


def test_the_corpus_is_there() -> None:
    assert len(CASES) >= 60


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_wire_message(path: Path) -> None:
    case, wire = read_case(path)
    intake = RecordingIntake()
    reply = receiver(intake).handle(wire)
    expected = case["ack"]
    assert (fields(reply, "MSA")[1] if reply else "") == expected["code"]
    assert condition(reply) == expected.get("condition", "")
    assert [reason.location for _, reason, _ in intake.refused] == [
        expected["location"] for _ in range(1) if "location" in expected
    ]
    envelopes = [entry[0] for entry in (*intake.registered, *intake.refused)]
    assert [list(envelope.flags) for envelope in envelopes] == ([case.get("flags", [])] if envelopes else [])
    assert all(envelope.raw == wire for envelope in envelopes)
    commands = [command for entry in intake.registered for command in entry[1]]
    wanted = case.get("commands", [])
    assert len(commands) == len(wanted)
    assert [plain_command(c, w) for c, w in zip(commands, wanted, strict=True)] == wanted


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_reading_again_gives_the_same(path: Path) -> None:
    """Reading is a pure function of the bytes (promise 2)."""
    _, wire = read_case(path)
    first, second = RecordingIntake(), RecordingIntake()
    assert receiver(first).handle(wire) == receiver(second).handle(wire)
    assert first.registered == second.registered
    assert [str(reason) for _, reason, _ in first.refused] == [str(reason) for _, reason, _ in second.refused]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_no_refusal_or_flag_carries_demographics(path: Path) -> None:
    """Promise 8: names, dates and numbers of the PID never stand in a reply or a flag."""
    _, wire = read_case(path)
    intake = RecordingIntake()
    reply = receiver(intake).handle(wire) or b""
    words = {"SMITH", "JOHN", "9990000018", "19540307", "M13 9WL"}
    said = reply.decode("latin-1") + " ".join(f for e in (*intake.registered, *intake.refused) for f in e[0].flags)
    assert not [word for word in words if word in said]
