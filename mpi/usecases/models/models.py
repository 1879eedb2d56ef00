"""The model room: the model in force, proposals of another one with what it would change, judged and approved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from linkage.charts.differing import Differing, differing
from linkage.explain import Explanation
from linkage.model import Model
from linkage.record import Demographics
from mpi.domain.access import Caller, Right
from mpi.domain.identifiers import Identifier
from mpi.domain.model_change import (
    Change,
    Judged,
    Judgement,
    ModelDifference,
    ModelInForce,
    Proposal,
    ProposalState,
    Reign,
    UnderWay,
    with_reigns,
)
from mpi.errors import Conflict, Fault, NotFound, Refused
from mpi.ports import Unit, Units
from mpi.usecases.deciding.comparing import Comparing, Said
from mpi.usecases.identity.matching import Matching
from mpi.usecases.models.foreseeing import Foreseeing, Told
from mpi.usecases.models.reigning import check_fit


@dataclass(frozen=True, slots=True)
class Overview:
    """The model in force (None before the first start), all proposals and all reigns, the newest first, and what
    changes the model at this moment."""

    in_force: ModelInForce | None
    proposals: tuple[Proposal, ...]
    reigns: tuple[Reign, ...]
    under_way: UnderWay | None


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A proposal with what was judged so far, and some of its changes with their numbers and what was said of each;
    `next` is the number of the first that nobody has judged, None when all are. `outdated`: another model is in force
    than the one it was compared with. `rolled_out` is the reign that it began, None before that."""

    proposal: Proposal
    changes: tuple[tuple[int, Change, Judgement | None], ...]
    judged: tuple[Judged, ...]
    differing: tuple[Differing, ...]  # from the model it was compared with
    next: int | None
    outdated: bool
    rolled_out: Reign | None


@dataclass(frozen=True, slots=True)
class Sampled:
    """One change of a proposal, and what was said of it: what its records say, person by person, and why the pair
    that shows it weighs what it weighs now and would weigh; None when one of them cannot be compared."""

    proposal: Proposal
    number: int
    change: Change
    judgement: Judgement | None
    sides: tuple[tuple[Said, ...], ...]
    now: Explanation | None
    then: Explanation | None
    certain: float  # the threshold of now, in bits; the other is the proposed model's


