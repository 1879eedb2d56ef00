"""Field types of requests. Each bound is one the database or a standard would else enforce with a worse error."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

_PLAIN = (
    r"^[^\x00-\x1f\x7f]*$"  # PostgreSQL text cannot hold NUL, and no identifier or name holds a control character
)
_COMMENT = r"^[^\x00]*$"
BIGINT = 2**63 - 1
INT = 2**31 - 1

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=250, pattern=_PLAIN)]
Named = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=250, pattern=_PLAIN)]
Comment = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=2000, pattern=_COMMENT),
    Field(description="Why; kept with the decision (AUD-3).", examples=["Same person: letter of 3 March seen."]),
]
StudyUid = Annotated[
    str,
    StringConstraints(max_length=64, pattern=r"^(0|[1-9]\d*)(\.(0|[1-9]\d*))+$"),  # DICOM PS3.5 9.1
    Field(description="Study Instance UID (0020,000D).", examples=["1.2.826.0.1.3680043.2.1125.1"]),
]
Modality = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[A-Za-z0-9_ ]{1,16}$")]
OdsCode = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^([A-Z0-9]{3,12})?$")]

_PARTIAL_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)

_WRITTEN = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}", re.ASCII)


def _check_partial_date(text: str) -> str:
    match = _PARTIAL_DATE.fullmatch(text)
    if match is None:
        raise ValueError("a date is written YYYY, YYYY-MM or YYYY-MM-DD")
    year, month, day = (int(part) if part else 1 for part in match.groups())
    try:
        date(year, month, day)
    except ValueError:
        raise ValueError("there is no such day") from None
    return text


def _check_written(moment: object) -> object:
    """A bare number is no time: read as seconds since 1970 it would answer for a day that nobody asked about."""
    if not isinstance(moment, str) or _WRITTEN.match(moment) is None:
        raise ValueError("a time is written YYYY-MM-DDThh:mm:ss with its offset, such as 2026-03-03T00:00:00Z")
    return moment


def _check_instant(moment: datetime) -> datetime:
    # Beyond these years a change of zone overflows in Python or in the driver.
    if not 1800 <= moment.year <= 2200:
        raise ValueError("the year must lie between 1800 and 2200")
    return moment.astimezone(UTC)


PartialDate = Annotated[
    str,
    AfterValidator(_check_partial_date),
    Field(description="ISO 8601 at the precision known.", examples=["1954-03-07"]),
]
Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_check_written),
    AfterValidator(_check_instant),
    Field(description="RFC 3339 with its offset (write + as %2B in a URL).", examples=["2026-03-03T00:00:00Z"]),
]

IDENTIFIER_DESCRIPTION = (
    "authority|value, the authority by its id, namespace, OID or FHIR system. "
    "Alone, an NHS number is answered only when exactly one person holds it."
)
IdentifierText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=500, pattern=_PLAIN),
    Field(description=IDENTIFIER_DESCRIPTION, examples=["BOLTON|1234567", "NHS|9990000018"]),
]


class Request(BaseModel):
    """A request body or parameter set: members that are not documented are refused, never silently dropped."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, frozen=True)


class Issued(Request):
    """A patient id and how its image or system names the issuer."""

    issuer: Annotated[
        Text,
        Field(
            description="Issuer of Patient ID (0010,0021), or the namespace, OID or id of an assigning authority.",
            examples=["BOLTON"],
        ),
    ] = ""
    ae_title: Annotated[
        Text, Field(description="Where the image came from; used only without `issuer`.", examples=["BOL_CT1"])
    ] = ""
    archive: Annotated[
        Text, Field(description="The archive's id in the network, when archives disagree on an issuer.")
    ] = ""
    patient_id: Annotated[Named, Field(description="Patient ID (0010,0020).", examples=["1234567"])]


class IdentifierIn(Request):
    """An identifier within its assigning authority."""

    authority: Annotated[Named, Field(description="Id, namespace, OID or FHIR system.", examples=["BOLTON"])]
    value: Annotated[Named, Field(examples=["1234567"])]
