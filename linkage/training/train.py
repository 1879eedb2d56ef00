"""Unsupervised training, with a few reviewed pairs if there are any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt

from linkage.errors import LinkageError
from linkage.kernel import rows_of
from linkage.layout import Rows, Words
from linkage.loose_blocking import ALL_RULES, FIRST_LOOSE
from linkage.model import Model
from linkage.room import give_back
from linkage.threads import at_once, beside
from linkage.training.candidates import NOTHING, Sample, Settled, sample_pairs
from linkage.training.chance import Chance, estimate_chance
from linkage.training.diagnosis import Finding, Kind
from linkage.training.joint import Joint, refine
from linkage.training.outcome import Matches, Pass, Training, added, counted, finish, no_matches
from linkage.training.passes import Material, judge_passes, run_pass
from linkage.training.patterns import Flags, Ints, Longs, Patterns, codes_of, count, unpack
from linkage.training.prior import Prior, estimate_prior
from linkage.training.sampling import Entries, count_rules, draw_entries, draw_random, draw_rows, places_in, shuffle

Places = npt.NDArray[np.uint8]
ROUNDS = 2
"""How often u is found anew by what was learned: by then it hardly moves."""


def train(
    encoded: Rows,
    keys: Longs,
    rows: Ints,
    rules: Places,
    base: Model,
    *,
    seed: int = 0,
    random_pairs: int = 1_000_000,
    most_pairs: int = 2_000_000,
    most_rows: int = 100_000,
    reviewed: Sequence[tuple[int, int, bool]] = (),
    workers: int | None = None,
    first: int | None = None,
    order: Longs | None = None,
    name: str = "trained",
    date: str = "",
) -> Training:
    """m, u and prior from records nobody labelled.

    encoded: uint8[N, base.size]. keys int64[M], rows int32[M], rules uint8[M]: the blocking entries, each with the
    place of its rule in `loose_blocking.ALL_RULES`. random_pairs: for u; most_pairs: for m, over all passes together;
    most_rows: how many rows the last step may look at all pairs of. reviewed: (row, row, one person?), whose class is
    then given. first: rows of the first of two files, of which the pairs across are wanted. order: int64[N], what
    `shuffle` makes of the rows and the seed, where that is known. The result depends on these and the seed alone,
    never on the workers or the order of the rows. Raises `ModelError` for rows of another model, `LinkageError` for
    entries, reviewed pairs or an order that do not fit.
    """
    matrix, words = rows_of(encoded, base)
    _check(len(matrix), keys, rows, rules, reviewed, order)
    order = shuffle(words, seed, first, workers) if order is None else order
    prior, (drawn, most) = beside(lambda: estimate_prior(words), lambda: _draw(keys, rows, rules, most_pairs, seed))
    random = draw_patterns(matrix, words, order, base, random_pairs, seed, workers)
    chance = estimate_chance(random, base, prior.bits)
    settled, known = _reviewed(matrix, words, base, reviewed)
    material = Material(matrix, words, places_in(order), base, chance, settled.pairs, known, seed, workers)
    passes, matches = _run(drawn, most, material)
    told = {"rows": len(matrix), "seed": seed, "random_pairs": round(random.pairs), "reviewed": len(reviewed)}
    made = told | counted(chance, passes, prior)
    start, _ = finish(base, chance, matches, _start_prior(prior, len(matrix)), made, name, date)
    give_back()  # what the passes took: each had a thread, and memory, of its own
    sample = sample_pairs(matrix, keys, rows, start, draw_rows(order, most_rows), workers, first, settled)
    joint, chance = _refine(sample, start, base, chance, random, known)
    made["joint"] = joint.summary
    learned = (joint.matches, joint.prior) if joint.believable else (matches, prior.bits)
    limits = joint.limits if joint.believable else None
    model, said = finish(base, chance, *learned, made, name, date, limits)
    on_what = [joint.finding, *(() if joint.believable else prior_findings(prior))]
    return Training(model, passes, prior, (*on_what, *judge_passes(passes, base.comparisons), *said), sample.distinct)


def _refine(
    sample: Sample, start: Model, base: Model, chance: Chance, random: Patterns, known: tuple[Patterns, Flags] | None
) -> tuple[Joint, Chance]:
    """What all pairs say, and u anew from random pairs by what was learned, as long as it can be believed."""
    joint = refine(sample, start, base, chance, known)
    for _ in range(ROUNDS):
        if not joint.believable:
            break
        judge, _ = finish(base, chance, joint.matches, joint.prior, {}, "", "")
        fresh = estimate_chance(random, base, joint.prior, judge)
        again = refine(sample, judge, base, fresh, known)
        if again.believable:
            joint, chance = again, fresh
    return joint, chance


def _draw(keys: Longs, rows: Ints, rules: Places, most_pairs: int, seed: int) -> tuple[dict[str, Entries], int]:
    """By rule the entries for its pass, and how many pairs each pass may have; loose rules without any have none."""
    there = np.flatnonzero(count_rules(rules))
    most = max(1, most_pairs // max(1, len(there)))
    drawn = draw_entries(keys, rows, rules, most, seed)
    return {rule: drawn[place] for place, rule in enumerate(ALL_RULES) if place < FIRST_LOOSE or place in there}, most


def _run(drawn: dict[str, Entries], most: int, material: Material) -> tuple[tuple[Pass, ...], Matches]:
    """All passes, and what those worth using showed together: each weighs what it saw."""
    alone = replace(material, workers=1)
    done = at_once(
        [partial(run_pass, rule, entries, most, alone) for rule, entries in drawn.items()], material.workers
    )
    matches = no_matches()
    for passed, found in done:
        if passed.used:
            matches = added(matches, found)
    return tuple(passed for passed, _ in done), matches


def draw_patterns(
    matrix: Rows, words: Words, order: Longs, base: Model, most: int, seed: int, workers: int | None
) -> Patterns:
    """The patterns of random pairs of the rows, which were shuffled to `order`."""
    drawn = draw_random(order, most, seed)
    return count(codes_of(matrix, words, drawn.a, drawn.b, base, workers))


def _start_prior(prior: Prior, n: int) -> float:
    """Where the joint EM starts: no lower than one pair in four rows, so that no match falls below its floor."""
    return max(prior.bits, float(np.log2(max(1.0, n / 4.0) / max(1.0, n * (n - 1) / 2.0))))


def prior_findings(prior: Prior) -> list[Finding]:
    """What the prior rests on."""
    how = "measured by each rule on the other's pairs" if prior.measured else "stated, not measured"
    text = f"prior {prior.bits:.2f} bits: {prior.certain} certain pairs at a recall of {prior.recall:.2f}, {how}"
    findings = [Finding(Kind.PRIOR, text)]
    if prior.bounded:
        findings.append(Finding(Kind.PRIOR, "a bound decided the prior"))
    return findings


def _check(
    n: int,
    keys: Longs,
    rows: Ints,
    rules: Places,
    reviewed: Sequence[tuple[int, int, bool]],
    order: Longs | None,
) -> None:
    if order is not None and len(order) != n:
        raise LinkageError(f"an order of {len(order)} rows is none of the {n} encoded records")
    if not len(keys) == len(rows) == len(rules):
        raise LinkageError("every blocking key needs one row and one rule")
    if len(rows) and not (0 <= int(rows.min()) <= int(rows.max()) < n and int(rules.max()) < len(ALL_RULES)):
        raise LinkageError("a blocking entry names a row or a rule that does not exist")
    if any(a == b or not 0 <= min(a, b) <= max(a, b) < n for a, b, _ in reviewed):
        raise LinkageError("a reviewed pair must name two different rows among the encoded records")


def _reviewed(
    matrix: Rows, words: Words, base: Model, reviewed: Sequence[tuple[int, int, bool]]
) -> tuple[Settled, tuple[Patterns, Flags] | None]:
    """The reviewed pairs, and their patterns with the verdicts; a later verdict replaces one."""
    if not reviewed:
        return NOTHING, None
    verdicts = {(min(a, b), max(a, b)): same for a, b, same in reviewed}
    pairs = np.array(sorted(verdicts), np.int32)
    codes = codes_of(matrix, words, pairs[:, 0].copy(), pairs[:, 1].copy(), base, 1)
    same = np.array([verdicts[a, b] for a, b in pairs.tolist()], np.bool_)
    numbers = pairs[:, 0].astype(np.int64) * len(matrix) + pairs[:, 1]
    return Settled(numbers, same), (unpack(codes, np.ones(len(codes))), same)
