"""Take in many studies at once, those whose patients are known: nearly all that a back-load of years brings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from mpi.domain.access import Caller, Right
from mpi.domain.draft import has_nothing_to_learn
from mpi.domain.identifiers import NHS_AUTHORITY, Identifier
from mpi.domain.imaging import joined
from mpi.domain.views import Study
from mpi.ports import Clock, Unit, Units
from mpi.usecases.attempts import attempt
from mpi.usecases.identity.drafting import open_draft
from mpi.usecases.imaging.hanging import registered
from mpi.usecases.imaging.images import Image, Taken


class Backload:
    """Registers in one transaction what is plain, and leaves the rest to `Images`, which looks at each by itself."""

    def __init__(self, units: Units, clock: Clock) -> None:
        self._units = units
        self._clock = clock

    def take(self, images: Sequence[Image], caller: Caller) -> list[Taken | None]:
        """What became of each, committed; None of those that were left alone.

        Plain is a study told once in `images`, without a flaw, of a patient of whom nothing new is said, which is new
        or known just so. All others go to `Images.take`, in their order. Raises `Unavailable` when nothing could be
        stored. Needs WRITE_IMAGING.
        """
        caller.require(Right.WRITE_IMAGING)
        return attempt(lambda: self._take(images, caller))

    def _take(self, images: Sequence[Image], caller: Caller) -> list[Taken | None]:
        with self._units.begin() as unit:
            golden_ids, studies = _of_known_patients(unit, _told_once(images))
            known = unit.studies.among(list(studies))
            added = unit.studies.add([study for uid, study in studies.items() if uid not in known])
            unchanged = {uid for uid, found in known.items() if _says_no_more(found, studies[uid])}
            taken = {
                uid: Taken(golden_ids[study.patient], created=uid in added)
                for uid, study in studies.items()
                if uid in added or uid in unchanged
            }
            self._tell(unit, [studies[uid] for uid in taken if uid in added], golden_ids, caller)
            for uid, became in taken.items():
                subjects = [str(studies[uid].patient), uid]
                unit.audit.record(caller, "store-image", subjects, {"new": became.created})
            unit.commit()
            return [taken.get(image.study.study_uid) for image in images]

    def _tell(
        self, unit: Unit, studies: Iterable[Study], golden_ids: Mapping[Identifier, UUID], caller: Caller
    ) -> None:
        events = [registered(study, golden_ids[study.patient], self._clock) for study in studies]
        unit.outbox.publish(events, caller, None)


def _told_once(images: Sequence[Image]) -> list[Image]:
    times = Counter(image.study.study_uid for image in images)
    return [
        image
        for image in images
        if image.flaw is None and times[image.study.study_uid] == 1 and image.study.patient.authority != NHS_AUTHORITY
    ]


def _of_known_patients(unit: Unit, images: Sequence[Image]) -> tuple[dict[Identifier, UUID], dict[str, Study]]:
    """The studies, by UID, of patients who are held from now on and have golden ids; those too."""
    draft = open_draft(unit, {image.study.patient for image in images})
    golden_ids: dict[Identifier, UUID] = {}
    studies: dict[str, Study] = {}
    for image in images:
        record = draft.before(image.study.patient)
        if record is not None and record.golden_id is not None and has_nothing_to_learn(record, image.patch):
            golden_ids[record.identifier] = record.golden_id
            studies[image.study.study_uid] = image.study
    return golden_ids, studies


def _says_no_more(known: Study, said: Study) -> bool:
    return known.patient == said.patient and joined(known, said) == known
