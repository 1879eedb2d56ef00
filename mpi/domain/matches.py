"""Whom demographics may be of, as a matching query is told."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mpi.domain.views import PersonView


class MatchGrade(StrEnum):
    """FHIR match-grade codes; CERTAIN is the auto-link rule itself (IHE-46)."""

    CERTAIN = "certain"
    PROBABLE = "probable"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True)
class MatchCandidate:
    """A golden identity that resembles the demographics asked about. Weight in log2 units; probability 0 to 1."""

    person: PersonView
    weight: float
    probability: float
    grade: MatchGrade
    explanation: tuple[str, ...]  # one sentence per comparison, in words and weights
    model: str  # fingerprint
