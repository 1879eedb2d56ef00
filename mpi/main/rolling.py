"""Puts together what changes the model of an index."""

from __future__ import annotations

from mpi.db.rolling import RollingStores
from mpi.main.index import Index, TimeOrderedIds
from mpi.usecases.models.rolling import Rolling


def compose_rolling(index: Index, workers: int = 1) -> Rolling:
    """Roll-out and roll-back of a model, with so many worker processes."""
    return Rolling(RollingStores(index.engine), index.network, index.clock, TimeOrderedIds(), workers)
