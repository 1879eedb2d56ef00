"""Drawing the pairs to review: in strata by weight, by what the linkage did, and by whether it compared them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from linkage.clerical.code import Facts
from linkage.clerical.looser import WORDS
from linkage.clerical.population import Population, all_pairs, known_pairs
from linkage.errors import LinkageError
from linkage.evaluation.sampling import Sample, draw_sample
from linkage.result import Result
from linkage.tables.table import Table

_UNSURE = 0.5
_FLOOR = 5  # pairs of every stratum, however sure the model is of it


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A sample of the pairs of a population, in the order of the sheet."""

    population: Population
    sample: Sample

    def facts(self) -> Iterator[tuple[int, int, Facts]]:
        """The rows of either record, and what the evaluation must know of the pair."""
        population, sample = self.population, self.sample
        for row, number in zip(sample.rows.tolist(), sample.stratum.tolist(), strict=True):
            yield (
                int(population.a[row]),
                int(population.b[row]),
                Facts(
                    stratum=number,
                    size=sample.strata[number].size,
                    weight=float(population.weight[row]),
                    joined=bool(population.joined[row]),
                    compared=bool(population.compared[row]),
                    looked=population.looked,
                    population=len(population),
                    rows=len(sample.rows),
                ),
            )

    def lines(self) -> Iterator[str]:
        """What was drawn of what, in sentences."""
        strata = [stratum for stratum in self.sample.strata if stratum.size]
        yield f"{len(self.sample.rows):,} pairs drawn of {len(self.population):,}, in {len(strata)} strata"
        for stratum in strata:
            what = "joined" if stratum.joined else "not joined"
            what += ", never compared" if stratum.loose else ""
            yield f"  {stratum.low:+7.2f} to {stratum.high:+7.2f} bits, {what}: {stratum.drawn:,} of {stratum.size:,}"
        if self.population.looked:
            yield (
                f"blocking loss: pairs never compared that share {WORDS} are in it from"
                f" {self.population.least:+.1f} bits on, {int((~self.population.compared).sum()):,} pairs"
            )
            if self.population.passed_over:
                yield f"{self.population.passed_over:,} such values are shared by crowds and were passed over"
        else:
            yield "blocking loss: not in it; name the files to draw among pairs that were never compared too"


def draw_pairs(
    result: Result, size: int = 300, seed: int = 0, table: Table | None = None, workers: int | None = None
) -> Drawn:
    """A stratified random sample of a result's pairs for review, denser where the answers tell most.

    size: pairs to review. table: the records of the result; with them pairs that were never compared are drawn too.
    Raises `LinkageError` when there is nothing to draw from, the size does not hold a pair of every stratum, or the
    records are not the result's.
    """
    population = known_pairs(result) if table is None else all_pairs(result, table, workers)
    if not len(population):
        raise LinkageError("the result has no links and no possible pairs, so there is nothing to review")
    model = result.model
    # Where guards or other records decided against the weight, the weight says little of what is true.
    by_weight = (population.weight >= model.certain) == population.joined
    sample = draw_sample(
        population.weight,
        np.where(by_weight, population.probability, _UNSURE),
        ~population.compared,
        (model.possible, model.certain),
        size,
        seed,
        edges=population.edges,
        floor=_FLOOR,
        joined=population.joined,
    )
    return Drawn(population, sample)
