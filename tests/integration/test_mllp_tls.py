"""Mutual TLS of the MLLP listener over loopback, with certificates of the test's own (SEC-4)."""

from __future__ import annotations

import os
import socket
import ssl
import threading
import warnings
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from adapters.hl7v2.exchange import Certificate
from adapters.hl7v2.mllp import wrap
from adapters.hl7v2.server import MllpServer
from adapters.hl7v2.tls import Credentials, Tls
from mpi.errors import SettingsError
from tests.certificates import Authority, Pair
from tests.integration.test_mllp_server import Serve, SlowIntake, read_frames, serve, wait_for
from tests.unit.hl7v2.wire_builders import BOLTON, CHRISTIE, NETWORK, RecordingIntake, fields, message, pid, receiver

__all__ = ["serve"]

BOUND = replace(
    NETWORK,
    feeds=(
        replace(BOLTON, certificates=frozenset({"pas.bolton.example"})),
        replace(CHRISTIE, certificates=frozenset({"christie engine"})),
    ),
)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def bolton(authority: Authority) -> Pair:
    return authority.sign("Bolton", "pas.bolton.example")


def credentials(authority: Authority, pair: Pair) -> Credentials:
    return Credentials(pair.cert, pair.key, authority.ca)


Secured = Callable[..., MllpServer]


@pytest.fixture
def secured(serve: Serve, authority: Authority) -> Secured:
    """Starts TLS listeners that know Bolton by a DNS name and the Christie by its common name."""

    def start(
        intake: RecordingIntake | None = None, ends: timedelta = timedelta(days=90), **more: object
    ) -> MllpServer:
        own = authority.sign("server", address="127.0.0.1", ends=ends)
        tls = Tls(credentials(authority, own), lambda whose, end: None, lambda: datetime.now(UTC))
        return serve(receiver(intake, BOUND), tls=tls, **more)

    return start


def call(server: MllpServer, context: ssl.SSLContext) -> ssl.SSLSocket:
    plain = socket.create_connection(("127.0.0.1", server.port), timeout=5)
    return context.wrap_socket(plain, server_hostname="127.0.0.1")


def answer(sock: ssl.SSLSocket, wire: bytes) -> list[str]:
    sock.sendall(wrap(wire))
    return fields(read_frames(sock, 1)[0], "MSA")


def knock(connect: Callable[[], socket.socket]) -> list[bytes]:
    """The HL7 answers that come, none when the connection is refused in whatever way."""
    try:
        with connect() as sock:
            sock.sendall(wrap(message()))
            return [frame for frame in read_frames(sock, 1) if b"MSA" in frame]
    except OSError:  # an alert, a reset or an end, as it happens
        return []


def of_christie(control_id: str = "C1") -> bytes:
    return message("ADT^A08", "EVN||20260301", pid(f3="P1^^^RBV^PI"), sender="LORENZO|RBV", control_id=control_id)


def test_sec_4_a_certificate_of_the_feed_is_taken_and_of_another_trust_is_ar(
    secured: Secured, authority: Authority, bolton: Pair
) -> None:
    intake = RecordingIntake()
    greeted: list[Certificate] = []
    server = secured(intake, greet=greeted.append)
    with capture_logs() as logs, call(server, authority.client(bolton)) as sock:
        assert answer(sock, message()) == ["MSA", "AA", "C1"]
        assert answer(sock, of_christie())[1] == "AR"
    assert [envelope.feed for envelope, _, _ in intake.registered] == ["bolton-pas"]
    assert [(envelope.feed, reason.fault) for envelope, reason, _ in intake.refused] == [
        ("christie-pas", "foreign-feed")
    ]
    assert [(entry["log_level"], entry["feed"]) for entry in logs] == [("warning", "christie-pas")]  # the alarm
    assert [(told.names, told.fingerprint) for told in greeted] == [({"pas.bolton.example"}, bolton.fingerprint)]
    with call(server, authority.client(authority.sign("Christie Engine"))) as sock:  # no alternative name: the CN
        assert answer(sock, of_christie("C2"))[1] == "AA"


def test_sec_4_nobody_comes_in_without_a_certificate_we_trust(
    secured: Secured, authority: Authority, tmp_path: Path
) -> None:
    intake = RecordingIntake()
    server = secured(intake)
    stranger = Authority(tmp_path, "Other CA").sign("Bolton", "pas.bolton.example", file="stranger")
    expired = authority.sign("Bolton", "pas.bolton.example", file="expired", ends=timedelta(seconds=-5))
    for context in (authority.client(), authority.client(stranger), authority.client(expired)):
        assert knock(lambda context=context: call(server, context)) == []  # type: ignore[misc]
    assert knock(lambda: socket.create_connection(("127.0.0.1", server.port), timeout=5)) == []
    wait_for(lambda: server.counters().handshakes == 4)
    assert server.counters().frames == 0
    assert not intake.registered
    assert not intake.refused


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_sec_4_tls_below_1_2_is_off(
    secured: Secured, authority: Authority, bolton: Pair, version: ssl.TLSVersion
) -> None:
    context = authority.client(bolton)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python does not like them either
        context.minimum_version = context.maximum_version = version
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises(ssl.SSLError, match="ALERT_PROTOCOL_VERSION"):  # the server's own word
        call(secured(), context)


