"""A day's ADT traffic upon an index of residents, as bytes: updates, new records, newcomers and merges."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zlib import crc32

import pandas as pd

from benchmarks.residents import Row, rows_of
from mpi.simulate.acts import Act
from mpi.simulate.hospitals import Pas
from mpi.simulate.telling import SAID, Telling
from mpi.simulate.wire_hl7 import render

MIX = {"update": 0.50, "new-record": 0.35, "newcomer": 0.12, "merge": 0.03}
_CHANGES = ("address", "address", "address", "phone", "phone", "name")
_DRAWN = 60_000  # residents of whom messages speak
_START = datetime(2026, 2, 1, 8, tzinfo=UTC)  # winter: local time is UTC
_ADDRESS = ("line", "house", "street", "town", "postcode", "home_phone", "practice")
_REGISTERING = (0, 3)  # the dice that make an A28 and an A04 of a registration


@dataclass(frozen=True, slots=True)
class Message:
    """One framed message; `key` names its patient: messages of one patient stay on one connection."""

    feed: str
    key: str
    body: bytes


class Traffic:
    """Draws messages about residents (rows of a snapshot), duplicates (row of the original, number of the second
    registration) and newcomers. Control ids count from `first` on, so that two of them may speak for one feed."""

    def __init__(
        self,
        systems: tuple[Pas, ...],
        residents: pd.DataFrame,
        duplicates: Sequence[tuple[Row, str]],
        newcomers: Sequence[Row],
        seed: int = 7,
        first: int = 0,
    ) -> None:
        self._dice = random.Random(seed)
        self._pas = {p.authority.id: p for p in systems if p.speaks and not p.is_fhir}
        told = residents[residents.authority.isin(list(self._pas))]
        self._residents: list[Row] = rows_of(told.sample(min(len(told), _DRAWN), random_state=seed))
        known = {row["person_id"] for row in self._residents}
        self._held: dict[int, set[str]] = defaultdict(set)
        for person, authority in zip(residents.person_id.tolist(), residents.authority.tolist(), strict=True):
            if person in known:
                self._held[person].add(authority)
        self._duplicates, self._newcomers = list(duplicates), list(newcomers)
        self._serial = self._first = first
        self._drawn: Counter[str] = Counter()

    @property
    def drawn(self) -> dict[str, int]:
        """How many messages of each kind were drawn."""
        return dict(self._drawn)

    def messages(self, count: int) -> Iterator[Message]:
        """The next messages."""
        draw = {"update": self._update, "new-record": self._new, "newcomer": self._newcomer, "merge": self.merge}
        for wanted in self._dice.choices(list(MIX), list(MIX.values()), k=count):
            spent = {"newcomer": not self._newcomers, "merge": not self._duplicates}.get(wanted, False)
            kind = "update" if spent else wanted
            self._drawn[kind] += 1
            yield draw[kind]()

    def _update(self) -> Message:
        row = dict(self._dice.choice(self._residents))
        other = self._dice.choice(self._residents)
        change = self._dice.choice(_CHANGES)
        if change == "address":
            row |= {name: other[name] for name in _ADDRESS}
        elif change == "phone":
            row["mobile"] = f"07700{self._dice.randrange(900_000, 1_000_000)}"
        else:
            row |= {"previous_surname": row["surname"], "surname": other["surname"]}
        return self._tell(Act.UPDATE, row, row["authority"], row["value"])

    def _new(self) -> Message:
        while True:
            row = self._dice.choice(self._residents)
            elsewhere = sorted(self._pas.keys() - self._held[row["person_id"]])
            if elsewhere:
                return self._register(row, self._dice.choice(elsewhere))

    def _newcomer(self) -> Message:
        row = self._newcomers.pop()
        return self._register(row, row["authority"])

    def merge(self) -> Message:
        """The last of the duplicates that are left, merged into its original."""
        row, prior = self._duplicates.pop()
        return self._tell(Act.MERGE, row, row["authority"], row["value"], prior)

    def _register(self, row: Row, authority: str) -> Message:
        return self._tell(Act.REGISTER, row, authority, f"N{self._serial:08d}")

    def _tell(self, act: Act, row: Row, authority: str, value: str, other: str = "") -> Message:
        self._serial += 1
        pas = self._pas[authority]
        at = _START + timedelta(milliseconds=100 * (self._serial - self._first))
        digits = f"{at:%Y%m%d%H%M%S}"
        dice = self._dice.choice(_REGISTERING) if act is Act.REGISTER else self._dice.randrange(1 << 16)
        said = {name: row[name] for name in SAID}
        if not pas.tells_status:
            said["nhs_status"] = ""
        told = Telling(
            act=act,
            born_here=False,
            dice=dice,
            at=at,
            sent=digits,
            recorded=digits,
            occurred=digits,
            refers=digits,
            zones=("+0000",) * 4,
            value=value,
            other=other,
            other_name=("", ""),
            death="",
            **said,
        )
        _, body = render(pas, told, f"B{self._serial:09d}")
        return Message(pas.feed.id, f"{authority}|{value}", b"\x0b" + body + b"\x1c\r")


def deal(messages: Iterator[Message], connections: int, feeds: list[str]) -> list[list[bytes]]:
    """Messages dealt to connections: several to a feed, by patient; or several feeds on one where there are few."""
    lines: list[list[bytes]] = [[] for _ in range(connections)]
    of_feed = {feed: [n for n in range(connections) if n % len(feeds) == k] for k, feed in enumerate(feeds)}
    for message in messages:
        feed = feeds.index(message.feed)
        own = of_feed[message.feed] or [feed % connections]
        lines[own[crc32(message.key.encode()) % len(own)]].append(message.body)
    return lines
