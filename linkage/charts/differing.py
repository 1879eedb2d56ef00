"""Where two models differ: thresholds and the weights of levels, as a table is made of them."""

from __future__ import annotations

from dataclasses import dataclass

from linkage.charts.weights import panels
from linkage.model import Model

_LEAST = 0.05  # bits: less is not seen where weights are told with one decimal


@dataclass(frozen=True, slots=True)
class Differing:
    """What is worth otherwise in bits; None where a model does not have it."""

    what: str
    one: float | None
    other: float | None


def differing(one: Model, other: Model) -> tuple[Differing, ...]:
    """The thresholds, then the levels of the comparisons in their order, that differ by enough to be seen."""
    before, after = _bits(one), _bits(other)
    pairs = [Differing(what, before.get(what), after.get(what)) for what in dict.fromkeys((*before, *after))]
    return tuple(pair for pair in pairs if _differs(pair))


def _bits(model: Model) -> dict[str, float]:
    told = {
        "Links by itself from": model.certain,
        "Asks from": model.possible,
        "Keeps groups apart under": model.veto,
        "Before anything is compared": model.prior,
    }
    return told | {f"{panel.title}: {bar.words}": bar.weight for panel in panels(model) for bar in panel.bars}


def _differs(pair: Differing) -> bool:
    return pair.one is None or pair.other is None or abs(pair.one - pair.other) >= _LEAST
