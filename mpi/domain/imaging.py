"""A study as its images tell it, one by one: each says something of it, none says all."""

from __future__ import annotations

from dataclasses import replace

from mpi.domain.views import Study


def joined(known: Study, said: Study) -> Study:
    """`known` with what one more image says: its modality comes in, what the image does not say stays, and counts,
    which no image knows, never fall."""
    return replace(
        known,
        started_at=said.started_at or known.started_at,
        modalities=tuple(dict.fromkeys((*known.modalities, *said.modalities))),
        body_site=said.body_site or known.body_site,
        description=said.description or known.description,
        accession=said.accession or known.accession,
        organisation=said.organisation or known.organisation,
        archive=said.archive or known.archive,
        series=max(known.series, said.series),
        instances=max(known.instances, said.instances),
        procedures=tuple(dict.fromkeys((*known.procedures, *said.procedures))),
        anatomy=tuple(dict.fromkeys((*known.anatomy, *said.anatomy))),
    )
