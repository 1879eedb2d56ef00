"""The stores that the index is measured by: blind samples, and counts of what it holds."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from mpi.domain.counts import AuthorityCounts, Counted, MatchingCounts, TrafficDay
from mpi.domain.sampling import Answered, Beside, Person, Picked, Round, SampledPair


class Samples(Protocol):
    """Blind samples and their answers."""

    def greatest_record(self) -> int:
        """The greatest database id of a record, 0 when there is none."""

    def comparable(self, record_ids: Collection[int]) -> list[int]:
        """Those of these database ids that are live records which take part in linkage."""

    def beside(self, record_ids: Collection[int]) -> list[Beside]:
        """These records with every other that shares a blocking key, a golden identity, a birth date and an initial,
        or a first and last name; once for each of these."""

    def people(self, record_ids: Collection[int]) -> Mapping[int, Person]:
        """What the groups of records are told from."""

    def add(self, made: Round, picked: Sequence[Picked], last: float) -> int:
        """Store a round and ask for its answers in the work list; returns its id. `last`: see `sampling.seats`."""

    def waiting(self) -> bool:
        """Whether any sample waits for an answer."""

    def of_task(self, task_id: int) -> SampledPair:
        """The pair of a task that is a blind sample."""

    def has_read(self, task_id: int, reader: str) -> bool:
        """Whether a user has answered the pair of a task, or seen what the index thinks of it."""

    def answer(self, pair_id: int, reader: str, answer: str) -> None:
        """Store an answer, or `SEEN`."""

    def ask_again(self, task_id: int) -> None:
        """Ask for another answer to the pair of an answered task, at its place in the work list."""

    def end(self) -> Mapping[int, tuple[str, ...]]:
        """Withdraw all samples that wait; by task, what others have answered about its pair."""

    def latest(self) -> Round | None:
        """The newest round."""

    def answered(self, round_id: int) -> list[Answered]:
        """What came of each pair of a round."""


class Boards(Protocol):
    """What dashboards show. The counting methods read whole tables: for the background, never for a page."""

    def hold(self) -> bool:
        """Whether nobody else is counting; held until the transaction ends."""

    def count_matching(self, since: date, model: str, comparisons: Sequence[str]) -> MatchingCounts:
        """Count pairs, decisions and tasks; weeks from `since` on. `comparisons` name the columns of a pattern that
        the model of this fingerprint gave."""

    def count_authorities(self, overlays_since: datetime) -> tuple[AuthorityCounts, ...]:
        """Count the records of each assigning authority."""

    def count_traffic(self, before: datetime, since: date) -> tuple[TrafficDay, ...]:
        """Count the messages that came since the last time, up to a time after which some may not be committed yet;
        returns the days from `since` on."""

    def keep(self, counted: Counted) -> None:
        """Show these from now on."""

    def counted(self) -> Counted | None:
        """What is shown; None before anything was counted."""
