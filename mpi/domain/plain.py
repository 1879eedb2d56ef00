"""Values that are made by the hundred for one answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

_Kind = TypeVar("_Kind")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def plain(kind: type[_Kind]) -> type[_Kind]:
    """A dataclass that is frozen to the type checker alone.

    At run time a frozen one sets each of its fields by a call: a study of 20 fields takes 2.3 µs to make so, and 0.25
    as here, which is a tenth of the time that the history of a person with 500 studies takes.
    """
    return dataclass(slots=True, unsafe_hash=True)(kind)
