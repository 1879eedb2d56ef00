"""How right a model is on simulated regions, printed as JSON.

    python -m benchmarks.accuracy_region --people 50000 --seeds 7,8 [--network surrey-sussex] [--without-nhs]
        [--model FILE]

Takes the live local records of a region as the feeds left them, standardises, blocks, weighs and partitions them with
the service's own functions, and compares the people found with the people simulated. Records that speak of somebody
else (overlaid and never put right) cannot be found by any model and are counted apart. Feeds with automatic linking
switched off are linked all the same: the model is on trial, not the network's policy.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from itertools import combinations
from pathlib import Path

import numpy as np

from benchmarks.accuracy_sample import Sample, draw
from linkage import partition as pure
from linkage.blocking import block_keys
from linkage.encode import ENCODED_SIZE, encode
from linkage.engines import local
from linkage.engines.block_index import index_blocks
from linkage.evaluation import PairCounts, compare_clusterings, label_blocks
from linkage.guard import CONFLICTS, Guard
from linkage.kernel import score_pair
from linkage.model import Model

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Linked:
    """What the model made of a sample: its blocks and questions, the pairs weighed and each record's keys."""

    blocks: tuple[tuple[str, ...], ...]
    questions: tuple[pure.Question, ...]
    edges: Mapping[Pair, tuple[float, Guard]]
    encoded: tuple[bytes, ...]
    keys: tuple[frozenset[int], ...]
    candidates: int
    seconds: float


def link(sample: Sample, model: Model) -> Linked:
    """Block, weigh and partition, as the bulk load does."""
    started = time.perf_counter()
    encoded = tuple(encode(record, model) for record in sample.records)
    keys = tuple(frozenset(block_keys(record)) for record in sample.records)
    index = [(key, row) for row, own in enumerate(keys) for key in own]
    key, row = np.array([k for k, _ in index], np.int64), np.array([r for _, r in index], np.int32)
    table = np.frombuffer(b"".join(encoded), np.uint8).reshape(-1, ENCODED_SIZE)
    pairs = local.link(table, key, row, model)
    edges = {
        _ordered(str(a), str(b)): (float(weight), Guard(int(guards)))
        for a, b, weight, guards in zip(pairs.a, pairs.b, pairs.weight, pairs.guards, strict=True)
    }
    blocks, questions = _settle(list(sample.truth), edges, encoded, model)
    candidates = int(index_blocks(key, row, len(encoded), 1).candidates[-1])
    seconds = time.perf_counter() - started
    return Linked(blocks, questions, edges, encoded, keys, candidates, seconds)


def _ordered(a: str, b: str) -> Pair:
    return (a, b) if a < b else (b, a)


def _settle(
    nodes: Sequence[str], edges: Mapping[Pair, tuple[float, Guard]], encoded: Sequence[bytes], model: Model
) -> tuple[tuple[tuple[str, ...], ...], tuple[pure.Question, ...]]:
    """The partition with the vetoes of `mpi.domain.settlement`; every record is live and no assertion stands."""

    def conflict(a: str, b: str) -> pure.Conflict | None:
        if (a, b) in edges:
            weight, guards = edges[a, b]
        else:
            scores = score_pair(encoded[int(a)], encoded[int(b)], model)
            weight, guards = float(scores.weight[0]), Guard(int(scores.guards[0]))
        light = weight < model.veto and not guards & Guard.UNIDENTIFIED
        return pure.Conflict(weight, guards) if light or guards & CONFLICTS else None

    drawn = [pure.Edge(*pair, weight, guards) for pair, (weight, guards) in edges.items()]
    found = pure.partition(nodes, drawn, [], model.certain, conflict)
    return found.blocks, found.questions


def judge(sample: Sample, linked: Linked, model: Model) -> dict[str, object]:
    """Every figure about one sample."""
    fit = [record for record in sample.truth if record not in sample.overlaid]
    found = label_blocks(linked.blocks)
    counts = compare_clusterings({r: found[r] for r in fit}, {r: sample.truth[r] for r in fit})
    everything = compare_clusterings(found, sample.truth)
    of: dict[int, list[str]] = defaultdict(list)
    for record in fit:
        of[sample.truth[record]].append(record)
    missed = [_ordered(a, b) for own in of.values() for a, b in combinations(own, 2) if found[a] != found[b]]
    wrong = [
        _ordered(a, b)
        for block in linked.blocks
        for a, b in combinations([r for r in block if r not in sample.overlaid], 2)
        if sample.truth[a] != sample.truth[b]
    ]
    return {
        "records": len(sample.records),
        "people": sample.people,
        "pairs": _rates(counts),
        "pairs_with_overlaid": _rates(everything),
        "overlaid_records": len(sample.overlaid),
        "clusters": _clusters(of.values(), linked.blocks, sample.overlaid),
        "review": _review(sample, linked),
        "missed_by_cause": dict(Counter(_why_missed(pair, sample, linked, model) for pair in missed).most_common()),
        "wrong_by_cause": dict(Counter(_why_wrong(pair, sample) for pair in wrong).most_common()),
        "groups": _by_group(sample, of, missed, wrong),
        "candidate_pairs": linked.candidates,
        "seconds": round(linked.seconds, 1),
    }


