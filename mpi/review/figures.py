"""A figure: a drawing that a screen reader is told, the table behind it, and the same as a file for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from linkage.charts.page import line, rect, svg, text

Cell = str | int | float | None
"""A text, a count, a share (0 to 1), or nothing."""
_WIDTH, _HEIGHT = 960.0, 330.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 70.0, 950.0, 48.0, 270.0
_LABELS = 16  # at most so many words below a drawing
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Figure:
    """`key` names it in addresses. `texts`: how many of the first columns hold words. Without a drawing, which is
    markup, the table is the figure, `folded` away when it is long."""

    key: str
    title: str
    note: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    texts: int = 1
    drawing: str = ""
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """What the columns of one colour say; `colour` is one of the styles "for", "against", "quiet"."""

    name: str
    values: tuple[float, ...]
    colour: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across the drawing; `at` counts columns from the left, with fractions."""

    name: str
    at: float


def column_chart(
    name: str, labels: Sequence[str], series: Sequence[Series], rules: Sequence[Rule] = (), *, shares: bool = False
) -> str:
    """Columns beside one another, from 0; texts are escaped. shares: the values are, and the axis ends at 100%."""
    most = 1.0 if shares else _round_up(max((max(s.values, default=0.0) for s in series), default=0.0))
    told = "; ".join(
        f"{label}: " + ", ".join(f"{s.name.lower()} {told_cell(_plain(s.values[place], shares))}" for s in series)
        for place, label in enumerate(labels)
    )
    marks = [*_axis(most, shares), *_columns(labels, series, most), *_rules(rules, len(labels)), *_key(series)]
    return svg(_WIDTH, _HEIGHT, name, f"The table below says the same. {told}", marks)


def told_cell(value: Cell) -> str:
    """A cell for a reader: shares in percent, never rounded up to all or down to nothing."""
    if value is None:
        return "–"
    if isinstance(value, float):
        said = f"{100 * value:.1f}%"
        return {"100.0%": "over 99.9%", "0.0%": "under 0.1%"}.get(said, said) if 0.0 < value < 1.0 else f"{value:.0%}"
    return f"{value:,}" if isinstance(value, int) else value


def written(figures: Iterable[Figure]) -> str:
    """The tables as comma-separated values (RFC 4180), each after its title."""
    out = io.StringIO()
    writer = csv.writer(out)
    for place, figure in enumerate(figures):
        if place:
            writer.writerow([])
        writer.writerow([_harmless(figure.title)])
        writer.writerow([_harmless(name) for name in figure.head])
        writer.writerows([_harmless(cell) for cell in row] for row in figure.rows)
    return out.getvalue()


def _harmless(cell: Cell) -> str | int | float:
    """A spreadsheet takes some texts for formulas and runs them: those get an apostrophe in front."""
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(_FORMULA) else cell
    return round(cell, 6) if isinstance(cell, float) else "" if cell is None else cell


def _plain(value: float, shares: bool) -> Cell:
    return float(value) if shares else round(value)


def _round_up(value: float) -> float:
    """The end of an axis: 1, 2 or 5 times a power of ten."""
    end = 1.0
    while end < value:
        end *= 2.5 if str(int(end))[0] == "2" else 2.0
    return end


def _axis(most: float, shares: bool) -> Iterator[str]:
    for share in (0.0, 0.5, 1.0):
        y = _BOTTOM - share * (_BOTTOM - _TOP)
        if share and not shares and most < 2:
            y = _TOP
        yield line(_LEFT, y, _RIGHT, y, "axis" if not share else "line")
        value = share * most
        said = f"{value:.0%}" if shares else f"{value:,.0f}"
        if shares or value == int(value):
            yield text(_LEFT - 8.0, y + 5.0, said, "quiet end")


def _columns(labels: Sequence[str], series: Sequence[Series], most: float) -> Iterator[str]:
    step = (_RIGHT - _LEFT) / max(1, len(labels))
    width = min(48.0, 0.8 * step / max(1, len(series)))
    every = -(-len(labels) // _LABELS) or 1
    for place, label in enumerate(labels):
        middle = _LEFT + (place + 0.5) * step
        if place % every == 0:
            yield text(middle, _BOTTOM + 22.0, label, "quiet middle")
        left = middle - width * len(series) / 2
        for number, one in enumerate(series):
            tall = (_BOTTOM - _TOP) * one.values[place] / most
            if tall:
                tall = max(1.0, tall)
                yield rect(left + number * width, _BOTTOM - tall, width - 1.0, tall, one.colour)


def _rules(rules: Sequence[Rule], columns: int) -> Iterator[str]:
    step = (_RIGHT - _LEFT) / max(1, columns)
    for rule in rules:
        x = _LEFT + rule.at * step
        if _LEFT <= x <= _RIGHT:
            yield line(x, _TOP - 6.0, x, _BOTTOM, "rule")
            yield text(x, _TOP - 10.0, rule.name, "middle")


def _key(series: Sequence[Series]) -> Iterator[str]:
    x = _LEFT
    for one in series:
        yield rect(x, _HEIGHT - 22.0, 14.0, 14.0, one.colour)
        yield text(x + 20.0, _HEIGHT - 10.0, one.name, "")
        x += 60.0 + 9.0 * len(one.name)
