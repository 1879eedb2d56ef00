"""The keys and types of a network file; what they mean together is checked in `rules`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Text = Annotated[str, Field(min_length=1)]
Version = Literal["2.3", "2.3.1", "2.4", "2.5", "2.5.1"]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class SiteTable(_Table):
    """A hospital site of an organisation."""

    code: Text
    name: Text


class OrganisationTable(_Table):
    """A trust with its ODS code."""

    code: Text
    name: Text
    sites: list[SiteTable] = []
    joined: date | None = None
    closed: date | None = None


class SuccessorTable(_Table):
    """Since `since`, `organisation` looks after the patients of the owner's `site` (ORG-1, ORG-3)."""

    site: Text
    organisation: Text
    since: date


class AuthorityTable(_Table):
    """One namespace of patient identifiers."""

    id: Text
    name: Text
    owner: Text
    namespaces: Annotated[list[Text], Field(min_length=1)]
    oid: str = ""
    system: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    successors: list[SuccessorTable] = []
    linkage: bool = True


class FeedTable(_Table):
    """One PAS feed."""

    id: Text
    organisation: Text
    protocol: Literal["mllp", "fhir"]
    application: Text
    facility: Text
    authorities: Annotated[list[Text], Field(min_length=1)]
    nhs_number_fields: list[Literal["PID-2", "PID-3", "PID-19"]] = ["PID-3"]
    charset: Text = "cp1252"
    versions: Annotated[list[Version], Field(min_length=1)] = ["2.3", "2.3.1", "2.4", "2.5", "2.5.1"]
    processing_id: Literal["P", "T", "D"] = "P"
    sex_codes: dict[str, Literal["M", "F", "O", "U"]] = {}
    options: list[Literal["A18", "A30", "A39", "O01", "O19", "O23", "R01"]] = []
    moves: Literal["review", "note", "refuse"] = "review"
    strictness: Literal["lenient", "strict"] = "lenient"
    validate_one_in: Annotated[int, Field(ge=0, le=1_000_000)] = 100
    go_live: date | None = None
    overlays: Literal["hold", "refuse"] = "hold"
    identity: bool = True
    auto_link: bool = True
    certificates: list[Text] = []
    mllp_release: Literal[1, 2] = 1
    sequence_numbers: bool = False


class ArchiveTable(_Table):
    """An archive and how its images name their issuer."""

    id: Text
    name: Text
    organisation: Text
    issuers: dict[str, Text] = {}
    ae_titles: dict[str, Text] = {}
    retrieve: str = ""
    senders: list[Text] = []
    charset: str = ""


class ConsumerTable(_Table):
    """Who asks by HL7 v2 (ITI-9, ITI-21) or is told (ITI-10, ITI-64)."""

    id: Text
    organisation: Text
    application: Text
    facility: Text
    transactions: Annotated[list[Literal["ITI-9", "ITI-10", "ITI-21", "ITI-64"]], Field(min_length=1)]
    authorities: list[Text] = []
    processing_id: Literal["P", "T", "D"] = "P"
    host: str = ""
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    tls: bool = False
    xad_oid: str = ""
    certificates: list[Text] = []


class IssuerTable(_Table):
    """The index itself, as the issuer of golden ids in images."""

    namespace: Text
    oid: Text


class NetworkTable(_Table):
    """A whole file."""

    id: Text
    name: Text
    population: Literal["live", "synthetic"] = "synthetic"
    ask_reason: bool = False
    judged_changes: Annotated[int, Field(ge=0, le=1_000)] = 30
    organisations: Annotated[list[OrganisationTable], Field(min_length=1)]
    authorities: Annotated[list[AuthorityTable], Field(min_length=1)]
    feeds: list[FeedTable] = []
    archives: list[ArchiveTable] = []
    consumers: list[ConsumerTable] = []
    issuer: IssuerTable | None = None
