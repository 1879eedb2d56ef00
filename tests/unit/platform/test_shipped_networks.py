"""The two networks that come with the index say what the standards say (3.4, ORG-1 to ORG-4)."""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise

import pytest

from mpi.domain.identifiers import NHS_AUTHORITY, NHS_OID, NHS_SYSTEM, Identifier
from mpi.domain.network import Network, Protocol
from mpi.errors import Refused
from mpi.networks import load_network, shipped_networks


@pytest.fixture(scope="module")
def manchester() -> Network:
    return load_network("greater-manchester")


@pytest.fixture(scope="module")
def sussex() -> Network:
    return load_network("surrey-sussex")


def test_two_networks_are_shipped() -> None:
    assert shipped_networks() == ("greater-manchester", "surrey-sussex")


def test_greater_manchester_has_the_eight_trusts(manchester: Network) -> None:
    codes = {o.code for o in manchester.organisations}
    assert codes == {"RMC", "RBV", "R0A", "RM3", "RW6", "RWJ", "RMP", "RRF"}
    assert [o.code for o in manchester.organisations if o.closed] == ["RW6"]


def test_surrey_and_sussex_has_five_trusts_and_a_sixth_that_joins_later(sussex: Network) -> None:
    assert {o.code for o in sussex.organisations} == {"RTK", "RXC", "RPC", "RA2", "RTP", "RYR"}
    joined = sorted((o.joined or date.max, o.code) for o in sussex.organisations)
    assert joined[-1][1] == "RYR"
    early = {f.go_live for f in sussex.feeds if f.organisation != "RYR"}
    late = {f.go_live for f in sussex.feeds if f.organisation == "RYR"}
    assert max(d for d in early if d) < min(d for d in late if d)
    assert date(2026, 1, 1) < joined[-1][0]


def test_go_lives_are_staged(manchester: Network) -> None:
    dates = [f.go_live for f in manchester.feeds]
    assert all(dates)
    assert len(set(dates)) == len(dates)


def test_org1_pennine_was_dissolved_and_the_code_rm3_kept(manchester: Network) -> None:
    assert manchester.organisation_by_code["RW6"].closed == date(2021, 10, 1)
    assert manchester.organisation_by_code["RM3"].closed is None


def test_org2_the_same_digits_in_three_namespaces_are_three_identifiers(manchester: Network) -> None:
    """ORG-2: MRN 123456 issued by RW6, R0A and RM3 are three patients, under whatever name the issuer is called."""
    found = {Identifier(manchester.authority(name).id, "123456") for name in ("RW6", "R0A", "RM3")}
    assert {i.authority for i in found} == {"PENNINE", "MFT", "SALFORD"}
    assert manchester.authority("PENPAS").id == manchester.authority("RW6").id


def test_org2_the_pennine_namespace_is_alive_and_its_one_source_is_a_successor(manchester: Network) -> None:
    pennine = manchester.authority("RW6")
    assert pennine.owner == "RW6"
    assert pennine.valid_to is None
    (source,) = [f for f in manchester.feeds if pennine.id in f.authorities]
    assert source.organisation in pennine.successors.values()
    assert manchester.feed("PENPAS", "RW6", Protocol.MLLP) is source


def test_org3_pennine_is_split_by_site_between_two_successors(manchester: Network) -> None:
    successors = dict(manchester.authority("RW6").successors)
    assert successors.pop("RW602") == "R0A", "North Manchester General went to R0A"
    assert set(successors.values()) == {"RM3"}
    assert {"RW602", *successors} == {s.code for s in manchester.organisation_by_code["RW6"].sites}


def test_org3_old_images_keep_the_old_issuer(manchester: Network) -> None:
    (archive,) = manchester.archives
    assert archive.issuers["RW6"] == "PENNINE"
    assert archive.issuers["RW3"] != archive.issuers["R0A"]


def test_org4_one_trust_has_several_namespaces(manchester: Network, sussex: Network) -> None:
    assert len([a for a in manchester.authorities if a.owner == "R0A"]) > 2
    assert len([a for a in sussex.authorities if a.owner == "RYR"]) == 2


def test_a_confidential_service_stays_out_of_linkage(manchester: Network) -> None:
    """NHS-58."""
    assert [a.id for a in manchester.authorities if not a.linkage] == ["MFT-SEXUAL-HEALTH"]


def test_protocols_versions_and_places_of_the_nhs_number_are_mixed(manchester: Network) -> None:
    versions = {v for f in manchester.feeds if f.protocol is Protocol.MLLP for v in f.versions}
    assert {"2.3", "2.4", "2.5.1"} <= versions
    assert {"PID-2", "PID-3", "PID-19"} == {p for f in manchester.feeds for p in f.nhs_number_fields}
    fhir = {f.organisation for f in manchester.feeds if f.protocol is Protocol.FHIR}
    mllp = {f.organisation for f in manchester.feeds if f.protocol is Protocol.MLLP}
    assert fhir - mllp == {"RBV"}, "one trust sends FHIR only"


@pytest.mark.parametrize("name", shipped_networks())
def test_every_name_of_an_authority_means_that_authority(name: str) -> None:
    network = load_network(name)
    for authority in network.authorities:
        for called in (authority.id, *authority.namespaces, authority.oid, authority.system):
            assert network.authority(called) is authority
        assert network.authority(f"urn:oid:{authority.oid}") is authority


@pytest.mark.parametrize("name", shipped_networks())
def test_every_authority_is_complete_and_every_name_invented_here_says_so(name: str) -> None:
    network = load_network(name)
    assert network.population == "synthetic"
    for authority in network.authorities:
        if authority.id != NHS_AUTHORITY:
            assert re.fullmatch(r"2\.25\.[1-9][0-9]+", authority.oid)
            assert int(authority.oid.removeprefix("2.25.")) < 2**128
            assert re.match(r"https://fhir\.[a-z-]+\.example/Id/", authority.system)
            assert all(len(n) <= 20 for n in authority.namespaces)


@pytest.mark.parametrize("name", shipped_networks())
def test_every_namespace_reaches_the_archive_and_no_feed_asserts_anothers(name: str) -> None:
    network = load_network(name)
    local = {a.id for a in network.authorities} - {NHS_AUTHORITY}
    assert {i for archive in network.archives for i in archive.issuers.values()} == local
    claims = sorted(a for f in network.feeds if f.identity for a in f.authorities)
    assert all(one != two for one, two in pairwise(claims)), "V2-49: one source for a domain"


@pytest.mark.parametrize(
    "called",
    [
        "NHS",
        NHS_OID,
        f"urn:oid:{NHS_OID}",
        NHS_SYSTEM,
        "http://fhir.nhs.net/Id/nhs-number",
        "https://fhir.nhs.net/Id/nhs-number",
    ],
)
def test_the_nhs_authority_is_always_there_under_old_and_new_names(manchester: Network, called: str) -> None:
    """NHS-6."""
    assert manchester.authority(called).id == NHS_AUTHORITY
    assert manchester.is_nhs(called)


def test_a_stranger_is_refused(manchester: Network) -> None:
    with pytest.raises(Refused):
        manchester.authority("RXX")
    with pytest.raises(Refused):
        manchester.feed("BOLPAS", "RMC", Protocol.FHIR)
