"""The figures of the matching dashboard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import floor, isinf

from linkage.evaluation.fairness import FairnessTable
from linkage.judging.telling import gap_line
from linkage.model import Model
from mpi.domain.counts import BAND, Band, DecidedBand, MatchingCounts
from mpi.domain.drift import drifts
from mpi.domain.sampling import Findings
from mpi.review.dates import day
from mpi.review.figures import Cell, Figure, Rule, Series, column_chart
from mpi.review.words import KINDS

_LOWEST, _HIGHEST = -20, 60  # bits: bands beyond are in the table alone


def matching_figures(counts: MatchingCounts, model: Model) -> list[Figure]:
    """What is counted of matching."""
    return [_weights(counts, model), _decisions(counts, model), *_volume(counts), *_drift(counts, model)]


def sample_figures(found: Findings) -> list[Figure]:
    """What a round of blind samples says, stratum by stratum and group by group."""
    return [_strata(found), *(_fairness(name, table) for name, table in found.fairness.items())]


def _bits(low: float, high: float) -> str:
    said = f"under {high:.1f}" if isinf(low) else f"{low:.1f} and more" if isinf(high) else f"{low:.1f} to {high:.1f}"
    return said.replace("-", "−")


def _band(low: int) -> str:
    return f"{low} to {low + BAND}".replace("-", "−")


def _lows(model: Model, bands: Iterable[Band | DecidedBand]) -> range:
    """The bands to draw: those there are, and where the thresholds stand."""
    ends = [BAND * floor(threshold / BAND) for threshold in (model.possible, model.certain)]
    ends += [band.low for band in bands if _LOWEST <= band.low <= _HIGHEST]
    return range(min(ends), max(ends) + BAND, BAND)


def _thresholds(model: Model, lowest: int) -> list[Rule]:
    return [
        Rule("asks from", (model.possible - lowest) / BAND),
        Rule("links from", (model.certain - lowest) / BAND),
    ]


def _weights(counts: MatchingCounts, model: Model) -> Figure:
    lows, by_low = _lows(model, counts.bands), {band.low: band for band in counts.bands}
    series = [
        Series("One person", tuple(float(by_low[n].linked) if n in by_low else 0.0 for n in lows), "for"),
        Series("Not linked", tuple(float(by_low[n].apart) if n in by_low else 0.0 for n in lows), "against"),
    ]
    return Figure(
        "weights",
        "Match weights",
        f"Pairs of records that the index has kept, by weight in bits. It asks from {model.possible:.1f} bits on, and"
        f" links by itself from {model.certain:.1f}; guards and third records may decide otherwise.",
        ("Bits", "One person", "Not linked"),
        tuple((_band(band.low), band.linked, band.apart) for band in counts.bands),
        drawing=column_chart("Match weights", [str(n) for n in lows], series, _thresholds(model, lows.start)),
    )


def _decisions(counts: MatchingCounts, model: Model) -> Figure:
    lows = _lows(model, counts.decided)
    share = {band.low: band.same / (band.same + band.different) for band in counts.decided}
    series = [Series("Decided to be one person", tuple(share.get(low, 0.0) for low in lows), "for")]
    return Figure(
        "decisions",
        "Decisions against weight",
        "Of the pairs that reviewers have decided, the share they found to be one person. It should rise with the"
        " weight. Only pairs the index was unsure of are here, so this is not its precision.",
        ("Bits", "Same person", "Different people", "Share the same"),
        tuple(
            (_band(band.low), band.same, band.different, band.same / (band.same + band.different))
            for band in counts.decided
        ),
        drawing=column_chart(
            "Decisions against weight", [str(n) for n in lows], series, _thresholds(model, lows.start), shares=True
        ),
    )


def _volume(counts: MatchingCounts) -> Iterator[Figure]:
    mondays = sorted({week.monday for week in counts.weeks})
    opened = [sum(w.opened for w in counts.weeks if w.monday == monday) for monday in mondays]
    answered = [sum(w.answered for w in counts.weeks if w.monday == monday) for monday in mondays]
    series = [
        Series("Opened", tuple(map(float, opened)), "against"),
        Series("Answered", tuple(map(float, answered)), "for"),
    ]
    yield Figure(
        "volume",
        "Review work",
        "Tasks opened and answered in each week, from its Monday on.",
        ("Week", "Question", "Opened", "Answered"),
        tuple((day(week.monday), KINDS[week.kind], week.opened, week.answered) for week in counts.weeks),
        texts=2,
        drawing=column_chart("Review work", [day(monday)[:6] for monday in mondays], series),
    )
    yield Figure(
        "waiting",
        "Waiting now",
        "Tasks without an answer.",
        ("Question", "Waiting"),
        tuple((KINDS[kind], number) for kind, number in sorted(counts.waiting.items(), key=lambda item: -item[1])),
    )


def _drift(counts: MatchingCounts, model: Model) -> Iterator[Figure]:
    found = drifts(model, counts.levels, counts.earlier)
    yield Figure(
        "drift",
        "Drift",
        "The pairs of the newest records that the index links by itself, beside those of the oldest, and beside what"
        " its model expects of one person's records where its rates (m) are shares of one whole. A distance is the"
        " share of pairs that would have to come out otherwise for the two to agree.",
        ("Field", "Reading", "Pairs", "One side says nothing", "From earlier pairs", "From the model"),
        tuple(
            (d.comparison, d.reading, d.pairs, d.missing if d.pairs else None, d.from_earlier, d.from_model)
            for d in found
        ),
        texts=2,
    )
    yield Figure(
        "levels",
        "Drift, level by level",
        "Every outcome of every comparison: its share of the pairs that have both values, and the model's m.",
        ("Field", "Outcome", "Newest", "Earlier", "Model (m)"),
        tuple((d.comparison, one.words, one.newest, one.earlier, one.m) for d in found for one in d.levels),
        texts=2,
        folded=True,
    )


def _strata(found: Findings) -> Figure:
    rows: list[tuple[Cell, ...]] = []
    for stratum in found.round.strata:
        answered, same = found.answers.get(stratum.number, (0, 0))
        what = ("one person" if stratum.joined else "not linked") + ("" if stratum.compared else ", never compared")
        rows.append((_bits(stratum.low, stratum.high), what, stratum.size, answered, same))
    return Figure(
        "strata",
        "Answers by stratum",
        "Each answer stands for as many pairs as its stratum holds to an answer.",
        ("Bits", "When drawn", "Pairs", "Answered", "Same person"),
        tuple(rows),
        texts=2,
    )


def _fairness(name: str, table: FairnessTable) -> Figure:
    gaps = [gap for measure in ("precision", "recall") if (gap := table.largest(measure)) is not None]
    return Figure(
        f"fairness-{name.replace(' ', '-')}",
        f"By {name}",
        " ".join(f"{said[:1].upper()}{said[1:]}." for said in map(gap_line, gaps)).replace(" %", "%"),
        ("Group", "Pairs", "Precision", "from", "to", "Recall", "from", "to"),
        tuple(
            (
                f"{group.name} (few)" if group.small else group.name,
                round(group.pairs),
                *(group.precision.value, group.precision.low, group.precision.high),
                *(group.recall.value, group.recall.low, group.recall.high),
            )
            for group in table.groups
        ),
    )
