"""Every page there is, made once with something in it: for layout and access, and for `make screenshots`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mpi.domain.access import Role
from mpi.domain.model_change import ChangeKind, Judgement
from mpi.domain.views import Decision
from mpi.domain.worklist import SavedFilter
from mpi.tokens import token_hash
from mpi.usecases.deciding.keeping_apart import KeepingApart
from mpi.usecases.deciding.worklist import Worklist
from tests.browser import boards, crowds, doubles, histories, proposals, questions, refusals, subscribers, waiting
from tests.browser.served import CALLERS, TOKENS, Served
from tests.integration.core.world import ADMINISTRATOR, REVIEWER, of, register


def imaging(golden_id: object, query: str = "") -> str:
    return f"/review/people/{golden_id}/imaging{query}"


def person(golden_id: object, more: str = "") -> str:
    return f"/review/people/{golden_id}{more}"


@dataclass(frozen=True, slots=True)
class Picture:
    """A page: `path` gives its address, after putting what it shows into the index. No role: not signed in."""

    name: str
    path: Callable[[Served], str]
    role: Role | None = Role.ADMINISTRATOR
    status: int = 200


def _work_list(served: Served) -> str:
    questions.overlaid(served)
    questions.one_number_two_people(served, "9" * 200)
    for studies in (0, 2):
        questions.perhaps_twins(served, studies)
    questions.where_linking_is_stopped(served)
    served.world.review.claim(questions.perhaps_twins(served).id, REVIEWER)
    return "/review/tasks"


def _settled(served: Served) -> str:
    task = questions.perhaps_twins(served)
    served.world.review.decide(task.id, Decision.DIFFERENT, "Twins or siblings: two birth notices", REVIEWER)
    return f"/review/tasks/{task.id}"


def _several(served: Served) -> str:
    questions.one_number_two_people(served)
    histories.restricted(served)
    for given in ("Adaeze", "Adanna", "Adeze"):
        number, who = histories.somebody(served, given=given, born="1971-05-13")
        served.world.tell(register(f"BOL|B{number}", 1, who))
    return "/review/find?family=Okonkwo&given=Adaeze&day=13&month=5&year=1971"


def _refused(served: Served) -> str:
    for make in (refusals.image, refusals.fhir, refusals.hl7):
        make(served)
    refusals.hl7(served, sender="XXX")
    return "/review/quarantine"


def _refused_copy(served: Served) -> str:
    receipt = served.world.index.quarantine.replay(refusals.hl7(served), None, ADMINISTRATOR)
    return f"/review/quarantine/{receipt.message_id}"


def _filtered(served: Served) -> str:
    questions.overlaid(served)
    saved = SavedFilter("Overlays at Bolton", "kind=overlay&trust=RMC"), SavedFilter("Mine", "held=me")
    worklist = Worklist(served.world.index.units, served.world.index.clock)
    for one in saved:
        worklist.save(one, CALLERS[token_hash(TOKENS[Role.ADMINISTRATOR])])
    return "/review/tasks?kind=overlay&trust=RMC"


def _split(served: Served) -> str:
    bolton, golden_id = histories.two_trusts(served)
    return person(golden_id, f"/change/preview?to=split&record={bolton}")


def _merge(served: Served) -> str:
    one, other = (served.world.golden(histories.unverified(served)[0]) for _ in range(2))
    return person(one, f"/change/preview?to=merge&other={other}")


def _opposed(served: Served) -> str:
    one, other = (histories.unverified(served)[0] for _ in range(2))
    served.world.review.assert_pair(of(one), of(other), False, "two people", REVIEWER)
    return person(served.world.golden(one), f"/change/preview?to=merge&other={served.world.golden(other)}")


def _accepted(served: Served) -> str:
    task = waiting.split(served)
    served.world.review.decide(task.id, Decision.ACCEPT, "Checked on the Spine: two people", REVIEWER)
    return f"/review/tasks/{task.id}"


def _deliveries(served: Served) -> str:
    subscribers.told(served)
    subscribers.failing(served)
    subscribers.stopped(served)
    return "/review/deliveries"


def _corrections(served: Served) -> str:
    for _ in range(2):
        doubles.two_numbers(served)
    doubles.two_numbers(served, hidden=True)
    return "/review/corrections?trust=RMC"


def _kept_apart(served: Served) -> str:
    task = questions.perhaps_twins(served)
    apart = KeepingApart(served.world.index.units, served.world.index.rematch, served.world.index.clock)
    officer = CALLERS[token_hash(TOKENS[Role.PRIVACY_OFFICER])]
    made = apart.keep_apart(task.one, task.other, "Adopted; the family court's order is with the trust.", officer)
    apart.lift(made, "", officer)
    other = questions.perhaps_twins(served)
    apart.keep_apart(other.one, other.other, "At the patient's wish.", officer)
    return "/review/kept-apart"


def _models(served: Served) -> str:
    proposals.merging(served)
    declined = proposals.holding(served)
    served.world.index.models.answer(declined, False, "It would ask about every link there is.", proposals.SENIOR)
    return "/review/models"


def _model(served: Served) -> str:
    made = proposals.merging(served)
    for number, said in ((1, Judgement.BETTER), (2, Judgement.BETTER), (3, Judgement.WORSE)):
        served.world.index.models.judge(made, number, said, REVIEWER)
    return f"/review/models/{made}"


def _answered(served: Served) -> str:
    made = proposals.holding(served)
    proposals.judge_all(served, made)
    served.world.index.models.answer(made, True, "Judged by three of us: nine of ten are better.", proposals.SENIOR)
    return f"/review/models/{made}"


def _change(served: Served, made: int, kind: ChangeKind) -> str:
    return f"/review/models/{made}/changes/{proposals.change_of(served, made, kind)}"


PICTURES = [
    Picture("sign-in", lambda served: "/review/sign-in", None),
    Picture("start", lambda served: "/review"),
    Picture("work-list", _work_list),
    Picture("work-list-filtered", _filtered),
    Picture("work-list-empty", lambda served: "/review/tasks?kind=move&text=nobody"),
    Picture("task-twins", lambda served: f"/review/tasks/{questions.perhaps_twins(served).id}"),
    Picture("task-overlay", lambda served: f"/review/tasks/{questions.overlaid(served).id}"),
    Picture("task-two-people", lambda served: f"/review/tasks/{questions.one_number_two_people(served).id}"),
    Picture("task-order", lambda served: f"/review/tasks/{questions.order_of_two(served).id}"),
    Picture("task-study", lambda served: f"/review/tasks/{questions.study_of_two(served).id}"),
    Picture("task-settled", _settled),
    Picture("refused-messages", _refused),
    Picture("refused-hl7", lambda served: f"/review/quarantine/{refusals.hl7(served)}"),
    Picture("refused-fhir", lambda served: f"/review/quarantine/{refusals.fhir(served)}"),
    Picture("refused-dicom", lambda served: f"/review/quarantine/{refusals.image(served)}"),
    Picture("refused-copy", _refused_copy),
    Picture("deliveries", _deliveries),
    Picture("subscriber", lambda served: f"/review/deliveries/{subscribers.stopped(served)}"),
    Picture("corrections", _corrections),
    Picture("kept-apart", _kept_apart),
    Picture("models-none", lambda served: "/review/models"),
    Picture("models", _models),
    Picture("model", _model),
    Picture("model-answered", _answered),
    Picture("model-change-merge", lambda served: _change(served, proposals.merging(served), ChangeKind.MERGE)),
    Picture("model-change-held", lambda served: _change(served, proposals.holding(served), ChangeKind.HELD)),
    Picture("find", lambda served: "/review/find"),
    Picture("find-nobody", lambda served: "/review/find?issuer=BOL&number=0", status=404),
    Picture("find-wrong", lambda served: "/review/find?family=Okonkwo&day=31&month=2&year=54", status=422),
    Picture("find-people", _several),
    Picture("person", lambda served: person(histories.built(served)), Role.REVIEWER),
    Picture("person-protected", lambda served: person(histories.built(served))),
    Picture("person-restricted", lambda served: person(histories.restricted(served)[1]), Role.VIEWER),
    Picture("person-contested", lambda served: person(histories.unsure(served)), Role.REVIEWER),
    Picture("person-history", lambda served: person(histories.built(served), "/history"), Role.REVIEWER),
    Picture("person-step", lambda served: person(histories.built(served), "/history/4"), Role.REVIEWER),
    Picture("person-looks", lambda served: person(histories.built(served), "/looks"), Role.PRIVACY_OFFICER),
    Picture("reason", lambda served: person(histories.restricted(served)[1], "/reason"), Role.REVIEWER),
    Picture("change", lambda served: person(histories.built(served), "/change"), Role.REVIEWER),
    Picture(
        "change-wrong", lambda served: person(histories.built(served), "/change/preview?to=move"), Role.REVIEWER, 422
    ),
    Picture("change-split", _split, Role.REVIEWER),
    Picture("change-merge", _merge, Role.SENIOR_REVIEWER),
    Picture("proposal-split", lambda served: f"/review/tasks/{waiting.split(served).id}", Role.REVIEWER),
    Picture("proposal-merge", lambda served: f"/review/tasks/{waiting.merge(served).id}", Role.REVIEWER),
    Picture("proposal-undo", lambda served: f"/review/tasks/{waiting.undo(served).id}", Role.REVIEWER),
    Picture(
        "proposal-own", lambda served: f"/review/tasks/{waiting.split(served, waiting.PROPOSER).id}", Role.REVIEWER
    ),
    Picture("proposal-outlived", lambda served: f"/review/tasks/{waiting.outlived(served).id}", Role.REVIEWER),
    Picture("proposal-settled", _accepted, Role.REVIEWER),
    Picture("change-opposed", _opposed, Role.REVIEWER),
    Picture("timeline", lambda served: imaging(histories.two_trusts(served)[1])),
    Picture(
        "timeline-wrong",
        lambda served: imaging(histories.two_trusts(served)[1], "?first=x&day=31&month=2&year=2024"),
        status=422,
    ),
    Picture("timeline-contested", lambda served: imaging(histories.unsure(served))),
    Picture("timeline-provisional", lambda served: imaging(histories.provisional(served))),
    Picture("timeline-restricted", lambda served: imaging(histories.restricted(served)[1]), Role.VIEWER),
    Picture("timeline-empty", lambda served: imaging(histories.without_studies(served))),
    Picture("timeline-orders", lambda served: imaging(histories.ordered(served)[1])),
    Picture("timeline-forty", lambda served: imaging(histories.many(served, 40))),
    Picture("dashboard-empty", lambda served: "/review/dashboards/matching"),
    Picture("dashboard-trusts", boards.network),
    Picture("dashboard-trust", lambda served: f"{boards.network(served)}/RMC"),
    Picture("dashboard-matching", boards.measured),
    Picture("task-blind", boards.blind, Role.REVIEWER),
    Picture("work-list-blind", boards.blind_list, Role.REVIEWER),
    Picture("dashboard-waiting", boards.half_answered, Role.SENIOR_REVIEWER),
    Picture("groups", crowds.crowd, Role.REVIEWER),
    Picture("batch-sampling", crowds.sampling, Role.REVIEWER),
    Picture("batch-agreed", crowds.agreed, Role.SENIOR_REVIEWER),
    Picture("batch-answering", crowds.answering, Role.SENIOR_REVIEWER),
    Picture("batch-undone", crowds.undone, Role.SENIOR_REVIEWER),
    Picture("not-found", lambda served: "/review/nothing-here", status=404),
]
