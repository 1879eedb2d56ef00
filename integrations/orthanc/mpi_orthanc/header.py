"""What the index is told of an image: its patient as far as it can be read, and its study."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .failures import Refusal
from .identity import NHS_NAMES, Identity, read_identity
from .tags import Tags

STUDY_UID = "0020,000d"
_CHARSET, _NAME, _BORN, _SEX, _PHONE = "0008,0005", "0010,0010", "0010,0030", "0010,0040", "0010,2154"
_SEXES = {"M": "male", "F": "female", "O": "other"}
_CODE = re.compile(r"[A-Z0-9_ ]{1,16}", re.ASCII)
_PHONES = re.compile(r"[0-9+() -]{1,30}", re.ASCII)
_DAY = re.compile(r"(\d{4})\.?(\d{2})\.?(\d{2})", re.ASCII)
_TIME = re.compile(r"(\d{2}):?(\d{2})?:?(\d{2})?(\.\d{1,6})?", re.ASCII)
_OFFSET = re.compile(r"([+-])(0\d|1[0-4])([0-5]\d)", re.ASCII)
_UID = re.compile(r"(?=.{1,64}\Z)(0|[1-9]\d*)(\.(0|[1-9]\d*))+", re.ASCII)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Header:
    """An image's header: `tags` as Orthanc tells them, `ours` the namespace of golden ids, and who sent it."""

    tags: Tags
    ours: str
    ae_title: str = ""

    @property
    def identity(self) -> Identity:
        """Whose it is. Raises `Refusal`."""
        return read_identity(self.tags, self.ours, self.ae_title)

    @property
    def study_uid(self) -> str:
        """Study Instance UID, as it stands."""
        return "".join(self.tags.texts(STUDY_UID)[:1])

    def demographics(self) -> Json:
        """What the image says of its patient, in the words of `POST /v1/resolve`; what cannot be read is not said."""
        said: Json = {}
        name = _first(self.tags, _NAME)
        declared = bool(self.tags.texts(_CHARSET))
        # Undeclared bytes have been guessed at by whoever decoded them, and a wrong one there is U+FFFD.
        if (declared or name.isascii()) and "�" not in name and not set(name) & _CONTROLS:
            said |= _name(name)
        if born := _day(_first(self.tags, _BORN)):
            said["birth_date"] = born.isoformat()
        if sex := _SEXES.get(_first(self.tags, _SEX).upper()):
            said["sex"] = sex
        if phone := next(filter(_PHONES.fullmatch, self.tags.texts(_PHONE)), ""):
            said["phone"] = phone
        if number := self._nhs_number():
            said["nhs_number"] = number
        return said

    def _nhs_number(self) -> str:
        """The one NHS number among the other ids; two are none (IHE-61)."""
        named = [other for other in self.identity.others if NHS_NAMES.intersection(other.issuers)]
        numbers = {other.value.replace(" ", "").replace("-", "") for other in named}
        number = numbers.pop() if len(numbers) == 1 else ""
        return number if re.fullmatch(r"[0-9]{10}", number) else ""

    def study(self) -> Json:
        """The study, in the words of `POST /v1/studies`, without its patient and archive. Raises `Refusal`."""
        if not _UID.fullmatch(self.study_uid):
            raise Refusal("bad-value", "Study Instance UID is no UID")
        described: Json = {"study_uid": self.study_uid}
        if started := self._started():
            described["started_at"] = started.isoformat()
        for key, tag in (("body_site", "0018,0015"), ("description", "0008,1030"), ("accession", "0008,0050")):
            text = _first(self.tags, tag)
            if text and not set(text) & _CONTROLS:
                described[key] = text[:250]
        described["modalities"] = [code for code in self.tags.texts("0008,0060") if _CODE.fullmatch(code)]
        return described

    def _started(self) -> datetime | None:
        day = _day(_first(self.tags, "0008,0020"))
        zone = _zone(_first(self.tags, "0008,0201"))
        if day is None or zone is None or not 1800 <= day.year <= 2200:
            return None
        match = _TIME.fullmatch(_first(self.tags, "0008,0030") or "00")
        hour, minute, second = (int(part or 0) for part in match.groups()[:3]) if match else (0, 0, 0)
        try:
            return datetime(day.year, day.month, day.day, hour, minute, min(second, 59), tzinfo=zone)
        except ValueError:
            return datetime(day.year, day.month, day.day, tzinfo=zone)


_CONTROLS = frozenset(map(chr, (*range(32), 127)))


def _first(tags: Tags, tag: str) -> str:
    return "".join(tags.texts(tag)[:1])


def _name(text: str) -> Json:
    """The first component group that says anything (PS3.5 6.2.1)."""
    for group in text.split("="):
        family, given, middle = ([part.strip() for part in group.split("^")] + [""] * 3)[:3]
        first, _, more = given.partition(" ")  # several forenames may stand in one component
        parts = {"family": family, "given": first, "middle": " ".join(filter(None, (more.strip(), middle)))}
        if any(parts.values()):
            return {key: value[:250] for key, value in parts.items() if value}
    return {}


def _day(text: str) -> date | None:
    match = _DAY.fullmatch(text)
    try:
        return date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        return None


def _zone(offset: str) -> tzinfo | None:
    """Timezone Offset From UTC, else the hour of Europe/London; None when neither can be told."""
    match = _OFFSET.fullmatch(offset)
    if match:
        minutes = int(match[2]) * 60 + int(match[3])
        return timezone(timedelta(minutes=-minutes if match[1] == "-" else minutes))
    try:
        return None if offset else ZoneInfo("Europe/London")
    except ZoneInfoNotFoundError:
        return None
