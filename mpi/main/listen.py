"""The MLLP and DICOM listeners as the settings describe them: limits, TLS in and out, and what they count."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import date

import structlog

from adapters.dicom.scp import Limits as AssociationLimits
from adapters.dicom.scp import Registrar
from adapters.hl7v2.conversation import Limits
from adapters.hl7v2.exchange import Certificate, Peer
from adapters.hl7v2.receive import Receiver
from adapters.hl7v2.server import MllpServer
from adapters.hl7v2.tls import Credentials, OutgoingTls, Tls, context_of, outgoing_context_of, warn_of_end
from mpi.domain.network import Network, Protocol
from mpi.errors import SettingsError
from mpi.main.index import Index
from mpi.main.receivers import compose_images
from mpi.metrics import Metrics
from mpi.settings import Settings, is_loopback

_log = structlog.get_logger("mpi.serve")


def credentials_of(settings: Settings) -> Credentials | None:
    """The files of mutual TLS; None when MLLP and DICOM are plain."""
    if settings.tls_cert is None or settings.tls_key is None or settings.tls_ca is None:
        return None
    return Credentials(settings.tls_cert, settings.tls_key, settings.tls_ca)


def consumer_credentials_of(settings: Settings) -> Credentials | None:
    """The files of mutual TLS with consumers that are told: their own settings, else the listener's; None when there
    are not enough of them."""
    parts = ("cert", "key", "ca")
    chosen = [f"consumer_{part}" if getattr(settings, f"consumer_{part}") else f"tls_{part}" for part in parts]
    cert, key, ca = (getattr(settings, name) for name in chosen)
    if cert is None or key is None or ca is None:
        return None
    return Credentials(cert, key, ca, (chosen[0], chosen[1], chosen[2]), ("consumers/own", "consumers/ca"))


def check_tls(settings: Settings, network: Network) -> None:
    """Raise `SettingsError` when what TLS needs is missing or wrong: in the log of a worker nobody would find it."""
    if credentials := credentials_of(settings):
        context_of(credentials)
    for consumer in network.consumers:
        if consumer.host and not (consumer.tls or is_loopback(consumer.host)):
            raise SettingsError(
                f"consumer {consumer.id}: 'host' is {consumer.host}, and beyond this machine MLLP leaves over"
                " TLS only; write tls = true, or the loopback address of a TLS terminator"
            )
    secure = sorted(consumer.id for consumer in network.consumers if consumer.tls)
    if not secure:
        return
    outgoing = consumer_credentials_of(settings)
    if outgoing is None:
        raise SettingsError(
            f"consumer_ca: consumer {secure[0]} listens for TLS; set consumer_ca, consumer_cert and consumer_key, or"
            " tls_ca, tls_cert and tls_key"
        )
    outgoing_context_of(outgoing)


def compose_outgoing(index: Index, metrics: Metrics, settings: Settings) -> OutgoingTls | None:
    """Secure connections to consumers, where one listens for TLS."""
    credentials = consumer_credentials_of(settings)
    if credentials is None or not any(consumer.tls for consumer in index.network.consumers):
        return None
    return OutgoingTls(credentials, metrics.certificate, index.clock.now)


def compose_listener(
    index: Index, receiver: Receiver, listener: socket.socket, metrics: Metrics, settings: Settings
) -> MllpServer:
    """The server on a socket that listens already; it does not run yet."""
    credentials = credentials_of(settings)
    tls = Tls(credentials, metrics.certificate, index.clock.now) if credentials else None
    if tls is not None:
        _warn_of_unbound(index.network)
    return MllpServer(
        receiver,
        listener,
        limits=Limits(settings.max_message_bytes, settings.idle_timeout, settings.frame_timeout),
        max_connections=settings.mllp_connections,
        watch=metrics.mllp,
        tls=tls,
        greet=_greeter(index, metrics),
    )


def compose_registrar(index: Index, listener: socket.socket, metrics: Metrics, settings: Settings) -> Registrar:
    """The DICOM registrar on a socket that listens already; it does not run yet."""
    credentials = credentials_of(settings)
    return Registrar(
        compose_images(index, metrics),
        listener,
        ae_title=settings.dicom_ae_title,
        limits=AssociationLimits(settings.dicom_associations, settings.idle_timeout),
        tls=context_of(credentials) if credentials else None,
    )


def _greeter(index: Index, metrics: Metrics) -> Callable[[Certificate], None]:
    """Tells when the certificate of a feed ends, once a day for each that comes."""
    told: dict[str, date] = {}

    def greet(certificate: Certificate) -> None:
        today = index.clock.now().date()
        if told.get(certificate.fingerprint) == today:
            return
        told[certificate.fingerprint] = today
        for feed in index.network.feeds:
            if feed.protocol is Protocol.MLLP and Peer(certificate).speaks_for(feed):
                metrics.certificate(f"feed/{feed.id}", certificate.expires)
                warn_of_end(f"feed/{feed.id}", certificate.expires, index.clock.now())

    return greet


def _warn_of_unbound(network: Network) -> None:
    for feed in network.feeds:
        if feed.protocol is Protocol.MLLP and not feed.certificates:
            _log.warning("this feed names no certificate, so nothing it sends over TLS is taken", feed=feed.id)
