"""The registrar: C-ECHO, C-STORE and Instance Availability Notification (N-CREATE) over pynetdicom, for the
application entities that the network file names.

Several processes may share one listening socket. Images are looked at in memory, as far as identity needs, and
dropped.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, cast
from weakref import WeakKeyDictionary

import structlog
from pydicom.uid import AllTransferSyntaxes
from pynetdicom import _config, evt
from pynetdicom.ae import ApplicationEntity
from pynetdicom.association import Association
from pynetdicom.presentation import AllStoragePresentationContexts, PresentationContext
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    InstanceAvailabilityNotification,
    Verification,
)
from pynetdicom.transport import ThreadedAssociationServer

from adapters.dicom.receive import PROCESSING_FAILURE, TRY_AGAIN, Receiver, Stored
from mpi.domain.network import Network

_log = structlog.get_logger("mpi.dicom")


@dataclass(frozen=True, slots=True)
class Limits:
    """Associations at once, of each process (every one may hold one image in memory), and seconds of silence."""

    associations: int = 32
    idle_timeout: float = 300.0


def senders(network: Network) -> tuple[str, ...]:
    """The AE titles that may call."""
    return tuple(sorted({title for a in network.archives for title in (*a.ae_titles, *a.senders)}))


class Registrar:
    """Serves on a socket that listens already, from `start` until `stop`."""

    def __init__(
        self,
        receiver: Receiver,
        listener: socket.socket,
        *,
        ae_title: str = "MPI",
        limits: Limits = Limits(),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._receiver = receiver
        self._stopping = threading.Event()
        self._idle = threading.Condition()
        self._in_hand: set[Association] = set()  # each has one image at a time
        self._said: WeakKeyDictionary[Association, set[Hashable]] = WeakKeyDictionary()
        _config.LOG_HANDLER_LEVEL = "none"  # its handlers write down what a patient is called
        self._entity = _entity(receiver.network, ae_title, limits)
        handlers = [
            (evt.EVT_C_STORE, self._store),
            (evt.EVT_N_CREATE, self._notify),
            (evt.EVT_DATA_SENT, self._answered),
            (evt.EVT_CONN_CLOSE, self._answered),
        ]
        self._server = _Server(self._entity, listener, ae_title, tls, handlers)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="dicom", daemon=True)

    def start(self) -> None:
        """Serve in threads of its own."""
        self._thread.start()

    def stop(self, grace: float = 10.0) -> bool:
        """Take nothing new, answer what is in hand, abort the associations; whether `grace` seconds were enough.
        A sender sends again what was not answered."""
        deadline = time.monotonic() + grace
        if not self._stopping.is_set():
            self._stopping.set()
            self._server.shutdown()
        with self._idle:
            finished = self._idle.wait_for(lambda: not self._in_hand, max(0.0, deadline - time.monotonic()))
        running = self._server.active_associations
        for association in running:
            association.abort(block=False)
        for association in running:
            association.join(max(0.0, deadline - time.monotonic()))
        return finished and not any(association.is_alive() for association in running)

    def _store(self, event: evt.Event) -> int:
        said = self._said.setdefault(event.assoc, set())
        return self._in_turn(event, TRY_AGAIN, lambda stored: self._receiver.handle(stored, said))

    def _notify(self, event: evt.Event) -> tuple[int, None]:
        return self._in_turn(event, PROCESSING_FAILURE, self._receiver.notified), None

    def _in_turn(self, event: evt.Event, stopping: int, take: Callable[[Stored], int]) -> int:
        with self._idle:
            if self._stopping.is_set():
                return stopping
            self._in_hand.add(event.assoc)
        status = take(_stored(event))
        if not event.assoc.is_established:  # then nothing will be sent
            self._answered(event)
        return status

    def _answered(self, event: evt.Event) -> None:
        with self._idle:
            self._in_hand.discard(event.assoc)
            self._idle.notify_all()


def _stored(event: evt.Event) -> Stored:
    request = cast(Any, event.request)
    content = request.AttributeList if event.event is evt.EVT_N_CREATE else request.DataSet
    return Stored(
        content=content.getvalue() if content is not None else b"",
        transfer_syntax=str(event.context.transfer_syntax),
        sop_instance=str(request.AffectedSOPInstanceUID),
        ae_title=event.assoc.requestor.ae_title.strip(),
    )


def _entity(network: Network, ae_title: str, limits: Limits) -> ApplicationEntity:
    entity = ApplicationEntity(ae_title)
    entity.require_calling_aet = list(senders(network))
    entity.require_called_aet = True
    entity.maximum_associations = limits.associations
    entity.network_timeout = limits.idle_timeout
    entity.add_supported_context(Verification)
    entity.add_supported_context(InstanceAvailabilityNotification)
    for context in AllStoragePresentationContexts:
        entity.add_supported_context(cast(str, context.abstract_syntax), AllTransferSyntaxes)
    return entity


class _Contexts(list[PresentationContext]):
    """What we take. pynetdicom makes a deep copy for each association (a tenth of a second), and only reads it."""

    def __deepcopy__(self, memo: object) -> _Contexts:
        return self


class _PromptSocket(socket.socket):
    """Acknowledges what came at once. Many senders, dcmtk among them, hold the body of a PDU back until its head is
    acknowledged (Nagle), and the system would wait 40 ms for something to send along. It has to be told each time."""

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        received = super().recv(size, flags)
        if hasattr(socket, "TCP_QUICKACK"):
            self.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        return received


class _Server(ThreadedAssociationServer):
    daemon_threads = True

    def __init__(
        self,
        entity: ApplicationEntity,
        listener: socket.socket,
        ae_title: str,
        tls: ssl.SSLContext | None,
        handlers: list[Any],
    ) -> None:
        self._listener = listener
        contexts = _Contexts(entity.supported_contexts)
        super().__init__(entity, listener.getsockname()[:2], ae_title, contexts, tls, handlers)
        entity._servers.append(self)  # where `shutdown` takes it from

    def server_bind(self) -> None:
        cast(socket.socket, self.socket).close()
        self.socket = self._listener.dup()
        self.socket.setblocking(False)  # another process may take the connection between poll and accept
        self.server_address = self._listener.getsockname()[:2]

    def server_activate(self) -> None:
        """It listens already."""

    def server_close(self) -> None:
        cast(socket.socket, self.socket).close()  # and not shut down: other processes listen on it

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        accepted, address = cast(socket.socket, self.socket).accept()
        connection: socket.socket = _PromptSocket(fileno=accepted.detach())
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else each response waits for an ACK
        if self.ssl_context is not None:
            # The handshake is made by the association's own thread: a peer that stalls holds up nobody else.
            connection = self.ssl_context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        _log.warning("a connection failed", exc_info=True)
