from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from adapters.hl7v2.message import parse, read_header
from adapters.hl7v2.timestamps import read_date, read_instant, read_moment, read_stamp
from mpi.domain.commands import Rank, Stamp
from mpi.errors import Fault, Refused
from tests.unit.hl7v2.wire_builders import message, pid


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


def stamp_of(trigger: str, evn: str, msh7: str = "20260301120000") -> Stamp:
    wire = message(f"ADT^{trigger}", *filter(None, (evn, pid()))).replace(b"|20260301120000||", f"|{msh7}||".encode())
    return read_stamp(parse(wire, read_header(wire), "cp1252"))


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("20260301120000", utc(2026, 3, 1, 12)),
        ("20260701120000", utc(2026, 7, 1, 11)),
        ("20260701120000+0000", utc(2026, 7, 1, 12)),
        ("20260701120000+0530", utc(2026, 7, 1, 6, 30)),
        ("20260301120000.1234-0100", utc(2026, 3, 1, 13, 0, 0, 123400)),
        ("202603011205", utc(2026, 3, 1, 12, 5)),
        ("2026030112", utc(2026, 3, 1, 12)),
        ("20260301", utc(2026, 3, 1)),
        ("202603", utc(2026, 3, 1)),
        ("2026", utc(2026, 1, 1)),
    ],
)
def test_v2_63_local_time_is_europe_london_and_offsets_are_honoured(text: str, instant: datetime) -> None:
    assert read_instant(text) == instant


@pytest.mark.parametrize(
    "text", ["", "x", "20261301", "20260230", "2026030125", "20260301120000+9999", "٢٠٢٦٠٣٠١", "2026-03-01", "0000"]
)
def test_what_is_no_time_stamp_is_none(text: str) -> None:
    assert read_instant(text) is None


def test_v2_63_the_repeated_hour_does_not_invert_order() -> None:
    """25 October 2026, 01:00 to 02:00 happens twice; arrival decides inside it, and nothing leaves it."""
    before, first, second, after = map(
        read_instant, ("20261025005959", "20261025015000", "20261025011000", "20261025020000")
    )
    assert before is not None
    assert first is not None
    assert second is not None
    assert after is not None
    assert before < first <= second < after
    assert read_instant("20261025013000+0100") == utc(2026, 10, 25, 0, 30)


def test_v2_63_the_hour_that_summer_time_skips_is_read_as_winter_time() -> None:
    assert read_instant("20260329013000") == utc(2026, 3, 29, 1, 30)


def test_v2_60_event_time_is_evn_6_then_evn_2_then_msh_7() -> None:
    assert stamp_of("A08", "EVN||20260301110000||||20260301100000").occurred == utc(2026, 3, 1, 10)
    assert stamp_of("A08", "EVN||20260301110000").occurred == utc(2026, 3, 1, 11)
    assert stamp_of("A08", "") == Stamp(Rank.FEED, utc(2026, 3, 1, 12), utc(2026, 3, 1, 12))


@pytest.mark.parametrize("trigger", ["A11", "A12", "A13"])
def test_v2_60_a_cancellation_is_never_ranked_by_evn_6(trigger: str) -> None:
    assert stamp_of(trigger, "EVN||20260301110000||||20260201100000").occurred == utc(2026, 3, 1, 11)
    assert stamp_of(trigger, "EVN||||||20260201100000").occurred == utc(2026, 3, 1, 12)


def test_v2_60_recorded_is_msh_7_whose_offset_is_the_default_of_the_message() -> None:
    stamp = stamp_of("A08", "EVN||20260701110000", msh7="20260701120000+0300")
    assert stamp.recorded == utc(2026, 7, 1, 9)
    assert stamp.occurred == utc(2026, 7, 1, 8)
    assert read_instant("20260701110000", timezone(timedelta(hours=3))) == stamp.occurred


def test_an_unreadable_time_is_passed_over_with_a_flag() -> None:
    wire = message("ADT^A08", "EVN||20260301110000||||soon", pid())
    parsed = parse(wire, read_header(wire), "cp1252")
    assert read_stamp(parsed).occurred == utc(2026, 3, 1, 11)
    assert parsed.flags == ["EVN-6 is not a time stamp"]


def test_without_any_time_the_message_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        stamp_of("A08", "EVN|", msh7="")
    assert (caught.value.fault, caught.value.location) == (Fault.MISSING_FIELD, "MSH^1^7")


def test_a_message_without_msh_7_is_ordered_by_its_evn() -> None:
    stamp = stamp_of("A08", "EVN||20260301110000", msh7="")
    assert stamp.occurred == stamp.recorded == utc(2026, 3, 1, 11)


@pytest.mark.parametrize(
    ("text", "precision", "date"),
    [
        ("1954", "", "1954"),
        ("195403", "", "1954-03"),
        ("19540307", "", "1954-03-07"),
        ("195403072359", "", "1954-03-07"),
        ("19540101", "Y", "1954"),
        ("19540301", "L", "1954-03"),
        ("19540301", "D", "1954-03-01"),
        ("19540000", "", "1954"),
        ("19540300", "", "1954-03"),
        ("19541301", "", None),
        ("19540230", "", None),
        ("00000000", "", None),
        ("", "", None),
    ],
)
def test_pid_7_keeps_its_precision(text: str, precision: str, date: str | None) -> None:
    """Section 1.5 PID-7: 1954 must not become 1954-01-01."""
    assert read_date(text, precision) == date


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026", "2026"),
        ("20260301", "2026-03-01"),
        ("202603011230", "2026-03-01T12:30"),
        ("20260301123015+0100", "2026-03-01T12:30:15+01:00"),
        ("2026030112", "2026-03-01T12:00"),
        ("2026030199", None),
        ("unknown", None),
    ],
)
def test_pid_29_keeps_its_precision(text: str, moment: str | None) -> None:
    assert read_moment(text) == moment
