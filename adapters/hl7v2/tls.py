"""Mutual TLS both ways (SEC-4, ITI-19): 1.2 and up, (EC)DHE with AES-GCM, certificates of both ends always.

The files are looked at before every connection and read again when they have changed, so that a renewed certificate
needs no restart; files that cannot be used leave the ones before in force, and say so in the log.
"""

from __future__ import annotations

import hashlib
import os
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from cryptography import x509

from adapters.hl7v2.exchange import Certificate
from mpi.errors import SettingsError

_CIPHERS = "ECDHE+AESGCM:DHE+AESGCM"
_SOON = timedelta(days=30)  # a certificate that ends sooner is told in the log
_HANDSHAKE = 5.0  # seconds a client may take over it

_log = structlog.get_logger("mpi.tls")

Watch = Callable[[str, datetime], None]
"""Is told whose certificate (see `Credentials.whose`) ends when, at the start and after each reading of the files."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """PEM files: our certificate (with its chain), its key, and those who sign the certificates of the other side.

    `settings` are the names of the three, for the reader of an error; `whose` ours and the signers', for alarms.
    """

    cert: Path
    key: Path
    ca: Path
    settings: tuple[str, str, str] = ("tls_cert", "tls_key", "tls_ca")
    whose: tuple[str, str] = ("server", "ca")

    def versions(self) -> tuple[tuple[int, int, int], ...]:
        """Changes when a file does."""
        return tuple((s.st_ino, s.st_mtime_ns, s.st_size) for s in map(os.stat, (self.cert, self.key, self.ca)))


class Contexts:
    """The context that `build` makes of the files as they are now; tells once a day of a certificate that ends soon.

    Raises `SettingsError` when the files cannot be used at the start.
    """

    def __init__(
        self,
        credentials: Credentials,
        build: Callable[[Credentials], ssl.SSLContext],
        watch: Watch,
        clock: Callable[[], datetime],
    ) -> None:
        self._credentials = credentials
        self._build = build
        self._watch = watch
        self._clock = clock
        self._lock = threading.Lock()
        self._versions = credentials.versions()
        self._context = build(credentials)
        self._tell()

    def current(self) -> ssl.SSLContext:
        """The context for the next connection."""
        with self._lock:
            try:
                versions = self._credentials.versions()
                if versions != self._versions:
                    self._versions = versions
                    self._context = self._build(self._credentials)
                    _log.info("the TLS certificates were read again")
                    self._tell()
                elif self._told != self._clock().date():  # once a day
                    self._tell()
            except (OSError, SettingsError):
                _log.warning("the new TLS certificates cannot be used; those before stay in force")
            return self._context

    def _tell(self) -> None:
        self._told = self._clock().date()
        for whose, end in ends_of(self._credentials).items():
            self._watch(whose, end)
            warn_of_end(whose, end, self._clock())


class Tls:
    """Makes the connections of clients secure. Raises `SettingsError` when the files cannot be used at the start."""

    def __init__(self, credentials: Credentials, watch: Watch, clock: Callable[[], datetime]) -> None:
        self._contexts = Contexts(credentials, context_of, watch, clock)

    def secure(self, connection: socket.socket) -> tuple[ssl.SSLSocket, Certificate]:
        """The connection after the handshake, and who is there. Raises `OSError` when it fails or takes too long."""
        connection.settimeout(_HANDSHAKE)
        secured = self._contexts.current().wrap_socket(connection, server_side=True)
        try:
            return secured, certificate_of(secured)
        except OSError:
            secured.close()
            raise


class OutgoingTls:
    """Makes our connections to listeners secure: they show a certificate of their host's name that somebody we trust
    has signed, and we show ours. Raises `SettingsError` when the files cannot be used at the start."""

    def __init__(self, credentials: Credentials, watch: Watch, clock: Callable[[], datetime]) -> None:
        self._contexts = Contexts(credentials, outgoing_context_of, watch, clock)

    def secure(self, connection: socket.socket, host: str) -> ssl.SSLSocket:
        """The connection after the handshake, in the time it has. Raises `OSError`; `ssl.SSLCertVerificationError`
        says what is wrong with the listener's certificate."""
        secured = self._contexts.current().wrap_socket(connection, server_hostname=host)
        if not _is_gcm(secured):
            secured.close()
            raise ssl.SSLError("the listener takes no AES-GCM")
        return secured


def warn_of_end(whose: str, end: datetime, now: datetime) -> None:
    """A line in the log when a certificate has ended or will within 30 days."""
    if end - now < _SOON:
        _log.warning(
            "a TLS certificate ends soon or has ended", certificate=whose, seconds=int((end - now).total_seconds())
        )


def context_of(credentials: Credentials) -> ssl.SSLContext:
    """What the listener offers and asks for. Raises `SettingsError`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.verify_mode = ssl.CERT_REQUIRED
    return _filled(context, credentials)


def outgoing_context_of(credentials: Credentials) -> ssl.SSLContext:
    """What we offer a listener and ask of it: a certificate we trust, of the name called. Raises `SettingsError`."""
    return _filled(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), credentials)


def _filled(context: ssl.SSLContext, credentials: Credentials) -> ssl.SSLContext:
    cert, key, ca = credentials.settings
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS)
    try:
        # Without a function for it a key with a passphrase would ask the terminal.
        context.load_cert_chain(credentials.cert, credentials.key, password=lambda: b"")
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"{cert}, {key}: are no certificate and its key, in PEM and without a passphrase"
        ) from error
    try:
        context.load_verify_locations(credentials.ca)
    except OSError as error:
        raise SettingsError(f"{ca}: holds no certificates in PEM") from error
    return context


def ends_of(credentials: Credentials) -> Mapping[str, datetime]:
    """When our certificate, and the first to end of those who sign the other side's, are valid no more."""
    ends = {}
    cert, _, ca = credentials.settings
    for whose, file, setting in zip(credentials.whose, (credentials.cert, credentials.ca), (cert, ca), strict=True):
        try:
            found = x509.load_pem_x509_certificates(file.read_bytes())
        except ValueError as error:
            raise SettingsError(f"{setting}: holds no certificate in PEM") from error
        ends[whose] = min(certificate.not_valid_after_utc for certificate in found)
    return ends


def certificate_of(secured: ssl.SSLSocket) -> Certificate:
    """Who the client is. Raises `ssl.SSLError` for a cipher without AES-GCM, which TLS 1.3 lets a client choose."""
    if not _is_gcm(secured):
        raise ssl.SSLError("the client offers no AES-GCM")
    told: Mapping[str, Any] = secured.getpeercert() or {}
    alternatives = [value for kind, value in told.get("subjectAltName", ()) if kind in {"DNS", "URI"}]
    subject = [value for part in told.get("subject", ()) for key, value in part if key == "commonName"]
    # RFC 6125 6.4.4: the common name counts only where there is no alternative.
    names = frozenset(str(name).lower() for name in (alternatives or subject))
    end = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(told["notAfter"])), UTC)
    return Certificate(names, hashlib.sha256(secured.getpeercert(binary_form=True) or b"").hexdigest(), end)


def _is_gcm(secured: ssl.SSLSocket) -> bool:
    return "GCM" in (secured.cipher() or ("",))[0]
