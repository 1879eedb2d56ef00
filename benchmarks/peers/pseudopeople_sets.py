"""Write two sets of the sample population of pseudopeople to Parquet; runs in the peers' environment.

    python -m benchmarks.peers.pseudopeople_sets FOLDER

`pseudopeople`: the censuses of 2020 and 2030, in one file. `pseudopeople-two`: the census of 2020 and, once a person,
the employers' forms of the year, as two files that share names and address only. Columns as in pseudopeople, with
`person` and `file`, noise as it comes by default.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pseudopeople  # type: ignore[import-not-found, unused-ignore]

SEED = 5
_KEPT = ("first_name", "middle_initial", "last_name", "age", "date_of_birth")
_PLACE = ("street_number", "street_name", "unit_number", "city", "state", "zipcode")
_FURTHER = ("sex", "race_ethnicity", "person", "file")


def census(year: int, file: int) -> pd.DataFrame:
    """A decennial census."""
    found = pseudopeople.generate_decennial_census(year=year, seed=SEED).assign(file=file)
    return found.rename(columns={"simulant_id": "person"})


def forms(year: int, file: int) -> pd.DataFrame:
    """The tax forms of a year, one a person."""
    found = pseudopeople.generate_taxes_w2_and_1099(year=year, seed=SEED).drop_duplicates("simulant_id")
    names = {f"mailing_address_{name}": name for name in _PLACE} | {"simulant_id": "person"}
    return found.rename(columns=names).assign(file=file)


def write(frame: pd.DataFrame, file: Path) -> None:
    """Leave the wanted columns as text, persons as numbers."""
    kept = frame.reindex(columns=[*_KEPT, *_PLACE, *_FURTHER]).dropna(axis=1, how="all").reset_index(drop=True)
    kept["person"] = pd.factorize(kept.person)[0]
    texts = kept.columns.difference(["person", "file"])
    kept[texts] = kept[texts].astype("string")
    kept.to_parquet(file, index=False)


def main(folder: Path) -> None:
    """Write pseudopeople.parquet and pseudopeople-two.parquet."""
    first = census(2020, 0)
    write(pd.concat([first, census(2030, 1)]), folder / "pseudopeople.parquet")
    both = [first.drop_duplicates("person"), forms(2020, 1)]
    shared = [column for column in both[0].columns if column in both[1].columns]
    write(pd.concat([frame[shared] for frame in both]), folder / "pseudopeople-two.parquet")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
