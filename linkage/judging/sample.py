"""A result judged by a reviewed sample of its pairs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from linkage.clerical.sheet import Answer, Sheet
from linkage.errors import LinkageError
from linkage.evaluation.agreement import Kappa, cohen_kappa
from linkage.evaluation.columns import Floats, Truths
from linkage.evaluation.estimating import Cells, Quality, estimate_quality, measures_of
from linkage.evaluation.fairness import FairnessTable
from linkage.evaluation.sampling import bands
from linkage.judging.groups import Groups, tables_by_group
from linkage.judging.labels import Labels, LinkReport, judge_links
from linkage.result import Result

Longs = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class StratumAnswers:
    """One stratum: its band of weight in bits, what the linkage did with its pairs, their number, and the answers."""

    low: float
    high: float
    joined: bool
    compared: bool
    size: int
    yes: int
    no: int
    unsure: int
    blank: int


@dataclass(frozen=True, slots=True)
class SampleReport:
    """What a reviewed sample says of a result.

    rows: of the sheet as drawn, of which `lost` are no longer in the file. looked: whether pairs that were never
    compared are in the sample, so that recall knows of blocking loss. unsure_same, unsure_different: precision and
    recall if all unsure pairs were one person, or none. borrowed: strata without any answer, which borrow the nearest
    one's share. agreement: of two reviewers. groups: error by group, by column.
    """

    rows: int
    lost: int
    yes: int
    no: int
    unsure: int
    blank: int
    looked: bool
    quality: Quality
    unsure_same: tuple[float, float]
    unsure_different: tuple[float, float]
    borrowed: int
    strata: tuple[StratumAnswers, ...]
    agreement: Kappa | None
    links: LinkReport
    groups: Mapping[str, FairnessTable]


def judge_by_sample(
    result: Result,
    sheet: Sheet,
    second: Sheet | None = None,
    groups: Groups | None = None,
    wanted: float = 0.999,
    confidence: float = 0.95,
    seed: int = 0,
) -> SampleReport:
    """Estimate a result's quality from a filled sheet. second: the same pairs answered by a second reviewer.

    Pairs nobody decided, and those on which two reviewers differ, are counted and left out of every estimate. Raises
    `LinkageError` when no pair is decided.
    """
    agreement = None if second is None else _agreement(sheet, second)
    sheet = sheet if second is None else agreed(sheet, second)
    answers = np.array(sheet.answers)
    decided = np.flatnonzero((answers == Answer.YES) | (answers == Answer.NO))
    if not len(decided):
        raise LinkageError(
            "no pair of the sample is answered yes or no under 'same', so there is nothing to judge by"
        )
    cells, borrowed = _cells(sheet, answers)
    same = answers[decided] == Answer.YES
    sampling = _sampling(sheet, decided)
    a, b = sheet.a[decided], sheet.b[decided]
    return SampleReport(
        rows=sheet.facts[0].rows,
        lost=sheet.facts[0].rows - len(answers),
        yes=int(same.sum()),
        no=int((~same).sum()),
        unsure=int((answers == Answer.UNSURE).sum()),
        blank=int((answers == Answer.BLANK).sum()),
        looked=sheet.facts[0].looked,
        quality=estimate_quality(cells, confidence, seed),
        unsure_same=_if_unsure(sheet, answers, Answer.YES),
        unsure_different=_if_unsure(sheet, answers, Answer.NO),
        borrowed=borrowed,
        strata=_strata(result, sheet, answers),
        agreement=agreement,
        links=_of_links(result, result.find(a, b), same, sampling, wanted, confidence, seed),
        groups=tables_by_group(groups, a, b, _joined(sheet, decided), same, sampling, confidence),
    )


def _joined(sheet: Sheet, decided: Longs) -> Truths:
    return np.array([sheet.facts[row].joined for row in decided], np.bool_)


def agreed(first: Sheet, second: Sheet) -> Sheet:
    """The first sheet with both reviewers' answers: where they differ nobody knows, and one may fill the other's
    blanks."""
    others = _answers_of(second)
    return replace(
        first,
        answers=tuple(
            _merged(answer, others.get(pair, Answer.BLANK))
            for answer, pair in zip(first.answers, _pairs_of(first), strict=True)
        ),
    )


def _merged(one: Answer, other: Answer) -> Answer:
    if other is Answer.BLANK or one is other:
        return one
    return other if one is Answer.BLANK else Answer.UNSURE


def _agreement(first: Sheet, second: Sheet) -> Kappa:
    others, clear = _answers_of(second), (Answer.YES, Answer.NO)
    both = [
        (answer, others[pair])
        for answer, pair in zip(first.answers, _pairs_of(first), strict=True)
        if answer in clear and others.get(pair) in clear
    ]
    if not both:
        raise LinkageError("the two reviewers have no pair that both of them answered yes or no")
    return cohen_kappa([one for one, _ in both], [other for _, other in both])


def _pairs_of(sheet: Sheet) -> list[tuple[int, int]]:
    return list(zip(sheet.a.tolist(), sheet.b.tolist(), strict=True))


def _answers_of(sheet: Sheet) -> dict[tuple[int, int], Answer]:
    return dict(zip(_pairs_of(sheet), sheet.answers, strict=True))


def _strata(result: Result, sheet: Sheet, answers: npt.NDArray[np.str_]) -> tuple[StratumAnswers, ...]:
    edges = np.concatenate(([-np.inf], bands(result.model.possible, result.model.certain), [np.inf]))
    numbers = np.array([facts.stratum for facts in sheet.facts])
    told = []
    for number, row in zip(*np.unique(numbers, return_index=True), strict=True):
        facts, inside = sheet.facts[row], answers[numbers == number]
        low, high = edges[number % (len(edges) - 1)], edges[number % (len(edges) - 1) + 1]
        counts = (int((inside == answer).sum()) for answer in (Answer.YES, Answer.NO, Answer.UNSURE, Answer.BLANK))
        told.append(StratumAnswers(float(low), float(high), facts.joined, facts.compared, facts.size, *counts))
    return tuple(told)


def _cells(sheet: Sheet, answers: npt.NDArray[np.str_]) -> tuple[Cells, int]:
    """A cell for each stratum, and how many have no answer: these borrow the share of the nearest band of their kind
    that has one, and all doubt is left to their limits."""
    numbers = np.array([facts.stratum for facts in sheet.facts])
    strata, first, place = np.unique(numbers, return_index=True, return_inverse=True)
    yes = np.bincount(place, answers == Answer.YES).astype(np.int64)
    reviewed = yes + np.bincount(place, answers == Answer.NO).astype(np.int64)
    joined = np.array([sheet.facts[row].joined for row in first], np.bool_)
    compared = np.array([sheet.facts[row].compared for row in first], np.bool_)
    lender = strata.copy()
    for cell in np.flatnonzero(reviewed == 0):
        able = np.flatnonzero(reviewed > 0)
        strange = 2 * (joined[able] != joined[cell]) + (compared[able] != compared[cell])
        lender[cell] = strata[able[np.lexsort((np.abs(strata[able] - strata[cell]), strange))[0]]]
    size = np.array([sheet.facts[row].size for row in first], np.int64)
    return Cells(size, reviewed, yes, joined, compared, lender), int((reviewed == 0).sum())


def _sampling(sheet: Sheet, decided: Longs) -> Floats:
    """float64[k]: how many pairs each decided one stands for."""
    numbers = np.array([sheet.facts[row].stratum for row in decided])
    _, place, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    sizes = np.array([sheet.facts[row].size for row in decided], np.float64)
    result: Floats = sizes / counts[place]
    return result


def _if_unsure(sheet: Sheet, answers: npt.NDArray[np.str_], meant: Answer) -> tuple[float, float]:
    """Precision and recall if what nobody could decide were all of one kind."""
    cells, _ = _cells(sheet, np.where(answers == Answer.UNSURE, meant, answers))
    precision, recall, _, _ = measures_of(cells, cells.share)
    return float(precision), float(recall)


def _of_links(
    result: Result, link: Longs, same: Truths, sampling: Floats, wanted: float, confidence: float, seed: int
) -> LinkReport:
    """From the decided pairs, those that are links or possible; link: int64[k], -1 for those that are neither."""
    there = link >= 0
    found = link[there]
    labels = Labels(
        result.weight[found], result.probability[found], result.guarded[found], same[there], sampling[there]
    )
    missed = float(sampling[~there] @ same[~there])
    return judge_links(labels, result.model.certain, missed, wanted, confidence, seed)
