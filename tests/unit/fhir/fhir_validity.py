"""Whether what the adapter emits is FHIR R4, required bindings included."""

from __future__ import annotations

from typing import Any

from fhir.resources.R4B import get_fhir_model_class

_ISSUE_TYPES = """
    invalid structure required value invariant security login unknown expired forbidden suppressed processing
    not-supported duplicate multiple-matches not-found deleted too-long code-invalid extension too-costly
    business-rule conflict transient lock-error no-store exception timeout incomplete throttled informational
"""
_CODES = {
    "severity": {"fatal", "error", "warning", "information"},
    "gender": {"male", "female", "other", "unknown"},
    "mode": {"match", "include", "outcome", "server"},
    "code": set(_ISSUE_TYPES.split()),
}


def valid(resource: Any) -> Any:
    """The resource, proven to be R4 and to keep the required bindings that fhir.resources does not check."""
    model = get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    assert model.model_dump(mode="json")["resourceType"] == resource["resourceType"]
    _check_codes(resource)
    return resource


def _check_codes(resource: dict[str, Any]) -> None:
    match resource["resourceType"]:
        case "OperationOutcome":
            for issue in resource["issue"]:
                assert issue["severity"] in _CODES["severity"]
                assert issue["code"] in _CODES["code"]
        case "Bundle":
            for entry in resource.get("entry", ()):
                assert entry["search"]["mode"] in _CODES["mode"]
                valid(entry["resource"])
        case "Patient":
            assert resource.get("gender", "unknown") in _CODES["gender"]
            assert all(one["type"] in ("seealso", "replaced-by") for one in resource.get("link", ()))
            uses = {"usual", "official", "temp", "nickname", "anonymous", "old", "maiden"}
            assert all(name["use"] in uses for name in resource.get("name", ()))
            assert all(a["use"] in {"home", "work", "temp", "old"} for a in resource.get("address", ()))
            assert all(t["system"] in {"phone", "email"} for t in resource.get("telecom", ()))
        case "DocumentReference":
            assert resource["status"] == "current"
            statuses = {"preliminary", "final", "amended", "entered-in-error"}  # composition-status
            assert resource.get("docStatus", "final") in statuses
        case "ServiceRequest":
            statuses = {"draft", "active", "on-hold", "revoked", "completed", "entered-in-error", "unknown"}
            assert resource["status"] in statuses  # request-status
            assert resource["intent"] == "order"  # request-intent
            assert "code" in resource or "orderDetail" not in resource  # prr-1
        case "DiagnosticReport":  # diagnostic-report-status
            statuses = {"registered", "partial", "preliminary", "final", "amended", "corrected", "appended"}
            assert resource["status"] in statuses | {"cancelled", "entered-in-error", "unknown"}
        case "ImagingStudy":
            assert resource["status"] == "available"
