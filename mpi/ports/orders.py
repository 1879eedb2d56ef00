"""The store of imaging orders."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol
from uuid import UUID

from mpi.domain.identifiers import Identifier
from mpi.domain.order_fold import ImagingOrder, OrderFilter, ToldOrder
from mpi.domain.orders import OrderField


class Orders(Protocol):
    """What was said of imaging orders, under the records it was said of."""

    def of_records(self, identifiers: Collection[Identifier]) -> list[ToldOrder]:
        """All that was said under these records, with the orders as they stand and the studies made of them."""

    def put(self, told: Iterable[ToldOrder]) -> None:
        """Insert or update by record and number."""

    def of_golden(
        self, golden_id: UUID, wanted: OrderFilter, limit: int, after: str
    ) -> tuple[list[ImagingOrder], int, str]:
        """A page of a person's orders, newest first, the total, and where it goes on. Raises Refused for a bad
        `after`."""

    def get(self, order_id: int) -> tuple[ImagingOrder, UUID] | None:
        """An order that stands, by the index's own id, and the golden id it is under."""

    def hold_numbers(self, numbers: Collection[tuple[OrderField, str]]) -> None:
        """Hold these numbers, whoever gave them out, until the transaction ends: of two who tell one of them at once
        of two people the second sees what the first has said."""

    def under_others(self, patient: Identifier, numbers: Mapping[OrderField, str]) -> list[Identifier]:
        """The records of other people than this patient with an order that has not ended and goes by one of these
        numbers: filler, accession or placer of the patient's authority, or Study Instance UID of any."""
