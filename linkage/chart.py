"""A model's weights as lines of text."""

from __future__ import annotations

from collections.abc import Iterator

from linkage.comparison import COMPARISONS, WORDS
from linkage.model import Model

_BAR = 30  # characters of the longest bar
_MOST = 25.0  # bits it stands for


def lines(model: Model) -> Iterator[str]:
    """One line a level: its weight in bits, a bar, what it means; comparisons that weigh nothing are left out."""
    yield f"{model.name} {model.version}, fingerprint {model.fingerprint}"
    yield f"prior {model.prior:+.1f}, possible from {model.possible:+.1f}, certain from {model.certain:+.1f} bits"
    for column, (name, levels) in enumerate(COMPARISONS.items()):
        if not model.weights[column].any():
            continue
        yield ""
        yield name.replace("_", " ")
        for level in levels:
            weight = float(model.weights[column, level])
            bar = "█" * min(_BAR, round(abs(weight) / _MOST * _BAR))
            left, right = (bar, "") if weight < 0 else ("", bar)
            yield f"  {weight:+7.2f} {left:>{_BAR}}│{right:<{_BAR}} {WORDS[name][level]}"
