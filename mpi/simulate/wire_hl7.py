"""HL7 v2 messages as a trust's PAS writes them: 2.3, 2.4 (UK structure ids) or 2.5.1, CR segments, feed's charset.

Written from the standard alone and importing nothing of the adapter that reads messages, so that the two are
independent witnesses of the wire format.
"""

from __future__ import annotations

import codecs
import unicodedata

from mpi.simulate.acts import Act
from mpi.simulate.hospitals import Pas
from mpi.simulate.telling import Telling

_STRUCTURES = {
    "2.4": {
        "A01": "ADT_A01", "A03": "ADT_A02", "A04": "ADT_A01", "A05": "ADT_A05", "A08": "ADT_A01", "A11": "ADT_A09",
        "A13": "ADT_A01", "A24": "ADT_A24", "A28": "ADT_A28", "A31": "ADT_A28", "A37": "ADT_A37", "A40": "ADT_A40",
        "A47": "ADT_A30",
    },  # V2-26: the UK 2.4 structure ids differ
    "2.5.1": {
        "A01": "ADT_A01", "A03": "ADT_A03", "A04": "ADT_A01", "A05": "ADT_A05", "A08": "ADT_A01", "A11": "ADT_A09",
        "A13": "ADT_A01", "A24": "ADT_A24", "A28": "ADT_A05", "A31": "ADT_A05", "A37": "ADT_A37", "A40": "ADT_A39",
        "A47": "ADT_A30",
    },
}  # fmt: skip

_FIXED = {
    Act.NAMING: "A31",
    Act.OVERLAY: "A08",
    Act.CORRECTION: "A08",
    Act.LINK: "A24",
    Act.UNLINK: "A37",
    Act.RENUMBER: "A47",
    Act.VISIT: "A01",
    Act.CANCEL_VISIT: "A11",
    Act.DEATH: "A03",
    Act.DEATH_NOTED: "A31",
    Act.DEATH_RETRACTED: "A13",
}

_CHARSETS = {"utf-8": "UNICODE UTF-8", "iso8859-1": "8859/1", "iso8859-15": "8859/15", "ascii": "ASCII"}
_ESCAPES = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "~": "\\R\\", "&": "\\T\\"}
_SPECIAL = frozenset(_ESCAPES)
_VISITLESS = frozenset(("A28", "A31", "A40", "A34", "A47", "A24", "A37"))


def escape(text: str) -> str:
    """Text with HL7 delimiters escaped (V2-20)."""
    if _SPECIAL.isdisjoint(text):
        return text
    return "".join(_ESCAPES.get(c, c) for c in text)


def trigger(pas: Pas, told: Telling) -> str:
    """The event code for what happened, in this system's dialect."""
    if told.act is Act.REGISTER:
        if told.born_here:
            return "A28"
        if told.unidentified:
            return "A04"
        return ("A28", "A28", "A28", "A04", "A28", "A01", "A28", "A05")[told.dice % 8]
    if told.act is Act.UPDATE:
        return ("A31", "A08", "A31", "A08", "A31")[told.dice % 5]
    if told.act is Act.MERGE:
        return "A34" if pas.version.startswith("2.3") else "A40"
    return _FIXED[told.act]


def _cx(pas: Pas, value: str) -> str:
    return f"{escape(value)}^^^{pas.namespace}^PI"


def _timestamp(pas: Pas, digits: str, zone: str) -> str:
    return digits + zone if pas.version >= "2.5" else digits


def _msh(pas: Pas, told: Telling, event: str, control_id: str) -> str:
    structure = _STRUCTURES.get(pas.version, {}).get(event, "")
    kind = f"ADT^{event}^{structure}" if structure else f"ADT^{event}"
    charset = _CHARSETS.get(
        codecs.lookup(pas.feed.charset).name, ""
    )  # Windows-1252 goes undeclared, as in life (V2-21)
    return (
        f"MSH|^~\\&|{escape(pas.feed.application)}|{escape(pas.feed.facility)}|MPI|REGION|"
        f"{_timestamp(pas, told.sent, told.zones[0])}||{kind}|{control_id}|{pas.feed.processing_id}|{pas.version}"
        f"{'||||||' + charset if charset else ''}"
    )


def _evn(pas: Pas, told: Telling, event: str) -> str:
    recorded = _timestamp(pas, told.recorded, told.zones[1])
    # In a cancellation EVN-6 repeats the time of the event cancelled (V2-60).
    occurred = _timestamp(pas, told.refers, told.zones[3])
    return f"EVN|{event}|{recorded}||||{occurred}"


