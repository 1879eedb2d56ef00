"""Blind samples: drawn by weight, answered among the possible matches, and never a cause of anything (promise 6)."""

from __future__ import annotations

import pytest

from linkage.record import Sex
from mpi.domain.access import Caller, Role
from mpi.domain.blinding import REASON
from mpi.domain.commands import Field
from mpi.domain.identifiers import Identifier
from mpi.domain.sampling import TakenBack
from mpi.domain.views import Decision, ResolutionState, TaskKind, TaskState, TaskView
from mpi.domain.worklist import Wanted
from mpi.errors import Conflict, Forbidden, Refused
from mpi.usecases.deciding.comparing import Comparing
from mpi.usecases.deciding.sampling import Draw, Sampling
from mpi.usecases.deciding.worklist import Worklist
from tests.integration.core.world import COLLEAGUE, REVIEWER, SENIOR, World, nhs, person, register

NAMES = ("Adair", "Bell", "Cole", "Dunne", "Eze", "Ford", "Grant", "Holt", "Iqbal", "Jones", "Khan", "Lowe")
TWIN = {Field.MULTIPLE_BIRTH: True}
ASKED = Draw(pairs=40, twice=0.0, seed=3)
THIRD = Caller("tom", Role.REVIEWER, "RBV")


@pytest.fixture
def people(world: World) -> World:
    """Twelve people whom two trusts know and the index links; three pairs of perhaps twins; one pair apart that
    shares a birth date and an initial alone."""
    for number, family in enumerate(NAMES):
        told = person(family, "Maria", f"19{40 + number}-03-07", number=nhs(number), postcode=f"M{number + 1} 1AA")
        world.tell(register(f"BOL|{number}", 1, told), register(f"CHR|{number}", 1, told))
    for number, family in enumerate(("Begum", "Kaur", "Ali"), 20):
        for authority, given in (("BOL", "Aisha"), ("CHR", "Ayesha")):
            told = person(family, given, "2015-01-05", postcode=f"OL{number} 1AA", more=TWIN)
            world.tell(register(f"{authority}|{number}", 1, told))
    world.tell(register("BOL|30", 1, person("Smithers", "Ann", "1940-03-07", Sex.FEMALE, postcode="SK1 1AA")))
    return world


@pytest.fixture
def sampling(world: World) -> Sampling:
    return world.index.sampling


def samples(world: World, reader: Caller = REVIEWER) -> list[TaskView]:
    """The waiting samples that a reader may answer, as nobody but a test may see them."""
    with world.index.units.begin(read_only=True) as unit:
        found = unit.worklist.page(Wanted(reader=reader.user), world.index.clock.now(), 200, None)
    return [task for task in found if task.kind is TaskKind.BLIND_SAMPLE]


def linked(task: TaskView) -> bool:
    return task.golden_ids[0] == task.golden_ids[1]


def pair_of(task: TaskView) -> frozenset[Identifier]:
    return frozenset((task.one, task.other))


def test_pairs_of_every_kind_are_drawn(people: World, sampling: Sampling) -> None:
    """Linked ones, possible ones, and what was never compared: blocking loss is in it."""
    drawn = sampling.draw(SENIOR, ASKED)
    kinds = {(stratum.joined, stratum.compared) for stratum in drawn.strata}
    assert {(True, True), (False, True)} <= kinds
    assert (drawn.records, drawn.pairs) == (31, sum(stratum.size for stratum in drawn.strata))
    assert sum(stratum.size for stratum in drawn.strata if stratum.joined) == len(NAMES)
    asked = samples(people)
    assert sum(map(linked, asked)) == len(NAMES)
    assert len(asked) == drawn.drawn == min(40, drawn.pairs)
    with pytest.raises(Conflict):
        sampling.draw(SENIOR, ASKED)


def test_the_same_seed_draws_the_same_pairs(people: World, sampling: Sampling) -> None:
    few = Draw(pairs=20, seed=7)
    pairs = []
    for _ in range(2):
        sampling.draw(SENIOR, few)
        pairs.append([(task.one, task.other) for task in sorted(samples(people), key=lambda task: task.id)])
        assert sampling.end(SENIOR) == TakenBack(20, 0)
    assert pairs[0] == pairs[1]
    assert samples(people) == []


