"""The store of imaging orders."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Protocol
from uuid import UUID

from mpi.domain.identifiers import Identifier
from mpi.domain.order_fold import ImagingOrder, ToldOrder


class Orders(Protocol):
    """What was said of imaging orders, under the records it was said of."""

    def of_records(self, identifiers: Collection[Identifier]) -> list[ToldOrder]:
        """All that was said under these records, with the orders as they stand and the studies made of them."""

    def put(self, told: Iterable[ToldOrder]) -> None:
        """Insert or update by record and number."""

    def of_golden(
        self, golden_id: UUID, limit: int, after: str, *, awaited: bool
    ) -> tuple[list[ImagingOrder], int, str]:
        """A page of a person's orders, newest first, the total, and where it goes on; `awaited`: only those whose
        study is still to come. Raises Refused for a bad `after`."""
