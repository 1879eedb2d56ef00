"""`linkage show`: what the chart, the page and the picture say of a model."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.charts.page import page, signed, svg, text
from linkage.charts.weights import lines, panels, span
from linkage.charts.weights_page import weights_page
from linkage.charts.weights_picture import weights_picture
from linkage.comparison import FURTHER_WORDS, WORDS
from linkage.model import Model
from linkage.record import Kind
from linkage.tables.table import Table
from linkage.tailor import tailor
from tests.unit.linkage_cli.people_builders import run


class Elements(HTMLParser):
    """Tags with their attributes, and all text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def with_further() -> Table:
    """Ten people with a birth place, which has a comparison of its own, and a category that only this file has."""
    told = {"surname": "SMITH", "birth_place": "LEEDS", "colour": "RED"}
    columns = {name: pa.array([value] * 10) for name, value in told.items()}
    return Table(pa.array([str(n) for n in range(10)]), columns, {"colour": Kind.CATEGORY})


def further(**levels: object) -> Model:
    """The default model with a comparison that only some models have."""
    model = Model.default()
    document = {**model.document, "comparisons": {**model.document["comparisons"], "home_town": levels}}
    return replace(model, document=document)


def test_every_level_that_weighs_is_on_the_page_in_words_and_in_the_table() -> None:
    model = Model.default()
    page = Elements(weights_page(model))
    words = " ".join(page.words)
    for panel in panels(model):
        assert panel.title in words
        for bar in panel.bars:
            assert page.words.count(bar.words) >= 2
            assert signed(bar.weight) in page.words
            assert signed(bar.weight, 2) in page.words
    assert model.fingerprint in words
    assert all(signed(bits) in words for bits in (model.prior, model.possible, model.certain, model.veto))


def test_the_page_is_one_file_that_runs_nothing_and_loads_nothing() -> None:
    html = weights_page(Model.default())
    page = Elements(html)
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in page.found}
    assert not [attrs for _, attrs in page.found if {"src", "href", "onload", "onclick"} & attrs.keys()]
    assert "url(" not in html
    assert "@import" not in html
    assert "default-src 'none'" in html


def test_every_drawing_has_a_name_and_a_description_of_its_own() -> None:
    page = Elements(weights_page(Model.default()))
    drawings = [attrs for tag, attrs in page.found if tag == "svg"]
    named = {attrs["id"] for _, attrs in page.found if "id" in attrs}
    assert len(drawings) == len(panels(Model.default())) + 1
    assert len({attrs["aria-labelledby"] for attrs in drawings}) == len(drawings)
    assert all(attrs["role"] == "img" for attrs in drawings)
    assert {name for attrs in drawings for name in (attrs["aria-labelledby"] or "").split()} <= named


def test_nothing_is_drawn_outside_its_drawing() -> None:
    html = weights_page(Model.default())
    for drawn in html.split("<svg")[1:]:
        root = ElementTree.fromstring("<svg" + drawn.split("</svg>")[0] + "</svg>")
        _, _, width, height = map(float, root.attrib["viewBox"].split())
        for mark in root.iter():
            room = 6.6 * len(mark.text or "") if mark.tag == "text" else 0.0
            ends = (mark.get("class") or "").split()
            for x in (float(mark.attrib[k]) for k in ("x", "x1", "x2", "cx") if k in mark.attrib):
                left = x - (room if "end" in ends else room / 2 if "middle" in ends else 0.0)
                right = (
                    x + float(mark.get("width", 0)) + (0 if "end" in ends else room / 2 if "middle" in ends else room)
                )
                assert left >= -1.0
                assert right <= width + 1.0, mark.text
            for y in (float(mark.attrib[k]) for k in ("y", "y1", "y2", "cy") if k in mark.attrib):
                assert 0.0 <= y + float(mark.get("height", 0)) <= height


def test_a_comparison_that_only_this_model_has_is_drawn_and_a_level_without_rates_is_not() -> None:
    model = further(exact={"m": 0.9, "u": 0.01}, near_by={"m": None, "u": None}, other={"m": float("nan"), "u": 0.9})
    drawn = panels(model)[-1]
    assert (drawn.title, [bar.words for bar in drawn.bars]) == ("Home town", ["exact"])
    assert drawn.bars[0].weight == pytest.approx(6.4919, abs=1e-4)
    assert "Home town" in weights_page(model)
    assert weights_picture(model).startswith(b"\x89PNG")


