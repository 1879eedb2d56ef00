"""Roll a model out over the whole index, and back: all or nothing, while nobody else writes (decision 29).

What foreseeing told is done by the same functions: weighed and settled by `Resettling`, written by `Applying`, which
every change of identity goes through.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from typing import Protocol
from uuid import UUID

import numpy as np
import numpy.typing as npt

from linkage.model import Model
from linkage.partition import AssertionRank, Verdict
from mpi.domain.access import Caller, Right
from mpi.domain.commands import Rank, Stamp
from mpi.domain.evidence import Assertion, Pair
from mpi.domain.identifiers import Identifier
from mpi.domain.model_change import Counts, ProposalState, Reign
from mpi.domain.network import Network
from mpi.domain.questions import Question
from mpi.domain.views import TaskKind
from mpi.errors import Conflict, NotFound
from mpi.ports import Clock, Ids, Unit
from mpi.usecases.identity.applying import INDEX, Applying, Cause
from mpi.usecases.identity.matching import Matching
from mpi.usecases.whole.bulk_settling import Weighed
from mpi.usecases.whole.population import read, weigh
from mpi.usecases.whole.resettling import Outcome, Resettling, Tally

Told = Callable[[str, int], None]
"""Called with a phase that has ended and how many rows it made."""


class Store(Protocol):
    """One transaction that changes the model."""

    @property
    def unit(self) -> Unit:
        """The stores of this transaction."""

    def claim(self, what: str) -> None:
        """Hold the index for this transaction alone; others can see `what` is done. Raises `Conflict` when somebody
        else changes the model, `Contention` when others do not stop writing."""

    def tell(self, what: str) -> None:
        """Let others see what is being done."""

    def encode(self, ids: Sequence[int], encoded: npt.NDArray[np.uint8]) -> None:
        """Store records as rows of the kernel, uint8[len(ids), ENCODED_SIZE]; `ids` are database ids."""

    def replace_edges(self, ids: Sequence[int], edges: Weighed, model: str) -> None:
        """Make these the only edges; `ids` are the database ids of their rows, `model` the fingerprint."""

    def ask(
        self, ids: Mapping[Identifier, int], questions: Iterable[Question], reign: int, undone: int | None
    ) -> tuple[int, int]:
        """Make these the only unanswered questions but those that no evidence withdraws; returns how many were
        opened and closed. The closed ones are remembered with `reign`; of those closed at the beginning of the reign
        `undone`, who is asked again is so where the task was left."""

    def former(self, reign: int) -> Mapping[Identifier, UUID]:
        """The golden id of every record that was in the index when a reign began, as it was then."""

    def lifted(self, reason: str) -> Collection[Pair]:
        """The pairs of the holds that were withdrawn for a reason."""


class Stores(Protocol):
    """Opens transactions that change the model."""

    def begin(self) -> AbstractContextManager[Store]:
        """A transaction, rolled back at exit unless its unit is committed. Raises `Unavailable`."""


@dataclass(frozen=True, slots=True)
class _Change:
    """Which model succeeds which, and in whose name."""

    before: Model
    after: Model
    reign: int
    undone: Reign | None
    caller: Caller
    foreseen: Counts | None = None  # None when it may come out as it will

    @property
    def reason(self) -> str:
        """Why holds, links and events are as they are from now on."""
        return f"model-roll-out-{self.reign}" if self.undone is None else f"model-roll-back-{self.undone.id}"


class Rolling:
    """Both methods need OPERATE and are done when they return; when they raise, or the process dies, nothing has
    changed. Meanwhile whoever writes is told to try again, and whoever reads sees the index as it was."""

    def __init__(self, stores: Stores, network: Network, clock: Clock, ids: Ids, workers: int = 1) -> None:
        self._stores = stores
        self._network = network
        self._clock = clock
        self._ids = ids
        self._workers = workers

    def out(
        self, proposal_id: int, caller: Caller, told: Told = lambda phase, rows: None, *, even_so: bool = False
    ) -> Counts:
        """Put an approved proposal's model in force and make of the index what it makes of it.

        Raises NotFound, and `Conflict` when it is not approved, was compared with another model than the one in
        force, or has been rolled out before; when somebody else changes the model; and, unless `even_so`, when far
        more would change than was foreseen.
        """
        caller.require(Right.OPERATE)
        with self._stores.begin() as store:
            store.claim(f"mpi model roll-out {proposal_id}")
            unit = store.unit
            proposal = unit.models.proposal(proposal_id)
            if proposal is None:
                raise NotFound("no proposed model has this id")
            if proposal.state is not ProposalState.APPROVED:
                raise Conflict(f"the proposal is {proposal.state}: only an approved one is rolled out")
            reigns = unit.models.reigns()
            if any(reign.proposal_id == proposal_id for reign in reigns):
                raise Conflict("this proposal has been rolled out before: compare its model again")
            if not reigns or reigns[0].model.fingerprint != proposal.base:
                raise Conflict("another model is in force than the one it was compared with: compare it again")
            after = proposal.model.fingerprint
            begun = unit.models.succeed(after, caller.user, proposal_id=proposal_id, reason=proposal.reason)
            foreseen = None if even_so else proposal.counts
            change = _Change(_model(unit, proposal.base), _model(unit, after), begun, None, caller, foreseen)
            detail = {"model": after, "instead_of": proposal.base, "approved_by": proposal.answered_by}
            if even_so:
                detail["even_so"] = "whatever was foreseen"
            return self._change(store, change, f"model-proposal/{proposal_id}", detail, told)

    def back(self, reason: str, caller: Caller, told: Told = lambda phase, rows: None) -> Counts:
        """Put the model in force again that was so before the last roll-out, and part what that alone has joined.

        What was said meanwhile stays. Raises `Conflict` when the model in force was not rolled out, and when
        somebody else changes the model.
        """
        caller.require(Right.OPERATE)
        with self._stores.begin() as store:
            store.claim("mpi model roll-back")
            unit = store.unit
            reigns = unit.models.reigns()
            if len(reigns) < 2 or reigns[0].proposal_id is None:
                raise Conflict("the model in force was not rolled out: there is nothing to go back to")
            undone, former = reigns[:2]
            after = former.model.fingerprint
            begun = unit.models.succeed(after, caller.user, restores=former.id, reason=reason)
            change = _Change(_model(unit, undone.model.fingerprint), _model(unit, after), begun, undone, caller)
            detail = {"model": after, "instead_of": undone.model.fingerprint, "reason": reason}
            return self._change(store, change, f"model-proposal/{undone.proposal_id}", detail, told)

    def _change(self, store: Store, change: _Change, subject: str, detail: Mapping[str, str], told: Told) -> Counts:
        def tell(phase: str, rows: int) -> None:
            store.tell(f"mpi model {'roll-back' if change.undone else 'roll-out'}: {phase} {rows}")
            told(phase, rows)

        if change.undone is not None:
            self._hold_again(store, change, change.undone)
        anew = self._weighed(store, change, tell)
        tally, questions = self._settle(store.unit, anew, change)
        tell("people", tally.counts.moved)
        known = dict(zip(anew.population.identifiers, anew.population.ids, strict=True))
        undone = change.undone.id if change.undone else None
        opened, closed = store.ask(known, questions, change.reign, undone)
        tell("tasks", opened)
        counts = replace(
            tally.counts,
            records=len(anew.population),
            edges=len(anew.edges),
            tasks_opened=opened,
            tasks_closed=closed,
        )
        if change.foreseen is not None:
            _check_foreseen(counts, change.foreseen)
        action = "roll-back-model" if change.undone else "roll-out-model"
        store.unit.audit.record(change.caller, action, [subject], {**detail, **asdict(counts)})
        store.unit.commit()
        told("commit", 1)
        return counts

    def _hold_again(self, store: Store, change: _Change, undone: Reign) -> None:
        """The holds that the roll-out found needless are made anew; where they are so still, they go again."""
        now = self._clock.now()
        lifted = store.lifted(f"model-roll-out-{undone.id}")
        holds = [
            Assertion(pair, Verdict.SAME, AssertionRank.HOLD, Stamp(Rank.FEED, now, now)) for pair in sorted(lifted)
        ]
        store.unit.evidence.add_assertions(holds, INDEX, change.reason)

    def _weighed(self, store: Store, change: _Change, told: Told) -> Resettling:
        """Every record and edge of the index by the new model, stored; with all that stands beside them."""
        matching = Matching(change.after, self._network)
        encoded_so = change.before.tag == change.after.tag
        population = read(store.unit.scan.records(), matching, encoded_so=encoded_so)
        told("records", len(population))
        if not encoded_so:
            store.encode([population.ids[row] for row in population.able.tolist()], population.encoded)
        edges = weigh(population, matching)
        store.replace_edges(population.ids, edges, change.after.fingerprint)
        told("edges", len(edges))
        former = None if change.undone is None else store.former(change.undone.id)
        return Resettling(matching, population, edges, store.unit.scan.assertions(), former)

    def _settle(self, unit: Unit, anew: Resettling, change: _Change) -> tuple[Tally, list[Question]]:
        """Settle every component and write what changes; returns the counts of it, and all that must be asked."""
        applying = Applying(anew.matching, self._clock, self._ids)
        cause = Cause(change.caller, change.reason)
        tally = Tally()
        asked: dict[tuple[TaskKind, Pair], Question] = {}
        golden_of: dict[Identifier, UUID] = {}
        for outcome in anew.outcomes(self._workers):
            asked.update({(question.kind, question.pair): question for question in outcome.questions})
            if outcome.changes or outcome.changes_holds:
                studies = unit.scan.studies_of(_identifiers(outcome))
                lineage = applying.apply(unit, outcome.component, outcome.settlement, cause)
                golden_of.update(lineage.golden_of)
                tally.add(outcome, lineage, studies)
        asked.update({(question.kind, question.pair): question for question in anew.asked(golden_of)})
        return tally, list(asked.values())


def _model(unit: Unit, fingerprint: str) -> Model:
    return Model.from_document(unit.models.document(fingerprint))


def _check_foreseen(counts: Counts, foreseen: Counts) -> None:
    if beyond := counts.beyond(foreseen):
        text = f"far more would change than was foreseen when the model was compared: {', '.join(beyond)}"
        raise Conflict(f"{text}. Nothing has changed: compare it again, or roll it out with --even-so")


def _identifiers(outcome: Outcome) -> list[Identifier]:
    return [member.identifier for member in outcome.component.members]
