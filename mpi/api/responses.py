"""What OpenAPI says of each answer, success and failure."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from mpi.api.problems import MEDIA_TYPE, ProblemJson

_FAILURES = {
    400: "The body is not JSON, or not UTF-8.",
    401: "No bearer token, or one that is not known.",
    403: "The caller's role does not carry the right.",
    404: "There is no such thing, or none this caller may see.",
    409: "It conflicts with what stands; read again.",
    413: "The body is larger than 1 MiB.",
    415: "The body is not declared as JSON.",
    422: "The request does not have the documented shape, or names what the network does not know.",
    500: "A fault on this side; quote the request id.",
    503: "The index cannot answer now; nothing was applied. Try again after `Retry-After` seconds.",
}

Responses = dict[int | str, dict[str, Any]]


def problems(*statuses: int) -> Responses:
    """Problem responses of exactly these statuses."""
    return {status: {"model": ProblemJson, "description": _FAILURES[status]} for status in statuses}


def failures(*statuses: int) -> Responses:
    """The problem responses of a secured endpoint: those any may give, and `statuses`."""
    return problems(*sorted({401, 403, 422, 500, 503, *statuses}))


def success(model: Any, description: str, status: int = 200, **headers: str) -> Responses:
    """The response of success; `headers` are described by name, underscores standing for hyphens."""
    shown = {
        name.replace("_", "-"): {"description": text, "schema": {"type": "string"}} for name, text in headers.items()
    }
    return {status: {"model": model, "description": description, **({"headers": shown} if shown else {})}}


def no_content(description: str) -> Responses:
    """The response of a success without a body."""
    return {204: {"description": description}}


NOT_MODIFIED: Responses = {304: {"description": "The caller's copy (If-None-Match) is still what stands."}}


def name_operation(route: APIRoute) -> str:
    """Operation ids are the endpoint functions' names."""
    return route.name


def _declare_problem_media_type(schema: dict[str, Any]) -> dict[str, Any]:
    for operation in (o for path in schema["paths"].values() for o in path.values()):
        for response in operation["responses"].values():
            content = response.get("content", {})
            reference = content.get("application/json", {}).get("schema", {}).get("$ref", "")
            if reference.endswith(f"/{ProblemJson.__name__}"):
                response["content"] = {MEDIA_TYPE: content["application/json"]}
    return schema


class Application(FastAPI):
    """FastAPI whose OpenAPI document tells the media type of problems truthfully."""

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI 3.1 document, built once."""
        if self.openapi_schema is None:
            self.openapi_schema = _declare_problem_media_type(super().openapi())
        return self.openapi_schema
