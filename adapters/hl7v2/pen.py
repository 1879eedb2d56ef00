"""Write HL7 v2 with given delimiters: escapes, components, fields; no control character ever leaves (V2-4, V2-20)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.hl7v2.message import Delimiters

STANDARD = Delimiters("|", "^", "~", "\\", "&")

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class Pen:
    """Writes values; all five delimiters must be there."""

    delimiters: Delimiters = STANDARD

    def text(self, text: str) -> str:
        """A text as it stands in a field, component or subcomponent."""
        d = self.delimiters
        names = {d.escape: "E", d.field: "F", d.component: "S", d.repetition: "R", d.subcomponent: "T"}
        plain = _CONTROLS.sub(" ", text)
        if names.keys().isdisjoint(plain):
            return plain
        return "".join(f"{d.escape}{names[char]}{d.escape}" if char in names else char for char in plain)

    def components(self, *written: str) -> str:
        """Components, already written, without the empty ones at the end."""
        return self.delimiters.component.join(written).rstrip(self.delimiters.component)

    def subcomponents(self, *texts: str) -> str:
        """Subcomponents."""
        return self.delimiters.subcomponent.join(map(self.text, texts))

    def repetitions(self, written: Sequence[str]) -> str:
        """Repetitions, already written."""
        return self.delimiters.repetition.join(written)

    def segment(self, name: str, fields: Mapping[int, str]) -> str:
        """A segment of fields already written, by number."""
        values = [fields.get(number, "") for number in range(1, max(fields, default=0) + 1)]
        return self.delimiters.field.join([name, *values]).rstrip(self.delimiters.field)
