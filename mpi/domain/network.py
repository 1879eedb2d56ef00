"""An imaging network as data: who issues identifiers, who sends feeds, which archives hold the images.

Identifier namespaces are not organisations: a namespace outlives its trust, one trust may have several, and a
predecessor may be split between successors site by site (ORG-1 to ORG-4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property

from mpi.domain.conformance import Strictness
from mpi.domain.consumer import Consumer
from mpi.domain.identifiers import NHS_AUTHORITY
from mpi.errors import Fault, Refused


@dataclass(frozen=True, slots=True)
class Site:
    """A hospital site of an organisation; `code` is its ODS site code."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Organisation:
    """A trust, with its ODS code; `closed` is the date it was dissolved."""

    code: str
    name: str
    sites: tuple[Site, ...] = ()
    joined: date | None = None
    closed: date | None = None


@dataclass(frozen=True, slots=True)
class Authority:
    """One namespace of patient identifiers.

    `namespaces` are the names by which messages call it (CX.4.1 HD.1), the first one is what we send; `oid` and
    `system` are its universal forms. `successors` maps a site code of the owner to the organisation that has
    taken over its patients (ORG-3). `linkage` False keeps a confidential service out of linkage (NHS-58).
    """

    id: str
    name: str
    owner: str
    namespaces: tuple[str, ...]
    oid: str = ""
    system: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    successors: Mapping[str, str] = field(default_factory=dict)
    linkage: bool = True


class Protocol(StrEnum):
    """How a feed arrives."""

    MLLP = "mllp"
    FHIR = "fhir"


class Moves(StrEnum):
    """What a feed's A43 is taken for: senders mean different things by it."""

    REVIEW = "review"  # a person is asked what became of the two patients
    NOTE = "note"  # it moves what the index does not hold: on record, and nobody is asked
    REFUSE = "refuse"  # the feed has no business with it


class Overlays(StrEnum):
    """What becomes of an update that turns a record into somebody else."""

    HOLD = "hold"  # it is accepted, and waits for a reviewer
    REFUSE = "refuse"  # AE: the sender is to look at it


