"""EM finds the rates that made the patterns, and does not take families for matches (issue 3, item 1)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.comparison import BIRTH_DATE, COLUMNS, FORENAME, LOCATION, SURNAME
from linkage.model import Model, Numbers
from linkage.training import em
from linkage.training.chance import estimate_chance
from linkage.training.em import Start, fit, start_from
from linkage.training.patterns import Patterns
from linkage.training.tally import EXISTS, TRAINED
from tests.unit.linkage_training.training_material import DRAWN, drawn_patterns, known_rates

COLUMNS_DRAWN = np.isin(np.arange(COLUMNS), DRAWN)
FAMILY = set(np.flatnonzero(em.FAMILY).tolist())


def wrong_start(m: Numbers, u: Numbers) -> Start:
    """A base that is a good deal off: a quarter of every rate is the strangers'."""
    return start_from(0.75 * m + 0.25 * u, u, u)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("counts", [(20_000, 8_000, 2_000), (50_000, 2_000, 0), (1_000, 9_000, 3_000)])
def test_em_recovers_m_and_shares(seed: int, counts: tuple[int, int, int]) -> None:
    m, u = known_rates(Model.default())
    found = fit(drawn_patterns(m, u, FAMILY, counts, seed), wrong_start(m, u), COLUMNS_DRAWN)
    n = 0.9 * counts[1]
    noise = 5 * np.sqrt(m * (1 - m) / n) + 0.006
    off = np.abs(found.m - m)[EXISTS & COLUMNS_DRAWN[:, None]]
    assert (off <= noise[EXISTS & COLUMNS_DRAWN[:, None]]).all()
    assert found.steady
    assert (
        np.abs(np.array(found.shares) - np.array(counts) / sum(counts)).max() < 0.025
    )  # the start's families are off
    assert np.array_equal(found.path[-1], found.m, equal_nan=True)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.4, 0.98), st.floats(0.05, 0.9))
def test_em_recovers_any_agreement_and_share(seed: int, exact: float, share: float) -> None:
    """Law: whatever the forenames' m and the share of matches, both are found again."""
    m, u = known_rates(Model.default())
    m[FORENAME, 2:] *= (1 - exact) / np.nansum(m[FORENAME, 2:])
    m[FORENAME, 1] = exact
    matches = int(10_000 * share)
    found = fit(drawn_patterns(m, u, FAMILY, (10_000 - matches, matches, 0), seed), wrong_start(m, u), COLUMNS_DRAWN)
    assert found.m[FORENAME, 1] == pytest.approx(exact, abs=5 * np.sqrt(exact * (1 - exact) / matches) + 0.01)
    assert found.shares[1] == pytest.approx(share, abs=0.01)


def test_families_are_not_learned_as_matches() -> None:
    """Twins under a rule that fixes the birth date: the class of households keeps their forenames out of m."""
    m, u = known_rates(Model.default())
    columns = COLUMNS_DRAWN & ~np.isin(np.arange(COLUMNS), (BIRTH_DATE,))
    patterns = drawn_patterns(m, u, FAMILY, (5_000, 3_000, 4_000), 1)
    patterns.levels[:, BIRTH_DATE] = 0
    with_class = fit(patterns, start_from(m, u, u), columns).m[FORENAME, 9]
    nobody = np.zeros(COLUMNS, np.bool_)
    without = fit(patterns, start_from(m, u, u), columns, family=nobody).m[FORENAME, 9]
    assert with_class == pytest.approx(m[FORENAME, 9], abs=0.03)
    assert without > with_class + 0.1


def test_reviewed_pairs_are_given() -> None:
    """Alike but for the surname: told that they are one person, m of disagreement rises; told not, it does not."""
    m, u = known_rates(Model.default())
    patterns = drawn_patterns(m, u, FAMILY, (5_000, 1_000, 0), 3)
    levels = np.zeros((300, COLUMNS), np.uint8)
    levels[:, [FORENAME, BIRTH_DATE, LOCATION]] = 1
    levels[:, SURNAME] = 6
    known = Patterns(levels, np.zeros(300, np.bool_), np.ones(300))
    start = wrong_start(m, u)
    plain = fit(patterns, start, COLUMNS_DRAWN)
    same = fit(patterns, start, COLUMNS_DRAWN, (known, np.ones(300, np.bool_)))
    other = fit(patterns, start, COLUMNS_DRAWN, (known, np.zeros(300, np.bool_)))
    assert same.m[SURNAME, 6] > plain.m[SURNAME, 6] + 0.1
    assert other.m[SURNAME, 6] == pytest.approx(plain.m[SURNAME, 6], abs=1e-6)


@pytest.mark.parametrize("matches", [0, 500])
def test_u_is_found_with_matches_among_the_random_pairs(matches: int) -> None:
    """A small file's pairs hold matches enough to spoil u of the birth date, unless they are taken out."""
    model = Model.default()
    m, u = known_rates(model)
    chance = estimate_chance(drawn_patterns(m, u, set(), (500_000, matches, 0), 4, missing=0.0), model, -10.0)
    assert chance.matches == pytest.approx(matches, abs=20)
    marked = EXISTS & TRAINED[:, None] & COLUMNS_DRAWN[:, None] & (u > 2e-5)
    assert (np.abs(np.log2(chance.u[marked] / u[marked])) < 1.0).all()


def test_a_level_never_met_keeps_the_bases_u() -> None:
    """The anchor: no birth date a century apart among few pairs is no proof that there is none."""
    model = Model.default()
    m, u = known_rates(model)
    chance = estimate_chance(drawn_patterns(m, u, set(), (1_000, 0, 0), 4), model, -20.0)
    assert chance.found.seen[BIRTH_DATE, 7] == 0
    assert chance.u[BIRTH_DATE, 7] == pytest.approx(model.u[BIRTH_DATE, 7], rel=0.05)
