"""Statistics of dashboards against numbers worked by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from linkage.model import Model
from mpi.domain.drift import LEAST, drifts
from mpi.domain.sampling import Answered, Person, Round, Stratum, findings, groups, seats

STRATA = (
    Stratum(1, 20.0, 24.0, True, True, 1000),
    Stratum(2, 0.0, 4.0, False, True, 100),
    Stratum(3, -4.0, 0.0, False, False, 200),
)
ROUND = Round("sam", datetime(2026, 3, 1, tzinfo=UTC), 1, "model", 500, 1300, 0.1, STRATA)


def answers(stratum: int, *said: str, times: int = 1, sex: str = "female") -> list[Answered]:
    return [Answered(stratum, said, {"sex": (sex, sex)})] * times


def test_precision_and_recall_by_hand() -> None:
    """Of 1000 links 9 in 10 are right; of 100 pairs 1 in 5 and of 200 never compared 1 in 10 were missed:
    precision 900 / 1000, recall 900 / (900 + 20 + 20), found by blocking 920 / 940."""
    pairs = [
        *answers(1, "same", times=18),
        *answers(1, "different", times=2),
        *answers(2, "same", times=2),
        *answers(2, "different", times=8),
        *answers(3, "same", times=1),
        *answers(3, "different", times=9),
    ]
    found = findings(ROUND, pairs)
    assert found.quality is not None
    assert found.quality.precision.value == pytest.approx(0.9)
    assert found.quality.recall.value == pytest.approx(900 / 940)
    assert found.quality.pairs_completeness.value == pytest.approx(920 / 940)
    assert found.quality.precision.score.low < 0.9 < found.quality.precision.score.high
    (women,) = found.fairness["sex"].groups
    assert women.recall.value == pytest.approx(900 / 940)


def test_a_stratum_without_an_answer_gives_no_estimate() -> None:
    found = findings(ROUND, [*answers(1, "same", times=40), *answers(2, "same"), *answers(3, "unsure", times=9)])
    assert (found.verdicts, found.drawn, found.quality, found.fairness) == (41, 50, None, {})


def test_two_who_contradict_each_other_count_for_neither_side() -> None:
    (pair,) = answers(1, "same", "different")
    assert pair.verdict is None
    assert answers(1, "unsure", "same")[0].verdict is True
    assert answers(1, "different")[0].verdict is False
    assert answers(1)[0].verdict is None


def test_kappa_by_hand() -> None:
    """20 + 15 alike of 50; chance 0.5: kappa (0.7 - 0.5) / 0.5 = 0.4 (Cohen 1960)."""
    pairs = [
        *answers(1, "same", "same", times=20),
        *answers(1, "same", "different", times=5),
        *answers(1, "different", "same", times=10),
        *answers(1, "different", "different", times=15),
    ]
    kappa = findings(ROUND, pairs).kappa
    assert kappa is not None
    assert (kappa.pairs, kappa.value) == (50, pytest.approx(0.4))


def test_samples_make_up_their_share_of_the_list() -> None:
    """One in four: a sample behind every third possible match, those with studies among those with studies."""
    waiting = {True: [9.0, 8.0, 7.0], False: [6.0, 5.0, 4.0, 3.0, 2.0, 1.5]}
    told = list(seats([False, True, False, False, True], waiting, 0.25, 1.0))
    assert told == [4.0, 7.0, 1.5, 1.0, 1.0]


@pytest.mark.parametrize(
    ("born", "band"),
    [
        ("2026-02-01", "under 1"),
        ("2025", "1 to 15"),
        ("2010-05-01", "16 to 39"),
        ("1961-03-07", "65 to 79"),
        ("1946", "80 and over"),
        ("", "unknown"),
        ("1700-01-01", "unknown"),
        ("2099-01-01", "unknown"),
    ],
)
def test_age_bands(born: str, band: str) -> None:
    told = groups(Person("female", born, "A"), Person("", "", ""), 2026)
    assert told["age"] == (band, "unknown")
    assert (told["sex"], told["ethnic category"]) == (("female", "unknown"), ("A", "unknown"))


def test_drift_is_the_share_that_would_have_to_move() -> None:
    """Sex: of 400 pairs one in four disagrees, of 400 earlier ones one in eight; the model expects m's share."""
    model = Model.default()
    expected = model.m[5, 1] / (model.m[5, 1] + model.m[5, 2])
    (drift,) = drifts(model, {"sex": (100, 300, 100)}, {"sex": (0, 350, 50)})
    assert (drift.comparison, drift.pairs, drift.missing) == ("sex", 400, pytest.approx(0.2))
    assert (drift.from_earlier, drift.from_model) == (pytest.approx(0.125), pytest.approx(expected - 0.75))
    assert drift.reading == "Shifted a little: watch it"
    assert drifts(model, {"sex": (0, 300, 100)}, {"sex": (0, 400, 0)})[0].reading == "Shifted: look into the feeds"
    (odd,) = drifts(model, {"sex": (0, 300, 100)}, {"sex": (0, 300, 100)})
    assert odd.reading == "Steady, but not as the model expects: training it anew may help"
    steady = (0, round(10_000 * expected), 10_000 - round(10_000 * expected))
    (fair,) = drifts(model, {"sex": steady}, {"sex": steady})
    assert (fair.from_earlier, fair.reading) == (0.0, "Steady")
    assert fair.from_model == pytest.approx(0.0, abs=1e-3)
    (few,) = drifts(model, {"sex": (0, LEAST - 1, 0)}, {})
    assert (few.from_earlier, few.from_model, few.reading) == (None, None, "Too few pairs to tell")


def test_rates_that_are_no_shares_are_not_taken_for_some() -> None:
    """The levels of an NHS number each have a rate of their own: together far more than 1."""
    (drift,) = drifts(Model.default(), {"nhs_number": (0, 900, 50, 50)}, {"nhs_number": (0, 800, 150, 50)})
    assert (drift.from_model, drift.from_earlier) == (None, pytest.approx(0.1))
    assert drift.levels[0].m == Model.default().m[0, 1]