def test_further_fields_are_said_in_words_with_what_their_values_add() -> None:
    model = tailor(with_further(), Model.default())
    town, colour = panels(model)[-2:]
    assert (town.title, [bar.words for bar in town.bars]) == ("Birth place", list(FURTHER_WORDS[1:]))
    low, weight, high = town.bars[0].low, town.bars[0].weight, town.bars[0].high
    assert (low - weight, high - weight) == pytest.approx((-5.0, 4.0))
    assert "values" in town.note
    assert (colour.title, [bar.words for bar in colour.bars]) == ("Colour", ["same", "different"])
    place = next(panel for panel in panels(model) if panel.name == "location")
    assert place.bars[-1].words == "different"
    assert len(place.bars) == len(WORDS["location"]) - 1
    assert "two clusters join when all pairs across them weigh -1.0 bits" in "\n".join(lines(model))
    assert "two clusters join" in weights_page(model)
    assert "Birth place" in weights_page(model)


def test_the_levels_of_a_place_are_not_drawn_where_rows_have_none() -> None:
    place = next(panel for panel in panels(Model.default()) if panel.name == "location")
    assert [bar.words for bar in place.bars] == list(WORDS["location"][1:9])
    assert "two clusters join" not in weights_page(Model.default())


def test_levels_come_in_their_own_order_whatever_that_of_the_file() -> None:
    model = Model.default()
    shuffled = {name: dict(sorted(levels.items())) for name, levels in model.document["comparisons"].items()}
    other = replace(model, document={**model.document, "comparisons": shuffled})
    assert panels(other) == panels(model)
    assert [bar.words for bar in panels(model)[0].bars] == list(WORDS["nhs_number"][1:])


def test_what_weighs_nothing_is_named_and_not_drawn() -> None:
    assert "household" not in {panel.name for panel in panels(Model.default())}
    assert "household" in weights_page(Model.default()).split("<footer>")[1]


def test_a_name_in_the_model_cannot_write_into_the_page() -> None:
    model = replace(further(**{"<script>": {"m": 0.9, "u": 0.1}}), name="<script>alert(1)</script>")
    html = weights_page(model)
    assert "<script" not in html
    assert "<script" not in page("<script>", [svg(1, 1, "<script>", "<script>", [text(0, 0, "<script>")])])


def test_the_same_model_gives_the_same_picture() -> None:
    model = Model.default()
    assert weights_picture(model) == weights_picture(model)


@given(st.lists(st.tuples(st.floats(1e-9, 1.0), st.floats(1e-9, 1.0)), min_size=1, max_size=12))
def test_any_rates_can_be_drawn(rates: list[tuple[float, float]]) -> None:
    model = further(**{f"level_{n}": {"m": m, "u": u} for n, (m, u) in enumerate(rates)})
    least, most = span(panels(model))
    assert least < 0.0 < most
    assert "nan" not in weights_page(model)
    assert list(lines(model))


@pytest.mark.parametrize(
    ("value", "digits", "said"),
    [(1.25, 1, "+1.2"), (-3.0, 1, "−3.0"), (-0.04, 1, "0.0"), (0.0, 2, "0.00"), (-10, 0, "−10")],
)
def test_signed(value: float, digits: int, said: str) -> None:
    assert signed(value, digits) == said


def test_show_writes_both_and_never_over_anything(linked: Path, tmp_path: Path) -> None:
    html, png = tmp_path / "weights.html", tmp_path / "weights.png"
    done = run("show", linked / "model.json", "--html", html, "--png", png)
    assert done.exit_code == 0, done.output
    assert html.read_text().startswith("<!DOCTYPE html>")
    assert png.read_bytes().startswith(b"\x89PNG")
    before = html.read_bytes()
    again = run("show", linked / "model.json", "--html", html)
    assert (again.exit_code, "already" in again.output, html.read_bytes()) == (2, True, before)


@pytest.mark.parametrize("content", ["", "{}", "[]", "nonsense", json.dumps({"encoding": 2})])
def test_no_model_is_a_sentence(tmp_path: Path, content: str) -> None:
    file = tmp_path / "model.json"
    file.write_text(content)
    for options in ([], ["--html", tmp_path / "x.html"]):
        result = run("show", file, *options)
        assert (result.exit_code, result.output.startswith("linkage: ")) == (2, True)
    assert not (tmp_path / "x.html").exists()


def test_a_file_that_cannot_be_written_is_a_sentence(linked: Path, tmp_path: Path) -> None:
    result = run("show", linked / "model.json", "--png", tmp_path / "nowhere" / "x.png")
    assert (result.exit_code, "nowhere" in result.output) == (2, True)
