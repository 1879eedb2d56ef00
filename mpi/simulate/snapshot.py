"""The region's live local records in columns, without rendering a single message: input for bulk benchmarks."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pandas as pd

from mpi.simulate.acts import Act, Events
from mpi.simulate.hospitals import Pas
from mpi.simulate.lives import Truth
from mpi.simulate.recording import Recorded, observe
from mpi.simulate.registration import Records
from mpi.simulate.sampling import NEVER, words


def last_tellings(records: Records, events: Events) -> Events:
    """For each record in row order the event that last said its demographics."""
    says = events.take(events.act < Act.MERGE)
    order = np.lexsort((says.act, says.occurred, says.record))
    last = order[np.append(np.diff(says.record[order]) != 0, True)]
    return says.take(last)


def bulk_records(truth: Truth, systems: tuple[Pas, ...], records: Records, events: Events) -> pd.DataFrame:
    """One row a live (never merged) local record of a live feed, as its last message left it.

    Columns: authority, value, feed, person_id (the truth), every field of `recording.Recorded`, updated_at (seconds
    since 1970). Strings are "" where nothing is held.
    """
    last = last_tellings(records, events)
    fed = np.array([pas.speaks for pas in systems])[records.system[last.record]]
    last = last.take(fed & (records.merged_at[last.record] == NEVER))
    rows = last.record
    seen = observe(truth, systems, records, rows, last.view_at, last.person)
    system = records.system[rows]
    frame = {
        "authority": words([pas.authority.id for pas in systems])[system],
        "value": np.where(records.renumbered_at[rows] != NEVER, records.new_value[rows], records.value[rows]),
        "feed": words([pas.feed.id for pas in systems])[system],
        "person_id": records.person[rows],
        **{f.name: getattr(seen, f.name) for f in fields(Recorded)},
        "updated_at": last.occurred,
    }
    return pd.DataFrame(frame, copy=False)
