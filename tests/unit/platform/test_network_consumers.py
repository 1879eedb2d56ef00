"""Consumers in a network file: read as written, refused with their line when wrong (IHE-24, IHE-50)."""

from __future__ import annotations

from pathlib import Path

import pytest

from mpi.domain.access import Right
from mpi.domain.consumer import Transaction
from mpi.errors import Fault, NetworkFileError, Refused
from mpi.networks import load_network
from tests.unit.platform.test_wrong_network_files import TEXT, complaints

GOOD = """
[[consumers]]
id = "ris"
organisation = "RMC"
application = "RIS"
facility = "RMC"
transactions = ["ITI-9", "ITI-10", "ITI-64"]
authorities = ["BOLTON", "NHS"]
host = "127.0.0.1"
port = 2576
xad_oid = "2.25.4711"
certificates = ["RIS.Bolton.example"]
tls = true
"""


def test_a_consumer_is_what_the_file_says(tmp_path: Path) -> None:
    file = tmp_path / "network.toml"
    file.write_text(TEXT + GOOD)
    network = load_network(str(file))
    ris = network.consumer("RIS", "RMC")
    assert (ris.id, ris.host, ris.port, ris.xad_oid) == ("ris", "127.0.0.1", 2576, "2.25.4711")
    assert ris.transactions == {Transaction.PIX_QUERY, Transaction.PIX_UPDATE, Transaction.XAD_PID_CHANGE}
    assert (ris.wants("BOLTON"), ris.wants("NHS"), ris.wants("MFT")) == (True, True, False)
    assert ris.certificates == {"ris.bolton.example"}
    assert ris.tls
    with pytest.raises(Refused) as refused:
        network.consumer("RIS", "RBV")
    assert refused.value.fault is Fault.UNKNOWN_FEED


def test_sec_6_demographics_are_for_who_takes_part_in_pdq() -> None:
    network = load_network("greater-manchester")
    assert network.consumer("GMVNA", "R0A").caller.may(Right.READ_PERSON)
    caller = network.consumer("GMVNA", "R0A").caller
    assert (caller.user, caller.organisation, caller.may(Right.FEED)) == ("consumer/gm-vna", "R0A", False)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('id = "ris"', 'id = "gm-vna"', "consumer 'gm-vna' is there twice"),
        ('id = "ris"', 'id = "a b"', "'a b' is no id"),
        ('application = "RIS"\nfacility = "RMC"', 'application = "GMVNA"\nfacility = "R0A"', "is there twice"),
        ('application = "RIS"', 'application = "R|S"', "HL7 delimiter"),
        ('organisation = "RMC"', 'organisation = "RMD"', "organisation 'RMD' is not in this file"),
        ('"BOLTON", "NHS"', '"BOLTEN"', "did you mean 'BOLTON'"),
        ('"ITI-9"', '"ITI-8"', "ITI-9"),
        ("port = 2576\n", "", "ITI-10 needs 'host' and 'port'"),
        ('host = "127.0.0.1"\n', "", "'tls' says how this consumer listens, but no 'host' where"),
        ('xad_oid = "2.25.4711"\n', "", "ITI-64 needs 'xad_oid'"),
        ('xad_oid = "2.25.4711"', 'xad_oid = "RMC"', "ITI-64 needs 'xad_oid'"),
    ],
)
def test_a_wrong_consumer_is_refused_with_its_line(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in GOOD
    found = complaints(tmp_path, TEXT + GOOD.replace(old, new, 1))
    assert any(words in said for _, said in found), found
    assert all(line > TEXT.count("\n") for line, _ in found)


def test_the_shipped_network_is_a_network() -> None:
    with pytest.raises(NetworkFileError):
        load_network("greater-manchster")
