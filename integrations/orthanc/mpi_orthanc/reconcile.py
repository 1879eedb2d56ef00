"""Walk every study, put right what is wrong, and count: proof that archive and index agree, without a name in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from .archive import Archive, HeldStudy
from .failures import Gone, Refusal, Unavailable
from .header import Header, Json
from .index import Index
from .resolver import Resolver
from .settle import Settler

_AT_ONCE = 200  # studies whose patients are asked about in one request


@dataclass(slots=True)
class Counts:
    """Of the studies that Orthanc holds: how many were seen, agreed already, were moved or registered, and are
    unresolved by reason. `missing` are those that the index believes are here and are not."""

    studies: int = 0
    agreeing: int = 0
    moved: int = 0
    registered: int = 0
    gone: int = 0
    unresolved: Counter[str] = field(default_factory=Counter)
    missing: list[str] = field(default_factory=list)

    def told(self) -> Json:
        """As JSON."""
        return {
            "studies": self.studies,
            "agreeing": self.agreeing,
            "moved": self.moved,
            "registered": self.registered,
            "deleted_meanwhile": self.gone,
            "unresolved": dict(sorted(self.unresolved.items())),
            "missing": len(self.missing),
            "missing_studies": self.missing[:100],
        }


class Reconcile:
    """The whole archive against the index."""

    def __init__(self, archive: Archive, resolver: Resolver, index: Index, settler: Settler, name: str) -> None:
        self._archive = archive
        self._resolver = resolver
        self._index = index
        self._settler = settler
        self._name = name

    def run(self, over: Callable[[], bool] = lambda: False) -> Counts:
        """Reconcile, until it is `over`. Raises `Unavailable`; what has been done till then is done."""
        believed = dict(self._index.studies(self._name))
        counts = Counts()
        here: set[str] = set()
        walk = iter(self._archive.study_ids())
        while part := list(islice(walk, _AT_ONCE)):
            if over():
                raise Unavailable("Orthanc is ending")
            held = list(self._held(part, counts))
            here.update(study.study_uid for study, _ in held)
            self._settle(held, believed, counts)
        counts.missing = sorted(believed.keys() - here)
        return counts

    def _held(self, study_ids: Sequence[str], counts: Counts) -> Iterator[tuple[HeldStudy, list[Header]]]:
        for study_id in study_ids:
            counts.studies += 1
            try:
                study = self._archive.study(study_id)
                yield study, self._archive.heads(study)
            except Gone:
                counts.gone += 1

    def _settle(self, held: list[tuple[HeldStudy, list[Header]]], believed: dict[str, str], counts: Counts) -> None:
        headers = [header for _, heads in held for header in heads]
        verdicts = iter(self._resolver.judge_all(headers, fresh=True))
        for study, heads in held:
            judged = list(zip(heads, islice(verdicts, len(heads)), strict=True))
            golden = {verdict.answer.golden_id for _, verdict in judged if not isinstance(verdict, Refusal)}
            if believed.get(study.study_uid) == study.patient_id and golden == {study.patient_id} == _held_as(judged):
                counts.agreeing += 1
                continue
            try:
                done = self._settler.settle_judged(study, judged, known=True)
            except Gone:
                counts.gone += 1
                continue
            counts.moved += done.moved
            counts.registered += done.registered
            counts.unresolved.update([done.reason] if done.reason else [])
            counts.agreeing += not (done.moved or done.registered or done.reason)


def _held_as(judged: Sequence[tuple[Header, object]]) -> set[str]:
    """The golden ids that stand in the images; nothing else when every one is refused, or under a local id."""
    found = set()
    for header, verdict in judged:
        found.add("" if isinstance(verdict, Refusal) else header.identity.golden)
    return found
