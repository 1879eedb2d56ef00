"""Every page there is, made once with something in it: for layout and access, and for `make screenshots`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mpi.domain.access import Role
from mpi.domain.model_change import ChangeKind, Judgement
from mpi.domain.views import Decision
from mpi.domain.worklist import SavedFilter
from mpi.tokens import token_hash
from mpi.usecases.keeping_apart import KeepingApart
from mpi.usecases.worklist import Worklist
from tests.browser import histories, proposals, questions
from tests.browser.served import CALLERS, TOKENS, Served
from tests.integration.core.world import REVIEWER


def imaging(golden_id: object, query: str = "") -> str:
    return f"/review/people/{golden_id}/imaging{query}"


@dataclass(frozen=True, slots=True)
class Picture:
    """A page: `path` gives its address, after putting what it shows into the index. No role: not signed in."""

    name: str
    path: Callable[[Served], str]
    role: Role | None = Role.ADMINISTRATOR
    status: int = 200


def _work_list(served: Served) -> str:
    questions.overlaid(served)
    questions.one_number_two_people(served)
    for studies in (0, 2):
        questions.perhaps_twins(served, studies)
    served.world.review.claim(questions.perhaps_twins(served).id, REVIEWER)
    return "/review/tasks"


def _settled(served: Served) -> str:
    task = questions.perhaps_twins(served)
    served.world.review.decide(task.id, Decision.DIFFERENT, "Twins or siblings: two birth notices", REVIEWER)
    return f"/review/tasks/{task.id}"


def _filtered(served: Served) -> str:
    questions.overlaid(served)
    saved = SavedFilter("Overlays at Bolton", "kind=overlay&trust=RMC"), SavedFilter("Mine", "held=me")
    worklist = Worklist(served.world.index.units, served.world.index.clock)
    for one in saved:
        worklist.save(one, CALLERS[token_hash(TOKENS[Role.ADMINISTRATOR])])
    return "/review/tasks?kind=overlay&trust=RMC"


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
    Picture("task-settled", _settled),
    Picture("kept-apart", _kept_apart),
    Picture("models-none", lambda served: "/review/models"),
    Picture("models", _models),
    Picture("model", _model),
    Picture("model-answered", _answered),
    Picture("model-change-merge", lambda served: _change(served, proposals.merging(served), ChangeKind.MERGE)),
    Picture("model-change-held", lambda served: _change(served, proposals.holding(served), ChangeKind.HELD)),
    Picture("find", lambda served: "/review/find"),
    Picture("find-nobody", lambda served: "/review/find?issuer=BOL&number=0", status=404),
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
    Picture("timeline-forty", lambda served: imaging(histories.many(served, 40))),
    Picture("not-found", lambda served: "/review/nothing-here", status=404),
]
