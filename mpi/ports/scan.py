"""The store that is read whole."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Protocol

from mpi.domain.evidence import Assertion, Edge, Pair
from mpi.domain.identifiers import Identifier
from mpi.domain.order_fold import ToldOrder
from mpi.domain.record import Record, Update
from mpi.domain.views import TaskKind


class Scan(Protocol):
    """The whole index, read once from end to end, to verify it and to foresee what another model would do."""

    def records(self) -> Iterator[Record]:
        """Every record, by identifier."""

    def updates(self) -> Iterator[Update]:
        """All that was ever said, by identifier and then by arrival."""

    def edges(self) -> Iterator[tuple[Edge, str]]:
        """Every edge and the fingerprint of the model that weighed it."""

    def assertions(self) -> list[Assertion]:
        """Every standing assertion."""

    def orders(self) -> Iterator[ToldOrder]:
        """All that was said of orders, by identifier."""

    def asked(self, kind: TaskKind) -> frozenset[Identifier]:
        """Records that an unanswered task of this kind speaks of."""

    def asked_now(self) -> set[tuple[TaskKind, Pair]]:
        """The unanswered questions that new evidence may withdraw."""

    def broken(self) -> list[str]:
        """Sentences about rows that contradict one another."""

    def studies_of(self, identifiers: Collection[Identifier]) -> Mapping[Identifier, int]:
        """How many studies hang on each of these records that has any."""
