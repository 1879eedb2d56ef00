"""The weights of a model as a PNG picture, for a report or a slide; matplotlib is loaded when one is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from linkage.charts.page import signed
from linkage.charts.picture import AGAINST, FOR, INK, LINE, QUIET, figure_of, png
from linkage.charts.weights import Bar, Panel, heading, panels, span, thresholds
from linkage.model import Model

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH = 11.0  # inches
_ROW, _TITLE, _GAP, _HEAD, _FOOT = 0.24, 0.3, 0.2, 1.25, 0.5
_LEFT, _RIGHT = 5.0, 0.3  # of the width: the words, and nothing
_BESIDE = 0.55  # inches for a value beside a bar


def weights_picture(model: Model) -> bytes:
    """The PNG file; a picture has no other form, so the page with its table is what a screen reader should get."""
    drawn = panels(model)
    rows = [_TITLE + _ROW * len(panel.bars) + _GAP for panel in drawn]
    height = _HEAD + sum(rows) + _FOOT
    figure = figure_of(_WIDTH, height)
    _write_head(figure, model, height)
    top = _HEAD
    for place, (panel, tall) in enumerate(zip(drawn, rows, strict=True)):
        box = (_LEFT, height - top - _TITLE - _ROW * len(panel.bars), _WIDTH - _LEFT - _RIGHT, _ROW * len(panel.bars))
        axes = figure.add_axes((box[0] / _WIDTH, box[1] / height, box[2] / _WIDTH, box[3] / height))
        figure.text(0.25 / _WIDTH, 1 - (top + 0.2) / height, panel.title, size=11, weight="bold", color=INK)
        _draw(axes, panel, _limits(drawn, box[2]), last=place == len(drawn) - 1)
        top += tall
    return png(figure)


def _write_head(figure: Any, model: Model, height: float) -> None:
    left = 0.25 / _WIDTH
    figure.text(left, 1 - 0.42 / height, "Match weights", size=17, weight="bold", color=INK)
    figure.text(left, 1 - 0.7 / height, heading(model), size=9.5, color=QUIET)
    figure.text(left, 1 - 0.93 / height, thresholds(model).replace("-", "−"), size=9.5, color=QUIET)
    for x, colour, said in (
        (_LEFT, FOR, "speaks for one person"),
        (_LEFT + 2.2, AGAINST, "speaks for two people"),
    ):
        figure.text(x / _WIDTH, 1 - 0.93 / height, "■", size=11, color=colour)
        figure.text((x + 0.2) / _WIDTH, 1 - 0.93 / height, said, size=9.5, color=INK)


def _limits(drawn: tuple[Panel, ...], inches: float) -> tuple[float, float]:
    """The least and greatest bits of the axis, so that a value fits beside the longest bars."""
    least, most = span(drawn)
    a_bit = (most - least) / (inches - 2 * _BESIDE)
    return least - _BESIDE * a_bit, most + _BESIDE * a_bit


def _draw(axes: Axes, panel: Panel, limits: tuple[float, float], *, last: bool) -> None:
    axes.set_xlim(*limits)
    axes.set_ylim(len(panel.bars) - 0.5, -0.5)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.grid(axis="x", color=LINE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.axvline(0.0, color=QUIET, linewidth=0.9)
    axes.tick_params(length=0, labelsize=9, labelcolor=INK, labelbottom=last, pad=6)
    axes.set_yticks(range(len(panel.bars)), [bar.words for bar in panel.bars])
    if last:
        axes.set_xlabel("bits", color=QUIET, size=9)
        axes.xaxis.set_major_formatter(lambda bits, _: signed(bits, 0) if bits else "0")
        for label in axes.get_xticklabels():
            label.set_color(QUIET)
    gap = 0.1 * (limits[1] - limits[0]) / 10
    for place, bar in enumerate(panel.bars):
        _draw_bar(axes, bar, place, gap)


def _draw_bar(axes: Axes, bar: Bar, place: int, gap: float) -> None:
    positive = bar.weight >= 0
    axes.barh(place, bar.weight, height=0.62, color=FOR if positive else AGAINST)
    if bar.low < bar.high:
        axes.plot([bar.low, bar.high], [place, place], color=INK, linewidth=1, marker="|", markersize=5, alpha=0.7)
    edge = max(bar.high, 0.0) + gap if positive else min(bar.low, 0.0) - gap
    said = axes.text(
        edge, place, signed(bar.weight), size=9, color=INK, va="center", ha="left" if positive else "right"
    )
    said.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 0.6})
