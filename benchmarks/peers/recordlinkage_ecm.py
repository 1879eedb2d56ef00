"""The ECM classifier of recordlinkage; runs in the peers' environment.

    python -m benchmarks.peers.recordlinkage_ecm people.parquet FOLDER STYLE

Candidates from the same kind of blocks as the Splink model's, Jaro-Winkler and exact comparisons made binary, ECM
without supervision, links at probability 0.5, which is what `predict` does, closed by connected components.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb  # type: ignore[import-not-found, unused-ignore]
import numpy as np
import pandas as pd
import recordlinkage

from benchmarks.peers.account import CLUSTERS, PAIRS, Account
from benchmarks.peers.cleaning import clean

SIMILAR = 0.88
MOST_CANDIDATES = 20_000_000

BLOCKS = {
    "uk": (
        ("nhs_number",),
        ("surname", "dob"),
        ("forename", "dob"),
        ("forename", "surname", "birth_year"),
        ("postcode", "dob"),
        ("forename", "postcode"),
        ("forename", "mobile"),
        ("forename", "email"),
    ),
    "febrl": (
        ("forename", "surname"),
        ("dob",),
        ("national_id",),
        ("region", "street"),
        ("house", "street"),
        ("postcode",),
        ("town", "forename"),
        ("town", "surname"),
    ),
    "people": (
        ("forename", "surname"),
        ("dob",),
        ("national_id",),
        ("phone",),
        ("email",),
        ("postcode", "surname"),
        ("postcode", "forename"),
        ("street", "surname"),
        ("town", "surname"),
        ("birth_year", "surname"),
    ),
}
NAMES = {
    "uk": ("forename", "surname", "street", "middle_names", "mothers_maiden_name", "dob"),
    "febrl": ("forename", "surname", "street", "town", "dob", "postcode", "national_id"),
    "people": (
        "forename",
        "surname",
        "full_name",
        "address",
        "town",
        "dob",
        "postcode",
        "national_id",
        "birth_place",
    ),
}
EXACT = {
    "uk": ("postcode", "house", "sex", "mobile", "phone", "email", "nhs_number"),
    "febrl": ("house", "region"),
    "people": ("sex", "phone", "email", "birth_year", "occupation"),
}


def candidates(people: pd.DataFrame, style: str) -> pd.MultiIndex:
    """Pairs that share a block, across the files where there are two. Raises SystemExit when they are too many."""
    files = [part for _, part in people.groupby("file")]
    found: pd.MultiIndex | None = None
    for rule in BLOCKS[style]:
        if any(bool(part[list(rule)].isna().all().any()) for part in files):
            continue
        known = [part.dropna(subset=list(rule)) for part in files]
        pairs = recordlinkage.Index().block(list(rule)).index(*known)
        found = pairs if found is None else found.union(pairs)
        if len(found) > MOST_CANDIDATES:
            raise SystemExit(f"more than {MOST_CANDIDATES} candidate pairs")
    if found is None:
        raise SystemExit("no blocking rule fits the data")
    return found


def features(people: pd.DataFrame, pairs: pd.MultiIndex, style: str) -> pd.DataFrame:
    """Binary agreement of every candidate pair by field; a missing value agrees with nothing."""
    compare = recordlinkage.Compare()
    for name in NAMES[style]:
        if people[name].notna().any():
            compare.string(name, name, method="jarowinkler", threshold=SIMILAR, label=name)
    for name in EXACT[style]:
        if people[name].notna().any():
            compare.exact(name, name, label=name)
    found: pd.DataFrame = compare.compute(pairs, people)
    return found.astype(np.int8)


def closed(pairs: pd.MultiIndex, n: int) -> list[int]:
    """The smallest record that each of n is linked to, over any number of links."""
    root = list(range(n))

    def find(record: int) -> int:
        while root[record] != record:
            root[record] = root[root[record]]
            record = root[record]
        return record

    for a, b in pairs:
        one, other = sorted((find(a), find(b)))
        root[other] = one
    return [find(record) for record in range(n)]


def main(file: Path, folder: Path, style: str) -> None:
    """Link a set and leave the answers in a folder."""
    account, kind = Account(), style.partition("-")[0]
    with account.phase("prepare"):
        connection = duckdb.connect()
        clean(connection, file, style)
        people = connection.sql("select * from people order by unique_id").df().set_index("unique_id")
    with account.phase("compare"):
        pairs = candidates(people, kind)
        vectors = features(people, pairs, kind)
    with account.phase("train"):
        classifier = recordlinkage.ECMClassifier()
        classifier.fit(vectors)
    with account.phase("predict"):
        probability = np.clip(classifier.prob(vectors).to_numpy(float), 1e-300, 1 - 1e-16)
        weight = np.log2(probability / (1 - probability))
    with account.phase("cluster"):
        cluster = closed(pairs[weight >= 0.0], len(people))
    with account.phase("write"):
        a, b = (pairs.get_level_values(level).to_numpy(np.int64) for level in (0, 1))
        pd.DataFrame({"a": a, "b": b, "weight": weight}).to_parquet(folder / PAIRS, index=False)
        pd.DataFrame({"row": range(len(people)), "cluster": cluster}).to_parquet(folder / CLUSTERS, index=False)
    account.write(folder, threshold=0.0, packages=("recordlinkage", "pandas"), candidates=len(pairs))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
