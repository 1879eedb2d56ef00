"""The conformance statement says what the code does, and the page in `docs` is the one the code writes."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from adapters.hl7v2.message import Segment
from adapters.hl7v2.statement import FIELDS, statement
from tests.conformance.hl7v2.test_hl7v2_corpus import CASES, read_case
from tests.unit.hl7v2.wire_builders import receiver

PAGE = Path(__file__).parents[3] / "docs" / "hl7v2.md"


def test_the_page_is_the_one_the_code_writes() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert written == statement(), "run: python -m adapters.hl7v2.statement > docs/hl7v2.md"


def test_the_fields_stated_are_those_the_reader_looks_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Watched over the whole corpus but the strict feed's, where the validator looks at every field."""
    looked: dict[str, set[int]] = defaultdict(set)
    raw = Segment.raw

    def watched(segment: Segment, number: int) -> str:
        looked[segment.name].add(number)
        return raw(segment, number)

    monkeypatch.setattr(Segment, "raw", watched)
    for path in CASES:
        case, wire = read_case(path)
        if "STRICTPAS" not in case["message"]:
            receiver().handle(wire)
    assert {name: sorted(numbers) for name, numbers in looked.items()} == {
        name: sorted(read) for name, read in FIELDS.items()
    }
