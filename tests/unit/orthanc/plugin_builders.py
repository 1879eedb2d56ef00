"""Headers as Orthanc tells them, and an index that answers from a network file without a port between."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydicom import Dataset
from pydicom.multival import MultiValue

from mpi.api.resolve import resolution_json
from mpi.domain.identifiers import Identifier
from mpi.domain.issuers import find_issuer
from mpi.domain.views import Resolution, ResolutionState
from mpi.errors import Refused
from mpi.networks import load_network
from mpi_orthanc.failures import Refusal, Unavailable
from mpi_orthanc.header import Header
from mpi_orthanc.index import Answer
from mpi_orthanc.tags import Tags

NETWORK = load_network("greater-manchester")
OURS = "GMMPI"
GOLDEN, OTHER = (UUID(f"5f0c6b1e-7a55-4f0e-9d0a-3d6c1f6f0a1{n}") for n in (1, 2))


def tags_of(dataset: Dataset) -> dict[str, Any]:
    """A data set in the form of Orthanc's /instances/{id}/tags."""
    told: dict[str, Any] = {}
    for element in dataset:
        tag = f"{element.tag.group:04x},{element.tag.element:04x}"
        if element.VR == "SQ":
            told[tag] = {"Type": "Sequence", "Value": [tags_of(item) for item in element.value]}
        elif element.VR not in {"OW", "OB", "UN"}:
            values = element.value if isinstance(element.value, MultiValue) else [element.value]
            text = "\\".join("" if value is None else str(value) for value in values)
            told[tag] = {"Type": "String", "Value": text}
    return told


def header_of(dataset: Dataset, ae_title: str = "") -> Header:
    """An image's header as the plugin has it."""
    return Header(Tags(json.loads(json.dumps(tags_of(dataset)))), OURS, ae_title)


class PaperIndex:
    """Answers as the index does; everybody is `golden` unless `people` says otherwise."""

    def __init__(self, golden: UUID = GOLDEN) -> None:
        self.golden = golden
        self.people: dict[str, UUID] = {}
        self.asked: list[dict[str, Any]] = []
        self.requests = 0
        self.away = False

    def resolve(self, questions: Sequence[dict[str, Any]]) -> list[Answer | Refusal]:
        """As `Index.resolve`."""
        self.requests += 1
        if self.away:
            raise Unavailable("away")
        self.asked += questions
        return [self._answer(question) for question in questions]

    def _answer(self, question: dict[str, Any]) -> Answer | Refusal:
        value = question["patient_id"]
        if question.get("issuer") == OURS:
            identifier = Identifier(OURS, value)
        else:
            try:
                authority = find_issuer(NETWORK, question.get("issuer", ""), question.get("ae_title", ""), "gm-vna")
            except Refused as refused:
                return Refusal(str(refused.fault))
            identifier = Identifier(authority, value)
        golden = self.people.get(str(identifier), self.golden)
        told = resolution_json(Resolution(identifier, golden, ResolutionState.CERTAIN, ()), NETWORK)
        coercion = json.loads(json.dumps(told["coercion"]))
        return Answer((identifier.authority, identifier.value), str(golden), coercion)
