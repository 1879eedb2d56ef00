"""Which codec the bytes of a message are in, by MSH-18 or the feed's default (V2-21).

Nothing is ever replaced by U+FFFD: a damaged name damages matching, so bytes that cannot be read are refused.
"""

from __future__ import annotations

from mpi.errors import Fault, Refused

LOCATION = "MSH^1^18"

# HL7 table 0211. UTF-16 and UTF-32 cannot be carried by MLLP (V2-4), so "UNICODE" can only mean UTF-8.
TABLE_0211 = {
    "ASCII": "ascii",
    "UNICODE UTF-8": "utf-8",
    "UNICODE": "utf-8",
    "UTF-8": "utf-8",
    **{f"8859/{part}": f"iso8859-{part}" for part in (*range(1, 12), 13, 14, 15, 16)},
}
_C1_CONTROLS = bytes(range(0x80, 0xA0))


def codec_of(declared: str) -> str:
    """The codec that MSH-18.1 names, ASCII when it is empty; "" for an unknown name."""
    return TABLE_0211.get(declared.strip().upper(), "") if declared.strip() else "ascii"


def decode(content: bytes, declared: str, default: str, flags: list[str]) -> tuple[str, str]:
    """The text of `content` and the codec it was read with.

    `declared` is MSH-18.1 and `default` the feed's own codec for bytes beyond ASCII that nothing declares. Adds a
    remark to `flags` when it had to choose. Raises `Refused` (ENCODING) for an unknown name or unreadable bytes.
    """
    codec = codec_of(declared)
    if not codec:
        raise Refused(Fault.ENCODING, "the character set named in MSH-18 is not supported", LOCATION)
    codec = _as_sent(content, codec, default, flags)
    try:
        return content.decode(codec), codec
    except UnicodeDecodeError as error:
        raise Refused(
            Fault.ENCODING, f"the message is not readable as {codec}: byte {error.start} has no meaning", LOCATION
        ) from None


def _as_sent(content: bytes, codec: str, default: str, flags: list[str]) -> str:
    if codec == "ascii" and not content.isascii():
        flags.append(f"bytes beyond ASCII without MSH-18, read as {default}")
        if default != "utf-8" and _is_utf8(content):
            flags.append("the undeclared bytes look like UTF-8")
        return default
    if codec == "iso8859-1" and any(byte in _C1_CONTROLS for byte in content):
        # Windows senders declare 8859/1 and send the apostrophe of O'Brien as 0x92, which Latin-1 calls a control.
        flags.append("MSH-18 says 8859/1 but the bytes are Windows-1252")
        return "cp1252"
    return codec


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
