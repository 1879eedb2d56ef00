"""Drawings, their words, and tables as files."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest

from mpi.domain.counts import TrafficDay
from mpi.domain.trust_view import TrustView, lag
from mpi.networks import load_network
from mpi.review.figures import Cell, Figure, Rule, Series, column_chart, told_cell, written

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("odd", ["=1+1", "+1", "-1", "@sum", "\tx", "\r=1"])
def test_no_text_is_a_formula(odd: str) -> None:
    """OWASP, CSV injection."""
    rows = (("plain", -3, -0.25), (odd, 1, None))
    told = written([Figure("k", odd, "", ("Name", odd, "Share"), rows)])
    title, head, plain, marked = csv.reader(io.StringIO(told, newline=""))
    assert (title, head[1], marked[0]) == ([f"'{odd}"], f"'{odd}", f"'{odd}")
    assert plain == ["plain", "-3", "-0.25"]  # numbers are numbers


def test_figures_follow_one_another() -> None:
    one, two = Figure("a", "One", "", ("x",), ((1,),)), Figure("b", "Two", "", ("y",), (("a,b",),))
    assert written([one, two]) == 'One\r\nx\r\n1\r\n\r\nTwo\r\ny\r\n"a,b"\r\n'


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (None, "–"),
        (1234, "1,234"),
        (0.5, "50.0%"),
        (0.0, "0%"),
        (1.0, "100%"),
        (0.9999, "over 99.9%"),
        (0.0001, "under 0.1%"),
        ("x", "x"),
    ],
)
def test_cells(cell: Cell, said: str) -> None:
    assert told_cell(cell) == said


def test_a_drawing_is_told_and_holds_no_markup_of_its_words() -> None:
    odd = "<script>&\"'"
    drawn = column_chart("Weights", [odd, "b"], [Series(odd, (3.0, 0.0), "for")], [Rule(odd, 0.5), Rule("far", 9.0)])
    root = ElementTree.fromstring(drawn)
    assert root.get("role") == "img"
    told = [(child.tag, child.text) for child in root][:2]
    assert told[0] == ("title", "Weights")
    assert told[1][0] == "desc"
    assert f"{odd}: {odd} 3" in (told[1][1] or "")
    bars = [one for one in root.iter("rect") if one.get("class") == "for"]
    assert len(bars) == 2  # the column and its key: nothing is drawn of 0
    assert "far" not in drawn
    assert " style=" not in drawn


def test_the_tallest_column_is_no_taller_than_the_axis() -> None:
    for most in (1, 2, 3, 9, 10, 49, 51, 999, 12_345):
        root = ElementTree.fromstring(column_chart("x", ["a"], [Series("s", (float(most),), "for")]))
        column = next(one for one in root.iter("rect") if one.get("class") == "for")
        assert 100 <= float(column.get("height") or 0) <= 222


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (timedelta(0), "0 min"),
        (timedelta(minutes=119), "119 min"),
        (timedelta(hours=2), "2 h"),
        (timedelta(hours=47), "47 h"),
        (timedelta(days=2), "2 days"),
    ],
)
def test_lag(ago: timedelta, said: str) -> None:
    assert lag(NOW - ago, NOW) == said
    assert lag(None, NOW) == "No message yet"


@pytest.mark.parametrize(
    ("started", "counted", "last", "said", "silent"),
    [
        (0, 0.2, None, "Not counted yet", False),  # counted before the messages that came since the start
        (0, 10, None, "No message yet", False),
        (-1500, 0, None, "No message yet", True),
        (0, 0.2, -3000, "2 days", False),  # senders to a service that was away are only about to try again
        (0, 10, -3000, "2 days", True),
        (-1500, -20, -3000, "2 days", False),  # an old count: they may have sent since
        (-1500, 0, -10, "10 min", False),
    ],
)
def test_nobody_is_called_silent_by_a_count_that_cannot_tell(
    started: float, counted: float, last: float | None, said: str, silent: bool
) -> None:
    """Minutes before and after `NOW`; the page is read then, or at the counting if that is later."""
    at = NOW + timedelta(minutes=counted)
    came = None if last is None else NOW + timedelta(minutes=last)
    network = load_network("greater-manchester")
    feed = network.feeds[0]
    traffic = () if came is None else (TrafficDay(feed.id, came.date(), 1, 0, came),)
    organisation = network.organisation_by_code[feed.organisation]
    trust = TrustView(organisation, (feed,), (), traffic, at, 14, NOW + timedelta(minutes=started), max(NOW, at))
    assert (trust.ago(came), trust.silent) == (said, silent)
