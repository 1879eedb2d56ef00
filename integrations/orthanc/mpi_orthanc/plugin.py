"""Orthanc's callbacks, tied to what they do. The only module that knows Orthanc's own Python module."""

from __future__ import annotations

import json
import os
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import orthanc

from .archive import Archive
from .events import SIGNATURE, Change, read_change
from .failures import BadSettings, Gone, Refusal, Unavailable
from .header import Header
from .index import Index
from .ingest import OUT_OF_RESOURCES, Ingest
from .reconcile import Reconcile
from .resolver import Resolver
from .settings import SECTION, Settings, read_settings
from .settle import Settler
from .tags import Tags
from .waiting import Queue
from .worker import Worker

_ANSWERS = {"forbidden": 403, "bad-value": 400}


class OrthancRest:
    """Orthanc's REST API by its Python module. See `archive.Rest`.

    What is posted comes back in the same thread, as an image received. Its origin says "plugin", as it does for what
    STOW-RS brings, which is a plugin's too; so the thread remembers whose it is.
    """

    def __init__(self) -> None:
        self._thread = threading.local()

    @property
    def posting(self) -> bool:
        """Whether this thread is storing an image of ours."""
        return getattr(self._thread, "posting", False)

    def get(self, path: str) -> bytes:
        """GET."""
        with _telling_what_is_gone():
            return orthanc.RestApiGet(path)

    def post(self, path: str, body: bytes) -> bytes:
        """POST."""
        self._thread.posting = True
        try:
            return orthanc.RestApiPost(path, body)
        finally:
            self._thread.posting = False

    def put(self, path: str, body: bytes) -> None:
        """PUT."""
        with _telling_what_is_gone():
            orthanc.RestApiPut(path, body)

    def delete(self, path: str) -> None:
        """DELETE."""
        with _telling_what_is_gone():
            orthanc.RestApiDelete(path)


@contextmanager
def _telling_what_is_gone() -> Iterator[None]:
    """Any other failure of Orthanc stays what it is: nothing may be concluded from it."""
    try:
        yield
    except orthanc.OrthancException as failure:
        if failure.args[0] not in (orthanc.ErrorCode.UNKNOWN_RESOURCE, orthanc.ErrorCode.INEXISTENT_ITEM):
            raise
        raise Gone from failure


