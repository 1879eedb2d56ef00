"""The answers: which person every identifier and every study is truly of, and which pairs are hard on purpose."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mpi.simulate.acts import Act, Events
from mpi.simulate.hospitals import Pas
from mpi.simulate.population import Population
from mpi.simulate.registration import Kind, Records
from mpi.simulate.sampling import NEVER, Ints, words


def identifier_truth(systems: tuple[Pas, ...], records: Records) -> pd.DataFrame:
    """Columns authority, value, person_id, kind, status, fed: every local identifier that is ever spoken of.

    `status` is "live", "merged" (subsumed in the end) or "renumbered" (replaced by another value of the same record);
    `fed` is False where no feed tells of it and only images carry it.
    """
    authority = words([pas.authority.id for pas in systems])[records.system]
    kind = words([k.name.lower() for k in Kind])[records.kind]
    renamed = records.renumbered_at != NEVER
    status = np.where(records.merged_into >= 0, "merged", np.where(renamed, "renumbered", "live"))
    first = pd.DataFrame(
        {
            "authority": authority,
            "value": records.value,
            "person_id": records.person,
            "kind": kind,
            "status": status,
            "fed": np.array([pas.speaks for pas in systems])[records.system],
        }
    )
    second = first[renamed].assign(value=records.new_value[renamed], status="live")
    both: pd.DataFrame = pd.concat([first, second], ignore_index=True)
    return both


def _identifiers(systems: tuple[Pas, ...], records: Records, rows: Ints) -> list[str]:
    names = [pas.authority.id for pas in systems]
    values = records.value[rows].tolist()
    return [f"{names[s]}|{v}" for s, v in zip(records.system[rows].tolist(), values, strict=True)]


def notes(systems: tuple[Pas, ...], people: Population, records: Records, events: Events) -> pd.DataFrame:
    """Columns note, one, other: the pairs that are hard on purpose.

    For "twins", "namesake" (father and son), "nhs-confusion" and "nhs-duplicate" the pair are person ids as text; for
    "duplicate", "trauma", "overlay", "link" and "unlink" they are `authority|value`, except that the second of an
    overlay is the person id of the stranger.
    """
    made: list[pd.DataFrame] = []

    def add(note: str, one: list[str], other: list[str]) -> None:
        made.append(pd.DataFrame({"note": note, "one": one, "other": other}, dtype=object))

    frame = pd.DataFrame(
        {
            "home": people.household,
            "sibling": people.sibling,
            "order": people.birth_order,
            "name": people.forename,
            "female": people.female,
            "number": people.nhs_number,
            "person": np.arange(len(people)).astype(str),
        }
    )
    twins = frame[frame.order == 1].merge(frame[frame.order == 2], on=["home", "sibling"])
    add("twins", twins.person_x.tolist(), twins.person_y.tolist())
    men = frame[~frame.female]
    alike = men.merge(men, on=["home", "name"])
    alike = alike[(alike.sibling_x < 0) & (alike.sibling_y >= 0)]
    add("namesake", alike.person_x.tolist(), alike.person_y.tolist())
    shared = frame[(frame.number != "") & frame.number.duplicated(keep=False)].sort_values("number")
    add("nhs-confusion", shared.person.tolist()[::2], shared.person.tolist()[1::2])
    doubled = np.flatnonzero(people.second_nhs_number != "").astype(str).tolist()
    add("nhs-duplicate", doubled, doubled)
    for note, kind in (("duplicate", Kind.DUPLICATE), ("trauma", Kind.TRAUMA)):
        rows = np.flatnonzero(records.kind == kind)
        add(note, _identifiers(systems, records, rows), _identifiers(systems, records, records.twin_record[rows]))
    for note, act in (("link", Act.LINK), ("unlink", Act.UNLINK)):
        of = events.take(events.act == act)
        add(note, _identifiers(systems, records, of.record), _identifiers(systems, records, of.other))
    over = events.take(events.act == Act.OVERLAY)
    add("overlay", _identifiers(systems, records, over.record), over.person.astype(str).tolist())
    return pd.concat(made, ignore_index=True)