def _names(told: Telling) -> str:
    first = (
        f"{escape(told.surname)}^{escape(told.forename)}^{escape(told.middle_names)}^^{escape(told.title)}"
        f"^^{'A' if told.unidentified else 'L'}"
    )
    if not told.previous_surname:
        return first
    return f"{first}~{escape(told.previous_surname)}^{escape(told.forename)}^^^^^M"


def _telecoms(told: Telling) -> str:
    found = []
    if told.home_phone:
        found.append(f"{told.home_phone}^PRN^PH")
    if told.mobile:
        found.append(f"{told.mobile}^PRN^CP")
    if told.email:
        found.append(f"^NET^Internet^{escape(told.email)}")
    return "~".join(found)


def _reliability(pas: Pas, told: Telling) -> str:
    if not pas.tells_status:
        return ""
    codes = ["AL", "ED"] if told.unidentified else []
    if told.nhs_status:
        codes.append(f"NSTS{told.nhs_status}")
    return "~".join(codes)


def _address(told: Telling) -> str:
    if not (told.line or told.postcode):
        return ""
    return f"{escape(told.line)}^^{escape(told.town)}^^{told.postcode}^GBR^H"


def _sex(pas: Pas, told: Telling) -> str:
    for theirs, ours in pas.feed.sex_codes.items():
        if ours == told.sex:
            return theirs
    return told.sex


def _death(pas: Pas, told: Telling, event: str) -> tuple[str, str]:
    if told.death:
        precise = told.death[:8] if told.act is Act.DEATH_NOTED else told.death
        return precise, "Y"
    if event == "A13" and told.act is Act.DEATH_RETRACTED and pas.version >= "2.5":
        return '""', '""'
    return "", ""


def _pid(pas: Pas, told: Telling, event: str) -> str:
    places = pas.feed.nhs_number_fields
    place = places[0] if places else "PID-3"
    local = _cx(pas, told.value)
    if told.nhs_number and place == "PID-3":
        local = f"{local}~{told.nhs_number}^^^NHS^NH"
    died, dead = _death(pas, told, event)
    maiden = f"{escape(told.mothers_maiden_name)}^^^^^^M" if told.mothers_maiden_name else ""
    fields = [
        "PID", "1", told.nhs_number if place == "PID-2" else "", local, "", _names(told), maiden,
        told.birth_date.replace("-", ""), _sex(pas, told), "", told.ethnic_category, _address(told), "",
        _telecoms(told), "", "", "", "", "", told.nhs_number if place == "PID-19" else "", "", "", "", "",
        "Y" if told.multiple_birth else "", str(told.birth_order) if told.birth_order else "", "", "", "",
        died, dead,
    ]  # fmt: skip
    if pas.tells_status:
        updated = _timestamp(pas, told.occurred, told.zones[2]) if event in ("A08", "A31") else ""
        fields += ["Y" if told.unidentified else "", _reliability(pas, told), updated]
    return "|".join(fields).rstrip("|")


def _practice(pas: Pas, told: Telling) -> str:
    if not told.practice:
        return ""
    # UK feeds put the ODS code in XON.3, which the standard calls numeric; since 2.5 XON.10 is the place for it.
    xon = f"Practice {told.practice}" + ("^" * 9 if pas.version >= "2.5" else "^^") + told.practice
    return f"PD1|||{xon}"


def _tail(pas: Pas, told: Telling, event: str) -> list[str]:
    if event in ("A24", "A37"):
        surname, forename = told.other_name
        return [f"PID|2||{_cx(pas, told.other)}||{escape(surname)}^{escape(forename)}^^^^^L"]
    visit = "PV1|1|N" if event in _VISITLESS else f"PV1|1|{'O' if event == 'A04' else 'I'}|W{told.dice % 30 + 1}"
    if event in ("A40", "A34", "A47"):
        return [f"MRG|{_cx(pas, told.other)}"] if event != "A40" else [f"MRG|{_cx(pas, told.other)}", visit]
    return [visit]


def _encode(pas: Pas, text: str) -> bytes:
    try:
        return text.encode(pas.feed.charset)
    except UnicodeEncodeError:
        plain = unicodedata.normalize("NFKD", text)
        return plain.encode(pas.feed.charset, "ignore")


def render(pas: Pas, told: Telling, control_id: str) -> tuple[str, bytes]:
    """(event code, message bytes without MLLP framing) for one event of an HL7 v2 feed."""
    event = trigger(pas, told)
    segments = [_msh(pas, told, event, control_id), _evn(pas, told, event), _pid(pas, told, event)]
    practice = _practice(pas, told)
    if practice:
        segments.append(practice)
    segments += _tail(pas, told, event)
    return event, _encode(pas, "\r".join(segments) + "\r")
