"""The linkage library under one model and one network: from source records to weighed edges."""

from __future__ import annotations

from collections.abc import Sequence

from linkage.blocking import block_keys
from linkage.encode import encode
from linkage.explain import Explanation, explain
from linkage.guard import Guard
from linkage.kernel import score
from linkage.model import Model
from linkage.nhs_number import parse
from linkage.record import BirthDate, Demographics, StandardRecord
from linkage.standardise import standardise
from mpi.domain.evidence import Edge, Pair
from mpi.domain.identifiers import NHS_AUTHORITY, Identifier
from mpi.domain.network import Network
from mpi.domain.record import Record
from mpi.domain.settlement import Thresholds
from mpi.errors import NotFound
from mpi.ports import Candidate


class Matching:
    """Weighs records against one another. Pure: same records, same model, same edges."""

    def __init__(self, model: Model, network: Network) -> None:
        self.model = model
        self.thresholds = Thresholds(certain=model.certain, veto=model.veto)
        self.network = network
        self.population = network.population
        self._excluded = frozenset(a.id for a in network.authorities if not a.linkage)
        self._stopped = frozenset(a for feed in network.feeds if not feed.auto_link for a in feed.authorities)

    def prepare(self, record: Record) -> tuple[bytes | None, tuple[int, ...]]:
        """A record's comparable row and blocking keys; (None, ()) when it takes no part in linkage (NHS-58)."""
        if self.is_confidential(record.identifier) or not record.registers.cells:
            return None, ()
        return self.encode(record.registers.demographics)

    def encode(self, demographics: Demographics) -> tuple[bytes, tuple[int, ...]]:
        """The comparable row and the blocking keys of demographics, of a record or only asked about."""
        standard = standardise(demographics)
        return encode(standard, self.model), block_keys(standard)

    def weigh(self, identifier: Identifier, encoded: bytes, candidates: Sequence[Candidate]) -> list[Edge]:
        """The edges worth keeping between one record and its candidates."""
        scores = score(encoded, [c.encoded for c in candidates], self.model)
        weighed = zip(candidates, scores.weight.tolist(), scores.guards.tolist(), scores.pattern, strict=True)
        return [
            self.edge(identifier, candidate.identifier, weight, bits, pattern.tobytes())
            for candidate, weight, bits, pattern in weighed
            if weight >= self.model.possible or bits & Guard.NHS_NUMBER_CONFUSION
        ]

    def edge(self, one: Identifier, other: Identifier, weight: float, bits: int, pattern: bytes = b"") -> Edge:
        """The edge of a pair that the kernel has weighed; `bits` are its guards."""
        guards = Guard(bits) | self._stops(one, other)
        joins = weight >= self.model.certain and not guards
        return Edge(Pair.of(one, other), weight, guards, joins, pattern)

    def score(self, one: bytes, many: Sequence[bytes]) -> list[tuple[float, int]]:
        """Weights in log2 units and guards' bits of one record against each of many, scored on the spot."""
        scores = score(one, many, self.model)
        return list(zip(scores.weight.tolist(), scores.guards.tolist(), strict=True))

    def score_pair(self, one: bytes, other: bytes) -> tuple[float, Guard]:
        """Weight in log2 units and guards of one pair."""
        ((weight, bits),) = self.score(one, [other])
        return weight, Guard(bits)

    def explain(self, one: bytes, other: bytes) -> tuple[str, ...]:
        """The score of a pair, one sentence a comparison, without values."""
        explanation = self.explanation(one, other)
        return (*(line.loggable for line in explanation.lines), explanation.summary)

    def explanation(self, one: bytes, other: bytes) -> Explanation:
        """The score of a pair by its parts, without values."""
        return explain(one, other, self.model)

    def unusable(self, demographics: Demographics) -> frozenset[str]:
        """The fields that say something, of which nothing is left to compare: placeholders, defaults, bad numbers."""
        standard = standardise(demographics)
        usable = {
            "names": bool(standard.surnames or standard.forenames),
            "birth_date": standard.birth_date != BirthDate(),
            "nhs_number": bool(standard.nhs_number),
            "addresses": bool(standard.postcode or standard.street or standard.town),
            "phones": bool(standard.phones),
            "emails": bool(standard.emails),
            "gp_practice": bool(standard.gp_practice),
        }
        return frozenset(name for name, used in usable.items() if getattr(demographics, name) and not used)

    def is_confidential(self, identifier: Identifier) -> bool:
        """Whether the identifier is a confidential service's, kept out of linkage and of searches (NHS-58)."""
        return identifier.authority in self._excluded

    def is_nhs(self, identifier: Identifier) -> bool:
        """Whether this is an NHS number rather than a local identifier."""
        return identifier.authority == NHS_AUTHORITY

    def nhs_key(self, number: str) -> int:
        """The blocking key of an NHS number. Raises NotFound for what is not one."""
        keys = block_keys(StandardRecord(nhs_number=parse(number)))
        if len(keys) != 1:
            raise NotFound("this is not an NHS number")
        return keys[0]

    def _stops(self, one: Identifier, other: Identifier) -> Guard:
        stopped = one.authority in self._stopped or other.authority in self._stopped
        return Guard.STOPPED if stopped else Guard.NONE