class Plugin:
    """Everything, put together; `register` makes Orthanc call it."""

    def __init__(self, settings: Settings) -> None:
        context = None
        if settings.certificate_authority:
            try:
                context = ssl.create_default_context(cafile=settings.certificate_authority)
            except (OSError, ssl.SSLError):
                text = f'section "{SECTION}": "CertificateAuthority" cannot be read as a PEM file'
                raise BadSettings(text) from None
        self._settings = settings
        index = Index(settings.url, settings.token, settings.timeout, context)
        self._resolver = Resolver(index, settings.archive, settings.issuer, settings.cache_seconds)
        self._rest = OrthancRest()
        self._archive = Archive(self._rest, settings.issuer, settings.metadata)
        settler = Settler(self._archive, self._resolver, index, settings.archive)
        self._queue = Queue(settings.queue_file)
        reconcile = Reconcile(self._archive, self._resolver, index, settler, settings.archive)
        self._ingest = Ingest(self._resolver, settler, self._queue, refuse=settings.refuse, log=_log)
        self._worker = Worker(self._queue, settler, reconcile, settings.retry_seconds, settings.reconcile_at, _log)

    def register(self) -> None:
        """Have Orthanc call from now on."""
        orthanc.RegisterReceivedInstanceCallback(self.on_received)
        orthanc.RegisterIncomingCStoreInstanceFilter(self.on_c_store)
        orthanc.RegisterOnStoredInstanceCallback(self.on_stored)
        orthanc.RegisterOnChangeCallback(self.on_change)
        orthanc.RegisterRestCallback("/mpi/events", self.on_event)
        orthanc.RegisterRestCallback("/mpi/reconcile", self.on_reconcile)
        orthanc.RegisterRestCallback("/mpi/status", self.on_status)

    def on_received(self, content: bytes, origin: int) -> tuple[int, bytes | None]:
        """Before an image is stored, however it comes; our own copies are left as they are."""
        keep = orthanc.ReceivedInstanceAction.KEEP_AS_IS, None
        if self._rest.posting:
            return keep
        try:
            changed = self._ingest.received(content, self._header(orthanc.CreateDicomInstance(content)))
        except Exception as failure:  # an exception here would be answered with Success; the next question decides
            _log(f"an image could not be looked at: {type(failure).__name__}")
            return keep
        return keep if changed is None else (orthanc.ReceivedInstanceAction.MODIFY, changed)

    def on_c_store(self, instance: orthanc.DicomInstance) -> int:
        """Before an image that came by C-STORE is stored: the only one that may refuse it."""
        try:
            return self._ingest.admitted(self._header(instance, instance.GetInstanceRemoteAet()))
        except Exception as failure:  # what nobody has looked at stays with its sender
            _log(f"an image is refused: {type(failure).__name__}")
            return OUT_OF_RESOURCES

    def on_stored(self, instance: orthanc.DicomInstance, instance_id: str) -> None:
        """After an image is stored, before its sender is answered."""
        if self._rest.posting:
            return
        try:
            by_dicom = instance.GetInstanceOrigin() == orthanc.InstanceOrigin.DICOM_PROTOCOL
            sender = instance.GetInstanceRemoteAet() if by_dicom else ""
            self._ingest.stored(instance_id, self._header(instance, sender))
        except Exception as failure:  # it is stored, and its study waits
            _log(f"a stored image could not be looked at: {type(failure).__name__}")
        self._worker.wake()

    def on_change(self, change: int, level: int, resource: str) -> None:
        """A study has been stable for Orthanc's StableAge: its counts and modalities are known now."""
        if change == orthanc.ChangeType.ORTHANC_STARTED:
            self._worker.start()
        elif change == orthanc.ChangeType.ORTHANC_STOPPED:
            self._worker.stop()
            self._queue.close()
        elif change == orthanc.ChangeType.STABLE_STUDY:
            try:
                self._queue.add([self._archive.study(resource).study_uid], "stable")
            except Gone:
                return  # it has moved in the meantime
            self._worker.wake()

    def on_event(self, output: orthanc.RestOutput, uri: str, **request: Any) -> None:
        """POST /mpi/events: an identity change. Answered when it is sure that it will be followed."""
        if request["method"] != "POST":
            output.SendMethodNotAllowed("POST")
            return
        secret = self._settings.webhook_secret
        if not secret:
            output.SendHttpStatusCode(404)
            return
        try:
            change = read_change(request["body"], request["headers"].get(SIGNATURE, ""), secret)
        except Refusal as refusal:
            _log(f"an event is not believed: {refusal}")
            output.SendHttpStatusCode(_ANSWERS[refusal.reason])
            return
        if change is not None:
            self._follow(change)
        output.AnswerBuffer("{}", "application/json")

    def on_reconcile(self, output: orthanc.RestOutput, uri: str, **request: Any) -> None:
        """POST /mpi/reconcile: compare archive and index now; the counts."""
        if request["method"] != "POST":
            output.SendMethodNotAllowed("POST")
            return
        try:
            output.AnswerBuffer(json.dumps(self._worker.reconcile()), "application/json")
        except (Unavailable, Refusal) as failure:
            _log(f"archive and index cannot be compared: {failure}")
            output.SendHttpStatusCode(503)
        except RuntimeError:
            output.SendHttpStatusCode(409)

    def on_status(self, output: orthanc.RestOutput, uri: str, **request: Any) -> None:
        """GET /mpi/status: how many studies wait for the index, and for somebody to act, by reason."""
        waiting, unresolved = self._queue.counts()
        output.AnswerBuffer(json.dumps({"waiting": waiting, "unresolved": unresolved}), "application/json")

    def _follow(self, change: Change) -> None:
        self._resolver.forget(change.golden_ids, change.identifiers)
        patients = [*change.golden_ids, *(value for _, value in change.identifiers)]
        here = [study.study_uid for study in self._archive.find("PatientID", patients)]
        here += [study.study_uid for study in self._archive.find("StudyInstanceUID", change.studies)]
        self._queue.add(here, "changed")
        self._worker.wake()

    def _header(self, instance: orthanc.DicomInstance, sender: str = "") -> Header:
        return Header(Tags(json.loads(instance.GetInstanceJson())), self._settings.issuer, sender)


def begin(environment: Mapping[str, str] = os.environ) -> None:
    """Begin with Orthanc's configuration. With a bad one Orthanc does not start, and its log says why."""
    try:
        settings = read_settings(json.loads(orthanc.GetConfiguration()), environment)
        Plugin(settings).register()
    except BadSettings as bad:
        orthanc.LogError(f"Master patient index: {bad}. Orthanc does not start.")
        raise


def _log(text: str) -> None:
    orthanc.LogWarning(f"Master patient index: {text}")
