"""Laws of the simulator that hold for every seed, size and shipped network."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from mpi.domain.network import Protocol
from mpi.networks import load_network
from mpi.simulate import Region, simulate, typos

NETWORKS = st.sampled_from(["greater-manchester", "surrey-sussex"])
_NHS = re.compile(rb"(?<!\d)(9\d{9})\^\^\^NHS\^NH")


def region(network: str, people: int, seed: int) -> Region:
    return simulate(load_network(network), people, seed)


@settings(max_examples=12, deadline=None)
@given(NETWORKS, st.integers(2, 400), st.integers(0, 2**31))
def test_any_region_is_ordered_complete_and_synthetic(network: str, people: int, seed: int) -> None:
    """NHS-5, promise 5: test numbers only, and every identifier and study has exactly one true person."""
    made = region(network, people, seed)
    before = None
    for message in made.messages():
        assert before is None or before <= message.at
        before = message.at
        assert all(identifier in made.person_of for identifier in message.identifiers)
        assert (message.query != "") == (message.protocol is Protocol.FHIR)
        if message.protocol is Protocol.MLLP:
            assert message.body.startswith(b"MSH|^~\\&|")
            assert b'"9' not in message.body
            assert message.body.count(b"\r") == len([s for s in message.body.split(b"\r") if s])
    assert len(made.people) == people
    assert len(made.person_of_study) == len(made.study_frame)
    assert not made.truth_frame.duplicated(["authority", "value"]).any()
    assert made.people.nhs_number[made.people.nhs_number != ""].tolist() == [
        n for n in made.people.nhs_number.tolist() if re.fullmatch(r"9[0-8]\d{8}|99[0-8]\d{7}", n)
    ]


@settings(max_examples=6, deadline=None)
@given(NETWORKS, st.integers(2, 200), st.integers(0, 2**31))
def test_a_region_is_a_function_of_its_seed(network: str, people: int, seed: int) -> None:
    one, again = region(network, people, seed), region(network, people, seed)
    assert [m.body for m in one.messages()] == [m.body for m in again.messages()]
    assert one.snapshot().equals(again.snapshot())
    assert one.study_frame.equals(again.study_frame)


@given(
    st.text(alphabet=st.characters(codec="cp1252", categories=["L"]), min_size=1, max_size=20), st.integers(0, 2**30)
)
def test_a_mistyped_name_stays_a_name(name: str, dice: int) -> None:
    wrong = typos.mistype(name, dice)
    assert wrong
    assert abs(len(wrong) - len(name)) <= 2
    assert wrong == typos.mistype(name, dice)
