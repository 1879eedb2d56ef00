"""What PDQ says it looks people up by is what it looks them up by (ITI-21 3.21.4.1.2.2.1)."""

from __future__ import annotations

import pytest

from adapters.hl7v2.message import Segment
from adapters.hl7v2.pdq_parameters import MOST, SUPPORTED, read_wanted
from adapters.hl7v2.pen import STANDARD
from mpi.domain.identifiers import Identifier
from mpi.domain.views import SearchCriteria
from mpi.domain.wanted import Wanted
from mpi.errors import Fault, Refused
from tests.unit.hl7v2.query_builders import NETWORK

VALUES = {"PID.7": "19540307", "PID.8": "F", "PID.24": "Y", "PID.25": "2"}


def wanted(parameters: str) -> Wanted:
    return read_wanted(Segment("QPD", ("QPD", "x", "T", parameters), STANDARD, "ascii"), NETWORK, frozenset())


@pytest.mark.parametrize("place", sorted(SUPPORTED))
def test_every_supported_parameter_is_read(place: str) -> None:
    beside = "@PID.5.1.1^SMITH" if place != "PID.5.1.1" else "@PID.7^19540307"
    read = wanted(f"@{place}^{VALUES.get(place, 'VALUE')}~{beside}")
    alone = wanted(beside)
    assert (read.criteria, len(read.filters)) != (alone.criteria, len(alone.filters)), "it made no difference"


def test_ihe_43_the_index_is_asked_by_what_it_has_an_index_for() -> None:
    told = wanted("@PID.5.1.1^Smith~@PID.5.2^An*~@PID.7^19540307~@PID.8^2~@PID.11.5^M1 1AA").criteria
    assert told == (
        SearchCriteria("Smith", "An", "1954-03-07", "female", "M1 1AA", exact=frozenset({"family"}), limit=MOST),
    )


def test_alternatives_are_searched_one_by_one() -> None:
    told = wanted("@PID.5.1.1^SMITH&JONES~@PID.8^F&M").criteria
    assert {(one.family, one.sex) for one in told} == {
        (family, sex) for family in ("SMITH", "JONES") for sex in ("female", "male")
    }


def test_an_identifier_without_a_domain_is_looked_for_in_all() -> None:
    told = {one.identifier for one in wanted("@PID.3.1^B1").criteria}
    assert told == {Identifier(authority.id, "B1") for authority in NETWORK.authorities}


def test_one_parameter_twice_must_hold_twice() -> None:
    read = wanted("@PID.5.1.1^SMI*~@PID.5.1.1^*TH")
    assert [one.family for one in read.criteria] == ["SMI"]
    assert len(read.filters) == 2


@pytest.mark.parametrize(
    "text", ["@PID.99^x", "@OBX.5^x", "PID", "@PID.5.1.1.1^x", "@PID.3.9^x", "@PID.8^F~@PID.8^M"]
)
def test_what_is_not_known_is_refused_and_not_ignored(text: str) -> None:
    """To ignore it would tell people who do not meet it."""
    with pytest.raises(Refused) as refused:
        wanted(f"@PID.5.1.1^SMITH~{text}")
    assert refused.value.fault is Fault.BAD_VALUE
    assert refused.value.location.startswith("QPD^1^3^")
