"""Restricted people are shown to staff who have said why they need to see them, where the network asks (SEC-6)."""

from __future__ import annotations

from uuid import UUID

from mpi.domain.access import Caller
from mpi.domain.network import Network
from mpi.domain.views import PersonView
from mpi.domain.withholding import is_protected
from mpi.errors import Forbidden


class ReasonNeeded(Forbidden):
    """Say first why; `golden_id` is the person's present one."""

    def __init__(self, golden_id: UUID) -> None:
        super().__init__("this person is restricted: a reason is needed to see them")
        self.golden_id = golden_id


def require_reason(network: Network, person: PersonView, caller: Caller) -> None:
    """Raise `ReasonNeeded` for a restricted person when the caller has given none."""
    if network.ask_reason and is_protected(person) and not caller.reason:
        raise ReasonNeeded(person.golden_id)
