"""Measure the index by blind samples: draw pairs by chance, take the answers, and tell what they say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from linkage.errors import LinkageError
from linkage.evaluation.sampling import Sample, bands, draw_sample
from mpi.domain.access import Caller, Right
from mpi.domain.answers import require_fitting
from mpi.domain.blinding import ALIKE, blinded, is_blind
from mpi.domain.evidence import Pair
from mpi.domain.sampling import (
    LEAST,
    SEEN,
    Beside,
    Findings,
    Person,
    Picked,
    Round,
    TakenBack,
    contradiction,
    findings,
    groups,
    strata,
)
from mpi.domain.views import Decision, TaskKind, TaskView
from mpi.errors import Conflict, Fault, NotFound, Refused
from mpi.ports import Clock, Ids, Unit, Units
from mpi.usecases.attempts import attempt
from mpi.usecases.identity.matching import Matching
from mpi.usecases.imaging.conflicting import with_orders

RECORDS = 2_000
"""Records drawn by chance, whose pairs are what a sample is drawn from."""
_AT_ONCE = 100
_FLOOR = 5  # pairs of every stratum, however sure the model is of it
_UNSURE = 0.5
_ALARMS = {
    TaskKind.CONTESTED_LINK: "linked, but a reviewer who did not know it said that these are different people",
    TaskKind.POSSIBLE_MATCH: "not linked, but a reviewer who did not know it said that these are one person",
}


@dataclass(frozen=True, slots=True)
class Draw:
    """What to draw: `pairs` in all; `twice` of them (a share) for two readers; `share`: how many of the possible
    matches in the work list shall be samples. `seed` None: by chance."""

    pairs: int = 300
    twice: float = 0.2
    share: float = 0.1
    records: int = RECORDS
    seed: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Population:
    """P pairs, each once: keys int64[P, 2], weight float64[P], joined and compared bool[P]."""

    keys: npt.NDArray[np.int64]
    weight: npt.NDArray[np.float64]
    joined: npt.NDArray[np.bool_]
    compared: npt.NDArray[np.bool_]


class Sampling:
    """Blind samples. Drawing and ending need MEASURE, everything else REVIEW."""

    def __init__(self, units: Units, matching: Matching, clock: Clock, ids: Ids) -> None:
        self._units = units
        self._matching = matching
        self._clock = clock
        self._ids = ids

    def draw(self, caller: Caller, asked: Draw = Draw()) -> Round:
        """Draw a stratified sample by weight and put it into the work list. Raises `Conflict` while one waits,
        `Refused` when there is nothing to draw from or the sample is too small to hold a pair of every stratum."""
        caller.require(Right.MEASURE)
        whole = LEAST <= asked.pairs <= 5_000 and asked.records > 0
        if not (whole and 0 <= asked.twice <= 1 and 0 < asked.share <= 0.5):
            raise Refused(
                Fault.BAD_VALUE, f"a sample has {LEAST} to 5,000 pairs, and makes up at most half of the list"
            )
        return attempt(lambda: self._draw(caller, asked))

    def end(self, caller: Caller) -> TakenBack:
        """Take back the readings that nobody has given."""
        caller.require(Right.MEASURE)
        return attempt(lambda: self._end(caller))

    def look(self, task_id: int, caller: Caller) -> None:
        """Note that the caller is about to see what the index thinks of a pair; a sample is for others to answer
        then. Raises NotFound."""
        caller.require(Right.REVIEW)
        attempt(lambda: self._look(task_id, caller))

    def findings(self, caller: Caller) -> Findings | None:
        """What the newest round says; None when none was drawn."""
        caller.require(Right.REVIEW)
        with self._units.begin(read_only=True) as unit:
            latest = unit.samples.latest()
            waiting = unit.samples.waiting()
            found = findings(latest, unit.samples.answered(latest.id), waiting) if latest else None
            unit.audit.record(caller, "read-samples", [f"sample/{latest.id}"] if latest else [], {})
            unit.commit()
            return found

    def _draw(self, caller: Caller, asked: Draw) -> Round:
        with self._units.begin() as unit:
            if unit.samples.waiting():
                raise Conflict("a sample is under review already: end it, or wait for its last answers")
            now = self._clock.now()
            seed = self._ids.golden().int % 2**62 if asked.seed is None else asked.seed
            looked, population = self._population(unit, asked.records, seed)
            sample = self._pick(population, asked.pairs, seed)
            model = self._matching.model.fingerprint
            pairs = len(population.keys)
            made = Round(caller.user, now, seed, model, looked, pairs, asked.share, strata(sample))
            picked = _picked(unit, population, sample, asked.twice, seed, now.year)
            made = replace(made, drawn=len(picked), id=unit.samples.add(made, picked, self._matching.model.possible))
            unit.audit.record(caller, "draw-sample", [f"sample/{made.id}"], {"pairs": len(picked), "seed": seed})
            unit.commit()
            return made

    def _population(self, unit: Unit, most: int, seed: int) -> tuple[int, _Population]:
        """How many records were drawn by chance, and their pairs down to the lowest band of weight."""
        greatest = unit.samples.greatest_record()
        # Deleted and merged records leave gaps in the numbers, so twice as many are drawn as are wanted.
        drawn = np.random.default_rng(seed).choice(greatest, min(greatest, 2 * most), replace=False) + 1
        ids = [known for some in _some(drawn.tolist()) for known in unit.samples.comparable(some)][:most]
        known: dict[tuple[int, int], tuple[float, bool, bool]] = {}
        for some in _some(ids):
            known |= self._weigh(unit.samples.beside(some))
        least = float(bands(self._matching.model.possible, self._matching.model.certain)[0])
        kept = {key: fact for key, fact in sorted(known.items()) if fact[1] or fact[0] >= least}
        weight, joined, compared = zip(*kept.values(), strict=True) if kept else ((), (), ())
        return len(ids), _Population(
            np.array(list(kept), np.int64).reshape(-1, 2),
            np.array(weight, np.float64),
            np.array(joined, np.bool_),
            np.array(compared, np.bool_),
        )

    def _weigh(self, near: list[Beside]) -> dict[tuple[int, int], tuple[float, bool, bool]]:
        """By pair its weight, whether it is joined and whether it was compared."""
        found: dict[tuple[int, int], tuple[float, bool, bool]] = {}
        by_one: dict[bytes, list[Beside]] = {}
        for pair in near:
            by_one.setdefault(pair.encoded[0], []).append(pair)
        for one, pairs in by_one.items():
            for pair, (weight, _) in zip(
                pairs, self._matching.score(one, [p.encoded[1] for p in pairs]), strict=True
            ):
                found[pair.key] = (weight, pair.joined, pair.compared)
        return found

    def _pick(self, population: _Population, size: int, seed: int) -> Sample:
        """A sample, denser where the answers tell most (see `linkage.clerical.drawing`)."""
        if not len(population.keys):
            raise Refused(Fault.BAD_VALUE, "the records of the index have no pairs yet, so there is nothing to draw")
        model = self._matching.model
        likely = np.array([model.probability(weight) for weight in population.weight.tolist()])
        # Where guards or other records decided against the weight, the weight says little of what is true.
        by_weight = (population.weight >= model.certain) == population.joined
        try:
            return draw_sample(
                population.weight,
                np.where(by_weight, likely, _UNSURE),
                ~population.compared,
                (model.possible, model.certain),
                size,
                seed,
                floor=_FLOOR,
                joined=population.joined,
            )
        except LinkageError as error:
            raise Refused(Fault.BAD_VALUE, str(error)) from error

    def _end(self, caller: Caller) -> TakenBack:
        with self._units.begin() as unit:
            gone = unit.samples.end()
            answered = {task_id: answers for task_id, answers in gone.items() if answers}
            for task_id, answers in answered.items():
                asked = unit.tasks.get(task_id)
                if asked is not None:
                    _raise_question(unit, asked, answers)
            unit.audit.record(caller, "end-sample", [], {"withdrawn": len(gone)})
            unit.commit()
            return TakenBack(len(gone) - len(answered), len(answered))

    def _look(self, task_id: int, caller: Caller) -> None:
        with self._units.begin() as unit:
            asked = unit.tasks.get(task_id, for_update=True)
            if asked is None:
                raise NotFound("no review task has this id")
            give_up(unit, asked, caller.user)
            unit.audit.record(caller, "look-behind-task", [f"task/{task_id}"], {})
            unit.commit()


def as_told(unit: Unit, task: TaskView, caller: Caller) -> TaskView:
    """The task as the caller may see it: blind while samples wait, except a sample that they cannot answer any
    more."""
    if task.kind not in ALIKE:
        return with_orders(unit, task, caller)
    read = task.kind is TaskKind.BLIND_SAMPLE and unit.samples.has_read(task.id, caller.user)
    return blinded(task) if not read and is_blind(task, unit.samples.waiting()) else task


def give_up(unit: Unit, asked: TaskView, user: str) -> None:
    """Note that a user is about to see what the index thinks of a pair, in the caller's transaction: a sample is for
    others to answer then."""
    if asked.kind is TaskKind.BLIND_SAMPLE and not unit.samples.has_read(asked.id, user):
        unit.samples.answer(unit.samples.of_task(asked.id).id, user, SEEN)
        if asked.claimed_by == user:
            unit.tasks.release(asked.id)


def take_answer(unit: Unit, asked: TaskView, decision: Decision, comment: str, user: str) -> None:
    """Store what a reader says of a blind sample, in the caller's transaction. Nobody's identity changes; the
    last answer to a pair raises a real question if any of them contradicts the index. Raises `Refused`, `Conflict`
    for a reader who is not blind any more."""
    require_fitting(decision, asked)
    pair = unit.samples.of_task(asked.id)
    if unit.samples.has_read(asked.id, user):
        raise Conflict("you have looked at this pair already: somebody else has to answer it")
    unit.samples.answer(pair.id, user, decision)
    unit.tasks.decide(asked.id, decision, comment, user, None, None)
    given = (*pair.answers, decision)
    # Who is unsure is followed by one other person, as with every task.
    if len(given) < (2 if decision is Decision.UNSURE else pair.readers):
        unit.samples.ask_again(asked.id)
    else:
        _raise_question(unit, asked, given)


def _raise_question(unit: Unit, asked: TaskView, answers: Sequence[str]) -> None:
    """Ask in full view about a pair of which an answer contradicts the index. Not while a second reading is owed: the
    question would tell its reader the first."""
    one_person = asked.golden_ids[0] == asked.golden_ids[1]
    if any(contradiction(answer, one_person) for answer in answers):
        kind = TaskKind.CONTESTED_LINK if one_person else TaskKind.POSSIBLE_MATCH
        unit.tasks.raise_alarm(kind, Pair.of(asked.one, asked.other), _ALARMS[kind])


def _some(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """The ids, some at once."""
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))


def _picked(unit: Unit, population: _Population, sample: Sample, twice: float, seed: int, year: int) -> list[Picked]:
    rows = sample.rows.tolist()
    keys = [(int(one), int(other)) for one, other in population.keys[sample.rows].tolist()]
    people: dict[int, Person] = {}
    for some in _some(sorted({record for key in keys for record in key})):
        people |= unit.samples.people(some)
    second = np.random.default_rng(seed + 1).random(len(rows)) < twice
    return [
        Picked(
            stratum,
            key,
            float(population.weight[row]),
            2 if again else 1,
            groups(people[key[0]], people[key[1]], year),
        )
        for row, key, stratum, again in zip(rows, keys, sample.stratum.tolist(), second.tolist(), strict=True)
    ]
