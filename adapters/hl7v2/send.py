"""A small MLLP sender: one message, one reply, on a connection that is kept."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from types import TracebackType

from adapters.hl7v2.mllp import MAX_FRAME, Frame, Framer, wrap

Secure = Callable[[socket.socket, str], socket.socket]
"""Makes a connection to a host secure; `tls.OutgoingTls.secure`. Raises `OSError`."""


class MllpClient:
    """Sends messages one at a time to an MLLP listener, plain or made secure by `secure`; not to be shared between
    threads.

    A kept connection that the listener has closed in the meantime is opened again and the message sent once more:
    that is safe because a receiver knows a repeated control id (V2-5, V2-16).
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        timeout: float = 30.0,
        connect_timeout: float = 5.0,
        secure: Secure | None = None,
    ) -> None:
        self._address = (host, port)
        self._secure = secure
        self._timeout = timeout
        self._connect_timeout = connect_timeout
        self._socket: socket.socket | None = None

    def send(self, content: bytes) -> bytes:
        """The reply to `content`; raises `TimeoutError` when none comes in time, `ConnectionError` when refused,
        `ssl.SSLError` when no secure connection comes about."""
        if self._socket is not None:
            try:
                return self._exchange(self._socket, content)
            except (ConnectionError, ssl.SSLError):  # the second when it was closed without a goodbye
                self.close()
        return self._exchange(self._connect(), content)

    def close(self) -> None:
        """Close the connection; the next `send` opens one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def __enter__(self) -> MllpClient:
        """The client itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self.close()

    def _connect(self) -> socket.socket:
        connection = socket.create_connection(self._address, timeout=self._connect_timeout)
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._secure is not None:
                connection = self._secure(connection, self._address[0])
        except OSError:
            connection.close()
            raise
        connection.settimeout(self._timeout)
        self._socket = connection
        return connection

    def _exchange(self, connection: socket.socket, content: bytes) -> bytes:
        try:
            connection.sendall(wrap(content))
            framer = Framer(MAX_FRAME)
            while data := connection.recv(64 << 10):
                for event in framer.feed(data):
                    if isinstance(event, Frame):
                        return event.content
        except TimeoutError:
            self.close()  # a reply that comes too late must not be taken for the next message's
            raise
        raise ConnectionResetError("the listener closed the connection without a reply")
