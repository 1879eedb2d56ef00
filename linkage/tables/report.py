"""What reading a table of people came to, for the person who handed it in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from linkage.plurals import counted


@dataclass(frozen=True, slots=True)
class Report:
    """What was read and what was not. Counts are rows; `rows_read` = rows of the table + everything in `left_out`.

    recognised: the source's columns by field ("id" among them); left: its columns without a field, order kept.
    extras: extra columns of the mapping, and as what they are compared. all_null: fields that no row says, which the
    table leaves out. unreadable: by field, rows whose value is no date, sex, yes and no, or number, or has no Latin
    letter or digit, and was taken as not said.
    dates: the formats the birth dates were read by. notes: sentences on everything else that was done.
    """

    source: str
    rows_read: int
    encoding: str = ""
    left_out: Mapping[str, int] = field(default_factory=dict)
    recognised: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    left: tuple[str, ...] = ()
    extras: Mapping[str, str] = field(default_factory=dict)
    all_null: tuple[str, ...] = ()
    unreadable: Mapping[str, int] = field(default_factory=dict)
    dates: str = ""
    notes: tuple[str, ...] = ()

    def lines(self) -> Iterator[str]:
        """The report as sentences, one a line."""
        used = self.rows_read - sum(self.left_out.values())
        yield f"{self.source}: {counted(self.rows_read, 'row')} read{self._encoding()}, {used:,} used"
        for reason, rows in self.left_out.items():
            yield f"left out: {counted(rows, 'row')} with {reason}"
        for name, columns in self.recognised.items():
            yield f"{name}: from {', '.join(columns)}"
        if self.left:
            yield f"columns not used: {', '.join(self.left)}"
        for name, kind in self.extras.items():
            silent = f"not compared, because no row holds a {kind}"
            yield f"extra column {name}: {silent if name in self.all_null else f'compared as {kind}'}"
        if self.all_null:
            yield f"columns that no row says: {', '.join(self.all_null)}"
        if self.dates:
            yield f"dates of birth read as {self.dates}"
        for name, rows in self.unreadable.items():
            told = counted(rows, "value could not be read and counts", "values could not be read and count")
            yield f"{name}: {told} as not said"
        yield from self.notes

    def _encoding(self) -> str:
        return f" ({self.encoding})" if self.encoding else ""

    def __str__(self) -> str:
        return "\n".join(self.lines())
