"""The weights of a model as a page: a chart for each comparison, and all the numbers behind them in a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape
from math import ceil, floor
from typing import NamedTuple

from linkage.charts.page import circle, group, line, page, rect, row, signed, svg, table, text
from linkage.charts.weights import Bar, Panel, balance, heading, panels, span
from linkage.model import Model

_WIDTH = 960.0
_LEFT = 436.0  # where the words end
_VALUE = 52.0  # room for a value beside a bar
_ROW, _THICK = 24.0, 14.0
_STEP = 5  # bits between grid lines

_TOP, _TALL = 62.0, 16.0  # the line of total weights

Scale = Callable[[float], float]


class Mark(NamedTuple):
    """A total weight, its words, and how far down these stand."""

    bits: float
    words: str
    y: float


def weights_page(model: Model) -> str:
    """One HTML file, safe to open and to send: it holds no record, runs nothing and loads nothing."""
    return page(f"Match weights of {model.name} {model.version}", _body(model))


def _body(model: Model) -> Iterator[str]:
    drawn = panels(model)
    yield f"<header><h1>Match weights</h1><p>{escape(heading(model))}{_made(model)}</p>"
    yield (
        "<p>A pair of records starts at the prior. Every comparison then adds the bits of the level it ends in: "
        "each bit doubles the odds that the two are one person, or halves them. What is missing adds nothing.</p>"
    )
    yield (
        '<ul class="key"><li><span class="bg-for"></span>speaks for one person</li>'
        '<li><span class="bg-against"></span>speaks for two people</li>'
        '<li class="quiet">thin line: from the commonest value to the rarest</li></ul></header>'
    )
    beside = f"<small>{escape(balance(model).replace('-', '−'))}</small>" if model.balance is not None else ""
    yield f"<figure><figcaption>Total weight{beside}</figcaption>{_totals(model)}</figure>"
    scale = _scale(*span(drawn))
    for panel in drawn:
        note = f"<small>{escape(panel.note)}</small>" if panel.note else ""
        chart = _chart(panel, scale, span(drawn))
        yield f"<figure><figcaption>{escape(panel.title)}{note}</figcaption>{chart}</figure>"
    yield "<h2>The numbers</h2>"
    yield table(
        "m: share of pairs of one person that end in the level; u: of pairs of two people; weight: log2 of m over u.",
        ("Level", "m", "u", "Weight in bits"),
        [group(panel.title, 4, map(_row, panel.bars)) for panel in drawn],
        3,
    )
    if left := _left_out(model, drawn):
        yield f"<footer>{escape(left)}</footer>"


def _made(model: Model) -> str:
    """What the model was trained on, as far as it says."""
    made = model.document.get("provenance", {})
    rows, date = made.get("rows"), made.get("date")
    said = f"; trained on {rows:,} records" if isinstance(rows, int) else ""
    return said + (f", {escape(str(date))}" if date else "")


def _left_out(model: Model, drawn: tuple[Panel, ...]) -> str:
    shown = {panel.name for panel in drawn}
    names = [name.replace("_", " ") for name in model.document["comparisons"] if name not in shown]
    return f"Not drawn, because no level weighs anything: {', '.join(names)}." if names else ""


def _scale(least: float, most: float) -> Scale:
    """Bits to places, with room for a value on either side."""
    low, high = _LEFT + _VALUE + 12.0, _WIDTH - _VALUE
    return lambda bits: low + (bits - least) / (most - least) * (high - low)


def _chart(panel: Panel, at: Scale, limits: tuple[float, float]) -> str:
    height = _ROW * len(panel.bars)
    said = "; ".join(f"{bar.words}: {signed(bar.weight)} bits" for bar in panel.bars)
    return svg(_WIDTH, height + 22.0, f"Weights of {panel.label}", said, _marks(panel, at, limits, height))


def _marks(panel: Panel, at: Scale, limits: tuple[float, float], height: float) -> Iterator[str]:
    for bits in range(ceil(limits[0] / _STEP) * _STEP, floor(limits[1] / _STEP) * _STEP + 1, _STEP):
        yield line(at(bits), 0.0, at(bits), height, "line" if bits else "axis")
        yield text(at(bits), height + 16.0, signed(bits, 0) if bits else "0 bits", "quiet middle")
    for place, bar in enumerate(panel.bars):
        yield from _bar(bar, at, _ROW * place)


def _bar(bar: Bar, at: Scale, top: float) -> Iterator[str]:
    middle, zero, end = top + _ROW / 2.0, at(0.0), at(bar.weight)
    positive = bar.weight >= 0
    yield text(_LEFT, middle + 4.5, bar.words, "end")
    yield rect(
        min(zero, end), middle - _THICK / 2, max(abs(end - zero), 1.0), _THICK, "for" if positive else "against", 2
    )
    if bar.low < bar.high:
        for bits in (bar.low, bar.high):
            yield line(at(bits), middle - 4.0, at(bits), middle + 4.0, "reach")
        yield line(at(bar.low), middle, at(bar.high), middle, "reach")
    edge = at(max(bar.high, 0.0)) + 7.0 if positive else at(min(bar.low, 0.0)) - 7.0
    yield text(edge, middle + 4.5, signed(bar.weight), "value" if positive else "value end")


def _totals(model: Model) -> str:
    """Prior and thresholds on one line. Each word has a height of its own, so that none meet however near they are,
    and stands on that side of its mark where no other mark's stroke comes through."""
    above = (
        Mark(model.certain, f"certain from {signed(model.certain)}: joins by itself", 18.0),
        Mark(model.possible, f"possible from {signed(model.possible)}: a question for a person", 40.0),
    )
    below = sorted(
        (
            (model.prior, f"prior {signed(model.prior)}: where every pair starts"),
            (model.veto, f"veto below {signed(model.veto)}: keeps two clusters apart"),
        ),
        reverse=True,
    )
    marks = (*above, *(Mark(*said, 122.0 + 22.0 * row) for row, said in enumerate(below)))
    said = "; ".join(mark.words for mark in marks)
    return svg(_WIDTH, 156.0, "Total weight", said, _total_marks(model, marks))


