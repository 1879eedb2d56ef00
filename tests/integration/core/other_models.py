"""Models that weigh otherwise than the shipped one."""

from __future__ import annotations

import copy
from typing import Any

from linkage.model import Model
from mpi.domain.access import Caller, Role
from mpi.domain.model_change import Judgement
from mpi.usecases.models.models import Models

SENIOR = Caller("sam", Role.SENIOR_REVIEWER, "RMC")


def approve(models: Models, proposal: int) -> None:
    """A senior reviewer judges as many changes as an approval asks for, and approves."""
    following = models.proposal(proposal, SENIOR).next
    while following is not None and following <= 30:
        following = models.judge(proposal, following, Judgement.BETTER, SENIOR)
    models.answer(proposal, True, "fits", SENIOR)


def altered(**changed: Any) -> Model:
    """The shipped model under another name, with some of its document changed."""
    document = copy.deepcopy(dict(Model.default().document))
    return Model.from_document(document | {"name": "other"} | changed)


def keener() -> Model:
    """Links what the shipped one only asks about."""
    return altered(certain=Model.default().possible + 0.1)


def warier() -> Model:
    """Asks about everything that the shipped one links."""
    return altered(certain=200.0)


def otherwise_encoded(**changed: Any) -> Model:
    """Holds other frequencies in its rows, so that every record is encoded anew, and weighs nearly the same."""
    frequencies = copy.deepcopy(dict(Model.default().document["frequencies"]))
    frequencies["surname"]["whitworth"] = 1e-5
    return altered(frequencies=frequencies, **changed)
