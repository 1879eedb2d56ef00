"""The keys of a model's document: one that is not known is a slip of the pen, and is never passed over."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from linkage.errors import ModelError

KEYS = (
    *("name", "version", "encoding", "notes", "provenance", "prior", "certain", "possible", "veto", "balance"),
    *("rules", "guards", "term_frequency", "frequencies", "comparisons", "further", "foreign"),
)
OF_FILES = ("guards", "further", "foreign")
"""Keys that only a model for files has."""


def check_keys(document: Mapping[str, Any], rules: Collection[str]) -> None:
    """Raises `ModelError` naming a key that is not known, or one that a model for files must not be without."""
    _refuse(document, KEYS, "the model")
    if "balance" not in document and any(key in document for key in OF_FILES):
        raise ModelError(
            "a model for files needs 'balance', the bits that all pairs across two clusters must weigh on average to"
            " join them, or null where the heaviest pair decides"
        )
    for key in ("name", "version"):
        if not isinstance(document.get(key, ""), str):
            raise ModelError(f"the model's '{key}' must be text")
    if not isinstance(document.get("foreign", False), bool):
        raise ModelError("'foreign' must be true or false")
    _refuse(document.get("rules"), rules, "rules")
    for field, limits in _refuse(
        document.get("term_frequency"), ("surname", "forename", "postcode"), "term_frequency"
    ):
        known = ("least", "most", "average" if field == "postcode" else "together")
        for _, groups in _refuse(limits, known, f"term_frequency '{field}'"):
            for group in groups if isinstance(groups, list) else ():
                _refuse(group, ("factor", "names"), f"term_frequency '{field}', 'together'")
    comparisons = document.get("comparisons")
    for name, levels in comparisons.items() if isinstance(comparisons, dict) else ():
        for level, rates in levels.items() if isinstance(levels, dict) else ():
            _refuse(rates, ("m", "u"), f"comparison '{name}', level '{level}'")
    further = document.get("further")
    for place, field in enumerate(further if isinstance(further, list) else (), 1):
        _refuse(field, ("name", "kind", "family", "frequencies", "average"), f"further field {place}")


def _refuse(part: object, known: Collection[str], place: str) -> list[tuple[str, Any]]:
    """The entries of an object whose keys are all known; of what is no object none, for that is found elsewhere."""
    if not isinstance(part, Mapping):
        return []
    for key in part:
        if key not in known:
            raise ModelError(f"{place} has an unknown key '{key}'; known are {', '.join(known)}")
    return list(part.items())