def _total_marks(model: Model, marks: tuple[Mark, ...]) -> Iterator[str]:
    least, most = min(mark.bits for mark in marks) - 4.0, max(mark.bits for mark in marks) + 8.0

    def at(bits: float) -> float:
        return 8.0 + (bits - least) / (most - least) * (_WIDTH - 16.0)

    yield rect(at(least), _TOP, at(most) - at(least), _TALL, "band", 3)
    yield rect(at(model.possible), _TOP, at(model.certain) - at(model.possible), _TALL, "maybe")
    yield rect(at(model.certain), _TOP, at(most) - at(model.certain), _TALL, "for", 3)
    step = 5 if most - least < 60 else 10
    for tick in range(ceil(least / step) * step, floor(most / step) * step + 1, step):
        taken = (0.0, _WIDTH, *(at(mark.bits) for mark in marks if mark.y > _TOP))
        if min(abs(at(tick) - x) for x in taken) > 16.0:
            yield text(at(tick), _TOP + _TALL + 15.0, signed(tick, 0) if tick else "0 bits", "quiet middle")
    for mark in marks:
        yield from _mark(
            mark, at(mark.bits), to_left=at(mark.bits) > (300.0 if mark.bits == model.possible else 660.0)
        )


def _mark(mark: Mark, x: float, *, to_left: bool) -> Iterator[str]:
    above = mark.y < _TOP
    yield line(x, mark.y + 5.0 if above else _TOP - 3.0, x, _TOP + _TALL + 3.0 if above else mark.y - 13.0, "reach")
    yield text(x + (-6.0 if to_left else 6.0), mark.y, mark.words, "end" if to_left else "")
    yield circle(x, _TOP + _TALL / 2, 3.5, "ink")


def _row(bar: Bar) -> str:
    return row(bar.words, (), (f"{bar.m:.3g}", f"{bar.u:.3g}", signed(bar.weight, 2)))
