"""Phone numbers, e-mail addresses and GP practice codes."""

from __future__ import annotations

import re

_EXTENSION = re.compile(r"(?:x|ext|extn|extension)\W*\d{1,6}\W*$", re.IGNORECASE)
_NOT_DIGIT = re.compile(r"\D+")
_SAME_TAIL = re.compile(r"(\d)\1{6,}$")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_FILLER_PHONES = frozenset({"0123456789", "01234567890", "00123456789", "01234567891", "09876543210"})
_NO_MAILBOX = frozenset(
    {"no", "none", "na", "n/a", "nil", "null", "unknown", "noemail", "no.email", "no-email", "nomail"}
    | {"notknown", "notgiven", "noreply", "no-reply"}
)
# NHS Data Dictionary default codes: no registered practice, not applicable, not known.
_NO_PRACTICE = frozenset({"V81997", "V81998", "V81999"})


def read_phone(text: str) -> str:
    """Digits in national form, "0" first ("+44 (0)7700 900123" is "07700900123"); "" for filler.

    Numbers of other countries keep their code after "00". Shorter than nine digits, longer than 17, or one digit
    repeated to the end is filler.
    """
    cleaned = _EXTENSION.sub("", text)
    digits = _NOT_DIGIT.sub("", cleaned)
    if cleaned.lstrip(" (").startswith("+"):
        digits = "00" + digits.lstrip("0")
    if digits.startswith("0044"):
        digits = "0" + digits[4:].lstrip("0")
    elif len(digits) == 12 and digits.startswith("44"):
        digits = "0" + digits[2:]
    elif len(digits) == 10 and digits[0] in "127":
        digits = "0" + digits  # a spreadsheet took the zero
    if not 9 <= len(digits) <= 17 or digits in _FILLER_PHONES or _SAME_TAIL.search(digits):
        return ""
    return digits


def read_phones(raw: tuple[str, ...]) -> tuple[str, ...]:
    """The phones that are none of them filler, in order, no repeats."""
    return tuple(phone for phone in dict.fromkeys(map(read_phone, raw)) if phone)


def read_email(text: str) -> str:
    """Lower case; "" when it is no address or says that there is none."""
    email = text.strip().lower().removeprefix("mailto:")
    if not email or not _EMAIL.fullmatch(email) or email.partition("@")[0] in _NO_MAILBOX:
        return ""
    return email


def read_emails(raw: tuple[str, ...]) -> tuple[str, ...]:
    """The real addresses, in order, no repeats."""
    return tuple(email for email in dict.fromkeys(map(read_email, raw)) if email)


def read_practice(text: str) -> str:
    """An ODS practice code ("P81001"), "" for the codes that mean none or unknown."""
    code = text.strip().upper()
    return code if code.isascii() and code.isalnum() and code not in _NO_PRACTICE else ""
