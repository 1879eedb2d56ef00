"""What a sample or the truth says of a result, as a page: the measures, the reliability curve, and tables."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from linkage.charts.page import group, page, row, signed, table
from linkage.charts.reliability_drawing import reliability_drawing
from linkage.evaluation.choosing import Choice
from linkage.evaluation.fairness import FairnessTable
from linkage.judging.labels import Calibration, LinkReport
from linkage.judging.sample import SampleReport
from linkage.judging.telling import bin_name, gap_line, limited, percent, sample_lines, truth_lines
from linkage.judging.truth import TruthReport


def judgement_page(report: SampleReport | TruthReport, name: str) -> str:
    """One HTML file. name: what the result is called; no record stands in it."""
    return page(f"Quality of {name}", _body(report, name))


def _body(report: SampleReport | TruthReport, name: str) -> Iterator[str]:
    by_truth = isinstance(report, TruthReport)
    yield f"<header><h1>Quality of a linkage</h1><p>{escape(name)}, judged by "
    yield f"{'the truth' if by_truth else 'a reviewed sample'}</p></header>"
    yield '<dl class="facts">'
    for what, value, beside in _facts(report):
        yield f"<div><dt>{escape(what)}</dt><dd>{escape(value)}<small>{escape(beside)}</small></dd></div>"
    yield "</dl><h2>In words</h2>"
    lines = truth_lines(report) if isinstance(report, TruthReport) else sample_lines(report)
    for line in lines:
        if line.startswith(("probability", "by ")) or not line:
            break
        yield f"<p>{escape(line)}</p>"
    if isinstance(report, SampleReport):
        yield _strata(report)
    yield from _links(report.links)
    for column, found in report.groups.items():
        yield from _groups(column, found)


def _facts(report: SampleReport | TruthReport) -> Iterator[tuple[str, str, str]]:
    if isinstance(report, TruthReport):
        pairs = report.pairs
        yield "Precision", percent(pairs.precision), f"{pairs.false_positive:,} pairs wrong"
        yield "Recall", percent(pairs.recall), f"{pairs.false_negative:,} pairs missed"
        yield "F1", percent(pairs.f1), "of pairs of records"
        yield "People found whole", percent(report.clusters.recall), f"of {report.clusters.true:,}"
    else:
        quality = report.quality
        for name, measure in (("Precision", quality.precision), ("Recall", quality.recall), ("F1", quality.f1)):
            yield name, percent(measure.value), f"{percent(measure.score.low)} to {percent(measure.score.high)}"
        yield "Answers", f"{report.yes + report.no:,}", f"{report.unsure:,} unsure, {report.blank:,} open"


def _strata(report: SampleReport) -> str:
    rows = [
        row(
            f"{signed(one.low)} to {signed(one.high)} bits".replace("inf", "∞"),
            (("joined" if one.joined else "not joined") + ("" if one.compared else ", never compared"),),
            tuple(f"{count:,}" for count in (one.size, one.yes, one.no, one.unsure, one.blank)),
        )
        for one in report.strata
    ]
    head = ("Total weight", "What the linkage did", "Pairs", "Yes", "No", "Unsure", "Open")
    return "<h2>The sample</h2>" + table("Strata of the sample and their answers.", head, [group("", 7, rows)], 5)


def _links(links: LinkReport) -> Iterator[str]:
    yield "<h2>Probabilities</h2>"
    if links.calibration is None:
        yield "<p>No pair has a label, so nothing is said of probabilities and thresholds.</p>"
        return
    calibration = links.without_guards or links.calibration
    scores, every = calibration.scores, links.calibration.scores
    yield (
        f"<p>Brier score {every.brier:.5f} over all {every.pairs:,} labelled pairs,"
        f" {scores.brier:.5f} over the {scores.pairs:,} that no guard stops, which the curve shows.</p>"
    )
    yield (
        '<ul class="key"><li><span class="bg-for"></span>the 95 % limits hold the prediction</li>'
        '<li><span class="bg-against"></span>they do not</li>'
        '<li class="quiet">on the slanting line a probability means what it says</li></ul>'
    )
    yield f"<figure>{reliability_drawing(calibration)}</figure>"
    yield _curve(calibration)
    if links.thresholds is not None:
        precise = links.thresholds.for_precision
        wanted = f"Precision of {100 * links.thresholds.wanted:g} %"
        rows = [_choice("Best F1", links.thresholds.best_f1)]
        rows.append(row(wanted, ("no threshold reaches it",)) if precise is None else _choice(wanted, precise))
        yield f"<h2>Thresholds</h2><p>In force: certain from {signed(links.certain)} bits.</p>"
        yield table(
            "What joining every pair that no guard stops from a weight on would do.",
            ("Chosen for", "Weight in bits", "Precision", "Recall", "F1"),
            [group("", 5, rows)],
            4,
        )


def _curve(calibration: Calibration) -> str:
    rows = [
        row(bin_name(one), (), (f"{one.pairs:,}", percent(one.predicted), limited(one.observed)))
        for one in calibration.curve
    ]
    head = ("Probability", "Pairs", "Predicted", "One person, 95 % limits")
    return table("The numbers of the curve.", head, [group("", 4, rows)], 3)


def _choice(name: str, choice: Choice) -> str:
    threshold = choice.threshold
    reach = f"{signed(threshold.value)} ({signed(threshold.low)} to {signed(threshold.high)})".replace("inf", "∞")
    return row(name, (), (reach, *(percent(one.value) for one in (choice.precision, choice.recall, choice.f1))))


def _groups(column: str, found: FairnessTable) -> Iterator[str]:
    rows = [
        row(
            one.name + (" (few pairs)" if one.small else ""),
            (),
            (f"{one.same:,.0f}", limited(one.precision), limited(one.recall)),
        )
        for one in found.groups
    ]
    yield f"<h2>By {escape(column.replace('_', ' '))}</h2>"
    for measure in ("precision", "recall"):
        gap = found.largest(measure)
        if gap is not None:
            said = gap_line(gap)
            yield f"<p>{escape(said[:1].upper() + said[1:])}.</p>"
    head = ("Group", "Pairs of one person", "Precision, 95 % limits", "Recall, 95 % limits")
    yield table("Error by group; a pair between two groups counts in each by half.", head, [group("", 4, rows)], 3)
