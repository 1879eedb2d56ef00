"""The shipped model on a small simulated region, so that no change quietly costs accuracy."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.accuracy_region import judge, link
from benchmarks.accuracy_sample import draw
from linkage.model import Model


@pytest.mark.parametrize(
    ("without_nhs", "precision", "recall", "tasks"),
    [(False, 0.9995, 0.985, 15.0), (True, 0.999, 0.935, 75.0)],
)
def test_the_shipped_model_on_a_region(
    model: Model, without_nhs: bool, precision: float, recall: float, tasks: float
) -> None:
    """Section 5 of the design: a false merge is worse than a missed link, and reviewers must not be flooded."""
    sample = draw("surrey-sussex", 3_000, 11, without_nhs=without_nhs)
    found: dict[str, Any] = judge(sample, link(sample, model), model)
    assert found["pairs"]["precision"] >= precision
    assert found["pairs"]["recall"] >= recall
    assert found["review"]["tasks_per_1000_people"] <= tasks
    assert sum(found["missed_by_cause"].values()) == found["pairs"]["false_negative"]
    assert sum(found["wrong_by_cause"].values()) == found["pairs"]["false_positive"]
