"""The reliability curve of a result as a PNG picture."""

from __future__ import annotations

from linkage.charts.log_odds import TICKS, place
from linkage.charts.picture import AGAINST, FOR, INK, LINE, QUIET, figure_of, png
from linkage.charts.reliability_drawing import radius
from linkage.errors import LinkageError
from linkage.judging.labels import LinkReport

_SIDE = 6.6  # inches


def reliability_picture(links: LinkReport) -> bytes:
    """The PNG file; of the pairs that no guard stops, where there are any. Raises `LinkageError` without labels."""
    calibration = links.without_guards or links.calibration
    if calibration is None:
        raise LinkageError("no pair has a label, so there is no reliability curve to draw")
    figure = figure_of(_SIDE, _SIDE)
    axes = figure.add_axes((0.15, 0.12, 0.81, 0.74))
    axes.set(xlim=(0, 1), ylim=(0, 1))
    for side in axes.spines.values():
        side.set_visible(False)
    axes.grid(color=LINE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, labelsize=8.5, labelcolor=QUIET)
    axes.set_xticks([place(tick) for tick in TICKS], [f"{tick:g}" for tick in TICKS])
    axes.set_yticks([place(tick) for tick in TICKS], [f"{tick:g}" for tick in TICKS])
    axes.set_xlabel("probability that the result gives", color=INK, size=10, labelpad=8)
    axes.set_ylabel("share that is one person", color=INK, size=10, labelpad=8)
    axes.plot([0, 1], [0, 1], color=QUIET, linewidth=1)
    for one in calibration.curve:
        colour, x = FOR if one.holds else AGAINST, place(one.predicted)
        axes.plot([x, x], [place(one.observed.low), place(one.observed.high)], color=colour, linewidth=1.6)
        size = 1.3 * radius(one.pairs)
        axes.plot(x, place(one.observed.value), "o", color=colour, markersize=size, clip_on=False)
    scores = calibration.scores
    figure.text(0.03, 0.95, "Reliability of probabilities", size=14, weight="bold", color=INK)
    told = f"{scores.pairs:,} pairs; Brier score {scores.brier:.5f}; bars: 95 % limits, orange where off the line"
    figure.text(0.03, 0.915, told, size=8.5, color=QUIET)
    return png(figure)
