"""Models for files: the shipped one with a place, and whatever further fields a test wants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from linkage.model import Model
from linkage.record import Kind
from linkage.tailor import RATES

LEVEL_NAMES = ("exact", "near", "similar", "disagree")


def file_model(
    fields: Mapping[str, Kind] | None = None,
    *,
    family: tuple[str, ...] = (),
    shares: Mapping[str, Mapping[str, float]] | None = None,
    average: float = 0.01,
    **changes: Any,
) -> Model:
    """The shipped model with a place and these further fields by name.

    shares: of the values of a field, by field; `average` is the chance that two people agree in one of those.
    changes: to the document.
    """
    base, kinds = Model.default().document, dict(fields or {})
    told: list[dict[str, Any]] = []
    for name, kind in kinds.items():
        told.append({"name": name, "kind": kind.value, "family": name in family})
        if shares and name in shares:
            listed = dict(shares[name])
            limits = {"floor": min(listed.values()) / 2, "cap": max(listed.values())}
            told[-1] |= {"frequencies": {name: listed, "limits": {name: limits}}, "average": average}
    rates = {
        name: {level: {"m": m, "u": u} for level, (m, u) in zip(LEVEL_NAMES, RATES[kind], strict=True)}
        for name, kind in kinds.items()
    }
    comparisons = {**base["comparisons"], **rates}
    return Model.from_document({**base, "balance": None, "further": told, "comparisons": comparisons, **changes})
