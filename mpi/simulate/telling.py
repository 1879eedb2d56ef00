"""One event as a PAS tells it, before it is put into any wire format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from mpi.simulate.acts import Act, Events
from mpi.simulate.hospitals import Pas
from mpi.simulate.lives import Truth
from mpi.simulate.recording import Recorded, observe
from mpi.simulate.registration import Kind, Records
from mpi.simulate.sampling import NEVER, Ints, Words, listed, words


@dataclass(frozen=True, slots=True)
class Telling:
    """One event with the demographics told in it. Times are local ("20240331093000"), `*_zone` the offset ("+0100").

    `value` is the identifier spoken of (the survivor of a merge), `other` the prior or second one, "" if none;
    `other_name` is (surname, forename) of the second patient of a link. `death` is local, "" for none.
    """

    act: Act
    born_here: bool
    dice: int
    at: datetime
    sent: str
    recorded: str
    occurred: str
    refers: str
    zones: tuple[str, str, str, str]
    value: str
    other: str
    other_name: tuple[str, str]
    death: str
    title: str
    forename: str
    middle_names: str
    surname: str
    previous_surname: str
    birth_date: str
    sex: str
    line: str
    town: str
    postcode: str
    home_phone: str
    mobile: str
    email: str
    nhs_number: str
    nhs_status: str
    practice: str
    mothers_maiden_name: str
    birth_order: int
    multiple_birth: bool
    ethnic_category: str
    unidentified: bool


SAID = listed("""title forename middle_names surname previous_surname birth_date sex line town postcode
home_phone mobile email nhs_number nhs_status practice mothers_maiden_name birth_order multiple_birth
ethnic_category unidentified""")


def _local(times: Ints) -> tuple[list[str], list[str]]:
    """Europe/London wall time as HL7 TS digits, and its offset (V2-63)."""
    known = np.where(times >= NEVER, 0, times)
    wall = pd.DatetimeIndex(known.astype("datetime64[s]")).tz_localize("UTC").tz_convert("Europe/London")
    naive = wall.tz_localize(None).to_numpy().astype("datetime64[s]")
    digits = np.datetime_as_string(naive, unit="s").tolist()
    summer = (naive.astype(np.int64) - known) > 0
    texts = [d.translate(_DIGITS) for d in digits]
    return texts, ["+0100" if s else "+0000" for s in summer.tolist()]


_DIGITS = str.maketrans("", "", "-:T")


def _others(
    truth: Truth, systems: tuple[Pas, ...], records: Records, events: Events
) -> tuple[Words, list[tuple[str, str]]]:
    value = words([""] * len(events))
    names = [("", "")] * len(events)
    rows = np.flatnonzero(events.other >= 0)
    second = events.other[rows]
    value[rows] = records.value_at(second, events.occurred[rows])
    seen = observe(truth, systems, records, second, events.occurred[rows], records.person[second])
    for i, surname, forename in zip(rows.tolist(), seen.surname.tolist(), seen.forename.tolist(), strict=True):
        names[i] = (surname, forename)
    renamed = np.flatnonzero(events.act == Act.RENUMBER)
    value[renamed] = records.value[events.record[renamed]]
    return value, names


def tellings(
    truth: Truth, systems: tuple[Pas, ...], records: Records, events: Events
) -> Iterator[tuple[Pas, Telling]]:
    """The events of one chunk, each with the system that tells it, in the order given."""
    rows = events.record
    said: Recorded = observe(truth, systems, records, rows, events.view_at, events.person)
    sent, sent_zone = _local(events.sent)
    recorded, recorded_zone = _local(events.recorded)
    occurred, occurred_zone = _local(events.occurred)
    refers, refers_zone = _local(events.refers)
    died, _ = _local(events.death)
    other, other_name = _others(truth, systems, records, events)
    told_death = (events.death != NEVER).tolist()
    columns = zip(
        events.act.tolist(),
        (records.kind[rows] == Kind.BIRTH).tolist(),
        ((records.dice[rows] + events.occurred) & 0xFFFF).tolist(),
        events.sent.tolist(),
        sent,
        recorded,
        occurred,
        refers,
        zip(sent_zone, recorded_zone, occurred_zone, refers_zone, strict=True),
        records.value_at(rows, events.occurred).tolist(),
        other.tolist(),
        other_name,
        [text if told else "" for text, told in zip(died, told_death, strict=True)],
        *(getattr(said, name).tolist() for name in SAID),
        strict=True,
    )
    for system, (act, born_here, dice, at, *rest) in zip(records.system[rows].tolist(), columns, strict=True):
        yield systems[system], Telling(Act(act), born_here, dice, datetime.fromtimestamp(at, UTC), *rest)