def test_a_sample_looks_like_a_possible_match(people: World, sampling: Sampling) -> None:
    sampling.draw(SENIOR, ASKED)
    worklist = Worklist(people.index.units, people.index.clock)
    page = worklist.page(REVIEWER, Wanted((TaskKind.POSSIBLE_MATCH,), reader=REVIEWER.user), 200)
    assert {(task.kind, task.weight, task.guards, task.reason) for task in page.tasks} == {
        (TaskKind.POSSIBLE_MATCH, 0.0, (), REASON)
    }
    assert all(task.one < task.other for task in page.tasks)
    assert len(page.tasks) == len(samples(people)) + len(people.tasks(TaskKind.POSSIBLE_MATCH))
    # Who does not ask as a reader, such as a program, is given none of them.
    assert {task.id for task in worklist.page(REVIEWER).tasks} == {task.id for task in people.tasks()}


def test_the_comparison_shows_two_records_and_nothing_else(people: World, sampling: Sampling) -> None:
    sampling.draw(SENIOR, ASKED)
    comparing = Comparing(people.index.units, people.index.matching)
    possible = people.tasks(TaskKind.POSSIBLE_MATCH)[0]
    for task in (*samples(people), possible):
        found = comparing.compare(task.id, REVIEWER)
        assert (found.blind, found.people, found.explanation, found.task.weight) == (True, (), None, 0.0)
        assert [[said.identifier for said in side] for side in found.sides] == [[task.one], [task.other]]
    assert comparing.compare(possible.id, REVIEWER, behind=True).explanation is not None
    sample = samples(people)[0]
    assert comparing.compare(sample.id, REVIEWER, behind=True).blind  # not before it is noted
    sampling.look(sample.id, REVIEWER)
    assert comparing.compare(sample.id, REVIEWER, behind=True).explanation is not None
    with pytest.raises(Conflict):
        people.review.decide(sample.id, Decision.SAME, "", REVIEWER)
    assert sample.id not in {task.id for task in samples(people)}
    assert sample.id in {task.id for task in samples(people, COLLEAGUE)}
    sampling.end(SENIOR)
    assert not comparing.compare(possible.id, REVIEWER).blind


def test_an_answer_changes_nobody(people: World, sampling: Sampling) -> None:
    """Neither who is one person, nor what an archive is told, nor any event."""
    before, events = people.partition(), people.count("event")
    sampling.draw(SENIOR, ASKED)
    assert people.resolve("BOL|1").state is ResolutionState.CERTAIN
    for task in samples(people):
        answer = Decision.SAME if linked(task) else Decision.DIFFERENT
        done = people.review.decide(task.id, answer, "Details agree", REVIEWER)
        assert (done.state, done.decision) == (TaskState.DECIDED, answer)
        with pytest.raises(Conflict):
            people.review.undo(task.id, "", REVIEWER)
    assert (people.partition(), people.count("event")) == (before, events)
    assert people.rows("select count(*) as n from assertion")[0].n == 0
    assert {task.kind for task in people.tasks()} == {TaskKind.POSSIBLE_MATCH}
    people.verify()
    found = sampling.findings(REVIEWER)
    assert found is not None
    assert found.quality is not None
    assert (found.verdicts, found.quality.precision.value, found.quality.recall.value) == (found.drawn, 1.0, 1.0)
    assert found.quality.precision.score.low < 1.0 or found.drawn == found.round.pairs


def test_an_answer_against_the_index_raises_a_real_question(people: World, sampling: Sampling) -> None:
    sampling.draw(SENIOR, ASKED)
    before = people.partition()
    joined = next(task for task in samples(people) if linked(task))
    apart = next(task for task in samples(people) if not linked(task))
    people.review.decide(joined.id, Decision.DIFFERENT, "", REVIEWER)
    people.review.decide(apart.id, Decision.SAME, "", REVIEWER)
    raised = people.task(TaskKind.CONTESTED_LINK)
    assert pair_of(raised) == pair_of(joined)
    assert people.partition() == before
    for reader in (REVIEWER, COLLEAGUE):  # it parts one verified NHS number
        people.review.decide(raised.id, Decision.DIFFERENT, "two people", reader)
    (again,) = [task for task in people.tasks(TaskKind.POSSIBLE_MATCH) if pair_of(task) == pair_of(apart)]
    people.review.decide(again.id, Decision.SAME, "one person", REVIEWER)
    assert not people.together(str(joined.one), str(joined.other))
    assert people.together(str(apart.one), str(apart.other))
    people.verify()


