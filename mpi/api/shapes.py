"""What the API answers with. TypedDicts: mypy holds the code to them, OpenAPI shows them, no cost per answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, NotRequired
from uuid import UUID

from pydantic import Field
from typing_extensions import TypedDict

from mpi.api.coercion import CoercionJson
from mpi.domain.identifiers import Identifier
from mpi.domain.views import Decision, RecordState, ResolutionState

GoldenId = Annotated[
    UUID,
    Field(
        description="Golden identity: opaque, stable, never reused.",
        examples=["5f0c6b1e-7a55-4f0e-9d0a-3d6c1f6f0a11"],
    ),
]


class IdentifierJson(TypedDict):
    """An identifier within its assigning authority."""

    authority: Annotated[str, Field(description="Id of the assigning authority.", examples=["BOLTON"])]
    value: Annotated[str, Field(examples=["1234567"])]


class ResolutionJson(TypedDict):
    """Who a patient id is: identifiers only, never demographics (SEC-6)."""

    identifier: Annotated[
        IdentifierJson,
        Field(description="The id asked for, under its authority; under the index's own issuer a golden id."),
    ]
    golden_id: GoldenId
    state: Annotated[
        ResolutionState,
        Field(
            description="certain; provisional: no feed has described this id yet; ambiguous: a review task asks "
            "whether it is one person with another; contested: its link waits for a reviewer. The image is viewable "
            "under its local id in every state (IHE-69)."
        ),
    ]
    identifiers: Annotated[
        list[IdentifierJson],
        Field(
            description="Every other live identifier of the person; a verified NHS number included.",
            examples=[[{"authority": "NHS", "value": "9990000018"}]],
        ),
    ]
    subsumed_by: Annotated[IdentifierJson | None, Field(description="The live identifier this one was merged into.")]
    task_ids: Annotated[list[int], Field(description="Open review tasks about this identity.")]
    coercion: Annotated[
        CoercionJson | None, Field(description="What to write into the images; null when golden ids have no issuer.")
    ]


class ResolutionsJson(TypedDict):
    """The answers to a batch, in the order of its requests."""

    results: list[ResolutionJson]


class NameJson(TypedDict):
    """A name as its source gives it."""

    family: str
    given: str
    middle: str
    title: str
    suffix: str
    use: str


class AddressJson(TypedDict):
    """An address as its source gives it."""

    lines: list[str]
    town: str
    county: str
    postcode: str
    use: str


class DemographicsJson(TypedDict):
    """Demographics; empty means not said, or withheld (see location_withheld)."""

    names: list[NameJson]
    previous_names: list[NameJson]
    birth_date: Annotated[str, Field(examples=["1954-03-07"])]
    sex: Annotated[str, Field(examples=["female"])]
    addresses: list[AddressJson]
    previous_addresses: list[AddressJson]
    phones: list[str]
    emails: list[str]
    nhs_number: Annotated[str, Field(examples=["9990000018"])]
    nhs_status: Annotated[str, Field(description="Verification status 01 to 08.", examples=["01"])]
    gp_practice: str
    mothers_maiden_name: str
    multiple_birth: bool | None
    birth_order: int | None
    identity_unknown: bool
    reliability: list[str]


class RecordJson(TypedDict):
    """One source record of a person."""

    identifier: Annotated[
        IdentifierJson | None,
        Field(description="Null where it would tell this caller who treats a restricted person (NHS-57)."),
    ]
    state: RecordState
    demographics: DemographicsJson
    deceased: bool
    died_at: str
    ethnic_category: str
    restricted: bool
    subsumed_by: IdentifierJson | None
    contested: bool
    pending: Annotated[
        DemographicsJson | None,
        Field(description="What an overlay says of the record, until a reviewer has decided; for reviewers only."),
    ]
    updated_at: datetime | None


class PersonJson(TypedDict):
    """A golden identity, its source records and the demographics that survive."""

    golden_id: GoldenId
    requested_id: Annotated[
        UUID, Field(description="The id asked for; differs from golden_id when it has been retired.")
    ]
    identifiers: Annotated[
        list[IdentifierJson], Field(description="The live ones, fit to be given out to this caller (NHS-57).")
    ]
    demographics: DemographicsJson
    deceased: bool
    died_at: Annotated[str, Field(description="ISO 8601 at the precision known; empty when it is not.")]
    restricted: bool
    location_withheld: Annotated[
        bool, Field(description="Address, contact, GP and trusts' numbers are withheld from this caller (NHS-57).")
    ]
    contested: bool
    created_at: datetime
    updated_at: datetime
    records: list[RecordJson]


class DepartureJson(TypedDict):
    """Records that come under another golden id, and the studies that change their history with them."""

    old: UUID
    new: Annotated[UUID | None, Field(description="Null: a golden id that would be given then.")]
    identifiers: list[IdentifierJson]
    studies: list[str]
    retires: Annotated[bool, Field(description="Nobody is left under the old golden id.")]


class ConsequenceJson(TypedDict):
    """What an answer would do. Nothing has been done."""

    task_id: int
    decision: Decision
    needs_two: Annotated[bool, Field(description="The answer will wait for a second person.")]
    breaks_verified: Annotated[bool, Field(description="It parts records with one verified NHS number.")]
    departures: list[DepartureJson]
    contested: list[IdentifierJson]
    confirmed: list[IdentifierJson]
    told: Annotated[list[str], Field(description="ODS codes of the organisations concerned.", examples=[["RMC"]])]


class ExplanationJson(TypedDict):
    """Why a pair scored as it did."""

    task_id: int
    sentences: Annotated[
        list[str],
        Field(examples=[["Surname agrees exactly: +7.1", "Date of birth differs by a digit: -0.4"]]),
    ]


class AssertionJson(TypedDict):
    """An assertion that now stands."""

    id: Annotated[int, Field(description="With it the assertion can be withdrawn.", examples=[42])]


class StandingJson(TypedDict):
    """A standing assertion about two records."""

    id: Annotated[int, Field(description="With it the assertion can be withdrawn.", examples=[42])]
    one: IdentifierJson
    other: IdentifierJson
    relation: Literal["same", "different"]
    rank: Annotated[str, Field(description="Who said so; privacy outranks reviewer, source and hold.")]
    occurred: datetime
    subsumed: Annotated[IdentifierJson | None, Field(description="The prior, when a feed merged the two.")]


class StandingsJson(TypedDict):
    """The standing assertions about one record."""

    assertions: list[StandingJson]


class SubscriptionJson(TypedDict):
    """A webhook. Its secret can be written and never read."""

    id: int
    url: Annotated[str, Field(examples=["https://archive.example.nhs.uk/mpi-events"])]
    types: Annotated[list[str], Field(description="Event types told; empty means all.")]
    modalities: Annotated[list[str], Field(description="Only what touches such studies; empty: all.")]
    body_sites: Annotated[list[str], Field(description="Only what touches such studies; empty: all.")]
    owner: str
    active: bool
    created_at: datetime
    pending: Annotated[int, Field(description="Events not yet delivered.")]
    last_error: str


class SubscriptionsJson(TypedDict):
    """The caller's subscriptions."""

    subscriptions: list[SubscriptionJson]


class ReadinessJson(TypedDict):
    """Whether this instance can serve, and if not, why."""

    status: Annotated[str, Field(examples=["ready"])]
    reasons: list[str]
    warnings: NotRequired[
        Annotated[list[str], Field(description="What is wrong while it serves, such as a stopped consumer.")]
    ]


def identifier_json(identifier: Identifier) -> IdentifierJson:
    """An identifier as JSON."""
    return {"authority": identifier.authority, "value": identifier.value}


def identifier_or_null(identifier: Identifier | None) -> IdentifierJson | None:
    """An identifier as JSON, null when there is none."""
    return None if identifier is None else identifier_json(identifier)
