"""The store of models: the one in force, and those proposed with what they would change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from mpi.domain.model_change import (
    Change,
    Judged,
    Judgement,
    ModelDifference,
    ModelInForce,
    Proposal,
    ProposalState,
    Reign,
    UnderWay,
)


class Models(Protocol):
    """Models by fingerprint, and what was said of them."""

    def in_force(self) -> ModelInForce | None:
        """The model that weighs the index; None before the first start."""

    def document(self, fingerprint: str) -> Mapping[str, Any]:
        """A known model's document."""

    def weighed_by(self) -> frozenset[str]:
        """The fingerprints beside the index's edges."""

    def begin(self, fingerprint: str, document: Mapping[str, Any], user: str) -> None:
        """Put the first model in force. Raises `Contention` when another instance has put one."""

    def succeed(
        self, fingerprint: str, user: str, *, proposal_id: int | None = None, restores: int | None = None, reason: str
    ) -> int:
        """Put another known model in force instead; returns the id of its reign."""

    def reigns(self) -> list[Reign]:
        """Which model was in force when, the newest first."""

    def under_way(self) -> UnderWay | None:
        """What changes the model at this moment."""

    def propose(
        self, fingerprint: str, document: Mapping[str, Any], base: str, found: ModelDifference, user: str
    ) -> int:
        """Store a proposal with all it would change; returns its id."""

    def proposals(self) -> list[Proposal]:
        """All proposals, the newest first."""

    def proposal(self, proposal_id: int, *, for_update: bool = False) -> Proposal | None:
        """One proposal."""

    def change(self, proposal_id: int, number: int) -> tuple[Change, Judgement | None] | None:
        """One of its changes, and what was said of it."""

    def changes(self, proposal_id: int, after: int, limit: int) -> Sequence[tuple[int, Change, Judgement | None]]:
        """Its changes in the order of the sample, which chance made, with their numbers, from the one after on."""

    def unjudged(self, proposal_id: int) -> int | None:
        """The number of the first of its changes that nobody has judged; None when all are."""

    def judge(self, proposal_id: int, number: int, said: Judgement, user: str) -> None:
        """Note what somebody says of a change, instead of what was said before."""

    def judged(self, proposal_id: int) -> list[Judged]:
        """How many were judged in which way."""

    def answer(self, proposal_id: int, state: ProposalState, user: str, reason: str) -> None:
        """Approve or decline a proposal."""
