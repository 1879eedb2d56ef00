"""Conversations as files: what is sent, as wire bytes, and what must come back."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Exchange:
    """One frame's content and the answer: whole as it stands on the wire, or each acknowledgement in short."""

    ask: bytes
    answer: str | list[str]


def read_conversation(path: Path) -> tuple[dict[str, Any], list[Exchange]]:
    """The file and its exchanges; an exchange may have an encoding and a segment ending of its own."""
    case = tomllib.loads(path.read_text(encoding="utf-8"))
    return case, [Exchange(_wire({**case, **one}), one["answer"]) for one in case["exchange"]]


def _wire(one: dict[str, Any]) -> bytes:
    ending = one.get("ending", "\r")
    text = ending.join(one["ask"].strip("\n").split("\n")) + ending
    return text.encode(one.get("encoding", "ascii"))
