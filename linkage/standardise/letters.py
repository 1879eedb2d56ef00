"""Any text as upper-case ASCII (NHS-60)."""

from __future__ import annotations

import unicodedata

# Letters that Unicode does not decompose, and marks that must be told apart from spaces before it does:
# NFKD turns a lone acute accent into a space, and an O'Brien typed with one would fall in two.
_PLAIN = str.maketrans(
    {
        "Æ": "AE",
        "Œ": "OE",
        "Ø": "O",
        "Đ": "D",
        "Ð": "D",
        "Ħ": "H",
        "Ł": "L",
        "Ŧ": "T",
        "Þ": "TH",
        "ẞ": "SS",
        "Ə": "A",
        "\u2018": "'",
        "\u2019": "'",
        "\u201b": "'",
        "\u02bc": "'",
        "\u02bb": "'",
        "\u2032": "'",
        "\u00b4": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u2010": "-",
        "\u2011": "-",
        "\u2012": "-",
        "\u2013": "-",
        "\u2014": "-",
        "\u2212": "-",
        "\u00a0": " ",
    }
)


def to_ascii_upper(text: str) -> str:
    """Upper case without accents; ligatures spelled out, quotes and dashes made plain, other scripts dropped."""
    if text.isascii():
        return text.upper()
    decomposed = unicodedata.normalize("NFKD", text.upper().translate(_PLAIN))
    return decomposed.encode("ascii", "ignore").decode("ascii").upper()