def test_two_readers_know_nothing_of_each_other(people: World, sampling: Sampling) -> None:
    sampling.draw(SENIOR, Draw(pairs=40, twice=1.0, seed=3))
    drawn = len(samples(people))
    for reader in (REVIEWER, COLLEAGUE):
        for task in samples(people, reader):
            people.review.decide(task.id, Decision.SAME if linked(task) else Decision.DIFFERENT, "", reader)
            assert (task.one, task.other) not in {(t.one, t.other) for t in samples(people, reader)}
    assert samples(people, THIRD) == []
    found = sampling.findings(REVIEWER)
    assert found is not None
    assert found.kappa is not None
    assert (found.kappa.pairs, found.kappa.value) == (drawn, 1.0)


def test_the_first_answer_is_kept_from_the_second_reader(people: World, sampling: Sampling) -> None:
    """Neither the settled task nor the real question that a contradiction raises tells it to the second."""
    sampling.draw(SENIOR, Draw(pairs=40, twice=1.0, seed=3))
    comparing = Comparing(people.index.units, people.index.matching)
    joined = next(task for task in samples(people) if linked(task))
    people.review.decide(joined.id, Decision.DIFFERENT, "Twins", REVIEWER)
    assert TaskKind.CONTESTED_LINK not in {task.kind for task in people.tasks()}
    for told in (comparing.compare(joined.id, COLLEAGUE).task, people.review.task(joined.id, COLLEAGUE)):
        assert (told.state, told.kind) == (TaskState.DECIDED, TaskKind.POSSIBLE_MATCH)
        assert (told.decision, told.comment, told.decided_by, told.decided_at) == (None, "", "", None)
    own = comparing.compare(joined.id, REVIEWER).task
    assert (own.decision, own.comment) == (Decision.DIFFERENT, "Twins")
    (second,) = [task for task in samples(people, COLLEAGUE) if pair_of(task) == pair_of(joined)]
    people.review.decide(second.id, Decision.SAME, "", COLLEAGUE)
    assert pair_of(people.task(TaskKind.CONTESTED_LINK)) == pair_of(joined)
    assert people.review.task(joined.id, COLLEAGUE).decision is Decision.DIFFERENT


def test_what_is_taken_back_raises_its_question_and_is_counted_right(people: World, sampling: Sampling) -> None:
    drawn = sampling.draw(SENIOR, Draw(pairs=40, twice=1.0, seed=3)).drawn
    joined = next(task for task in samples(people) if linked(task))
    people.review.decide(joined.id, Decision.DIFFERENT, "", REVIEWER)
    looked = samples(people)[0]
    sampling.look(looked.id, REVIEWER)  # no answer
    assert sampling.end(SENIOR) == TakenBack(drawn - 1, 1)
    assert pair_of(people.task(TaskKind.CONTESTED_LINK)) == pair_of(joined)
    assert sampling.end(SENIOR) == TakenBack(0, 0)


def test_programs_are_as_blind_as_pages(people: World, sampling: Sampling) -> None:
    """While samples wait no task of either kind tells what the index thinks, whichever way it is fetched."""
    sampling.draw(SENIOR, ASKED)
    possible = people.tasks(TaskKind.POSSIBLE_MATCH)[0]
    sample = samples(people)[0]
    worklist = Worklist(people.index.units, people.index.clock, [REVIEWER.user])
    for task in (possible, sample):
        fetched = [
            people.review.task(task.id, REVIEWER),
            people.review.claim(task.id, REVIEWER),
            people.review.release(task.id, REVIEWER),
            worklist.assign(task.id, REVIEWER.user, REVIEWER),
        ]
        assert {(one.kind, one.golden_ids, one.weight, one.guards, one.reason) for one in fetched} == {
            (TaskKind.POSSIBLE_MATCH, (), 0.0, (), REASON)
        }
    assert {task.weight for task in people.review.tasks(REVIEWER, kinds=(TaskKind.POSSIBLE_MATCH,))} == {0.0}
    assert {task.weight for task in worklist.page(REVIEWER).tasks if task.kind is TaskKind.POSSIBLE_MATCH} == {0.0}
    sampling.end(SENIOR)
    told = people.review.task(possible.id, REVIEWER)
    assert (told.kind, len(told.golden_ids)) == (TaskKind.POSSIBLE_MATCH, 2)
    assert told.reason != REASON