def _rates(counts: PairCounts) -> dict[str, float]:
    return {
        **asdict(counts),
        "precision": round(counts.precision, 6),
        "recall": round(counts.recall, 6),
        "f1": round(counts.f1, 6),
    }


def _clusters(
    people: Iterable[list[str]], blocks: Iterable[tuple[str, ...]], overlaid: frozenset[str]
) -> dict[str, float]:
    """How many people are found whole and alone."""
    true = {tuple(sorted(own)) for own in people}
    got = {tuple(sorted(r for r in block if r not in overlaid)) for block in blocks} - {()}
    exact = len(true & got)
    return {"people": len(true), "found": len(got), "exact": exact, "exact_share": round(exact / len(true), 6)}


def _review(sample: Sample, linked: Linked) -> dict[str, object]:
    """Questions a person would be asked, by reason, and how many of them are truly of one person."""
    same = sum(sample.truth[q.a] == sample.truth[q.b] for q in linked.questions)
    reasons = Counter(
        f"{q.reason.value} {'|'.join(g.name or '' for g in q.guards)}".strip() for q in linked.questions
    )
    return {
        "tasks": len(linked.questions),
        "tasks_per_1000_people": round(1000 * len(linked.questions) / sample.people, 2),
        "truly_one_person": round(same / max(1, len(linked.questions)), 3),
        "by_reason": dict(reasons.most_common()),
    }


def _why_missed(pair: Pair, sample: Sample, linked: Linked, model: Model) -> str:
    """What kept two records of one person apart."""
    a, b = int(pair[0]), int(pair[1])
    scores = score_pair(linked.encoded[a], linked.encoded[b], model)
    weight, guards = float(scores.weight[0]), Guard(int(scores.guards[0]))
    if guards & Guard.UNIDENTIFIED:
        return "unidentified patient"
    if guards:
        return "guard " + "|".join(guard.name or "" for guard in guards)
    if not linked.keys[a] & linked.keys[b]:
        return "no shared key, " + ("weak" if weight < model.certain else "strong")
    if weight >= model.certain:
        return "certain, vetoed by another record"
    return "possible" if weight >= model.possible else "under possible"


def _why_wrong(pair: Pair, sample: Sample) -> str:
    """How two people who were joined are related."""
    one, other = (sample.truth[record] for record in pair)
    a, b = (sample.records[int(record)] for record in pair)
    home, place = sample.family[one]
    if sample.family[other] == (home, place) and place >= 0:
        return "twins"
    if sample.family[other][0] == home:
        return "household"
    if a.nhs_number and a.nhs_number == b.nhs_number:
        return "one NHS number on two people"
    if a.birth_date == b.birth_date and a.surnames[:1] == b.surnames[:1] and a.forenames[:1] == b.forenames[:1]:
        return "namesakes born on one day"
    return "strangers"


def _by_group(
    sample: Sample, of: Mapping[int, Sequence[str]], missed: Iterable[Pair], wrong: Iterable[Pair]
) -> dict[str, dict[str, dict[str, float]]]:
    """Recall of each group of people, and false links that touch it, for a thousand of its true pairs."""
    true: Counter[tuple[int, str]] = Counter()
    lost: Counter[tuple[int, str]] = Counter()
    false: Counter[tuple[int, str]] = Counter()
    for person, own in of.items():
        for trait in enumerate(sample.groups[person]):
            true[trait] += len(own) * (len(own) - 1) // 2
    for a, _ in missed:
        lost.update(enumerate(sample.groups[sample.truth[a]]))
    for pair in wrong:
        for trait in {t for r in pair for t in enumerate(sample.groups[sample.truth[r]])}:
            false[trait] += 1
    told: dict[str, dict[str, dict[str, float]]] = {"sex": {}, "age": {}, "origin": {}}
    for (kind, group), pairs in sorted(true.items()):
        told[("sex", "age", "origin")[kind]][group] = {
            "pairs": pairs,
            "recall": round(1 - lost[kind, group] / max(1, pairs), 5),
            "false_links": false[kind, group],
        }
    return told


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.accuracy_region", description="Accuracy on simulated regions.")
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--seeds", type=lambda text: [int(part) for part in text.split(",")], default=[7])
    parser.add_argument("--network", default="greater-manchester")
    parser.add_argument("--without-nhs", action="store_true")
    parser.add_argument("--model", type=Path)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> None:
    """Judge every seed and print one JSON object."""
    options = _options(arguments)
    model = Model.load(options.model) if options.model else Model.default()
    results = {}
    for seed in options.seeds:
        sample = draw(options.network, options.people, seed, without_nhs=options.without_nhs)
        results[str(seed)] = judge(sample, link(sample, model), model)
    told = {
        "machine": {
            "processor": platform.machine(),
            "system": platform.system(),
            "python": platform.python_version(),
        },
        "versions": {name: version(name) for name in ("numba", "numpy", "pandas", "jellyfish")},
        "model": {"name": model.name, "version": model.version, "fingerprint": model.fingerprint},
        "network": options.network,
        "people": options.people,
        "without_nhs": options.without_nhs,
        "seeds": results,
    }
    print(json.dumps(told, indent=2))


if __name__ == "__main__":
    main(sys.argv[1:])
