"""A model for people, made from the records themselves, and what it links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from linkage.block_counts import BlockCounts, count_blocks
from linkage.columns import Encoded
from linkage.costs import FALSE_MERGE
from linkage.defaults import clear_defaults
from linkage.engines import local
from linkage.engines.clusters import Clusters, cluster
from linkage.errors import LinkageError
from linkage.explain import Explanation, explain
from linkage.garbage import set_aside
from linkage.indexing import MOST_ROWS, index, served
from linkage.model import Model
from linkage.progress import SILENT, Progress
from linkage.room import UNBOUNDED, Room, give_back
from linkage.standardise import standardise
from linkage.tables.table import Table
from linkage.tailor import tailor
from linkage.training import Training, train


@dataclass(frozen=True)
class Linker:
    """Records under a model that was trained on them.

    workers: threads, None for all processors. room: where large arrays lie. progress: is told how far it has come.
    defaults: by field, how many rows said what is taken for a default and for nothing said (`linkage.defaults`).
    """

    table: Table
    encoded: Encoded
    training: Training
    workers: int | None = None
    room: Room = UNBOUNDED
    progress: Progress = SILENT
    defaults: Mapping[str, int] = field(default_factory=dict)

    @property
    def model(self) -> Model:
        """The trained model."""
        return self.training.model

    @cached_property
    def pairs(self) -> local.Pairs:
        """Every pair of records that shares a blocking key and weighs the model's `possible` at least."""
        encoded = self.encoded
        give_back()  # what the columns took, where they are gone
        found = local.link(
            encoded.matrix,
            encoded.keys,
            encoded.rows,
            self.model,
            workers=self.workers,
            room=self.room,
            progress=self.progress,
        )
        first = self.apart
        return found if first is None else found.where((found.a < first) != (found.b < first))

    @cached_property
    def blocks(self) -> BlockCounts:
        """What blocking did, in counts."""
        return count_blocks(self.encoded, self.pairs, self.workers)

    @property
    def apart(self) -> int | None:
        """How many records are of the first of two files that hold a person once each; None where that is not so."""
        return self.table.first if self.training.distinct else None

    @cached_property
    def clusters(self) -> Clusters:
        """Who is one person: the constrained partition of the certain pairs; ids break ties."""
        pairs, rank = self.pairs, np.empty(len(self.table), np.int64)
        rank[pc.sort_indices(self.table.ids).to_numpy()] = np.arange(len(rank))
        self.progress.begin("settling clusters", 0)
        give_back()
        return cluster(self.encoded.matrix, pairs, self.model, self.workers, rank, self.apart)

    def probability(self, weight: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """The probability that a pair of this total weight in bits is one person."""
        return np.asarray(1.0 / (1.0 + np.exp2(-weight.astype(np.float64))))

    def explain(self, one: str, other: str) -> Explanation:
        """Why two different records weigh what they weigh. Raises `LinkageError` for an id that no record has."""
        if one == other:
            raise LinkageError(f"both ids are '{one}': name two different records")
        further, foreign = {field.name: field.kind for field in self.model.further or ()}, self.model.foreign
        rows = (self._row(name) for name in (one, other))
        a, b = (standardise(self.table.demographics(row, further, foreign=foreign)) for row in rows)
        return explain(a, b, self.model)

    def without_fields(self) -> Linker:
        """The same without what the records say, which only explanations need: a sixth of the memory."""
        return replace(self, table=replace(self.table, columns={}, extras={}))

    def without_entries(self) -> Linker:
        """The same without the blocking entries, which only weighing and `blocks` need and have had then."""
        none = np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.uint8)
        lean = replace(self, encoded=replace(self.encoded, keys=none[0], rows=none[1], rules=none[2]))
        vars(lean).update(pairs=self.pairs, blocks=self.blocks)
        return lean

    def _row(self, name: str) -> int:
        row: int = self.table.ids.index(name).as_py()
        if row < 0:
            raise LinkageError(f"no record has the id '{name}'")
        return row


@set_aside()
def people(
    table: Table,
    *,
    base: Model | None = None,
    seed: int = 0,
    reviewed: Sequence[tuple[int, int, bool]] = (),
    workers: int | None = None,
    room: Room = UNBOUNDED,
    progress: Progress = SILENT,
    false_merge: float = FALSE_MERGE,
) -> Linker:
    """A linker for people with what columns there are, trained unsupervised on the table itself.

    `base` (default: the shipped model) gives the frequencies of names, and what the data cannot say; `reviewed` are
    pairs of rows that a person has judged; `false_merge` is what joining two people costs, in links missed. The same
    records and seed make the same model in any order and `room`.
    """
    cleared = clear_defaults(table)
    table = cleared.table
    start = tailor(table, base or Model.default(), false_merge)
    encoded = index(table, start, workers, seed, room, progress)
    entries = encoded.keys, encoded.rows, encoded.rules
    progress.begin("learning a model", 0)
    give_back()
    trained = train(
        encoded.matrix,
        *entries,
        start,
        seed=seed,
        most_rows=MOST_ROWS,
        reviewed=reviewed,
        workers=workers,
        first=table.first,
        order=encoded.order,
    )
    return Linker(table, served(encoded, start), trained, workers, room, progress, cleared.rows)
