"""Imaging studies: what was scanned, when, under which local number, in which archive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from mpi.domain.network import Archive, Network
from mpi.simulate.hospitals import Pas
from mpi.simulate.lives import Truth
from mpi.simulate.recording import Recorded, observe
from mpi.simulate.registration import Kind, Records
from mpi.simulate.sampling import DAY, Ints, Vocabulary, Words, between, in_hours, words

# Modality mix near that of the Diagnostic Imaging Dataset of NHS England: half plain film, a quarter ultrasound.
EXAMINATIONS = """DX|CHEST|XR Chest|30, DX|KNEE|XR Knee|5, DX|HIP|XR Hip|4, DX|HAND|XR Hand|4, DX|ANKLE|XR
Ankle|3, DX|LSPINE|XR Lumbar spine|2, DX|ABDOMEN|XR Abdomen|2, US|ABDOMEN|US Abdomen|9, US|PELVIS|US Pelvis|6,
US|NECK|US Neck|2, US|UTERUS|US Obstetric|5, US|BREAST|US Breast|1.5, CT|HEAD|CT Head|5, CT|CHEST|CT
Thorax|3.5, CT|ABDOMENPELVIS|CT Abdomen and pelvis|5, CT|SPINE|CT Spine|1, MR|HEAD|MRI Brain|3, MR|LSPINE|MRI
Lumbar spine|2.5, MR|KNEE|MRI Knee|1.5, MR|PROSTATE|MRI Prostate|0.7, MG|BREAST|Mammogram|3,
RF|ABDOMEN|Fluoroscopy barium|1.5, NM|WHOLEBODY|NM Bone scan|1, PT|WHOLEBODY|PET CT|0.6"""


@dataclass(frozen=True, slots=True)
class SimStudy:
    """One study as an archive announces it, and the person it is truly of.

    `patient_id` is the local number it was acquired under and `authority` its issuer; `archive` is "" when the
    network names none for the organisation. `started_at` and `at` (when it was announced) are aware UTC. The patient
    is described as in the image header: name in DICOM PN form, `birth_date` ISO, `sex` M, F or "", NHS number or "".
    """

    study_uid: str
    authority: str
    patient_id: str
    accession: str
    modality: str
    body_site: str
    description: str
    started_at: datetime
    at: datetime
    organisation: str
    archive: str
    patient_name: str
    birth_date: str
    sex: str
    nhs_number: str
    person: int


def _archive_of(network: Network, pas: Pas) -> str:
    def holds(archive: Archive) -> bool:
        return archive.organisation == pas.authority.owner or pas.authority.id in {
            *archive.issuers.values(),
            *archive.ae_titles.values(),
        }

    return next((a.id for a in network.archives if holds(a)), network.archives[0].id if network.archives else "")


def _person_names(seen: Recorded) -> Words:
    parts = zip(seen.surname.tolist(), seen.forename.tolist(), seen.middle_names.tolist(), strict=True)
    return words(["^".join(part).rstrip("^").upper() for part in parts])


def _uids(rng: np.random.Generator, size: int) -> Words:
    """UUID-derived UIDs (DICOM PS3.5 B.2): the root 2.25 belongs to nobody."""
    high, low = (rng.integers(0, 1 << 62, size).tolist() for _ in range(2))
    return words([f"2.25.{(h << 62) | lo | (1 << 124)}" for h, lo in zip(high, low, strict=True)])


def _examined(rng: np.random.Generator, truth: Truth, records: Records, per_person: float) -> tuple[Ints, Ints]:
    """(record rows, start times)."""
    until = np.minimum(np.minimum(records.closes, records.merged_at), truth.lives.died[records.person])
    span = np.maximum(until - records.registered, 0)
    known = len(np.unique(records.person))
    # The longer a record lives and the older its person, the more is scanned under it.
    age = np.clip((until - truth.people.born[records.person]) / (DAY * 365.25), 5, 90)
    weight = (0.3 + span / max(int(span.max(initial=1)), 1)) * (0.4 + age / 50)
    weight = np.where(records.kind == Kind.TRAUMA, 0.0, weight)
    mean = per_person * known * weight / max(float(weight.sum()), 1.0)
    count = rng.poisson(mean) + np.where(records.kind == Kind.TRAUMA, 1 + records.dice % 2, 0)
    rows = np.repeat(np.arange(len(records)), count)
    started = between(rng, records.registered[rows], until[rows])
    trauma = records.kind[rows] == Kind.TRAUMA
    # An unidentified patient goes through the scanner within hours, before anybody knows who it is (IHE-67).
    hurried = records.registered[rows] + rng.integers(600, 6 * 3600, len(rows))
    started = np.where(trauma, hurried, np.maximum(in_hours(rng, started), records.registered[rows] + 900))
    fits = (started < until[rows]) | trauma
    return rows[fits], started[fits]


def scan(
    rng: np.random.Generator,
    network: Network,
    truth: Truth,
    systems: tuple[Pas, ...],
    records: Records,
    per_person: float,
) -> pd.DataFrame:
    """One row a study, in order of `started_at`; columns as in `SimStudy`, times as int64 seconds since 1970."""
    rows, started = _examined(rng, truth, records, per_person)
    order = np.argsort(started, kind="stable")
    rows, started = rows[order], started[order]
    kinds = [entry.split("|") for entry in EXAMINATIONS.replace("\n", " ").split(", ")]
    weights = np.array([float(k[3]) for k in kinds])
    picks = Vocabulary.weighted([str(k) for k in range(len(kinds))], weights).draw(rng, len(rows)).astype(np.int64)
    system = records.system[rows]
    seen = observe(truth, systems, records, rows, started, records.person[rows])
    serial = pd.Series(system).groupby(system).cumcount().to_numpy() + 100_000
    owners = [pas.authority.owner for pas in systems]
    return pd.DataFrame(
        {
            "study_uid": _uids(rng, len(rows)),
            "authority": words([pas.authority.id for pas in systems])[system],
            "patient_id": records.value_at(rows, started),
            "accession": words(
                [
                    f"{systems[s].authority.id[:6]}{n:08d}"
                    for s, n in zip(system.tolist(), serial.tolist(), strict=True)
                ]
            ),
            "modality": words([k[0] for k in kinds])[picks],
            "body_site": words([k[1] for k in kinds])[picks],
            "description": words([k[2] for k in kinds])[picks],
            "started_at": started,
            "at": started + rng.integers(60, 900, len(rows)),
            "organisation": words(owners)[system],
            "archive": words([_archive_of(network, pas) for pas in systems])[system],
            "patient_name": _person_names(seen),
            "birth_date": seen.birth_date,
            "sex": np.where(seen.sex == "U", "", seen.sex),
            "nhs_number": seen.nhs_number,
            "person": records.person[rows],
        }
    )


def each_study(frame: pd.DataFrame) -> Iterator[SimStudy]:
    """The studies of `scan`, one at a time."""
    names = [f.name for f in fields(SimStudy)]
    columns = {name: frame[name].tolist() for name in names}
    for name in ("started_at", "at"):
        columns[name] = [datetime.fromtimestamp(at, UTC) for at in columns[name]]
    for row in zip(*(columns[name] for name in names), strict=True):
        yield SimStudy(*row)