@dataclass(frozen=True, slots=True)
class Feed:
    """One PAS feed: how it names itself and what it may assert.

    `authorities` are the namespaces it may assert, the first is the default for an identifier without CX.4
    (V2-49). `nhs_number_fields` lists where its NHS number may stand ("PID-3", "PID-19", "PID-2"). `charset` is the
    Python codec for undeclared non-ASCII bytes (V2-21). `sex_codes` maps extra sender codes to M, F, O or U.
    `go_live` is when the feed starts. `options` turns on what only some feeds send: rare events ("A18", "A30",
    "A39"), and imaging orders and reports ("O01" of ORM, "O19" of OMG, "O23" of OMI, "R01" of ORU). `moves` says what
    becomes of an A43. `strictness` says whether a message must only be understood or be valid to the letter; of a
    lenient feed one message in `validate_one_in` is shown to the validator for the conformance report, 0 is none.

    `certificates` are the client certificates that may send as this feed (SEC-4): a DNS name or URI of the subject
    alternative name, else a common name, in lower case, or the SHA-256 of the certificate in hexadecimal.
    `mllp_release` is 1 or 2 (V2-3). `sequence_numbers` turns the protocol of MSH-13 on (V2-18).
    """

    id: str
    organisation: str
    protocol: Protocol
    application: str
    facility: str
    authorities: tuple[str, ...]
    nhs_number_fields: tuple[str, ...] = ("PID-3",)
    charset: str = "cp1252"
    versions: tuple[str, ...] = ("2.3", "2.3.1", "2.4", "2.5", "2.5.1")
    processing_id: str = "P"
    sex_codes: Mapping[str, str] = field(default_factory=dict)
    options: frozenset[str] = frozenset()
    moves: Moves = Moves.REVIEW
    go_live: date | None = None
    strictness: Strictness = Strictness.LENIENT
    validate_one_in: int = 100
    overlays: Overlays = Overlays.HOLD
    identity: bool = True  # False: it orders and reports for patients whom another feed describes (V2-49)
    auto_link: bool = True  # the per-source kill switch of SEC-2
    certificates: frozenset[str] = frozenset()
    mllp_release: int = 1
    sequence_numbers: bool = False


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive and how its images name their issuer: by DICOM Issuer of Patient ID, else by AE title.

    `senders` are further application entities that send for it; their images must name their issuer themselves.
    `charset` is the Python codec for text of images that declare no character set; "" refuses such text.
    """

    id: str
    name: str
    organisation: str
    issuers: Mapping[str, str] = field(default_factory=dict)  # DICOM issuer -> authority id
    ae_titles: Mapping[str, str] = field(default_factory=dict)  # AE title -> authority id
    retrieve: str = ""  # its DICOMweb address, where WADO-RS finds a study
    senders: frozenset[str] = frozenset()
    charset: str = ""


@dataclass(frozen=True, slots=True)
class Issuer:
    """How the index names itself as the issuer of golden ids: Issuer of Patient ID (0010,0021) and its OID."""

    namespace: str
    oid: str

    def is_named(self, name: str) -> bool:
        """Whether `name` means the index itself, and so a golden id."""
        return bool(name) and name.removeprefix("urn:oid:") in (self.namespace, self.oid)


@dataclass(frozen=True)
class Network:
    """The whole network, checked: every reference in it points at something in it."""

    id: str
    name: str
    organisations: tuple[Organisation, ...]
    authorities: tuple[Authority, ...]
    feeds: tuple[Feed, ...]
    archives: tuple[Archive, ...] = ()
    population: str = "synthetic"  # "live" refuses test-range NHS numbers, "synthetic" refuses live ones (NHS-5)
    consumers: tuple[Consumer, ...] = ()
    issuer: Issuer | None = None  # None: golden ids are not written into images
    ask_reason: bool = False  # whether staff must say why before they see a restricted person (SEC-6)
    judged_changes: int = 30  # how many of its changes must be judged before a model is approved; all, if fewer

    @cached_property
    def organisation_by_code(self) -> Mapping[str, Organisation]:
        """Organisations by ODS code."""
        return {o.code: o for o in self.organisations}

    @cached_property
    def owner_by_name(self) -> Mapping[str, str]:
        """ODS codes of organisations, by the codes and the names, in small letters, of them and of their sites."""
        owners = {owner.code: owner.code for owner in self.organisations}
        for owner in self.organisations:
            for site in owner.sites:
                owners |= {site.code: owner.code, site.name.casefold(): owner.code}
            owners[owner.name.casefold()] = owner.code
        return owners

    @cached_property
    def authority_by_id(self) -> Mapping[str, Authority]:
        """Authorities by our id."""
        return {a.id: a for a in self.authorities}

    @cached_property
    def feed_by_id(self) -> Mapping[str, Feed]:
        """Feeds by our id."""
        return {f.id: f for f in self.feeds}

    @cached_property
    def _authority_by_name(self) -> Mapping[str, Authority]:
        names: dict[str, Authority] = {}
        for authority in self.authorities:
            for name in (authority.id, *authority.namespaces, authority.oid, authority.system):
                if name:
                    names.setdefault(name, authority)
        return names

    def authority(self, name: str) -> Authority:
        """The authority a message or request calls `name` (namespace, OID, FHIR system, or our id).

        Raises `Refused` (UNKNOWN_AUTHORITY) when the network has none of that name.
        """
        found = self._authority_by_name.get(name.removeprefix("urn:oid:"))
        if found is None:
            raise Refused(Fault.UNKNOWN_AUTHORITY, f"assigning authority '{name}' is not in this network")
        return found

    def feed(self, application: str, facility: str, protocol: Protocol) -> Feed:
        """The feed that names itself so (MSH-3 and MSH-4); raises `Refused` (UNKNOWN_FEED) when there is none."""
        for feed in self.feeds:
            if (feed.application, feed.facility, feed.protocol) == (application, facility, protocol):
                return feed
        raise Refused(Fault.UNKNOWN_FEED, f"no {protocol} feed is configured for '{application}' at '{facility}'")

    def consumer(self, application: str, facility: str) -> Consumer:
        """The consumer that names itself so (MSH-3 and MSH-4); raises `Refused` (UNKNOWN_FEED) when there is none."""
        for consumer in self.consumers:
            if (consumer.application, consumer.facility) == (application, facility):
                return consumer
        raise Refused(Fault.UNKNOWN_FEED, f"no consumer is configured for '{application}' at '{facility}'")

    def is_nhs(self, name: str) -> bool:
        """Whether `name` means the NHS number's own authority rather than a local namespace."""
        found = self._authority_by_name.get(name.removeprefix("urn:oid:"))
        return found is not None and found.id == NHS_AUTHORITY
