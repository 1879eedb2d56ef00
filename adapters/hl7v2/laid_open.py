"""A message by segment and field for people to read, whatever is wrong with it, its fields called as in 2.5.1."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import Any

from hl7apy import load_reference
from hl7apy.exceptions import ChildNotFound

from adapters.hl7v2 import message
from adapters.hl7v2.message import Delimiters
from mpi.domain.reading import Entry, Section, seen
from mpi.errors import Refused

_TITLES = {
    "FHS": "File header",
    "BHS": "Batch header",
    "MSH": "Message header",
    "EVN": "Event",
    "PID": "Patient",
    "PD1": "Patient, further details",
    "MRG": "Number merged away",
    "NK1": "Next of kin",
    "PV1": "Visit",
    "PV2": "Visit, further details",
    "OBX": "Observation",
    "AL1": "Allergy",
    "DG1": "Diagnosis",
    "IN1": "Insurance",
    "GT1": "Guarantor",
    "ROL": "Role",
    "BTS": "Batch trailer",
    "FTS": "File trailer",
}
_HEADERS = frozenset({"MSH", "FHS", "BHS"})
_USUAL = Delimiters("|", "^", "~", "\\", "&")
_VERSION = "2.5.1"
_LINES = re.compile(r"\r\n|\r|\n")
_SEGMENT = re.compile(r"[A-Z][A-Z0-9]{2}")
_ASIDE = re.compile(r"_E_G_.*|(?<=^SET_ID)_.*")  # PREFIX_E_G_DR, SET_ID_PID
_CAPITALS = {"id": "ID", "nhs": "NHS", "ssn": "SSN", "oid": "OID"}


def sections(text: str, location: str) -> tuple[Section, ...]:
    """The segments of a message's text, and what stands between them; `location` is the refusal's ERL."""
    delimiters = _delimiters(text)
    counts: Counter[str] = Counter()
    found = []
    for line in _LINES.split(text):
        if line.strip():
            name = line[:3]
            counts[name] += 1
            found.append(_section(line, name, counts[name], delimiters, location))
    return tuple(found)


def _delimiters(text: str) -> Delimiters:
    try:
        return message.read_header(text.encode("latin-1", "replace")).msh.delimiters
    except Refused:
        return _USUAL


def _section(line: str, name: str, sequence: int, d: Delimiters, location: str) -> Section:
    if not (_SEGMENT.fullmatch(name) and line[3:4] in ("", d.field)):
        return Section("", "Not a segment", (Entry("", "", (("", seen(line)),), marked=False),))
    fields = line.split(d.field)
    if name in _HEADERS:
        fields.insert(1, d.field)
    place, number = f"{name}^{sequence}", _marked(name, sequence, location)
    entries = []
    for n, raw in enumerate(fields[1:], start=1):
        if raw or n == number:
            whole = name in _HEADERS and n <= 2
            entries += _entries(name, n, [raw] if whole else raw.split(d.repetition), "" if whole else d.component)
    marked = tuple(_mark(entry, number) for entry in entries)
    said = _TITLES.get(name, "Local segment" if name.startswith("Z") else "")
    title = f"{said} (refused)" if location == place and number == 0 else said
    return Section(name, title, marked)


def _entries(name: str, number: int, repetitions: list[str], component: str) -> list[Entry]:
    title, components = _names(f"{name}_{number}")
    entries = []
    for position, value in enumerate(repetitions, start=1):
        if value or len(repetitions) == 1:
            place = f"{name}-{number}" + (f" ({position})" if len(repetitions) > 1 else "")
            entries.append(Entry(place, title, _parts(value, component, components)))
    return entries


def _parts(value: str, component: str, names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    pieces = value.split(component) if component else [value]
    if len(pieces) == 1:
        return (("", seen(value)),)
    return tuple(
        (names[n] if n < len(names) else f"Component {n + 1}", seen(piece)) for n, piece in enumerate(pieces) if piece
    )


def _marked(name: str, sequence: int, location: str) -> int:
    """The field of this segment that the refusal speaks of; 0 for none."""
    parts = location.split("^")
    if parts[0] != name or len(parts) < 3 or parts[1] != str(sequence):
        return 0
    return int(parts[2]) if parts[2].isdigit() else 0


def _mark(entry: Entry, number: int) -> Entry:
    is_it = bool(number) and entry.place.partition(" ")[0].endswith(f"-{number}")
    return Entry(entry.place, entry.name, entry.parts, is_it)


@lru_cache(maxsize=1024)
def _names(field: str) -> tuple[str, tuple[str, ...]]:
    """What a field and its components are called, as far as the standard names them."""
    try:
        found: Any = load_reference(field, "Field", _VERSION)
    except ChildNotFound:
        return "", ()
    inner = found[1] if found[0] == "sequence" else ()
    return _title(found[3]), tuple(_title(reference[3]) for _, reference, *_ in inner)


def _title(name: str) -> str:
    name = _ASIDE.sub("", name)
    words = [_CAPITALS.get(word, word) for word in name.lower().split("_")]
    return " ".join([words[0].capitalize() if words[0].islower() else words[0], *words[1:]])
