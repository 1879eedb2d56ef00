"""Reports as lines of text and as a document for JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from math import isfinite
from typing import Any

from linkage.evaluation.choosing import Choice
from linkage.evaluation.clusterings import PairCounts
from linkage.evaluation.estimating import Measure
from linkage.evaluation.fairness import FairnessTable, Gap, Group
from linkage.evaluation.intervals import Estimate
from linkage.evaluation.reliability import Bin
from linkage.judging.labels import Calibration, LinkReport
from linkage.judging.sample import SampleReport
from linkage.judging.truth import ClusterCounts, TruthReport
from linkage.plurals import counted

SEEN = "what neither blocking finds, or weighs less than the sample reaches down to, is beyond it"
_NOTHING = 5e-7
NOT_SEEN = (
    "blocking loss is not in it: the sample was drawn without the files, so recall is among links, joins and"
    " possible pairs only"
)


def truth_lines(report: TruthReport) -> Iterator[str]:
    """A judgement by the truth."""
    actual = report.pairs.true_positive + report.pairs.false_negative
    yield f"{report.records:,} records of {report.people:,} people; the truth is silent on {report.silent:,} records"
    yield _counts_line("pairs of records", report.pairs)
    yield _counts_line("clusters", report.clusters)
    yield _counts_line("clusters of several", report.several)
    yield f"{'per record (B-cubed)':<22} precision {percent(report.b_cubed[0])}, recall {percent(report.b_cubed[1])}"
    share = percent(report.neither / actual if actual else 0.0)
    yield (
        f"blocking loss: {report.neither:,} of {actual:,} pairs of one person ({share}) are neither links nor"
        f" possible; {report.joined_anyway:,} of them are joined through other records"
    )
    lost = report.lost
    if lost.not_compared + lost.possible:
        stopped = ", ".join(f"{name.replace('_', ' ')} {times:,}" for name, times in lost.stopped.items())
        yield (
            f"missed: {lost.not_compared:,} neither links nor possible, {lost.possible:,} possible and not joined"
            f"{f' ({stopped})' if stopped else ''}"
        )
    yield from _link_lines(report.links)
    yield from _group_lines(report.groups)


def sample_lines(report: SampleReport) -> Iterator[str]:
    """A judgement by a reviewed sample."""
    yield (
        f"{report.rows:,} pairs drawn: {report.yes:,} yes, {report.no:,} no; not used: {report.unsure:,} unsure,"
        f" {report.blank:,} without an answer, {report.lost:,} no longer in the file"
    )
    if report.borrowed:
        yield f"{report.borrowed:,} strata have no answer and borrow the nearest one's, with all doubt in the limits"
    if report.agreement:
        kappa = report.agreement
        yield (
            f"two reviewers: {percent(kappa.observed)} of {kappa.pairs:,} pairs answered alike,"
            f" kappa {kappa.value:.2f} ({kappa.low:.2f} to {kappa.high:.2f}); a pair they differ on counts as unsure"
        )
    quality = report.quality
    for name, measure in (("precision", quality.precision), ("recall", quality.recall), ("F1", quality.f1)):
        yield f"{name:<22} {measured(measure)}"
    if report.looked:
        yield f"{'found by blocking':<22} {measured(quality.pairs_completeness)}"
    yield f"recall includes blocking loss; {SEEN}" if report.looked else NOT_SEEN
    if report.unsure:
        (p, r), (q, s) = report.unsure_same, report.unsure_different
        yield (
            f"were all unsure pairs one person: precision {percent(p)}, recall {percent(r)};"
            f" were none: precision {percent(q)}, recall {percent(s)}"
        )
    yield from _link_lines(report.links)
    yield from _group_lines(report.groups)


def document(report: object) -> Any:
    """A report as plain JSON: shares and counts by name, what is infinite or no number as null."""
    if is_dataclass(report) and not isinstance(report, type):
        told = {key: document(getattr(report, key)) for key in report.__dataclass_fields__}
        if isinstance(report, PairCounts | ClusterCounts):
            told |= {"precision": report.precision, "recall": report.recall, "f1": report.f1}
        return told
    if isinstance(report, Mapping):
        return {str(key): document(value) for key, value in report.items()}
    if isinstance(report, tuple) and hasattr(report, "_asdict"):
        return document(report._asdict())
    if isinstance(report, tuple | list):
        return [document(value) for value in report]
    return None if isinstance(report, float) and not isfinite(report) else report


def percent(share: float) -> str:
    """A share in percent, to two places, never rounded up to all or down to nothing."""
    said = f"{100 * share:.2f}"
    if (said == "100.00" and share < 1.0 - _NOTHING) or (said == "0.00" and share > _NOTHING):
        said = f"{100 * share:.4f}"
    return f"{said} %"


def limited(estimate: Estimate) -> str:
    """A share with its limits."""
    return f"{percent(estimate.value)} ({percent(estimate.low)} to {percent(estimate.high)})"


def measured(measure: Measure) -> str:
    """A measure with the limits to trust."""
    low, high = percent(measure.score.low), percent(measure.score.high)
    return f"{percent(measure.value)} (95 % limits {low} to {high})"


def bin_name(one: Bin) -> str:
    """The probabilities of a bin."""
    return f"{one.low:g} to {one.high:g}"


def gap_line(gap: Gap) -> str:
    """The gap between two groups in a sentence."""
    if gap.few:
        sure = "too few pairs to tell"
    else:
        sure = "beyond chance" if gap.beyond_chance else "may be chance"
        sure += f", p {'below 0.0001' if gap.adjusted < 0.0001 else f'{gap.adjusted:.2g}'}"
    higher = f"{gap.measure.replace('_', ' ')} of {gap.high} is higher than of {gap.low}"
    return f"{higher} by {limited(gap.difference)}: {sure}"


def _counts_line(what: str, counts: PairCounts | ClusterCounts) -> str:
    if isinstance(counts, PairCounts):
        told = f"{counts.true_positive:,} right, {counts.false_positive:,} wrong, {counts.false_negative:,} missed"
    else:
        told = f"{counts.exact:,} exact of {counts.found:,} found and {counts.true:,} true"
    measures = f"precision {percent(counts.precision)}, recall {percent(counts.recall)}, F1 {percent(counts.f1)}"
    return f"{what:<22} {measures} ({told})"


def _link_lines(links: LinkReport) -> Iterator[str]:
    if links.calibration is None:
        yield "no pair has a label, so nothing is said of probabilities and thresholds"
        return
    yield f"probability            {_scored(links.calibration)}"
    if links.without_guards is not None:
        yield f"  without guards       {_scored(links.without_guards)}; by probability:"
        for one in links.without_guards.curve:
            held = "" if one.holds else "  off"
            yield (
                f"  {bin_name(one):<20} says {percent(one.predicted)}, is {limited(one.observed)},"
                f" {counted(one.pairs, 'pair')}{held}"
            )
    if links.thresholds is None:
        return
    best, precise = links.thresholds.best_f1, links.thresholds.for_precision
    yield f"threshold              {links.certain:+.1f} bits in force; of the pairs that no guard stops:"
    yield f"  best F1              {_chosen(best)}"
    wanted = f"  precision {100 * links.thresholds.wanted:g} %"
    yield f"{wanted:<22} {'no threshold reaches it' if precise is None else _chosen(precise)}"


def _scored(calibration: Calibration) -> str:
    scores = calibration.scores
    error = f"calibration error {scores.calibration_error:.5f}"
    return f"Brier score {scores.brier:.5f}, {error} over {scores.pairs:,} links and possible pairs"


def _chosen(choice: Choice) -> str:
    threshold = choice.threshold
    high = f"{threshold.high:+.1f}" if isfinite(threshold.high) else "any"
    told = (percent(measure.value) for measure in (choice.precision, choice.recall, choice.f1))
    measures = "precision {}, recall {}, F1 {}".format(*told)
    return f"from {threshold.value:+.1f} bits ({threshold.low:+.1f} to {high}): {measures}"


def _group_lines(tables: Mapping[str, FairnessTable]) -> Iterator[str]:
    for column, table in tables.items():
        yield ""
        yield f"by {column}: precision and recall with 95 % limits, pairs of one person"
        width = max(len(group.name) for group in table.groups) + 2
        for group in table.groups:
            yield f"  {group.name:<{width}}{_group(group)}"
        for measure in ("precision", "recall"):
            gap = table.largest(measure)
            if gap is not None:
                yield f"  {gap_line(gap)}"


def _group(group: Group) -> str:
    small = "  few pairs" if group.small else ""
    return f"{limited(group.precision)}  {limited(group.recall)}  {group.same:,.0f}{small}"
