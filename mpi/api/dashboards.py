"""The dashboards as JSON (needs REVIEW, as their pages do): what is counted in the background, with its moment."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from linkage.evaluation.agreement import Kappa
from linkage.evaluation.estimating import Measure
from linkage.evaluation.fairness import FairnessTable
from linkage.evaluation.intervals import Estimate
from linkage.judging.telling import gap_line
from linkage.model import Model
from mpi.api.answers import answer
from mpi.api.dashboards_shapes import (
    DriftJson,
    FairnessJson,
    KappaJson,
    LimitedJson,
    MatchingBoardJson,
    OneTrustBoardJson,
    SampleJson,
    TrustBoardJson,
    TrustsBoardJson,
)
from mpi.api.responses import failures, name_operation, success
from mpi.api.security import Calling, SecuredRoute
from mpi.api.services import Provided, Services
from mpi.domain.counts import BAND, FIELDS, Counted, MatchingCounts
from mpi.domain.drift import Drift, drifts
from mpi.domain.sampling import Findings
from mpi.domain.trust_view import TrustView
from mpi.errors import NotFound

router = APIRouter(
    route_class=SecuredRoute, tags=["operations"], generate_unique_id_function=name_operation, prefix="/v1/dashboards"
)


@router.get("/trusts", response_model=None, responses=success(TrustsBoardJson, "All trusts.") | failures())
def trusts_dashboard(services: Provided, caller: Calling) -> Response:
    """All trusts beside one another: what their feeds sent in 14 days, and what their live records hold."""
    counted = services.dashboards.read(caller, "trusts")
    content: TrustsBoardJson = {
        "as_of": counted.at if counted else None,
        "trusts": [_trust_json(one) for one in _trusts(services, counted)],
    }
    return answer(content)


@router.get("/trusts/{code}", response_model=None, responses=success(OneTrustBoardJson, "It.") | failures(404))
def trust_dashboard(
    code: Annotated[str, Path(max_length=10, description="ODS code.", examples=["RMC"])],
    services: Provided,
    caller: Calling,
) -> Response:
    """One trust."""
    known = code in services.network.organisation_by_code
    counted = services.dashboards.read(caller, f"trusts/{code}" if known else "trusts")
    if not known:
        raise NotFound("no trust of this network has this code")
    found = [_trust_json(one) for one in _trusts(services, counted) if one.organisation.code == code]
    content: OneTrustBoardJson = {"as_of": counted.at if counted else None, "trust": found[0] if found else None}
    return answer(content)


@router.get("/matching", response_model=None, responses=success(MatchingBoardJson, "It.") | failures())
def matching_dashboard(services: Provided, caller: Calling) -> Response:
    """How well the index matches: weights, decisions, review work, drift, and what blind samples say."""
    counted = services.dashboards.read(caller, "matching")
    found = services.sampling.findings(caller)
    return answer(_matching_json(counted, found, services.model))


def _trusts(services: Services, counted: Counted | None) -> list[TrustView]:
    return services.dashboards.trusts(counted, services.network, services.started)


def _trust_json(trust: TrustView) -> TrustBoardJson:
    counted = {feed.id: trust.messages(feed.id) for feed in trust.feeds}
    return {
        "organisation": trust.organisation.code,
        "name": trust.organisation.name,
        "silent": trust.silent,
        "feeds": [
            {"feed": feed, "last_message_at": trust.last_of(feed), "messages": messages, "refused": refused}
            for feed, (messages, refused) in counted.items()
        ],
        "days": [
            {"day": day, "messages": messages, "refused": refused}
            for day, (messages, refused) in ((day, trust.of_day(day)) for day in trust.dates)
        ],
        "records": trust.total("records"),
        "with_nhs_number": trust.total("numbered"),
        "verified": trust.total("verified"),
        "duplicates": trust.total("doubled"),
        "overlays": trust.total("overlays"),
        "completeness": {name: trust.filled(name) for name in FIELDS},
    }


def _matching_json(counted: Counted | None, found: Findings | None, model: Model) -> MatchingBoardJson:
    counts = counted.matching if counted else MatchingCounts((), (), (), {}, {}, {})
    return {
        "as_of": counted.at if counted else None,
        "model": {
            "name": model.name,
            "version": model.version,
            "fingerprint": model.fingerprint,
            "possible": model.possible,
            "certain": model.certain,
        },
        "sample": _sample_json(found) if found else None,
        "weights": [
            {"low": b.low, "high": b.low + BAND, "one_person": b.linked, "not_linked": b.apart} for b in counts.bands
        ],
        "decisions": [
            {"low": b.low, "high": b.low + BAND, "same": b.same, "different": b.different} for b in counts.decided
        ],
        "weeks": [
            {"monday": w.monday, "kind": w.kind, "opened": w.opened, "answered": w.answered} for w in counts.weeks
        ],
        "waiting": {kind.value: number for kind, number in counts.waiting.items()},
        "drift": [_drift_json(one) for one in drifts(model, counts.levels, counts.earlier)],
    }


def _drift_json(drift: Drift) -> DriftJson:
    return {
        "comparison": drift.comparison,
        "reading": drift.reading,
        "pairs": drift.pairs,
        "missing": drift.missing if drift.pairs else None,
        "from_earlier": drift.from_earlier,
        "from_model": drift.from_model,
        "levels": [
            {"outcome": one.words, "newest": one.newest, "earlier": one.earlier, "model": one.m}
            for one in drift.levels
        ],
    }


def _limited(measure: Measure) -> LimitedJson:
    return {"value": measure.value, "low": measure.score.low, "high": measure.score.high}


def _estimate(one: Estimate) -> LimitedJson:
    return {"value": one.value, "low": one.low, "high": one.high}


def _sample_json(found: Findings) -> SampleJson:
    quality, kappa = found.quality, found.kappa
    answered = {one.number: found.answers.get(one.number, (0, 0)) for one in found.round.strata}
    return {
        "drawn_at": found.round.made_at,
        "drawn_by": found.round.made_by,
        "drawn": found.drawn,
        "verdicts": found.verdicts,
        "waiting": found.waiting,
        "precision": _limited(quality.precision) if quality else None,
        "recall": _limited(quality.recall) if quality else None,
        "found_by_blocking": _limited(quality.pairs_completeness) if quality else None,
        "kappa": _kappa_json(kappa) if kappa else None,
        "strata": [
            {
                "low": one.low,
                "high": one.high,
                "linked": one.joined,
                "compared": one.compared,
                "pairs": one.size,
                "answered": answered[one.number][0],
                "same": answered[one.number][1],
            }
            for one in found.round.strata
        ],
        "fairness": [_fairness_json(name, table) for name, table in found.fairness.items()],
    }


def _kappa_json(kappa: Kappa) -> KappaJson:
    return {
        "value": kappa.value,
        "low": kappa.low,
        "high": kappa.high,
        "observed": kappa.observed,
        "pairs": kappa.pairs,
    }


def _fairness_json(grouping: str, table: FairnessTable) -> FairnessJson:
    largest = (table.largest(measure) for measure in ("precision", "recall"))
    return {
        "grouping": grouping,
        "gaps": [gap_line(gap) for gap in largest if gap is not None],
        "groups": [
            {
                "name": one.name,
                "pairs": one.pairs,
                "few": one.small,
                "precision": _estimate(one.precision),
                "recall": _estimate(one.recall),
            }
            for one in table.groups
        ],
    }
