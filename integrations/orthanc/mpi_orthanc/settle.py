"""Bring a study where the index says it belongs, and tell the index of it. Doing so again changes nothing."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from .archive import Archive, HeldStudy
from .coercion import coerce
from .failures import Gone, Refusal
from .header import Header
from .index import Answer, Index, Json
from .resolver import Resolver, Verdict

Judged = Sequence[tuple[Header, Verdict | Refusal]]


@dataclass(frozen=True, slots=True)
class Settled:
    """What was done about a study; `reason` says why it could not be settled, "" when it is."""

    moved: bool = False
    registered: bool = False
    reason: str = ""


class Settler:
    """Moves images and registers studies, one study at a time."""

    def __init__(self, archive: Archive, resolver: Resolver, index: Index, name: str) -> None:
        self._archive = archive
        self._resolver = resolver
        self._index = index
        self._name = name
        self._one_at_a_time = threading.Lock()

    def settle(self, study_uid: str) -> Settled | None:
        """Settle a study by its UID, wherever Orthanc has it; None when it has not. Raises `Unavailable`."""
        done = [self._settle(study) for study in self._archive.find("StudyInstanceUID", [study_uid])]
        told = [one for one in done if one is not None]
        return next((one for one in told if one.reason), told[0]) if told else None

    def settle_judged(self, study: HeldStudy, judged: Judged, *, known: bool) -> Settled:
        """Settle a study of which the index has been asked already. `known`: only an unknown one is registered.
        Raises `Unavailable`, and `Gone` when it has gone."""
        with self._one_at_a_time:
            moved = False
            try:
                for _, verdict in judged:
                    if isinstance(verdict, Refusal):
                        raise verdict
                moved = self._move(study, judged)
                registered = self._register(study, judged, known=known)
            except Refusal as refusal:
                self._archive.mark(study, refusal.reason)
                return Settled(moved, reason=refusal.reason)
            if not moved:
                self._archive.mark(study, "")
            return Settled(moved, registered)

    def move_instance(self, instance: str, header: Header) -> bool:
        """Bring one image under its golden id; whether it was not. Raises `Refusal`, `Unavailable`, `Gone`."""
        verdict = self._resolver.judge(header)
        if verdict.right:
            return False
        if self._copy(instance, verdict) != instance:
            self._archive.delete(instance)
        return True

    def _settle(self, study: HeldStudy) -> Settled | None:
        try:
            heads = self._archive.heads(study)
            judged = list(zip(heads, self._resolver.judge_all(heads, fresh=True), strict=True))
            return self.settle_judged(study, judged, known=False)
        except Gone:
            return None

    def _move(self, study: HeldStudy, judged: Judged) -> bool:
        """Copies first, and only when every one is stored the originals go: a crash leaves doubles, never a gap."""
        if all(isinstance(verdict, Verdict) and verdict.right for _, verdict in judged):
            return False
        copied = []
        for instance in self._archive.instances(study):
            verdict = self._resolver.judge(self._archive.header(instance))
            if not verdict.right and self._copy(instance, verdict) != instance:
                copied.append(instance)
        for instance in copied:
            self._archive.delete(instance)
        return True

    def _copy(self, instance: str, verdict: Verdict) -> str:
        content = coerced(self._archive.file(instance), verdict)
        return self._archive.upload(content)

    def _register(self, study: HeldStudy, judged: Judged, *, known: bool) -> bool:
        answers = [verdict.answer for _, verdict in judged if isinstance(verdict, Verdict)]
        known = known or answers[0].identifier[0] == self._archive.ours
        home = self._index.home(study.study_uid) if known else ""
        registered = not home
        if not home:
            home = self._index.register(self._describe(study, judged, answers[0]))
        if any(answer.golden_id != home for answer in answers):
            raise Refusal("conflict", "the index has this study under another patient")
        return registered

    def _describe(self, study: HeldStudy, judged: Judged, answer: Answer) -> Json:
        if answer.identifier[0] == self._archive.ours:
            raise Refusal("missing-field", "the images do not tell under which id they were acquired")
        described = judged[0][0].study()
        modalities = dict.fromkeys(code for header, _ in judged for code in header.study()["modalities"])
        described |= {
            "issuer": answer.identifier[0],
            "patient_id": answer.identifier[1],
            "archive": self._name,
            "modalities": list(modalities)[:20],
            "series": len(study.series),
        }
        return described


def coerced(content: bytes, verdict: Verdict) -> bytes:
    """An image under the golden id of its verdict. Raises `Refusal` (bad-value)."""
    return coerce(content, verdict.answer.coercion, datetime.now(UTC), add_other=verdict.add_other)
