"""The JSON of dashboards."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from mpi.domain.views import TaskKind

AsOf = Annotated[datetime | None, Field(description="When it was counted; null before anything was.")]
Share = Annotated[float | None, Field(description="0 to 1; null where there is nothing to tell.")]


class LimitedJson(TypedDict):
    """An estimate with its 95% limits."""

    value: Share
    low: Share
    high: Share


class FeedTrafficJson(TypedDict):
    """One feed: its last message, and those of the days shown."""

    feed: Annotated[str, Field(examples=["bolton"])]
    last_message_at: datetime | None
    messages: int
    refused: int


class TrafficDayJson(TypedDict):
    """One day (UTC) of all feeds of a trust."""

    day: date
    messages: int
    refused: int


class TrustBoardJson(TypedDict):
    """One trust: what its feeds sent, and what its live records hold."""

    organisation: Annotated[str, Field(description="ODS code.", examples=["RMC"])]
    name: str
    silent: Annotated[bool, Field(description="It has feeds, and none has sent anything for a day.")]
    feeds: list[FeedTrafficJson]
    days: Annotated[list[TrafficDayJson], Field(description="The oldest first.")]
    records: int
    with_nhs_number: int
    verified: Annotated[int, Field(description="With a verified NHS number (status 01).")]
    duplicates: Annotated[int, Field(description="Records beyond the first that one person has in one numbering.")]
    overlays: Annotated[int, Field(description="Updates of 90 days that turned a record into somebody else.")]
    completeness: Annotated[dict[str, int], Field(description="By field, how many records say anything in it.")]


class TrustsBoardJson(TypedDict):
    """All trusts beside one another, by name."""

    as_of: AsOf
    trusts: list[TrustBoardJson]


class OneTrustBoardJson(TypedDict):
    """One trust; null before anything was counted, or when it sends no feed and numbers nobody."""

    as_of: AsOf
    trust: TrustBoardJson | None


class WeightBandJson(TypedDict):
    """Pairs of records by match weight."""

    low: Annotated[int, Field(description="Bits.")]
    high: int
    one_person: int
    not_linked: int


class DecidedBandJson(TypedDict):
    """Decisions of reviewers by match weight."""

    low: int
    high: int
    same: int
    different: int


class WeekJson(TypedDict):
    """Tasks of a kind opened and answered in the week from a Monday on."""

    monday: date
    kind: TaskKind
    opened: int
    answered: int


class LevelJson(TypedDict):
    """One outcome of a comparison: its share now and earlier, and the model's m."""

    outcome: str
    newest: float
    earlier: float
    model: Share


class DriftJson(TypedDict):
    """One comparison. Distances are shares of pairs that would have to come out otherwise (total variation)."""

    comparison: str
    reading: str
    pairs: int
    missing: Share
    from_earlier: Share
    from_model: Share
    levels: list[LevelJson]


class StratumJson(TypedDict):
    """Pairs of a sample that are alike."""

    low: Annotated[float | None, Field(description="Bits; null: no limit.")]
    high: float | None
    linked: bool
    compared: bool
    pairs: int
    answered: int
    same: int


class GroupJson(TypedDict):
    """One group's errors; few: too few pairs to say much."""

    name: str
    pairs: float
    few: bool
    precision: LimitedJson
    recall: LimitedJson


class FairnessJson(TypedDict):
    """Errors by group, and the largest gaps in words."""

    grouping: Annotated[str, Field(examples=["sex"])]
    gaps: list[str]
    groups: list[GroupJson]


class KappaJson(TypedDict):
    """Agreement of two reviewers (Cohen's kappa)."""

    value: float
    low: float
    high: float
    observed: float
    pairs: int


class SampleJson(TypedDict):
    """What the newest round of blind samples says. Estimates are null while too few pairs are answered."""

    drawn_at: datetime
    drawn_by: str
    drawn: int
    verdicts: Annotated[int, Field(description="Pairs with an answer that counts.")]
    waiting: Annotated[bool, Field(description="Answers are still asked for.")]
    precision: LimitedJson | None
    recall: LimitedJson | None
    found_by_blocking: LimitedJson | None
    kappa: KappaJson | None
    strata: list[StratumJson]
    fairness: list[FairnessJson]


class ModelNameJson(TypedDict):
    """The model in force, and its thresholds in bits."""

    name: str
    version: str
    fingerprint: str
    possible: float
    certain: float


class MatchingBoardJson(TypedDict):
    """How well the index matches."""

    as_of: AsOf
    model: ModelNameJson
    sample: SampleJson | None
    weights: list[WeightBandJson]
    decisions: list[DecidedBandJson]
    weeks: list[WeekJson]
    waiting: Annotated[dict[str, int], Field(description="By kind, the tasks without an answer.")]
    drift: list[DriftJson]
