"""One question to the index per patient and minute, not one per image."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from .failures import Refusal, Unavailable
from .header import Header, Json
from .identity import Identity, LocalId
from .index import BATCH, Answer, Index

_MOST = 10_000  # answers kept
_PAUSE = 1.0  # seconds in which nobody asks again after the index did not answer


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of an image: the answer, and whether its local id must still be added to its other ids."""

    answer: Answer
    golden: str
    add_other: bool

    @property
    def right(self) -> bool:
        """Whether the image is under its golden id already."""
        return self.golden == self.answer.golden_id


@dataclass(slots=True)
class _State:
    answers: dict[LocalId, tuple[float, Answer]] = field(default_factory=dict)
    changes: int = 0
    quiet_until: float = 0.0


class Resolver:
    """Asks the index, remembers for `keep` seconds, forgets what has changed. Safe for use by several threads."""

    def __init__(
        self, index: Index, archive: str, ours: str, keep: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._index = index
        self._ours = ours
        self._archive = archive
        self._keep = keep
        self._clock = clock
        self._lock = threading.Lock()
        self._state = _State()

    def judge(self, header: Header) -> Verdict:
        """Under which golden id an image belongs. Raises `Refusal`, `Unavailable`."""
        found = self.judge_all([header])[0]
        if isinstance(found, Refusal):
            raise found
        return found

    def judge_all(self, headers: Collection[Header], *, fresh: bool = False) -> list[Verdict | Refusal]:
        """The same of many, in their order; `fresh` takes nothing from memory. Raises `Unavailable`."""
        identities = [_identity(header) for header in headers]
        said = {
            i.asked: h.demographics() for i, h in zip(identities, headers, strict=True) if isinstance(i, Identity)
        }
        answers = self._answers(said, fresh=fresh)
        return [
            identity if isinstance(identity, Refusal) else self._verdict(identity, answers[identity.asked])
            for identity in identities
        ]

    def forget(self, golden_ids: Collection[str], identifiers: Collection[tuple[str, str]]) -> None:
        """An identity has changed: ask again about everybody it may concern."""
        with self._lock:
            self._state.changes += 1
            for asked, (_, answer) in list(self._state.answers.items()):
                if answer.golden_id in golden_ids or answer.identifier in identifiers:
                    del self._state.answers[asked]

    def _verdict(self, identity: Identity, answer: Answer | Refusal) -> Verdict | Refusal:
        if isinstance(answer, Refusal):
            return answer
        if answer.issuer != self._ours:  # else no image would ever be recognised as coerced already
            return Refusal("wrong-issuer", '"Issuer" is not the index\'s own; see [issuer] in its network file')
        add = not identity.golden and not self._is_among(identity, answer)
        return Verdict(answer, identity.golden, add)

    def _is_among(self, identity: Identity, answer: Answer) -> bool:
        """Whether the local id is among the other ids, whatever name its issuer has there."""
        alike = [other for other in identity.others if other.value == identity.asked.value]
        if any(set(other.issuers) & set(identity.asked.issuers) for other in alike):
            return True
        known = self._answers({other: {} for other in alike}, fresh=False)
        return any(isinstance(one, Answer) and one.identifier == answer.identifier for one in known.values())

    def _answers(self, said: dict[LocalId, Json], *, fresh: bool) -> dict[LocalId, Answer | Refusal]:
        now = self._clock()
        with self._lock:
            changes = self._state.changes
            kept = (
                {} if fresh else {i: a for i, (until, a) in self._state.answers.items() if until > now and i in said}
            )
            if len(kept) < len(said) and now < self._state.quiet_until:
                raise Unavailable("the index did not answer a moment ago")
        asked = {i: patient for i, patient in said.items() if i not in kept}
        found = self._ask(asked)
        with self._lock:
            if self._state.changes == changes:  # else the answer may be older than the change
                new = {i: (now + self._keep, a) for i, a in found.items() if isinstance(a, Answer)}
                room = self._state.answers if len(self._state.answers) < _MOST else {}
                self._state.answers = room | new
        return {**kept, **found}

    def _ask(self, said: dict[LocalId, Json]) -> dict[LocalId, Answer | Refusal]:
        """Every name of an issuer is asked about: names that mean different authorities are nobody's (IHE-60)."""
        questions = [
            (i, self._question(i, name, patient)) for i, patient in said.items() for name in i.issuers or ("",)
        ]
        found: dict[LocalId, Answer | Refusal] = {}
        try:
            for start in range(0, len(questions), BATCH):
                part = questions[start : start + BATCH]
                for (asked, _), told in zip(part, self._index.resolve([q for _, q in part]), strict=True):
                    found[asked] = _agreed(found.get(asked), told)
        except Unavailable:
            with self._lock:
                self._state.quiet_until = self._clock() + _PAUSE
            raise
        return found

    def _question(self, asked: LocalId, issuer: str, patient: Json) -> Json:
        question: Json = {"patient_id": asked.value, "archive": self._archive}
        question |= {"issuer": issuer} if issuer else {"ae_title": asked.ae_title}
        return question | ({"demographics": patient} if patient else {})


def _identity(header: Header) -> Identity | Refusal:
    try:
        return header.identity
    except Refusal as refusal:
        return refusal


def _agreed(before: Answer | Refusal | None, told: Answer | Refusal) -> Answer | Refusal:
    if before is None or isinstance(before, Refusal):
        return before or told
    if isinstance(told, Refusal) or told.identifier == before.identifier:
        return told
    return Refusal("unknown-authority", "the names of the issuer mean different assigning authorities")
