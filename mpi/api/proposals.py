"""What is answered to who would change people and has to wait for a second person (decision 34)."""

from __future__ import annotations

from fastapi import Response
from typing_extensions import TypedDict

from mpi.api.answers import answer
from mpi.api.responses import success
from mpi.api.shapes import identifier_json
from mpi.api.tasks_shapes import ProposalJson
from mpi.domain.acts import Proposal, outline
from mpi.usecases.deciding.acts import Outcome


class ProposedJson(TypedDict):
    """The task under which a change waits for a second person; nothing is changed yet."""

    task: int


PROPOSED = success(ProposedJson, "It is proposed, and waits for a second person.", 202, Location="The task.")


def proposed(task: int) -> Response:
    """202, and where to look."""
    content: ProposedJson = {"task": task}
    return answer(content, 202, {"Location": f"/v1/tasks/{task}"})


def done_or_proposed(outcome: Outcome) -> Response:
    """204 for what is done, 202 for what is proposed."""
    return Response(None, 204) if outcome.task is None else proposed(outcome.task)


def proposal_json(proposal: Proposal) -> ProposalJson:
    """What somebody would do as JSON."""
    told = outline(proposal.act)
    return {
        "act": told.word,
        "by": proposal.by,
        "records": [identifier_json(one) for one in told.records],
        "golden_id": told.golden_id,
        "other": told.other,
        "assertions": list(told.assertions),
    }
