"""Issuers of patient ids: configured or refused, never guessed (IHE-60, ORG-2)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpi.api.issuers import parse_identifier
from mpi.domain.identifiers import Identifier
from mpi.domain.issuers import find_issuer
from mpi.domain.network import Archive
from mpi.errors import Fault, Refused
from tests.unit.api.synthetic import NETWORK

# An archive that calls another authority by what the network knows as a namespace of Bolton's.
WEST = Archive("west", "West", "RBV", {"RMC01": "CHRISTIE"}, {"CT": "CHRISTIE"})
CROSSED = replace(NETWORK, archives=(*NETWORK.archives, WEST))

NAMES = st.sampled_from(["", "BOLTON", "RMC01", "BOL", "CHR", "SHARED", "1.2.3.2", "NH", "BOL_CT1", "CT", "NOWHERE"])


def test_the_archive_asked_about_speaks_first() -> None:
    assert find_issuer(CROSSED, issuer="RMC01", archive="west") == "CHRISTIE"
    assert find_issuer(CROSSED, issuer="RMC01", archive="north") == "BOLTON"
    assert find_issuer(CROSSED, ae_title="CT", archive="north") == "BOLTON"


def test_a_name_with_two_meanings_is_refused_until_the_archive_is_said() -> None:
    with pytest.raises(Refused, match="say which archive") as refused:
        find_issuer(CROSSED, issuer="RMC01")
    assert refused.value.fault is Fault.UNKNOWN_AUTHORITY


@given(issuer=NAMES, ae_title=NAMES, archive=st.sampled_from(["", "north", "south", "west"]))
def test_a_stated_issuer_is_never_overruled_by_an_ae_title(issuer: str, ae_title: str, archive: str) -> None:
    """IHE-60: whatever the AE title suggests, the answer is that of the issuer alone."""

    def ask(ae: str) -> str:
        try:
            return find_issuer(CROSSED, issuer, ae, archive)
        except Refused as refused:
            return str(refused.fault)

    if issuer:
        assert ask(ae_title) == ask("")
    assert ask(ae_title) in {*CROSSED.authority_by_id, Fault.UNKNOWN_AUTHORITY, Fault.MISSING_FIELD}


@pytest.mark.parametrize("text", ["NH|999|18", "urn:oid:2.16.840.1.113883.2.1.4.1| 999|18 "])
def test_only_the_first_bar_divides(text: str) -> None:
    assert parse_identifier(NETWORK, text) == Identifier("NHS", "999|18")
