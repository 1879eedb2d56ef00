"""Speed of the kernel, printed as JSON: pairs a second on one core, latency on line, and rapidfuzz in the same run.

    python -m benchmarks.kernel [records]

Records are invented from the model's own name frequencies; all pairs are full records, with one field in eight
missing. `bulk` is the fused pass over surname blocks on one thread, with the model's own threshold (so hopeless pairs
are given up early) and without any; `names` is Jaro-Winkler alone, against rapidfuzz `cpdist` on one worker.
"""

from __future__ import annotations

import json
import platform
import random
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from itertools import pairwise

import numpy as np
from rapidfuzz.distance import JaroWinkler
from rapidfuzz.process import cpdist

from linkage.compiled import compiled
from linkage.encode import ENCODED_SIZE, encode
from linkage.engines import local
from linkage.engines.block_index import index_blocks
from linkage.kernel import score, warm
from linkage.layout import Rows
from linkage.model import Model
from linkage.record import BirthDate, SexCode, StandardRecord
from linkage.strings import jaro_winkler

REPEATS = 3


def records(n: int, model: Model) -> list[StandardRecord]:
    """n invented people; names follow the model's frequencies, so that blocks have a realistic size."""
    dice = random.Random(7)
    shares = model.surnames.frequencies.shares
    surnames, forenames = shares["surname"], shares["forename"]
    families = dice.choices(list(surnames), list(surnames.values()), k=n)
    names = dice.choices(list(forenames), list(forenames.values()), k=2 * n)

    def maybe(value: str) -> str:
        return value if dice.random() < 0.875 else ""

    return [
        StandardRecord(
            surnames=(families[i],),
            forenames=(names[i],),
            middle_names=(names[n + i],) if dice.random() < 0.6 else (),
            birth_date=BirthDate(dice.randrange(1930, 2020), dice.randrange(1, 13), dice.randrange(1, 29)),
            sex=dice.choice((SexCode.MALE, SexCode.FEMALE)),
            postcode=maybe(f"M{dice.randrange(1, 30)}{dice.randrange(1, 9)}{dice.choice('AB')}{dice.choice('DEF')}"),
            house=maybe(str(dice.randrange(1, 90))),
            street=maybe(f"STREET {dice.randrange(900)}"),
            town=maybe(f"TOWN {dice.randrange(12)}"),
            phones=(f"07700900{dice.randrange(1000):03}",) if dice.random() < 0.5 else (),
            gp_practice=maybe(f"P8{dice.randrange(400):04}"),
        )
        for i in range(n)
    ]


def best(run: Callable[[], object]) -> float:
    """Least seconds of `REPEATS` runs."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


@compiled
def name_pairs(a: Rows, b: Rows, lengths_a: Rows, lengths_b: Rows) -> float:
    """Sum of similarities of row n of a and row n of b, so that nothing can be optimised away."""
    total = 0.0
    for row in range(a.shape[0]):
        total += jaro_winkler(a, row, 0, int(lengths_a[row]), b, row, 0, int(lengths_b[row]))
    return total


def matrix(names: list[str]) -> tuple[Rows, Rows]:
    """Names as padded bytes, uint8[n, 20], and their lengths, uint8[n]."""
    rows = np.frombuffer(b"".join(name.encode()[:20].ljust(20, b"\0") for name in names), np.uint8)
    return rows.reshape(-1, 20), np.array([min(len(name), 20) for name in names], np.uint8)


def names_alone(people: list[StandardRecord]) -> dict[str, float]:
    """Pairs a second of random surnames, kernel against rapidfuzz, one core each."""
    one = [person.surnames[0] for person in people]
    other = [later.surnames[0] for _, later in pairwise(people)] + one[:1]
    (a, lengths_a), (b, lengths_b) = matrix(one), matrix(other)
    name_pairs(a, b, lengths_a, lengths_b)
    ours = best(lambda: name_pairs(a, b, lengths_a, lengths_b))
    theirs = best(lambda: cpdist(one, other, scorer=JaroWinkler.similarity, workers=1))
    return {"kernel_pairs_per_s": len(one) / ours, "rapidfuzz_cpdist_pairs_per_s": len(one) / theirs}


def bulk(people: list[StandardRecord], encoded: list[bytes], model: Model, floor: float | None) -> dict[str, float]:
    """The fused pass over surname blocks on one thread."""
    ordinal = {name: n for n, name in enumerate(sorted({person.surnames[0] for person in people}))}
    keys = np.array([ordinal[person.surnames[0]] for person in people], np.int64)
    rows = np.arange(len(people), dtype=np.int32)
    table = np.frombuffer(b"".join(encoded), np.uint8).reshape(-1, ENCODED_SIZE)
    pairs = int(index_blocks(keys, rows, len(people), 1).candidates[-1])
    kept = local.link(table, keys, rows, model, floor, workers=1)
    seconds = best(lambda: local.link(table, keys, rows, model, floor, workers=1))
    return {"pairs": pairs, "kept": len(kept.a), "pairs_per_s": pairs / seconds}


def on_line(encoded: list[bytes], model: Model) -> dict[str, float]:
    """One record against 100 candidates as a request scores them, and against all as a rate."""
    few = encoded[1:101]
    each = best(lambda: [score(encoded[0], few, model) for _ in range(1000)]) / 1000
    many = encoded * 10
    return {
        "candidates": len(few),
        "latency_us": each * 1e6,
        "all_pairs_per_s": len(many) / best(lambda: score(encoded[0], many, model)),
    }


def main() -> None:
    """Run everything and print one JSON object."""
    model = Model.default()
    start = time.perf_counter()
    warm(model)
    score_ready = time.perf_counter() - start
    local.warm(model)
    link_ready = time.perf_counter() - start - score_ready
    people = records(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000, model)
    encoded = [encode(person, model) for person in people]
    result = {
        "machine": {
            "processor": platform.machine(),
            "system": platform.system(),
            "python": platform.python_version(),
        },
        "versions": {name: version(name) for name in ("numba", "numpy", "rapidfuzz")},
        "model": model.fingerprint,
        "ready_s": {"score": score_ready, "link": link_ready},
        "encode_us": best(lambda: [encode(person, model) for person in people]) / len(people) * 1e6,
        "names": names_alone(people),
        "bulk_threshold": bulk(people, encoded, model, None),
        "bulk_every_pair_weighed": bulk(people, encoded, model, -1e9),
        "on_line": on_line(encoded, model),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
