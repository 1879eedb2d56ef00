"""The fold of what is said of orders (decision 0022): any order of arrival, the same orders."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from mpi.domain.codec import said_from_json, said_to_json
from mpi.domain.commands import Rank, Stamp
from mpi.domain.identifiers import Identifier
from mpi.domain.order_fold import ImagingOrder, ToldOrder, settled, tell
from mpi.domain.orders import (
    Coded,
    OrderField,
    OrderNumber,
    OrderStatus,
    OrderValue,
    ReportStatus,
    Statement,
    number_of,
)

ONE, TWO = Identifier("BOL", "1"), Identifier("BOL", "2")
Telling = tuple[Identifier, Statement, Stamp]


def at(minute: int) -> Stamp:
    moment = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=minute)
    return Stamp(Rank.FEED, moment, moment, minute)


def said(patient: Identifier, minute: int, **values: OrderValue) -> Telling:
    return patient, {OrderField(name): value for name, value in values.items()}, at(minute)


def told(tellings: Iterable[Telling]) -> list[ToldOrder]:
    """As `ordering.take` does: settled after each, as it is stored."""
    known: dict[tuple[Identifier, OrderNumber], ToldOrder] = {}
    for patient, statement, stamp in tellings:
        number = number_of(statement)
        assert number is not None
        known[patient, number] = tell(known.get((patient, number)), patient, number, statement, stamp)
        known = {(one.patient, one.number): one for one in settled(known.values())}
    return sorted(known.values(), key=lambda one: (one.patient, one.number))


def shown(*tellings: Telling) -> list[ImagingOrder]:
    return [one.shown for one in told(tellings) if one.shown is not None]


def test_fields_are_told_one_by_one() -> None:
    (order,) = shown(
        said(ONE, 1, filler="F1", modality="CT", status=OrderStatus.SCHEDULED),
        said(ONE, 2, filler="F1", status=OrderStatus.COMPLETED, report=ReportStatus.FINAL),
    )
    assert (order.modality, order.status, order.report_status) == ("CT", OrderStatus.COMPLETED, ReportStatus.FINAL)


def test_what_is_taken_back_is_gone() -> None:
    (order,) = shown(said(ONE, 1, filler="F1", body_site="CHEST"), said(ONE, 2, filler="F1", body_site=None))
    assert order.body_site == ""


def test_a_year_that_stands_for_none_is_no_date() -> None:
    for year, kept in ((2199, True), (2200, False), (9999, False)):
        begins = datetime(year, 12, 31, tzinfo=UTC)
        (order,) = shown(said(ONE, 1, filler="F1", starts_at=begins))
        assert order.starts_at == (begins if kept else None)


def test_an_order_is_known_by_the_number_of_who_asked_until_who_makes_it_has_numbered_it() -> None:
    asked = said(ONE, 1, placer="P1", body_site="CHEST")
    assert [order.placer for order in shown(asked)] == ["P1"]
    (order,) = shown(asked, said(ONE, 2, filler="F1", placer="P1", status=OrderStatus.SCHEDULED))
    assert (order.filler, order.placer, order.body_site) == ("F1", "P1", "CHEST")


def test_a_cancellation_under_the_placer_number_ends_every_examination_of_it() -> None:
    orders = shown(
        said(ONE, 1, filler="F1", placer="P1", status=OrderStatus.SCHEDULED),
        said(ONE, 1, filler="F2", placer="P1", status=OrderStatus.SCHEDULED),
        said(ONE, 3, placer="P1", status=OrderStatus.CANCELLED),
    )
    assert [(o.filler, o.status) for o in orders] == [("F1", OrderStatus.CANCELLED), ("F2", OrderStatus.CANCELLED)]


def test_a_report_that_may_be_of_either_of_two_examinations_is_told_of_neither() -> None:
    """Nothing is guessed: a final report told of an examination that nobody has read hides that it waits."""
    both = [said(ONE, n, filler=f"F{n}", accession="A1", placer="P1", modality="CT") for n in (1, 2)]
    for number in ({"accession": "A1"}, {"placer": "P1"}):
        orders = shown(*both, said(ONE, 3, **number, status=OrderStatus.COMPLETED, report=ReportStatus.FINAL))
        assert [(o.filler, o.status, o.report_status) for o in orders] == [
            ("F1", OrderStatus.ORDERED, None),
            ("F2", OrderStatus.ORDERED, None),
        ]


def test_a_report_under_the_accession_number_alone_is_of_the_order_with_it() -> None:
    (order,) = shown(
        said(ONE, 2, accession="A1", report=ReportStatus.FINAL),
        said(ONE, 1, filler="F1", accession="A1", modality="MR"),
    )
    assert (order.filler, order.modality, order.report_status) == ("F1", "MR", ReportStatus.FINAL)


def test_orders_of_merged_records_are_one_where_the_number_is_one() -> None:
    (order,) = shown(said(TWO, 2, filler="F1", report=ReportStatus.FINAL), said(ONE, 1, filler="F1", modality="CT"))
    assert (order.patient, order.modality, order.report_status) == (ONE, "CT", ReportStatus.FINAL)


def test_two_orders_of_one_accession_stay_two() -> None:
    assert len(shown(said(ONE, 1, filler="F1", accession="A1"), said(ONE, 2, filler="F2", accession="A1"))) == 2


numbers = st.fixed_dictionaries(
    {},
    optional={
        OrderField.FILLER: st.sampled_from(["1", "2"]),
        OrderField.ACCESSION: st.sampled_from(["1", "2"]),
        OrderField.PLACER: st.sampled_from(["1", "2"]),
    },
).filter(bool)
words = st.fixed_dictionaries(
    {},
    optional={
        OrderField.MODALITY: st.sampled_from(["CT", "MR", None]),
        OrderField.STATUS: st.sampled_from(list(OrderStatus)),
        OrderField.REPORT: st.sampled_from(list(ReportStatus)),
        OrderField.CODES: st.just((Coded("C", "CT | head", "99L"),)),
        OrderField.STARTS_AT: st.datetimes(timezones=st.just(UTC)),
    },
)


@st.composite
def tellings(draw: st.DrawFn) -> list[Telling]:
    found = draw(st.lists(st.tuples(st.sampled_from([ONE, TWO]), numbers, words), min_size=1, max_size=8))
    return [(patient, {**by, **what}, at(minute)) for minute, (patient, by, what) in enumerate(found)]


@given(tellings(), st.data())
def test_any_order_of_arrival_ends_in_the_same_orders(all_told: list[Telling], data: st.DataObject) -> None:
    """V2-61 for orders. Arrival settles ties of time, so it is part of the stamp and stays with its message."""
    shuffled: Sequence[Telling] = data.draw(st.permutations(all_told))
    assert told(shuffled) == told(all_told)


@given(tellings())
def test_saying_it_again_changes_nothing(all_told: list[Telling]) -> None:
    assert told([*all_told, *all_told]) == told(all_told)


@given(tellings())
def test_every_number_said_leads_to_an_order(all_told: list[Telling]) -> None:
    """Nothing said of an order is lost from sight: under its number, or under a more exact one."""
    found = told(all_told)
    assert any(one.shown for one in found)
    for one in found:
        if one.shown is None:
            name = OrderField(one.number.kind.value)
            assert any(
                other.shown and getattr(other.shown, name) == one.number.number
                for other in found
                if other.number != one.number or other.patient != one.patient
            )


@given(tellings())
def test_what_is_stored_reads_back_the_same(all_told: list[Telling]) -> None:
    for one in told(all_told):
        assert said_from_json(json.loads(json.dumps(said_to_json(one.said)))) == one.said
