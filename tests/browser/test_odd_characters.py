"""Whatever somebody typed into any field that a page shows is text there, and never markup (Hypothesis)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linkage.record import Address, Name
from mpi.domain.access import Role
from mpi.domain.commands import Field, Order
from mpi.domain.orders import Coded, OrderField, OrderValue
from tests.browser import histories
from tests.browser.served import TOKENS, Served
from tests.browser.test_signing_in import enter
from tests.integration.core.world import at, of, register

ODD = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "{{ 7*7 }}{% raw %}",
    "</title></textarea></style><svg/onload=alert(1)>",
    "javascript:alert(1)",
    "&lt;b&gt;&amp;#60;",
    "]]><!--",
    "\u202eesrever\u2066",
]
TEXT = st.sampled_from(ODD) | st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("<>\"'&`={}/"), min_size=1, max_size=40
).filter(str.strip)


class Tags(HTMLParser):
    """The tags of a page with the names of their attributes, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def read(text: str) -> Tags:
    tags = Tags()
    tags.feed(text)
    tags.close()
    return tags


@pytest.fixture(scope="module")
def viewer(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.address, trust_env=False, timeout=30) as client:
        assert enter(client, TOKENS[Role.REVIEWER]).status_code == 303
        yield client


def timeline(served: Served, client: httpx.Client, odd: str, query: dict[str, str]) -> Tags:
    number, who = histories.somebody(served)
    bolton = f"BOL|B{number}"
    told = {
        Field.NAMES: (Name(odd, odd, odd, odd, odd),),
        Field.ADDRESSES: (Address((odd,), odd, odd, odd),),
        Field.PHONES: (odd,),
    }
    served.world.tell(register(bolton, 1, who | told))
    seen = histories.examination(
        served,
        bolton,
        datetime(2024, 3, 1, 12, tzinfo=UTC),
        modalities=(odd,),
        body_site=odd,
        description=odd,
        accession=odd,
        organisation=odd,
    )
    again = histories.examination(
        served, bolton, datetime(2024, 3, 2, 12, tzinfo=UTC), modalities=(odd,), body_site=odd, organisation=odd
    )
    histories.put(served, [seen, again])
    places = ("filler", "accession", "placer", "organisation", "modality", "body_site")
    said: dict[OrderField, OrderValue] = {OrderField(place): odd for place in places}
    said[OrderField.CODES] = (Coded(odd, odd, odd),)
    served.world.tell(Order(of(bolton), {}, said, at(2)))
    answer = client.get(f"/review/people/{served.world.golden(bolton)}/imaging", params=query)
    assert answer.status_code in {200, 422}
    return read(answer.text)


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(odd=TEXT)
def test_odd_text_in_every_field_leaves_the_markup_as_it_is(served: Served, viewer: httpx.Client, odd: str) -> None:
    plain = timeline(served, viewer, "Plain", {})
    strange = timeline(served, viewer, odd, {})
    assert [tag for tag in strange.tags if tag[0] not in {"option", "span", "strong"}] == [
        tag for tag in plain.tags if tag[0] not in {"option", "span", "strong"}
    ]
    allowed = {"class", "id", "role", "aria-hidden", "aria-label", "value", "selected"}
    for tag, names in strange.tags:
        if tag in {"option", "span", "strong"}:
            assert set(names) <= allowed
    assert " ".join(odd.split()) in " ".join(strange.text.split())


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(odd=TEXT)
def test_odd_text_in_every_parameter_leaves_the_markup_as_it_is(
    served: Served, viewer: httpx.Client, odd: str
) -> None:
    for path, names in (
        ("/review/find", ("issuer", "number")),
        ("/review/sign-in", ("next",)),
        ("/launch", ("launcher", "issuer", "id", "user", "expires", "nonce", "signature")),
    ):
        plain, strange = (read(viewer.get(path, params=dict.fromkeys(names, value)).text) for value in ("plain", odd))
        assert sorted(strange.tags) == sorted(plain.tags) or path == "/review/find"
        assert "script" not in [tag for tag, names in strange.tags if "nonce" not in names]
        assert not [names for _, names in strange.tags if any(name.startswith("on") for name in names)]
