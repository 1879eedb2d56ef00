"""Training from labelled pairs."""

from __future__ import annotations

import numpy as np

from linkage.comparison import NHS_NUMBER
from linkage.errors import LinkageError
from linkage.kernel import rows_of
from linkage.layout import Rows
from linkage.model import Model
from linkage.training.chance import estimate_chance
from linkage.training.diagnosis import Finding, Kind
from linkage.training.outcome import Training, finish, matches_of
from linkage.training.patterns import Flags, Ints, codes_of, count
from linkage.training.prior import estimate_prior
from linkage.training.sampling import shuffle
from linkage.training.tally import TRAINED
from linkage.training.train import draw_patterns, prior_findings


def train_from_labels(
    encoded: Rows,
    a: Ints,
    b: Ints,
    labels: Flags,
    base: Model,
    *,
    seed: int = 0,
    random_pairs: int = 1_000_000,
    workers: int | None = None,
    name: str = "labelled",
    date: str = "",
) -> Training:
    """m from the labelled pairs of one person; u and prior as `train` finds them.

    encoded: uint8[N, ENCODED_SIZE], for `base`; a, b: int32[n] rows; labels: bool[n], one person. Pairs labelled as
    two people do not make u: they were looked at because they were alike, and are no sample of strangers. Raises
    `ModelError` for rows of another model, `LinkageError` for pairs that do not fit.
    """
    matrix, words = rows_of(encoded, base)
    a, b = np.asarray(a, np.int32), np.asarray(b, np.int32)
    labels = np.asarray(labels, np.bool_)
    if not len(a) == len(b) == len(labels):
        raise LinkageError("every labelled pair needs two rows and one label")
    if len(a) and (min(a.min(), b.min()) < 0 or max(a.max(), b.max()) >= len(matrix) or bool((a == b).any())):
        raise LinkageError("a labelled pair must name two different rows among the encoded records")
    prior = estimate_prior(words)
    random = draw_patterns(matrix, words, shuffle(words, seed), base, random_pairs, seed, workers)
    chance = estimate_chance(random, base, prior.bits)
    same = count(codes_of(matrix, words, a[labels], b[labels], base, workers))
    matches = matches_of(same, same.count, TRAINED)
    made = {
        "rows": len(matrix),
        "seed": seed,
        "random_pairs": round(random.pairs),
        "labelled": len(a),
        "matches": int(labels.sum()),
    }
    findings = prior_findings(prior)
    if not labels.any():
        findings.append(Finding(Kind.NO_MATCHES, "no labelled pair is one person: every m is the base model's"))
    elif (numbered := int(same.count[same.levels[:, NHS_NUMBER] > 0].sum())) == labels.sum():
        text = f"all {numbered} labelled pairs have NHS numbers: pairs without may differ"
        findings.append(Finding(Kind.LABELS, text))
    model, said = finish(base, chance, matches, prior.bits, made, name, date)
    return Training(model, (), prior, (*findings, *said))
