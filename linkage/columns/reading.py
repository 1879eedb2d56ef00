"""What one reading is: fields that belong together, and how their values become words of a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from linkage.columns.plain import Bytes, Ends, Longs
from linkage.model import Model

Values = Sequence[str]
Plain = Callable[[Bytes, Ends, Longs, Longs], int]


@dataclass(frozen=True, slots=True)
class Reading:
    """Which fields are read together, the words that `read` answers with, and those of the row they are added to.

    extra: how many more words the answer has, flags before and sounds after them. caseless: small and capital letters
    are the same to `read`, so that fewer values are distinct. plain: compiled, reads the plain ones among the values
    of a single field (`linkage.columns.plain`).
    """

    fields: tuple[str, ...]
    words: tuple[int, ...]
    read: Callable[[Values, Model], bytes]
    extra: int = 0
    caseless: bool = False
    plain: Plain | None = None

    @property
    def width(self) -> int:
        """Words of one answer."""
        return len(self.words) + self.extra
