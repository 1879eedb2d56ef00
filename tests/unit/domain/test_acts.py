"""A proposal is kept as JSON and read back as it was (decision 34)."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from mpi.domain.acts import Act, Proposal, Retraction, Statement, proposal_from_json, proposal_to_json
from mpi.domain.identifiers import Identifier
from mpi.domain.regrouping import Regroup, Wish

ONE, OTHER = Identifier("BOL", "1|2"), Identifier("CHR", "9")
ADA, BEN = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize(
    "act",
    [
        Wish(Regroup.SPLIT, ADA, (ONE, OTHER)),
        Wish(Regroup.MOVE, ADA, (ONE,), BEN),
        Wish(Regroup.MERGE, ADA, (), BEN),
        Statement(ONE, OTHER, same=True),
        Statement(ONE, OTHER, same=False),
        Retraction((3, 5), ADA),
        Retraction((3,)),
    ],
    ids=str,
)
def test_it_is_read_back_as_it_was(act: Act) -> None:
    kept = Proposal(act, "rita", "a mark")
    assert proposal_from_json(json.loads(json.dumps(proposal_to_json(kept)))) == kept