@pytest.mark.parametrize("ciphers", ["AES256-GCM-SHA384", "ECDHE+AES256+SHA384", "ECDHE+CHACHA20"])
def test_sec_4_only_ephemeral_keys_with_aes_gcm(
    secured: Secured, authority: Authority, bolton: Pair, ciphers: str
) -> None:
    context = authority.client(bolton)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(ciphers)
    with pytest.raises(ssl.SSLError, match="ALERT_HANDSHAKE_FAILURE"):
        call(secured(), context)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_sec_4_1_2_and_1_3_with_aes_gcm_are_on(
    secured: Secured, authority: Authority, bolton: Pair, version: ssl.TLSVersion
) -> None:
    context = authority.client(bolton)
    context.minimum_version = context.maximum_version = version
    with call(secured(), context) as sock:
        assert "AES" in (sock.cipher() or ("",))[0]
        assert "GCM" in (sock.cipher() or ("",))[0]
        assert answer(sock, message())[1] == "AA"


def test_v2_1_frames_over_tls_in_any_pieces_and_larger_than_a_record(
    secured: Secured, authority: Authority, bolton: Pair
) -> None:
    long = message(control_id="L") + b"NTE|" + b"x" * 200_000 + b"\r"
    with call(secured(), authority.client(bolton)) as sock:
        sock.sendall(wrap(long) + wrap(message(control_id="M")))
        assert [fields(part, "MSA")[2] for part in read_frames(sock, 2)] == ["L", "M"]
        for byte in wrap(message(control_id="N")):
            sock.sendall(bytes([byte]))
        assert fields(read_frames(sock, 1)[0], "MSA")[2] == "N"


def test_a_renewed_certificate_needs_no_restart_and_a_broken_one_does_no_harm(
    secured: Secured, authority: Authority, bolton: Pair
) -> None:
    server = secured()

    def shown() -> bytes:
        with call(server, authority.client(bolton)) as sock:
            assert answer(sock, message())[1] == "AA"
            return sock.getpeercert(binary_form=True) or b""

    first = shown()
    renewed = authority.sign("server", address="127.0.0.1", file="renewed")
    current = renewed.cert.with_name("server.crt")
    renewed.key.replace(current.with_suffix(".key"))
    os.replace(renewed.cert, current)
    second = shown()
    assert second != first
    current.write_text("half written")
    with capture_logs() as logs:
        assert shown() == second
    assert any("stay in force" in entry["event"] for entry in logs)


def test_certificate_expiry_is_told_with_the_time_that_is_left(authority: Authority) -> None:
    own = authority.sign("server", ends=timedelta(days=10))
    told: dict[str, datetime] = {}
    with capture_logs() as logs:
        Tls(credentials(authority, own), told.__setitem__, lambda: datetime.now(UTC))
    assert set(told) == {"server", "ca"}
    assert timedelta(days=9) < told["server"] - datetime.now(UTC) < timedelta(days=10)
    assert [entry["certificate"] for entry in logs] == ["server"]  # the authority's has a year
    assert 9 * 86_400 < logs[0]["seconds"] < 10 * 86_400


def test_a_certificate_that_ends_soon_is_told_again_the_next_day_without_a_restart(
    serve: Serve, authority: Authority, bolton: Pair
) -> None:
    own = authority.sign("server", address="127.0.0.1", ends=timedelta(days=10))
    now = [datetime.now(UTC)]
    server = serve(receiver(None, BOUND), tls=Tls(credentials(authority, own), lambda w, end: None, lambda: now[0]))
    with capture_logs() as logs:
        for days in (0, 0, 1):
            now[0] += timedelta(days=days)
            with call(server, authority.client(bolton)) as sock:
                assert answer(sock, message())[1] == "AA"
    assert [entry["certificate"] for entry in logs] == ["server"]


def test_files_that_are_no_certificates_are_named(authority: Authority, bolton: Pair, tmp_path: Path) -> None:
    rubbish = tmp_path / "rubbish.pem"
    rubbish.write_text("synthetic")
    other = authority.sign("other")
    for files, named in (
        (Credentials(rubbish, bolton.key, authority.ca), "tls_cert"),
        (Credentials(bolton.cert, other.key, authority.ca), "tls_key"),
        (Credentials(bolton.cert, bolton.key, rubbish), "tls_ca"),
    ):
        with pytest.raises(SettingsError, match=named):
            Tls(files, lambda whose, end: None, lambda: datetime.now(UTC))


def test_stopping_over_tls_acknowledges_what_is_in_hand_and_says_goodbye(
    secured: Secured, authority: Authority, bolton: Pair
) -> None:
    intake = SlowIntake()
    server = secured(intake)
    with call(server, authority.client(bolton)) as sock:
        sock.suppress_ragged_eofs = False  # an end without close_notify would raise
        sock.sendall(wrap(message(control_id="HAND")))
        assert intake.begun.wait(5)
        stopper = threading.Thread(target=server.stop)
        stopper.start()
        intake.go_on.set()
        assert fields(read_frames(sock, 1)[0], "MSA")[1:3] == ["AA", "HAND"]
        assert sock.recv(1) == b""
        sock.unwrap()
        stopper.join(10)
