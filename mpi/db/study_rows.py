"""What is read of a study and what is stored of it, as columns and as the domain knows it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mpi.db.ordered import order_of_study
from mpi.domain.availability import Availability, Holding
from mpi.domain.codec import codes_from_json, codes_to_json
from mpi.domain.identifiers import Identifier
from mpi.domain.orders import ReportStatus
from mpi.domain.views import LinkState, Study

# Few studies have codes: what is not read need not be parsed, and a history holds hundreds.
_SAID = """r.authority, r.value, s.study_uid, s.started_at, s.modalities, s.body_site, s.description, s.accession,
       s.organisation, s.archive, s.series, s.instances, nullif(s.procedures, '[]'), nullif(s.anatomy, '[]'),
       (select h.availability || ' ' || h.ae_title from holding h where h.study_uid = s.study_uid)"""
_LINK = """case when l.contested then 'contested' when coalesce(r.active, false) then 'certain'
         else 'provisional' end"""
COLUMNS = f"{_SAID}, {_LINK}, {order_of_study('l.golden_id')}"
COLUMNS_NOW = f"{_SAID}, {_LINK}, {order_of_study(':golden')}"
# How sure the link was then, and where the report stood, is not known any more.
COLUMNS_THEN = f"{_SAID}, null, null"

_LINKS = {None: None} | {state.value: state for state in LinkState}
_NO_ORDER = (None, "", None)


def to_row(study: Study, record_id: int) -> dict[str, Any]:
    """What is stored of a study, by column."""
    return {
        "study_uid": study.study_uid,
        "record_id": record_id,
        "started_at": study.started_at,
        "modalities": list(study.modalities),
        "body_site": study.body_site,
        "description": study.description,
        "accession": study.accession,
        "organisation": study.organisation,
        "archive": study.archive,
        "series": study.series,
        "instances": study.instances,
        "procedures": codes_to_json(study.procedures),
        "anatomy": codes_to_json(study.anatomy),
    }


def to_studies(rows: Iterable[tuple[Any, ...]]) -> list[Study]:
    """Of plain rows of `COLUMNS`, or of those that stand in their place. A history has hundreds, of few patients: so
    each patient id is made once, and a row is taken apart at once."""
    patients: dict[tuple[str, str], Identifier] = {}
    studies = []
    for (
        authority,
        value,
        uid,
        started_at,
        modalities,
        body_site,
        description,
        accession,
        organisation,
        archive,
        series,
        instances,
        procedures,
        anatomy,
        held,
        link,
        told,
    ) in rows:
        patient = patients.get((authority, value))
        if patient is None:
            patient = patients[authority, value] = Identifier(authority, value)
        order, report, codes = told or _NO_ORDER
        study = Study(
            uid,
            patient,
            started_at,
            tuple(modalities),
            body_site,
            description,
            accession,
            organisation,
            archive,
            series,
            instances,
            _LINKS[link],
            _to_holding(held) if held else None,
            ReportStatus(report) if report else None,
            order,
            codes_from_json(codes) if codes else (),
            codes_from_json(procedures) if procedures else (),
            codes_from_json(anatomy) if anatomy else (),
        )
        studies.append(study)
    return studies


def _to_holding(held: str) -> Holding:
    availability, _, ae_title = held.partition(" ")
    return Holding(Availability(availability), ae_title)
