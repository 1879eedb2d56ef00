"""Where two models differ, in bits."""

from __future__ import annotations

import copy

from linkage.charts.differing import Differing, differing
from linkage.model import Model


def test_a_model_does_not_differ_from_itself() -> None:
    assert differing(Model.default(), Model.default()) == ()


def test_thresholds_and_weights_that_differ_are_told_with_both_values() -> None:
    document = copy.deepcopy(dict(Model.default().document))
    document["certain"] += 2
    same = document["comparisons"]["sex"]["agree"]
    same["m"] /= 2
    found = differing(Model.default(), Model.from_document(document))
    assert found[0] == Differing("Links by itself from", 11.0, 13.0)
    assert [(one.what, round((one.one or 0) - (one.other or 0), 6)) for one in found[1:]] == [("Sex: same", 1.0)]


def test_less_than_can_be_seen_is_not_told() -> None:
    document = dict(Model.default().document)
    assert differing(Model.default(), Model.from_document(document | {"certain": 11.01})) == ()
