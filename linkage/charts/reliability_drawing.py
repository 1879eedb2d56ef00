"""The reliability curve of a result as a drawing for a page."""

from __future__ import annotations

from collections.abc import Iterator
from math import log10

from linkage.charts.log_odds import TICKS, place
from linkage.charts.page import circle, line, svg, text
from linkage.evaluation.reliability import Bin
from linkage.judging.labels import Calibration
from linkage.judging.telling import bin_name, limited, percent

_WIDTH, _HEIGHT = 960.0, 520.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 96.0, 936.0, 16.0, 452.0


def reliability_drawing(calibration: Calibration) -> str:
    """Predicted against observed probability by bin, both on a scale of log odds, with 95 % limits."""
    told = "; ".join(
        f"{bin_name(one)}: predicted {percent(one.predicted)}, observed {limited(one.observed)}, {one.pairs:,} pairs"
        for one in calibration.curve
    )
    return svg(_WIDTH, _HEIGHT, "Reliability curve", told, _marks(calibration.curve))


def radius(pairs: int) -> float:
    """The size of a point for so many pairs."""
    return 4.0 + 1.5 * log10(max(1, pairs))


def _marks(curve: tuple[Bin, ...]) -> Iterator[str]:
    for tick in TICKS:
        yield line(_x(tick), _TOP, _x(tick), _BOTTOM, "line")
        yield line(_LEFT, _y(tick), _RIGHT, _y(tick), "line")
        yield text(_x(tick), _BOTTOM + 20.0, f"{tick:g}", "quiet middle")
        yield text(_LEFT - 10.0, _y(tick) + 4.0, f"{tick:g}", "quiet end")
    yield line(_x(0.0), _y(0.0), _x(1.0), _y(1.0), "axis")
    yield text((_LEFT + _RIGHT) / 2, _BOTTOM + 46.0, "probability that the result gives", "middle")
    yield f'<g transform="translate(18 {(_TOP + _BOTTOM) / 2:.0f}) rotate(-90)">'
    yield text(0.0, 0.0, "share that is one person", "middle")
    yield "</g>"
    for one in curve:
        kind = "" if one.holds else "-off"
        x = _x(one.predicted)
        yield line(x, _y(one.observed.low), x, _y(one.observed.high), f"limits{kind}")
        yield circle(x, _y(one.observed.value), radius(one.pairs), "for" if one.holds else "against")


def _x(probability: float) -> float:
    return _LEFT + place(probability) * (_RIGHT - _LEFT)


def _y(probability: float) -> float:
    return _BOTTOM - place(probability) * (_BOTTOM - _TOP)
