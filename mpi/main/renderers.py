"""How failures are told under each address: as pages, as OperationOutcome; elsewhere as problem details."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request, Response

from adapters.fhir import outcome
from mpi.api.problems import Problem, Renderer
from mpi.review.pages import Pages


def renderers(pages: Pages) -> Mapping[str, Renderer]:
    """By path prefix."""
    return {"/fhir": _tell_fhir, "/review": _tell_page(pages), "/launch": _tell_page(pages)}


def _tell_page(pages: Pages) -> Renderer:
    """Problems under the review pages, as pages."""

    def tell(request: Request, problem: Problem) -> Response:
        if any(fix.parameter in request.path_params for fix in problem.fixes):  # no page has such an address
            return pages.fail(request, 404, "", problem.headers)
        said = problem.detail or "; ".join(f"{fix.parameter or fix.pointer}: {fix.detail}" for fix in problem.fixes)
        return pages.fail(request, problem.status, said, problem.headers)

    return tell


def _tell_fhir(request: Request, problem: Problem) -> Response:
    """Problems that the framework finds before the FHIR routes do."""
    return outcome.FhirResponse(outcome.outcome("error", "processing", problem.detail), problem.status)
