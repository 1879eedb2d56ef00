"""Cookies and form tokens that nobody else can make: signed, not secret; what they hold the browser may read."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from itsdangerous import BadData, URLSafeSerializer


class Seal:
    """Signs with one key; `purpose` keeps what was sealed for one use from passing for another."""

    def __init__(self, key: str) -> None:
        self._key = key

    def close(self, purpose: str, content: Mapping[str, Any]) -> str:
        """`content`, which JSON can hold, as text fit for a cookie."""
        return str(self._serializer(purpose).dumps(dict(content)))

    def open(self, purpose: str, sealed: str) -> Mapping[str, Any] | None:
        """What was sealed for this purpose; None when it was not, or was changed since."""
        try:
            content = self._serializer(purpose).loads(sealed)
        except BadData:
            return None
        return content if isinstance(content, dict) else None

    def word(self, purpose: str, text: str) -> str:
        """A word that stands for `text` and that only the holder of the key can make; 64 hexadecimal digits."""
        return hmac.new(self._key.encode(), f"{purpose}\n{text}".encode(), hashlib.sha256).hexdigest()

    def _serializer(self, purpose: str) -> URLSafeSerializer:
        return URLSafeSerializer(
            self._key,
            salt=f"mpi.review.{purpose}",
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )
