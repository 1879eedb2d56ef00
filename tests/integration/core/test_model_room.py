"""Models proposed, judged and answered; the one in force (design section 4, Model change; SEC-1, SEC-3)."""

from __future__ import annotations

import pytest

from linkage.errors import ModelError
from linkage.model import Model
from mpi.domain.model_change import Judged, Judgement, ProposalState
from mpi.domain.views import TaskKind
from mpi.errors import Conflict, Forbidden, NotFound, Refused
from mpi.usecases.models.models import Models
from mpi.usecases.models.reigning import Reigning
from tests.integration.core.other_models import altered, keener
from tests.integration.core.test_foreseeing import asked_about, linked
from tests.integration.core.world import ADMINISTRATOR, ARCHIVE, REVIEWER, SENIOR, World, of


@pytest.fixture
def room(world: World) -> Models:
    asked_about(world)
    Reigning(world.index.units).model(Model.default(), "operator")
    return world.index.models


def test_an_index_keeps_the_model_it_began_with(world: World) -> None:
    reigning = Reigning(world.index.units)
    assert reigning.model(keener()).fingerprint == keener().fingerprint
    assert world.count("model_reign") == 0  # nobody began it
    assert reigning.model(Model.default(), "operator") is Model.default()
    assert reigning.model(keener(), "another").fingerprint == Model.default().fingerprint
    (row,) = world.rows("select fingerprint, begun_by from model_reign")
    assert (row.fingerprint, row.begun_by) == (Model.default().fingerprint, "operator")


def test_an_index_that_another_model_weighed_is_not_begun_with_this_one(world: World) -> None:
    linked(world)
    with pytest.raises(Refused, match=f"was weighed by model {Model.default().fingerprint}"):
        Reigning(world.index.units).model(keener(), "operator")
    assert world.count("model_reign") == 0


def test_a_model_that_does_not_fit_weighs_no_index(world: World, room: Models) -> None:
    """One for files may switch guards off; of others the names and numbers could not be stored or shown (SEC-1)."""
    unguarded = altered(guards=[], balance=None)
    with pytest.raises(Refused, match="made for linking files"):
        room.propose(unguarded, ADMINISTRATOR)
    with pytest.raises(Refused, match="in force already"):
        room.propose(Model.default(), ADMINISTRATOR)
    phases: list[str] = []
    for changed, sentence in (
        ({"name": "a\0b"}, "'name' holds a character that cannot be shown"),
        ({"name": "a\ud800"}, "'name' holds a character that cannot be shown"),
        ({"version": 5_000 * "W"}, "'version' has 5,000 characters: give it 100 at most"),
        ({"prior": 1e308}, "'prior' must be from -1,000 to 1,000 bits"),
        ({"certain": 1_000.5}, "'certain' must be from -1,000 to 1,000 bits"),
    ):
        with pytest.raises(Refused, match=sentence):
            room.propose(altered(**changed), ADMINISTRATOR, told=lambda phase, rows: phases.append(phase))
    with pytest.raises(ModelError, match="needs a number 'prior'"):
        altered(prior=10**400)
    assert phases == []  # it is told before any work
    assert room.overview(REVIEWER).proposals == ()


def test_a_proposal_is_stored_with_all_it_would_change(room: Models) -> None:
    made, found = room.propose(keener(), ADMINISTRATOR)
    overview = room.overview(REVIEWER)
    assert overview.in_force is not None
    assert overview.in_force.model.fingerprint == Model.default().fingerprint
    (proposal,) = overview.proposals
    assert (proposal.id, proposal.counts, proposal.changes) == (made, found.counts, 1)
    reviewed = room.proposal(made, REVIEWER)
    assert [change for _, change, _ in reviewed.changes] == list(found.changes)
    assert (reviewed.next, reviewed.outdated, reviewed.judged) == (1, False, ())


def test_a_change_is_shown_with_both_weights_and_every_look_is_audited(world: World, room: Models) -> None:
    made, found = room.propose(keener(), ADMINISTRATOR)
    shown = room.sampled(made, 1, REVIEWER)
    assert [[str(said.identifier) for said in side if said.asked] for side in shown.sides] == [["BOL|8"], ["CHR|8"]]
    assert shown.now is not None
    assert shown.then is not None
    assert shown.then.total == pytest.approx(found.changes[0].weight, abs=1e-3)
    assert (shown.now.fingerprint, shown.then.fingerprint) == (Model.default().fingerprint, keener().fingerprint)
    (audited,) = world.rows("select subjects from audit where action = 'read-proposed-change'")
    assert set(audited.subjects) == {str(world.golden("BOL|8")), str(world.golden("CHR|8"))}


def test_judgements_are_counted_once_a_change(room: Models) -> None:
    made, _ = room.propose(keener(), ADMINISTRATOR)
    assert room.judge(made, 1, Judgement.WORSE, REVIEWER) is None
    room.judge(made, 1, Judgement.BETTER, SENIOR)
    (change,) = room.proposal(made, REVIEWER).changes
    assert room.proposal(made, REVIEWER).judged == (Judged(change[1].kinds[0], 1, 0, 0),)
    with pytest.raises(NotFound):
        room.judge(made, 2, Judgement.BETTER, REVIEWER)


def test_sec_3_somebody_else_answers(room: Models) -> None:
    made, _ = room.propose(keener(), ADMINISTRATOR)
    for caller in (REVIEWER, ARCHIVE):
        with pytest.raises(Forbidden, match="may not decide what is left to senior reviewers; a senior"):
            room.answer(made, True, "", caller)
    with pytest.raises(Conflict, match="somebody else"):
        room.answer(made, True, "mine", ADMINISTRATOR)
    with pytest.raises(Conflict, match=r"at least 30 .* or all if there are fewer; 0 have been"):
        room.answer(made, True, "not looked at", SENIOR)
    room.judge(made, 1, Judgement.UNSURE, REVIEWER)  # the only one there is
    room.answer(made, True, "judged", SENIOR)
    answered = room.proposal(made, REVIEWER).proposal
    assert (answered.state, answered.answered_by, answered.reason) == (ProposalState.APPROVED, "sam", "judged")
    with pytest.raises(Conflict, match="approved already"):
        room.answer(made, False, "", SENIOR)
    with pytest.raises(Conflict, match="approved already"):
        room.judge(made, 1, Judgement.BETTER, REVIEWER)


def test_records_kept_apart_are_never_shown_side_by_side(world: World, room: Models) -> None:
    """NHS-56: only records that are, or would be, one person."""
    assert world.tasks(TaskKind.POSSIBLE_MATCH)
    made, found = room.propose(keener(), ADMINISTRATOR)
    for number, change, _ in room.proposal(made, REVIEWER).changes:
        shown = {said.identifier for side in room.sampled(made, number, REVIEWER).sides for said in side}
        (block,) = [b for b in change.blocks if of("BOL|8") in {p.identifier for p in b}]
        assert shown <= {placing.identifier for placing in block}
    assert found.changes
