"""Orthanc's studies and instances, by its REST API from within."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from .failures import Gone
from .header import Header
from .tags import Tags

_ISSUERS = ("0010,0021", "0010,0024")
_WILD = frozenset("*?\\")


class Rest(Protocol):
    """Orthanc's REST API. Every method raises `Gone` for what is not there (any more)."""

    def get(self, path: str) -> bytes:
        """GET."""

    def post(self, path: str, body: bytes) -> bytes:
        """POST."""

    def put(self, path: str, body: bytes) -> None:
        """PUT."""

    def delete(self, path: str) -> None:
        """DELETE."""


@dataclass(frozen=True, slots=True)
class HeldStudy:
    """A study as Orthanc holds it, under one Patient ID; `series` are Orthanc's ids."""

    id: str
    study_uid: str
    patient_id: str
    series: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Archive:
    """Orthanc. `ours` is the namespace of golden ids, `metadata` the number under which a study is marked."""

    rest: Rest
    ours: str
    metadata: int

    def study_ids(self) -> list[str]:
        """Orthanc's ids of all studies."""
        return [str(one) for one in self._json("/studies")]

    def study(self, study_id: str) -> HeldStudy:
        """One study. Raises `Gone`."""
        told = self._json(f"/studies/{study_id}")
        uid = told["MainDicomTags"].get("StudyInstanceUID", "")
        return HeldStudy(study_id, uid, told["PatientMainDicomTags"].get("PatientID", ""), tuple(told["Series"]))

    def find(self, tag: str, values: Iterable[str]) -> list[HeldStudy]:
        """The studies with one of these values of PatientID or StudyInstanceUID."""
        found: dict[str, None] = {}
        for value in values:
            if value and not _WILD & set(value):  # would mean other patients too
                query = {"Level": "Study", "Query": {tag: value}, "CaseSensitive": True}
                found |= dict.fromkeys(json.loads(self.rest.post("/tools/find", json.dumps(query).encode())))
        return [study for study_id in found for study in self._if_there(study_id)]

    def heads(self, study: HeldStudy) -> list[Header]:
        """The header of one image of each series. Raises `Gone`."""
        return [self.header(next(iter(self._instances(series)))) for series in study.series]

    def instances(self, study: HeldStudy) -> list[str]:
        """Orthanc's ids of all instances of a study. Raises `Gone`."""
        return [instance for series in study.series for instance in self._instances(series)]

    def header(self, instance: str) -> Header:
        """An image's header, with the AE title that sent it when it names no issuer. Raises `Gone`."""
        tags = self._json(f"/instances/{instance}/tags")
        sender = "" if any(tag in tags for tag in _ISSUERS) else self._sender(instance)
        return Header(Tags(tags), self.ours, sender)

    def file(self, instance: str) -> bytes:
        """An image's file. Raises `Gone`."""
        return self.rest.get(f"/instances/{instance}/file")

    def upload(self, content: bytes) -> str:
        """Store an image; Orthanc's id of it. It is on disk when this returns."""
        return str(json.loads(self.rest.post("/instances", content))["ID"])

    def delete(self, instance: str) -> None:
        """Delete an image, if it is still there."""
        try:
            self.rest.delete(f"/instances/{instance}")
        except Gone:
            return

    def mark(self, study: HeldStudy, reason: str) -> None:
        """Note at a study why nobody knows whose it is; "" takes the note away."""
        path = f"/studies/{study.id}/metadata"
        try:
            if reason:
                self.rest.put(f"{path}/{self.metadata}", reason.encode())
            elif str(self.metadata) in self._json(path):
                self.rest.delete(f"{path}/{self.metadata}")
        except Gone:
            return  # the study has moved; what stays behind is looked at again

    def _if_there(self, study_id: str) -> Iterator[HeldStudy]:
        try:
            yield self.study(study_id)
        except Gone:
            return

    def _instances(self, series: str) -> list[str]:
        found = [str(one) for one in self._json(f"/series/{series}")["Instances"]]
        if not found:
            raise Gone(series)
        return found

    def _sender(self, instance: str) -> str:
        try:
            return self.rest.get(f"/instances/{instance}/metadata/RemoteAET").decode()
        except Gone:
            return ""

    def _json(self, path: str) -> Any:
        return json.loads(self.rest.get(path))
