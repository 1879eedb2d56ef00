"""Which studies a subscriber wants to be told of."""

from __future__ import annotations

from dataclasses import dataclass

from mpi.domain.examination import site_of
from mpi.domain.views import Event, Study


@dataclass(frozen=True, slots=True)
class Interest:
    """A study is of interest when it has one of the modalities and shows one of the parts of the body, each in the
    one spelling of `examination.site_of`; empty fields do not restrict."""

    modalities: tuple[str, ...] = ()
    body_sites: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.modalities or self.body_sites)

    def has(self, study: Study) -> bool:
        """Whether a study is of interest."""
        made = not self.modalities or bool(set(self.modalities) & set(study.modalities))
        return made and (not self.body_sites or site_of(study) in self.body_sites)

    def of(self, event: Event) -> tuple[Study, ...]:
        """The studies of an event that are."""
        return tuple(study for study in event.about if self.has(study))
