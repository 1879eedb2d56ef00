"""What an expert decides before Splink starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Expert:
    """What a person who knows Splink and the data decides: comparisons, rules to predict by, to start from, and to
    train by."""

    comparisons: list[Any]
    predict: list[Any]
    certain: list[Any]
    train: list[Any]
