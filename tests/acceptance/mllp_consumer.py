"""A consumer that is told over MLLP: a real listener that keeps what it is sent and answers as it is told to."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from adapters.hl7v2.mllp import Frame, Framer, wrap


@dataclass
class Receiver:
    """A consumer that listens: what it was sent, and what it answers, "" for hanging up."""

    port: int = 0
    received: list[str] = field(default_factory=list)
    code: str = "AA"
    wrong_id: bool = False

    def take(self) -> list[str]:
        """What came since the last call."""
        taken, self.received = self.received, []
        return taken


@contextmanager
def listening(receiver: Receiver, tls: ssl.SSLContext | None = None) -> Iterator[None]:
    """A small MLLP listener on loopback, one connection at a time; over TLS with a context for it."""
    listener = socket.create_server(("127.0.0.1", receiver.port))
    receiver.port = listener.getsockname()[1]
    stopped = threading.Event()

    def serve() -> None:
        while not stopped.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, suppress(ssl.SSLError, ConnectionError):  # a caller who will not have our certificate
                answer_all(tls.wrap_socket(connection, server_side=True) if tls else connection, receiver)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def answer_all(connection: socket.socket, receiver: Receiver) -> None:
    framer = Framer()
    while data := connection.recv(1 << 16):
        for event in framer.feed(data):
            if not isinstance(event, Frame):  # a caller who speaks something else, TLS say
                return
            text = event.content.decode()
            receiver.received.append(text)
            if not receiver.code:
                return
            control_id = "other" if receiver.wrong_id else field_of(text, "MSH", 9)
            reply = f"MSH|^~\\&|C|C|MPI|M|20260301||ACK^A31^ACK|1|P|2.5\rMSA|{receiver.code}|{control_id}\r"
            connection.sendall(wrap(reply.encode()))


def field_of(message: str, segment: str, number: int) -> str:
    line = next(line for line in message.split("\r") if line.startswith(segment))
    return line.split("|")[number]


def sets(messages: Sequence[str]) -> list[list[str]]:
    """The identifiers of each notification, as `authority|value`."""
    told = []
    for message in messages:
        parts = [cx.split("^") for cx in field_of(message, "PID", 3).split("~")]
        told.append([f"{part[3].split('&')[0]}|{part[0]}" for part in parts])
    return told
