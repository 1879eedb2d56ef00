"""What a model would change, as JSON and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from mpi.domain.evidence import Pair
from mpi.domain.identifiers import Identifier
from mpi.domain.model_change import Change, ChangeKind, Placing


def change_to_json(change: Change) -> dict[str, Any]:
    """A change as JSON; identifiers and golden ids only, no demographics."""
    return {
        "kinds": [str(kind) for kind in change.kinds],
        "blocks": [
            [[str(p.identifier), str(p.before), str(p.after) if p.after else None] for p in block]
            for block in change.blocks
        ],
        "contested": [_pair_to_json(pair) for pair in change.contested],
        "pair": _pair_to_json(change.pair),
        "weight": change.weight,
        "studies": change.studies,
    }


def change_from_json(told: Mapping[str, Any]) -> Change:
    """The change that was written so."""
    return Change(
        kinds=tuple(map(ChangeKind, told["kinds"])),
        blocks=tuple(tuple(_placing(*one) for one in block) for block in told["blocks"]),
        contested=tuple(map(_pair_from_json, told["contested"])),
        pair=_pair_from_json(told["pair"]),
        weight=told["weight"],
        studies=told["studies"],
    )


def _placing(identifier: str, before: str, after: str | None) -> Placing:
    return Placing(Identifier.parse(identifier), UUID(before), UUID(after) if after else None)


def _pair_to_json(pair: Pair) -> list[str]:
    return [str(pair.one), str(pair.other)]


def _pair_from_json(told: list[str]) -> Pair:
    one, other = map(Identifier.parse, told)
    return Pair.of(one, other)
