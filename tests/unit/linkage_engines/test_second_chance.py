"""A second model in the bulk pass: it keeps what the first would not, and changes nothing of what that one keeps."""

from __future__ import annotations

from functools import cache

import numpy as np

from linkage.engines import local
from linkage.engines.local import Pairs
from linkage.model import Model
from tests.unit.linkage_training.training_material import region

UK = Model.default()
FLOOR, FAMILY_FLOOR = 30.0, -6.0
# What a family shares, and an estimated date and a household count otherwise than under the first.
FAMILY = Model.from_document(
    {
        **UK.document,
        "comparisons": {
            name: {
                level: {**rates, "m": rates["u"]} if name in ("forename", "birth_date") else rates
                for level, rates in levels.items()
            }
            for name, levels in UK.document["comparisons"].items()
        },
        "rules": {**UK.document["rules"], "household_other_forename": 200.0, "household_twins": 200.0},
    }
)


@cache
def linked() -> tuple[Pairs, Pairs, Pairs]:
    """What the first model keeps, what the second does, and what both do in one pass."""
    material = region(300)
    rows = material.encoded, material.keys, material.rows
    first, second = local.link(*rows, UK, FLOOR), local.link(*rows, FAMILY, FAMILY_FLOOR)
    return first, second, local.link(*rows, UK, FLOOR, again=(FAMILY, FAMILY_FLOOR))


def numbers(pairs: Pairs) -> np.ndarray:
    return pairs.a * np.int64(1 << 31) + pairs.b


def test_what_either_keeps_is_kept_once_in_the_order_of_the_rows() -> None:
    first, second, both = linked()
    assert len(np.setdiff1d(numbers(second), numbers(first))) > 20
    assert numbers(both).tolist() == np.union1d(numbers(first), numbers(second)).tolist()


def test_what_the_first_keeps_is_what_it_keeps_alone() -> None:
    first, _, both = linked()
    mine = both.where(np.isin(numbers(both), numbers(first)))
    for name in ("a", "b", "weight", "guards", "pattern"):
        assert (getattr(mine, name) == getattr(first, name)).all()


def test_what_the_second_alone_keeps_weighs_nothing_and_has_its_levels_and_guards() -> None:
    first, second, both = linked()
    others = both.where(~np.isin(numbers(both), numbers(first)))
    alone = second.where(~np.isin(numbers(second), numbers(first)))
    assert (others.weight == -np.inf).all()
    assert (others.guards == alone.guards).all()
    assert (others.pattern == alone.pattern).all()
