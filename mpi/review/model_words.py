"""How models, and what they would change, are spoken of on pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mpi.domain.model_change import ChangeKind, Judgement, ProposalState

CHANGES = {
    ChangeKind.MERGE: "Records of several people become one person's",
    ChangeKind.SPLIT: "Records of one person become several people's",
    ChangeKind.HELD: "A link becomes contested and a reviewer is asked",
    ChangeKind.FREED: "A contested link is contested no more",
}
JUDGEMENTS = {
    Judgement.BETTER: "Better than now",
    Judgement.WORSE: "Worse than now",
    Judgement.UNSURE: "Not sure",
}
PROPOSALS = {
    ProposalState.PROPOSED: "Being judged",
    ProposalState.APPROVED: "Approved",
    ProposalState.DECLINED: "Declined",
    ProposalState.ROLLED_OUT: "Rolled out",
    ProposalState.ROLLED_BACK: "Rolled back",
}
_COLOURS = {
    ProposalState.PROPOSED: "nhsuk-tag--blue",
    ProposalState.APPROVED: "nhsuk-tag--green",
    ProposalState.DECLINED: "nhsuk-tag--grey",
    ProposalState.ROLLED_OUT: "nhsuk-tag--green",
    ProposalState.ROLLED_BACK: "nhsuk-tag--orange",
}
MODEL_FILTERS: Mapping[str, Any] = {
    "change": CHANGES.__getitem__,
    "judgement": JUDGEMENTS.__getitem__,
    "proposal_state": PROPOSALS.__getitem__,
    "proposal_colour": _COLOURS.__getitem__,
}