class Models:
    """Nothing here changes what is served."""

    def __init__(self, units: Units, matching: Matching) -> None:
        self._units = units
        self._matching = matching
        self._comparing = Comparing(units, matching)
        self._read: dict[str, Matching] = {}

    def propose(
        self, model: Model, caller: Caller, workers: int = 1, told: Told = lambda phase, rows: None
    ) -> tuple[int, ModelDifference]:
        """Foresee what `model` would change and store it as a proposal; returns its id too. Needs OPERATE.

        Raises `Refused` for a model that cannot weigh this index, or that does so already, and `Conflict` when the
        one it was compared with is not in force (any more).
        """
        caller.require(Right.OPERATE)
        self._check(model)
        proposed = Matching(model, self._matching.network)
        found = Foreseeing(self._units, self._matching, proposed, workers).run(told)
        base = self._matching.model.fingerprint
        with self._units.begin() as unit:
            reigning = unit.models.in_force()
            if reigning is None or reigning.model.fingerprint != base:
                raise Conflict("the model in force has changed meanwhile: compare again")
            made = unit.models.propose(model.fingerprint, model.document, base, found, caller.user)
            detail = {"proposal": made, "model": model.fingerprint, "changes": len(found.changes)}
            unit.audit.record(caller, "propose-model", [], detail)
            unit.commit()
        return made, found

    def _check(self, model: Model) -> None:
        check_fit(model)
        if model.fingerprint == self._matching.model.fingerprint:
            raise Refused(Fault.CONFLICT, "this model is in force already")

    def overview(self, caller: Caller) -> Overview:
        """What is in force and what is proposed. Needs REVIEW."""
        caller.require(Right.REVIEW)
        with self._units.begin(read_only=True) as unit:
            models = unit.models
            reigns = tuple(models.reigns())
            proposals = tuple(with_reigns(proposal, reigns) for proposal in models.proposals())
            found = Overview(models.in_force(), proposals, reigns, models.under_way())
            unit.audit.record(caller, "list-models", [], {"proposals": len(found.proposals)})
            unit.commit()
            return found

    def proposal(self, proposal_id: int, caller: Caller, after: int = 0, limit: int = 25) -> Reviewed:
        """One proposal, with `limit` of its changes from the one `after` on. Needs REVIEW; raises NotFound."""
        caller.require(Right.REVIEW)
        with self._units.begin(read_only=True) as unit:
            proposal = _found(unit, proposal_id)
            reigns = unit.models.reigns()
            found = Reviewed(
                with_reigns(proposal, reigns),
                tuple(unit.models.changes(proposal_id, after, limit)),
                tuple(unit.models.judged(proposal_id)),
                differing(_model(unit, proposal.base), _model(unit, proposal.model.fingerprint)),
                unit.models.unjudged(proposal_id),
                not reigns or reigns[0].model.fingerprint != proposal.base,
                next((reign for reign in reigns if reign.proposal_id == proposal_id), None),
            )
            unit.audit.record(caller, "read-proposed-model", [f"model-proposal/{proposal_id}"], {})
            unit.commit()
            return found

    def sampled(self, proposal_id: int, number: int, caller: Caller) -> Sampled:
        """One change of a proposal. Needs REVIEW; raises NotFound."""
        caller.require(Right.REVIEW)
        with self._units.begin(read_only=True) as unit:
            proposal = _found(unit, proposal_id)
            change, judgement = _change(unit, proposal_id, number)
            pair = (change.pair.one, change.pair.other)
            sides = tuple(self._comparing.side(unit, identifiers, pair) for identifiers in change.sides)
            proposed = self._matching_of(unit, proposal.model.fingerprint)
            told = {said.identifier: said.demographics for side in sides for said in side if said.asked}
            people = sorted({str(said.golden_id) for side in sides for said in side})
            unit.audit.record(caller, "read-proposed-change", people, {"proposal": proposal_id, "change": number})
            unit.commit()
        now, then = (_explain(matching, told) for matching in (self._matching, proposed))
        return Sampled(proposal, number, change, judgement, sides, now, then, self._matching.model.certain)

    def _matching_of(self, unit: Unit, fingerprint: str) -> Matching:
        if fingerprint not in self._read:
            # The last one alone is kept: reviewers look at one proposal for days.
            self._read = {fingerprint: Matching(_model(unit, fingerprint), self._matching.network)}
        return self._read[fingerprint]

    def judge(self, proposal_id: int, number: int, said: Judgement, caller: Caller) -> int | None:
        """Say whether a change is for the better; returns the next to judge. Needs REVIEW. Raises NotFound, and
        `Conflict` once the proposal is answered."""
        caller.require(Right.REVIEW)
        with self._units.begin() as unit:
            _check_open(_found(unit, proposal_id, for_update=True))
            _change(unit, proposal_id, number)
            unit.models.judge(proposal_id, number, said, caller.user)
            following = unit.models.unjudged(proposal_id)
            detail = {"proposal": proposal_id, "change": number, "judgement": said}
            unit.audit.record(caller, "judge-proposed-change", [], detail)
            unit.commit()
            return following

    def answer(self, proposal_id: int, approved: bool, reason: str, caller: Caller) -> None:
        """Approve or decline a proposal: another senior reviewer or operator than who made it (SEC-3). Needs
        UNDO_ANY, and a strong sign-in to approve. Raises NotFound, `Conflict`, `StrongerNeeded`."""
        caller.require(Right.UNDO_ANY)
        if approved:
            caller.require_strong()
        with self._units.begin() as unit:
            proposal = _found(unit, proposal_id, for_update=True)
            _check_open(proposal)
            if proposal.made_by == caller.user:
                raise Conflict("whoever proposed a model cannot answer for it: somebody else has to")
            reigning = unit.models.in_force()
            if approved and (reigning is None or reigning.model.fingerprint != proposal.base):
                raise Conflict("another model is in force by now: compare the proposed one with that")
            judged = unit.models.judged(proposal_id)
            if approved:
                _check_judged(unit, proposal_id, judged, self._matching.network.judged_changes)
            state = ProposalState.APPROVED if approved else ProposalState.DECLINED
            unit.models.answer(proposal_id, state, caller.user, reason)
            action = "approve-model" if approved else "decline-model"
            said = {str(one): sum(getattr(kind, one) for kind in judged) for one in Judgement}
            unit.audit.record(caller, action, [f"model-proposal/{proposal_id}"], {"reason": reason, **said})
            unit.commit()


def _explain(matching: Matching, told: Mapping[Identifier, Demographics]) -> Explanation | None:
    if len(told) < 2 or any(matching.is_confidential(identifier) for identifier in told):
        return None
    one, other = (matching.encode(demographics)[0] for demographics in told.values())
    return matching.explanation(one, other)


def _model(unit: Unit, fingerprint: str) -> Model:
    return Model.from_document(unit.models.document(fingerprint))


def _found(unit: Unit, proposal_id: int, *, for_update: bool = False) -> Proposal:
    proposal = unit.models.proposal(proposal_id, for_update=for_update)
    if proposal is None:
        raise NotFound("no proposed model has this id")
    return proposal


def _change(unit: Unit, proposal_id: int, number: int) -> tuple[Change, Judgement | None]:
    found = unit.models.change(proposal_id, number)
    if found is None:
        raise NotFound("the proposed model has no change of this number")
    return found


def _check_judged(unit: Unit, proposal_id: int, found: Iterable[Judged], wanted: int) -> None:
    judged = sum(one.better + one.worse + one.unsure for one in found)
    if judged < wanted and unit.models.unjudged(proposal_id) is not None:
        text = (
            f"at least {wanted} of its changes must be judged before a model is approved, or all if there are fewer"
        )
        raise Conflict(f"{text}; {judged} {'has' if judged == 1 else 'have'} been")


def _check_open(proposal: Proposal) -> None:
    if proposal.state is not ProposalState.PROPOSED:
        raise Conflict(f"the proposal has been {proposal.state} already")
