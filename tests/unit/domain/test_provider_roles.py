"""Which of our roles a provider's word gives somebody, and what they are called here (SEC-5)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpi.domain.access import Role
from mpi.domain.provider import Grant, Granted, Held, Person, granted, held_in, named
from mpi.errors import SignInRefused
from tests.integration.core.world import network

NETWORK = network()
CIS2 = {
    "nhsid_nrbac_roles": [
        {
            "person_orgid": "1",
            "person_roleid": "555001",
            "org_code": "RMC",
            "role_name": '"Admin":"Data Quality"',
            "role_code": "S8000:G8000:R8008",
            "activity_codes": ["B0020"],
        },
        {"person_orgid": "2", "person_roleid": "555002", "org_code": "RBV", "role_code": "S0080:G0450:R5080"},
    ]
}


def of(claims: dict[str, Any], selected: str = "", name: str = "nhsid_nrbac_roles") -> Person:
    return Person("https://i.example", "1", "Rita", held_in(claims, name), selected)


@pytest.mark.parametrize("code", ["R8008", "S8000:G8000:R8008", "B0020"])
def test_an_nhs_role_goes_by_its_code_its_last_part_and_its_activities(code: str) -> None:
    found = granted(of(CIS2), [Grant(code, Role.REVIEWER)], NETWORK)
    assert found is not None
    assert (found.role, found.organisation, found.held.urid) == (Role.REVIEWER, "RMC", "555001")


def test_only_the_role_that_was_chosen_counts() -> None:
    grants = [Grant("R8008", Role.REVIEWER), Grant("R5080", Role.VIEWER)]
    found = granted(of(CIS2, "555002"), grants, NETWORK)
    assert found is not None
    assert (found.role, found.organisation) == (Role.VIEWER, "RBV")
    assert granted(of(CIS2, "nobodys"), grants, NETWORK) is None


def test_of_several_the_grant_that_stands_first_counts() -> None:
    for order in (["R8008", "R5080"], ["R5080", "R8008"]):
        found = granted(of(CIS2), [Grant(code, Role.VIEWER) for code in order], NETWORK)
        assert found is not None
        assert order[0] in found.held.codes


def test_a_role_held_at_one_trust_is_none_at_another() -> None:
    assert granted(of(CIS2), [Grant("R8008", Role.REVIEWER, "RBV")], NETWORK) is None
    assert granted(of(CIS2), [Grant("R8008", Role.REVIEWER, "RMC")], NETWORK) is not None


def test_an_organisation_beyond_the_network_gives_nothing() -> None:
    foreign = {"nhsid_nrbac_roles": [{"person_roleid": "1", "org_code": "X26", "role_code": "S1:G1:R8008"}]}
    assert granted(of(foreign), [Grant("R8008", Role.REVIEWER)], NETWORK) is None


def test_groups_of_another_provider_are_named_with_their_organisation() -> None:
    person = of({"groups": ["staff", "mpi-reviewers"]}, name="groups")
    assert granted(person, [Grant("mpi-reviewers", Role.REVIEWER)], NETWORK) is None  # at which trust?
    found = granted(person, [Grant("mpi-reviewers", Role.REVIEWER, "RMC")], NETWORK)
    assert found == Granted(Role.REVIEWER, "RMC", Held(frozenset({"mpi-reviewers"})))
    assert held_in({"groups": "one"}, "groups") == (Held(frozenset({"one"})),)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda s: st.lists(s) | st.dictionaries(st.text(), s)
    )
)
def test_whatever_the_claim_holds_it_is_read_and_grants_nothing(claim: object) -> None:
    person = of({"nhsid_nrbac_roles": claim})
    assert granted(person, [Grant("R8008", Role.ADMINISTRATOR)], NETWORK) is None


@given(st.text(), st.text())
def test_two_subjects_never_bear_one_name(one: str, other: str) -> None:
    """However they are called: the subject stands last, in parentheses that no subject holds."""
    for subject, rival in (("1", "2"), ("a", "b")):
        first = named(Person("i", subject, one, ()))
        second = named(Person("i", rival, other, ()))
        assert first != second
        assert first.isprintable()


@pytest.mark.parametrize("subject", ["", " ", "a b", "a)", "(a", "é", "a\n", "\u202ea", "x" * 256])
def test_a_subject_that_could_pass_for_another_is_refused(subject: str) -> None:
    with pytest.raises(SignInRefused):
        named(Person("i", subject, "Rita", ()))


def test_without_a_name_the_subject_stands_alone() -> None:
    assert named(Person("i", "1", " \u202e\n", ())) == "1"