@pytest.mark.parametrize("look", ["explain", "preview"])
def test_a_program_that_looks_behind_a_sample_leaves_it_to_others(
    people: World, sampling: Sampling, look: str
) -> None:
    sampling.draw(SENIOR, ASKED)
    sample = samples(people)[0]
    if look == "explain":
        assert people.review.explain(sample.id, REVIEWER)
    else:
        people.review.preview(sample.id, Decision.SAME, REVIEWER)
    with pytest.raises(Conflict):
        people.review.decide(sample.id, Decision.SAME, "", REVIEWER)
    assert people.review.task(sample.id, REVIEWER).kind is TaskKind.BLIND_SAMPLE
    assert sample.id in {task.id for task in samples(people, COLLEAGUE)}


def test_who_is_unsure_is_followed_by_one_other(people: World, sampling: Sampling) -> None:
    sampling.draw(SENIOR, ASKED)
    first = samples(people)[0]
    people.review.decide(first.id, Decision.UNSURE, "", REVIEWER)
    assert (first.one, first.other) not in {(t.one, t.other) for t in samples(people)}
    (again,) = [t for t in samples(people, COLLEAGUE) if (t.one, t.other) == (first.one, first.other)]
    people.review.decide(again.id, Decision.UNSURE, "", COLLEAGUE)
    assert (first.one, first.other) not in {(t.one, t.other) for t in samples(people, THIRD)}


def test_too_few_answers_estimate_nothing(people: World, sampling: Sampling) -> None:
    assert sampling.findings(REVIEWER) is None
    sampling.draw(SENIOR, ASKED)
    people.review.decide(samples(people)[0].id, Decision.SAME, "", REVIEWER)
    found = sampling.findings(REVIEWER)
    assert found is not None
    assert (found.verdicts, found.quality, found.fairness) == (1, None, {})


def test_samples_stand_among_the_possible_matches(people: World, sampling: Sampling) -> None:
    """Half of the list at most: one behind each possible match, then the rest."""
    sampling.draw(SENIOR, Draw(pairs=20, share=0.5, seed=3))
    with people.index.units.begin(read_only=True) as unit:
        page = unit.worklist.page(Wanted(reader="x"), people.index.clock.now(), 200, None)
    kinds = [task.kind for task in page]
    assert kinds[:6] == [TaskKind.POSSIBLE_MATCH, TaskKind.BLIND_SAMPLE] * 3


def test_drawing_is_for_seniors_and_needs_pairs(world: World, sampling: Sampling) -> None:
    with pytest.raises(Forbidden):
        sampling.draw(REVIEWER, ASKED)
    with pytest.raises(Forbidden):
        sampling.end(REVIEWER)
    with pytest.raises(Refused):
        sampling.draw(SENIOR, ASKED)  # an empty index
    with pytest.raises(Refused):
        sampling.draw(SENIOR, Draw(pairs=19))


def test_draws_looks_and_ends_are_audited(people: World, sampling: Sampling) -> None:
    """AUD-2: who drew, who looked behind a pair, who read the findings."""
    drawn = sampling.draw(SENIOR, ASKED)
    task = samples(people)[0]
    sampling.look(task.id, REVIEWER)
    sampling.findings(REVIEWER)
    sampling.end(SENIOR)
    actions = ("draw-sample", "look-behind-task", "read-samples", "end-sample")
    rows = people.rows(
        'select action, "user", subjects from audit where action = any(:a) order by id', a=list(actions)
    )
    assert [(row.action, row.user, row.subjects) for row in rows] == [
        ("draw-sample", "sam", [f"sample/{drawn.id}"]),
        ("look-behind-task", "rita", [f"task/{task.id}"]),
        ("read-samples", "rita", [f"sample/{drawn.id}"]),
        ("end-sample", "sam", []),
    ]
