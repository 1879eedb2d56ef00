"""The growth that `benchmarks.scale` fits, and the plan it makes of it, on numbers made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.scale import EFFICIENCY, LEAST_EXPONENT, candidates, exponent, growth, options_of, plan, report

Row = dict[str, Any]


def row(records: int, seconds: float = 0.0) -> Row:
    """Two and a half records a person; Spark takes 2 s and a millisecond a record, strangers meet by the square."""
    strangers = 2 * records + records**2 // 1000
    rules = {
        "names-year": {"all": 10 * records + strangers, "strangers": strangers},
        "names-sector": {"all": 3 * records, "strangers": records},
    }
    phases = dict.fromkeys(("encode", "link", "cluster"), seconds or 2.0 + records / 1000)
    spark = {
        "seconds": {**phases, **{f"least_{phase}": 2.0 for phase in phases}},
        "memory_mb": dict.fromkeys(phases, 1000.0),
        "shuffle_bytes": dict.fromkeys(phases, 100 * records),
        "cores": 2,
        "links": 2 * records,
    }
    local_phases = dict.fromkeys(("read", "encode", "train", "link", "cluster"), records / 1e4)
    local = {"seconds": local_phases, "memory_mb": local_phases, "cores": 2, "pairs_by_rule": rules}
    return {"people": records * 2 // 5, "records": records, "local": local, "spark": spark}


ROWS = [row(10_000), row(20_000), row(40_000)]


def test_the_exponent_is_the_slope_of_logarithms() -> None:
    assert exponent([10, 20, 40], [3 * size**1.5 for size in (10, 20, 40)]) == 1.5
    assert exponent([10], [1.0]) is None
    assert exponent([10, 20], [0.0, 1.0]) is None


def test_what_costs_the_same_at_every_size_is_no_growth() -> None:
    told = growth(ROWS, "spark")
    assert told["seconds"] == {"encode": 1.0, "link": 1.0, "cluster": 1.0, "all": 1.0}
    assert told["memory"] == {"encode": 0.0, "link": 0.0, "cluster": 0.0}
    assert told["shuffle_bytes"] == {"encode": 1.0, "link": 1.0, "cluster": 1.0}
    small = growth([row(10, seconds=2.01), row(100, seconds=2.9), row(200, seconds=2.2)], "spark")
    assert small["seconds"]["all"] is None


def test_strangers_meet_by_the_square_only_where_no_place_is_in_the_key() -> None:
    found = candidates(ROWS, 4_000_000)
    assert found["names-year"] == pytest.approx(12 * 4e6 + 4e6**2 / 1000, rel=1e-6)
    assert found["names-sector"] == 3 * 4_000_000


def test_the_plan_grows_what_was_measured() -> None:
    options = options_of(["--people", "1600000", "--hours", "2", "--executor-cores", "4"])
    told = plan(ROWS, [*ROWS, row(80_000)], growth(ROWS, "spark"), options)
    grown = 100**LEAST_EXPONENT
    assert told["records"] == 4_000_000
    assert told["grown_by"] == 100
    assert told["core_hours"]["encode"] == pytest.approx(40 * 2 * grown / 3600, abs=0.05)
    assert told["core_hours"]["link"] > told["core_hours"]["cluster"]
    assert told["shuffle_bytes"]["link"] == round(4_000_000 * grown)
    assert told["hours"] <= 2
    busy = told["hours"] * told["executors"] * 4 * EFFICIENCY
    assert busy == pytest.approx(sum(told["core_hours"].values()), rel=0.01)


def test_no_plan_is_made_of_runs_that_failed() -> None:
    failed = {**row(80_000), "local": {"failed": "not finished after 900 s"}}
    told = report(ROWS, [*ROWS, failed], options_of([]))
    assert "plan" not in told
    assert told["growth"]["local"]["seconds"]["link"] == 1.0


def test_spark_is_given_the_model_of_the_local_engine() -> None:
    assert options_of(["--engines", "spark"]).engines == ["local", "spark"]
    with pytest.raises(SystemExit):
        options_of(["--engines", "flink"])
