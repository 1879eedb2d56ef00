"""What the archive, viewers and reviewers ask of a running service, over its HTTP and FHIR ports."""

from __future__ import annotations

import json
from typing import Any

import httpx

from mpi.domain.identifiers import NHS_SYSTEM
from mpi.domain.network import Network
from tests.acceptance.service_process import Service


def ok(response: httpx.Response) -> Any:
    """The JSON of a 2xx answer."""
    assert response.is_success, f"{response.status_code}: {response.text}"
    return response.json() if response.content else None


class Region:
    """All questions about identity; identifiers are written authority|value."""

    def __init__(self, service: Service, network: Network) -> None:
        self._service = service
        self._network = network
        self._clients = {name: service.http(name) for name in ("archive", "viewer", "reviewer", "senior", "admin")}

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            client.close()

    def as_(self, name: str) -> httpx.Client:
        """The client of a role."""
        return self._clients[name]

    def resolve(self, identifier: str) -> dict[str, Any]:
        """POST /v1/resolve."""
        authority, value = identifier.split("|")
        return dict(ok(self.as_("archive").post("/v1/resolve", json={"issuer": authority, "patient_id": value})))

    def golden(self, identifier: str) -> str:
        """The golden id by resolve."""
        return str(self.resolve(identifier)["golden_id"])

    def register_study(self, identifier: str, uid: str, **more: object) -> str:
        """POST /v1/studies; the golden id."""
        authority, value = identifier.split("|")
        study: dict[str, object] = {
            "issuer": authority,
            "patient_id": value,
            "study_uid": uid,
            "archive": "gm-vna",
            "modalities": ["CT"],
        }
        study |= more
        return str(ok(self.as_("archive").post("/v1/studies", json=study))["golden_id"])

    def history(self, identifier: str) -> set[str]:
        """The study UIDs of GET /v1/imaging."""
        page = ok(self.as_("viewer").get("/v1/imaging", params={"identifier": identifier, "limit": 500}))
        assert page["total"] == len(page["studies"])
        return {study["study_uid"] for study in page["studies"]}

    def person(self, identifier: str, role: str = "viewer") -> dict[str, Any]:
        """GET /v1/people?identifier=."""
        return dict(ok(self.as_(role).get("/v1/people", params={"identifier": identifier})))

    def fhir(self, kind: str, whose: str, **more: str) -> list[dict[str, Any]]:
        """The resources of a FHIR search by `patient.identifier`."""
        asked = {"patient.identifier": self._token(whose)} | more
        bundle = ok(self.as_("viewer").get(f"/fhir/{kind}", params=asked))
        return [one["resource"] for one in bundle.get("entry", ())]

    def pixm(self, identifier: str) -> tuple[str, set[str]]:
        """GET Patient/$ihe-pix: the golden id ("" when there is nothing to tell) and the other identifiers."""
        told = ok(
            self.as_("archive").get("/fhir/Patient/$ihe-pix", params={"sourceIdentifier": self._token(identifier)})
        )
        parameters = told.get("parameter", [])
        others = {self._spell(p["valueIdentifier"]) for p in parameters if p["name"] == "targetIdentifier"}
        golden = [p["valueReference"]["reference"] for p in parameters if p["name"] == "targetId"]
        return (golden[0].removeprefix("Patient/") if golden else ""), others

    def pdqm(self, identifier: str) -> tuple[str, set[str]]:
        """GET Patient?identifier=: the one golden id found, and its identifiers."""
        found = ok(self.as_("viewer").get("/fhir/Patient", params={"identifier": self._token(identifier)}))
        (patient,) = [entry["resource"] for entry in found["entry"]]
        return patient["id"], {self._spell(one) for one in patient["identifier"]}

    def patient(self, golden_id: str) -> set[str]:
        """GET Patient/{id}: its identifiers."""
        read = ok(self.as_("viewer").get(f"/fhir/Patient/{golden_id}"))
        return {self._spell(one) for one in read["identifier"]}

    def match(self, patient: bytes) -> list[tuple[str, str]]:
        """POST Patient/$match: (golden id, match grade), best first."""
        headers = {"Content-Type": "application/fhir+json"}
        found = ok(self.as_("viewer").post("/fhir/Patient/$match", content=patient, headers=headers))
        return [(e["resource"]["id"], e["search"]["extension"][0]["valueCode"]) for e in found.get("entry", [])]

    def tasks(self, *states: str) -> list[dict[str, Any]]:
        """GET /v1/tasks."""
        wanted = {"limit": 200} | ({"state": list(states)} if states else {})
        return list(ok(self.as_("reviewer").get("/v1/tasks", params=wanted))["tasks"])

    def decide(self, task_id: int, decision: str) -> dict[str, Any]:
        """POST /v1/tasks/{id}/decision by the reviewer."""
        body = {"decision": decision, "comment": "seen both records"}
        return dict(ok(self.as_("reviewer").post(f"/v1/tasks/{task_id}/decision", json=body)))

    def undo(self, task_id: int) -> dict[str, Any]:
        """POST /v1/tasks/{id}/undo by the reviewer."""
        return dict(ok(self.as_("reviewer").post(f"/v1/tasks/{task_id}/undo", json={"comment": "a second look"})))

    def assertions(self, identifier: str) -> list[dict[str, Any]]:
        """GET /v1/assertions: what stands about a record."""
        return list(ok(self.as_("senior").get("/v1/assertions", params={"identifier": identifier}))["assertions"])

    def withdraw(self, assertion_id: int) -> None:
        """DELETE /v1/assertions/{id} by the senior reviewer."""
        body = json.dumps({"comment": "merged in error"})
        headers = {"Content-Type": "application/json"}
        ok(self.as_("senior").request("DELETE", f"/v1/assertions/{assertion_id}", content=body, headers=headers))

    def _token(self, identifier: str) -> str:
        authority, value = identifier.split("|")
        system = NHS_SYSTEM if authority == "NHS" else self._network.authority_by_id[authority].system
        return f"{system}|{value}"

    def _spell(self, identifier: dict[str, str]) -> str:
        system = identifier["system"]
        authority = "NHS" if system == NHS_SYSTEM else self._network.authority(system).id
        return f"{authority}|{identifier['value']}"
