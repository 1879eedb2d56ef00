"""What people write into a box of a form: told beside it when it is too long, and given back."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form

MOST = 1_000
Comment = Annotated[str, Form(max_length=200_000)]
"""A box. What is longer than `MOST` is for `overlong` to say; what is longer than this nobody has typed."""


def overlong(text: str, most: int = MOST) -> str:
    """What to say beside the box of a text that is too long, "" when it is not."""
    return f"Write no more than {most:,} characters; this has {len(text):,}" if len(text) > most else ""
