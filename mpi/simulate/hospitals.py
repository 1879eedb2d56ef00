"""The patient administration systems of a network: who numbers patients how, and in which dialect they speak."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np

from mpi.domain.identifiers import NHS_AUTHORITY
from mpi.domain.network import Authority, Feed, Network, Protocol
from mpi.simulate.places import SPECIALIST, District
from mpi.simulate.sampling import Flags, Ints, Words, words

_DIALECTS = ("2.4", "2.5.1")
_FORMATS = ("{:07d}", "{:06d}", "M{:06d}", "{:08d}", "{:07d}", "RX{:06d}")


@dataclass(frozen=True, slots=True)
class Pas:
    """One namespace and the feed that speaks for it, in use between `opens` and `closes` (seconds since 1970).

    Where no feed speaks for it, or not yet, `speaks` is False: its patients are known from images alone.
    """

    index: int
    feed: Feed
    authority: Authority
    version: str
    number_format: str
    first_number: int
    shouts: bool  # types everything in capitals
    latency: int  # seconds from entry to transmission
    opens: int
    closes: int
    go_live: int
    speaks: bool
    specialist: bool

    @property
    def is_fhir(self) -> bool:
        """Whether it sends Patient resources rather than messages."""
        return self.feed.protocol is Protocol.FHIR

    @property
    def namespace(self) -> str:
        """How its messages call the authority (CX.4.1)."""
        return self.authority.namespaces[0] if self.authority.namespaces else self.authority.id

    @property
    def system(self) -> str:
        """How its resources call the authority (Identifier.system)."""
        if self.authority.system:
            return self.authority.system
        return f"urn:oid:{self.authority.oid}" if self.authority.oid else self.authority.id

    @property
    def tells_status(self) -> bool:
        """Whether NHS number status and unknown identity can be said at all: PID-31 and PID-32 came with 2.4."""
        return self.is_fhir or self.version >= "2.4"


def seconds(day: date) -> int:
    """Midnight UTC of a day, in seconds since 1970."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _version(feed: Feed, index: int) -> str:
    old = any(place != "PID-3" for place in feed.nhs_number_fields)
    wished = "2.3" if old else _DIALECTS[index % len(_DIALECTS)]
    return wished if wished in feed.versions else (feed.versions[-1] if feed.versions else "2.4")


def _feed_of(network: Network, authority: Authority) -> Feed | None:
    """The feed whose main authority this is, else the first that may assert it."""
    sources = [feed for feed in network.feeds if feed.identity]
    for feed in sources:
        if feed.authorities and feed.authorities[0] == authority.id:
            return feed
    return next((feed for feed in sources if authority.id in feed.authorities), None)


def open_systems(network: Network, start: int, end: int) -> tuple[Pas, ...]:
    """Every authority of the network that was in use between `start` and `end`, but the NHS number's."""
    made: list[Pas] = []
    for authority in network.authorities:
        feed = _feed_of(network, authority)
        if authority.id == NHS_AUTHORITY:
            continue
        opens = max(start, seconds(authority.valid_from) if authority.valid_from else start)
        closes = min(end, seconds(authority.valid_to) if authority.valid_to else end)
        if closes - opens < 90 * 86_400:
            continue
        k = len(made)
        speaks = feed is not None and (feed.go_live is None or seconds(feed.go_live) < end)
        feed = feed or Feed("", authority.owner, Protocol.MLLP, "", authority.owner, (authority.id,))
        made.append(
            Pas(
                index=k,
                feed=feed,
                authority=authority,
                version=_version(feed, k),
                number_format=_FORMATS[k % len(_FORMATS)],
                first_number=1000
                + 137 * (k % 3),  # ranges overlap: the same digits are other people elsewhere (ORG-2)
                shouts=k % 3 == 1,
                latency=20 + 35 * k,
                opens=opens,
                closes=closes,
                go_live=seconds(feed.go_live) if feed.go_live else start,
                speaks=speaks,
                specialist=authority.owner in SPECIALIST,
            )
        )
    if not any(pas.speaks for pas in made):
        raise ValueError(f"network '{network.id}' has no authority that a feed speaks for")
    return tuple(made)


def local_to(systems: tuple[Pas, ...], districts: tuple[District, ...]) -> Flags:
    """Which system is the local hospital of which district; shape (systems, districts)."""
    made = np.zeros((len(systems), len(districts)), dtype=np.bool_)
    for pas in systems:
        # Where one trust numbers patients in several systems at a time, each has its own hospitals (ORG-4).
        beside = [s.index for s in systems if _beside(s, pas)]
        for d, district in enumerate(districts):
            mine = pas.authority.linkage and beside[d % len(beside)] == pas.index
            made[pas.index, d] = mine and pas.authority.owner in district.trusts
    return made


def _beside(one: Pas, other: Pas) -> bool:
    """Whether two ordinary systems of one trust were in use together (or are the same)."""
    together = one.opens < other.closes and other.opens < one.closes
    return one is other or (one.authority.owner == other.authority.owner and one.authority.linkage and together)


def number_patients(rng: np.random.Generator, pas: Pas, registered: Ints, jumbled: Flags) -> Words:
    """Local numbers in order of registration; `jumbled` ones are random, as for unidentified patients (NHS-53)."""
    order = np.argsort(registered, kind="stable")
    steps = rng.integers(1, 4, len(registered))
    numbers = np.empty(len(registered), dtype=np.int64)
    numbers[order] = pas.first_number + np.cumsum(steps)
    top = int(numbers.max()) + 10 if len(numbers) else pas.first_number
    strange = np.flatnonzero(jumbled)
    numbers[strange] = top + rng.permutation(max(4 * len(strange), 1))[: len(strange)]
    return words([pas.number_format.format(n) for n in numbers.tolist()])
