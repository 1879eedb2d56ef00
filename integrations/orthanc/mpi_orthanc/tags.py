"""An image's header as Orthanc tells it: JSON by tag, text already decoded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .failures import Refusal


@dataclass(frozen=True, slots=True)
class Tags:
    """A data set, or an item of a sequence, by tags such as "0010,0020"."""

    content: Mapping[str, Any]

    def text(self, tag: str) -> str:
        """The one value, "" when there is none. Raises `Refusal` (bad-value) when there are several."""
        found = self.texts(tag)
        if len(found) > 1:
            raise Refusal("bad-value", f"({tag}) has several values where one is allowed")
        return found[0] if found else ""

    def texts(self, tag: str) -> tuple[str, ...]:
        """Every value but the empty ones. A value that Orthanc found too long to tell counts as none."""
        value = self.content.get(tag, {}).get("Value")
        if not isinstance(value, str):
            return ()
        return tuple(word for part in value.split("\\") if (word := part.strip(" \0")))

    def items(self, tag: str) -> Iterator[Tags]:
        """The items of a sequence, in order."""
        value = self.content.get(tag, {}).get("Value")
        for item in value if isinstance(value, list) else ():
            yield Tags(item)
