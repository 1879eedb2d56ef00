"""Which of our roles a provider's word gives somebody, and what they are called here (SEC-5)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpi.domain.access import Role
from mpi.domain.provider import Grant, Granted, Held, Person, Provider, granted, held_in, is_strong, named
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


def given_by(person: Person, grants: list[Grant], *scopes: str) -> Granted | None:
    return granted(
        person, Provider("x", person.issuer, "c", "https://index.example", tuple(grants), scopes=scopes), NETWORK
    )


@pytest.mark.parametrize("code", ["R8008", "S8000:G8000:R8008", "B0020"])
def test_an_nhs_role_goes_by_its_code_its_last_part_and_its_activities(code: str) -> None:
    found = given_by(of(CIS2), [Grant(code, Role.REVIEWER)])
    assert found is not None
    assert (found.role, found.organisation, found.held.urid) == (Role.REVIEWER, "RMC", "555001")


def test_only_the_role_that_was_chosen_counts() -> None:
    grants = [Grant("R8008", Role.REVIEWER), Grant("R5080", Role.VIEWER)]
    found = given_by(of(CIS2, "555002"), grants)
    assert found is not None
    assert (found.role, found.organisation) == (Role.VIEWER, "RBV")
    assert given_by(of(CIS2, "nobodys"), grants) is None


def test_where_a_role_is_to_be_chosen_none_counts_without() -> None:
    grants = [Grant("R8008", Role.REVIEWER), Grant("mpi-reviewers", Role.REVIEWER, "RMC")]
    assert given_by(of(CIS2, "555001"), grants, "openid", "selectedrole") is not None
    assert given_by(of(CIS2), grants, "openid") is not None
    assert given_by(of(CIS2), grants, "openid", "selectedrole") is None
    unnumbered = of({"groups": ["mpi-reviewers"]}, name="groups")
    assert given_by(unnumbered, grants, "openid", "selectedrole") is None


@pytest.mark.parametrize(("ahead", "strong"), [(60, True), (61, False), (10**6, False), (-900, True), (-901, False)])
def test_a_strong_sign_in_is_of_the_past_as_far_as_the_clocks_agree(ahead: int, strong: bool) -> None:
    """Else one dated to the future would count as strong until then."""
    provider = Provider("x", "https://i.example", "c", "https://index.example", (), strong_acr=("AAL3_ANY",))
    now = datetime(2026, 3, 3, tzinfo=UTC)
    assert is_strong(provider, "AAL3_ANY", now + timedelta(seconds=ahead), now) is strong


def test_of_several_the_grant_that_stands_first_counts() -> None:
    for order in (["R8008", "R5080"], ["R5080", "R8008"]):
        found = given_by(of(CIS2), [Grant(code, Role.VIEWER) for code in order])
        assert found is not None
        assert order[0] in found.held.codes


def test_a_role_held_at_one_trust_is_none_at_another() -> None:
    assert given_by(of(CIS2), [Grant("R8008", Role.REVIEWER, "RBV")]) is None
    assert given_by(of(CIS2), [Grant("R8008", Role.REVIEWER, "RMC")]) is not None


def test_an_organisation_beyond_the_network_gives_nothing() -> None:
    foreign = {"nhsid_nrbac_roles": [{"person_roleid": "1", "org_code": "X26", "role_code": "S1:G1:R8008"}]}
    assert given_by(of(foreign), [Grant("R8008", Role.REVIEWER)]) is None


def test_groups_of_another_provider_are_named_with_their_organisation() -> None:
    person = of({"groups": ["staff", "mpi-reviewers"]}, name="groups")
    assert given_by(person, [Grant("mpi-reviewers", Role.REVIEWER)]) is None  # at which trust?
    found = given_by(person, [Grant("mpi-reviewers", Role.REVIEWER, "RMC")])
    assert found == Granted(Role.REVIEWER, "RMC", Held(frozenset({"mpi-reviewers"})))
    assert held_in({"groups": "one"}, "groups") == (Held(frozenset({"one"})),)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda s: st.lists(s) | st.dictionaries(st.text(), s)
    )
)
def test_whatever_the_claim_holds_it_is_read_and_grants_nothing(claim: object) -> None:
    person = of({"nhsid_nrbac_roles": claim})
    assert given_by(person, [Grant("R8008", Role.ADMINISTRATOR)]) is None


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
