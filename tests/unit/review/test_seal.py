"""Cookies that nobody else can make."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mpi.review.navigation import ENTRIES, entries_for
from mpi.review.places import local
from mpi.review.seal import Seal
from tests.browser.served import CALLERS

SEAL = Seal("a key of the tests, of some length")
CONTENT = st.dictionaries(st.text(), st.one_of(st.text(), st.integers(-(2**53), 2**53), st.booleans()))


@given(CONTENT)
def test_what_was_sealed_is_read_under_its_purpose_and_key_only(content: dict[str, object]) -> None:
    sealed = SEAL.close("session", content)
    assert SEAL.open("session", sealed) == content
    assert SEAL.open("launch", sealed) is None
    assert Seal("another key of the tests").open("session", sealed) is None


@given(CONTENT, st.integers(0), st.characters(codec="ascii"))
def test_a_changed_cookie_is_nobodys(content: dict[str, object], place: int, letter: str) -> None:
    sealed = SEAL.close("session", content)
    at = place % (len(sealed) - 1)  # the last letter of a signature holds spare bits
    changed = sealed[:at] + letter + sealed[at + 1 :]
    assert changed == sealed or SEAL.open("session", changed) is None


@given(st.text())
def test_no_text_is_a_cookie(text: str) -> None:
    assert SEAL.open("session", text) is None


def test_words_differ_by_purpose_and_key() -> None:
    words = {SEAL.word("csrf", "x"), SEAL.word("visit", "x"), SEAL.word("csrf", "y"), Seal("k").word("csrf", "x")}
    assert len(words) == 4


def test_nobody_is_sent_elsewhere_after_signing_in() -> None:
    for elsewhere in (
        "https://elsewhere.example/review",
        "//elsewhere.example/review",
        "/review//elsewhere.example",
        "/review/../v1",
        "/reviewer",
        "/v1/people",
        "/review\\elsewhere",
        "/review/\r\nSet-Cookie: a=b",
        "/review/sign-in?next=/review",
        "/review/find?surname=" + "x" * 2000,  # too long for a cookie
        "",
    ):
        assert local(elsewhere) == "/review", elsewhere
    assert local("/review/people/x/imaging?modality=CT") == "/review/people/x/imaging?modality=CT"
    assert local("/review?a=https://x//y") == "/review?a=https://x//y"


def test_everybody_sees_the_pages_they_have_the_right_to() -> None:
    for caller in CALLERS.values():
        shown = entries_for(caller)
        assert [entry for entry in ENTRIES if entry.right and not caller.may(entry.right)] == [
            entry for entry in ENTRIES if entry not in shown
        ]
