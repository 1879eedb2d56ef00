"""What TLS to consumers needs is looked for at the start, and what is missing named (SEC-4)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mpi.domain.consumer import Consumer, Transaction
from mpi.domain.network import Network
from mpi.errors import SettingsError
from mpi.main.listen import check_tls, consumer_credentials_of
from mpi.networks import load_network
from mpi.settings import load_settings
from tests.certificates import Authority

RIS = Consumer("ris", "RMC", "RIS", "RMC", frozenset({Transaction.PIX_UPDATE}), host="10.1.2.3", port=2576)


def network(consumer: Consumer) -> Network:
    return replace(load_network("greater-manchester"), consumers=(consumer,))


def test_sec_4_nothing_leaves_this_machine_in_the_clear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match=r"consumer ris: 'host' is 10\.1\.2\.3, .* write tls = true"):
        check_tls(load_settings(), network(RIS))
    check_tls(load_settings(), network(replace(RIS, host="127.0.0.1")))  # a terminator on this machine


def test_the_files_are_the_consumers_own_else_the_listeners(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    authority, secure = Authority(tmp_path), network(replace(RIS, tls=True))
    ours, shown = authority.sign("index"), authority.sign("client")
    with pytest.raises(SettingsError, match="consumer_ca: consumer ris listens for TLS; set consumer_ca, "):
        check_tls(load_settings(tls_cert=ours.cert, tls_key=ours.key), secure)
    listeners = {"tls_cert": ours.cert, "tls_key": ours.key, "tls_ca": authority.ca}
    own = {"consumer_cert": shown.cert, "consumer_key": shown.key, "consumer_ca": authority.ca}
    for given, cert in ((listeners, ours.cert), (own, shown.cert), (listeners | own, shown.cert)):
        settings = load_settings(**given)
        check_tls(settings, secure)
        files = consumer_credentials_of(settings)
        assert files is not None
        assert files.cert == cert


def test_files_that_cannot_be_used_are_named_by_their_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    authority, secure = Authority(tmp_path), network(replace(RIS, tls=True))
    ours, other = authority.sign("index"), authority.sign("other")
    rubbish = tmp_path / "rubbish.pem"
    rubbish.write_text("synthetic")
    with pytest.raises(SettingsError, match=r"^consumer_ca: holds no certificates"):
        check_tls(load_settings(tls_cert=ours.cert, tls_key=ours.key, consumer_ca=rubbish), secure)
    with pytest.raises(SettingsError, match=r"^consumer_cert, consumer_key: are no certificate and its key"):
        check_tls(load_settings(consumer_cert=ours.cert, consumer_key=other.key, consumer_ca=authority.ca), secure)
    with pytest.raises(SettingsError, match=r"^consumer_key: missing while consumer_cert is set"):
        load_settings(consumer_cert=ours.cert)
