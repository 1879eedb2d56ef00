"""What each level of agreement is worth under a model: the numbers every chart of weights is drawn from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite, log2
from typing import Any

from linkage import further
from linkage.comparison import FURTHER_WORDS, WORDS, Location
from linkage.explain import label
from linkage.growing import MOST_SAID
from linkage.model import Model
from linkage.record import Kind

_BAR = 30  # characters of the longest bar
_MOST = 25.0  # bits it stands for
_WITH_PLACE = frozenset(level.name.lower() for level in Location if level > Location.DISAGREE)


@dataclass(frozen=True, slots=True)
class Bar:
    """One level: what it means, and its weight in bits, log2 of m over u.

    low, high: the weight for the commonest and for the rarest value, both the weight itself where none counts.
    """

    level: str
    words: str
    weight: float
    m: float
    u: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Panel:
    """One comparison with its levels in order; `note` says what moves its weights, "" for nothing."""

    name: str
    label: str
    bars: tuple[Bar, ...]
    note: str

    @property
    def title(self) -> str:
        """The label as a heading."""
        return self.label[:1].upper() + self.label[1:]


def panels(model: Model) -> tuple[Panel, ...]:
    """The comparisons of a model in the order of its document, those that weigh nothing left out.

    A level without two rates above 0 is none, and does not appear; nor does one that no rows of the model reach.
    """
    made = (_panel(name, levels, model) for name, levels in model.document["comparisons"].items())
    return tuple(panel for panel in made if any(bar.weight for bar in panel.bars))


def span(made: tuple[Panel, ...]) -> tuple[float, float]:
    """The least and the greatest weight that must find room beside 0."""
    bars = [bar for panel in made for bar in panel.bars]
    return min(0.0, *(bar.low for bar in bars), -1.0), max(0.0, *(bar.high for bar in bars), 1.0)


def heading(model: Model) -> str:
    """The model's name, version and fingerprint."""
    return f"{model.name} {model.version}, fingerprint {model.fingerprint}"


def thresholds(model: Model) -> str:
    """Prior and thresholds in one sentence."""
    return f"prior {model.prior:+.1f}, possible from {model.possible:+.1f}, certain from {model.certain:+.1f} bits"


def balance(model: Model) -> str:
    """What decides about clusters of several records beside the heaviest pair; "" for nothing."""
    if model.balance is None:
        return ""
    return (
        f"two clusters join when all pairs across them weigh {model.balance:+.1f} bits or more on average,"
        f" each counted up to {MOST_SAID:g} bits"
    )


def lines(model: Model) -> Iterator[str]:
    """One line a level: its weight in bits, a bar, what it means; comparisons that weigh nothing are left out."""
    yield heading(model)
    yield thresholds(model)
    yield from filter(None, (balance(model),))
    for panel in panels(model):
        yield ""
        yield panel.label
        for bar in panel.bars:
            drawn = "█" * min(_BAR, round(abs(bar.weight) / _MOST * _BAR))
            left, right = (drawn, "") if bar.weight < 0 else ("", drawn)
            yield f"  {bar.weight:+7.2f} {left:>{_BAR}}│{right:<{_BAR}} {bar.words}"


def _panel(name: str, levels: Mapping[str, Any], model: Model) -> Panel:
    least, most, what = _reach(name, model)
    known = _words(name, model)
    order = [level for level in known if level in levels] + [level for level in levels if level not in known]
    bars = []
    for place, level in enumerate(level for level in order if level not in _unreached(name, model)):
        m, u = _rate(levels[level], "m"), _rate(levels[level], "u")
        if m and u:
            weight = log2(m / u)
            low, high = (weight + least, weight + most) if place == 0 else (weight, weight)
            bars.append(Bar(level, known.get(level, level.replace("_", " ")), weight, m, u, low, high))
    note = f"the commonest {what} take up to {-least:.1f} bits off, rare ones add up to {most:.1f}" if what else ""
    return Panel(name, label(name, model.comparisons), tuple(bars), note)


def _words(name: str, model: Model) -> dict[str, str]:
    """What each level means, in the order of the chart; nothing for a comparison that the model does not make."""
    said = WORDS.get(name, FURTHER_WORDS)
    words = {level.name.lower(): said[level] for level in model.comparisons.get(name, ())}
    if name == "location":  # the levels of a place came later, and agree
        words["disagree"] = words.pop("disagree")
    return words


def _unreached(name: str, model: Model) -> frozenset[str]:
    """The levels that no two rows of the model can end in."""
    if name == "location" and model.further is None:
        return _WITH_PLACE
    categories = {field.name for field in model.further or () if field.kind is Kind.CATEGORY}
    return frozenset(("near", "similar")) if name in categories else frozenset()


def _reach(name: str, model: Model) -> tuple[float, float, str]:
    """The bits that the commonest and the rarest agreed value add, and what the values are; "" where none counts."""
    term = model.document.get("term_frequency", {}).get(name)
    if term:
        return float(term.get("least", 0.0)), float(term.get("most", 0.0)), "names"
    counted = {field.name for field in model.further or () if field.terms}
    return (further.LEAST, further.MOST, "values") if name in counted else (0.0, 0.0, "")


def _rate(pair: Any, key: str) -> float:
    """m or u of a level; 0 where there is none."""
    rate = pair.get(key) if isinstance(pair, Mapping) else None
    return float(rate) if isinstance(rate, int | float) and isfinite(rate) and rate > 0 else 0.0
