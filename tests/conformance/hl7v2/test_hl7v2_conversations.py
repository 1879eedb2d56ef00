"""Every conversation of the corpus with the real service and a real database: what is answered, what is stored, and
what others are told (standards 1.1 to 1.6, 2.1 to 2.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from linkage import nhs_number
from mpi.embedded import create_database, drop_database
from tests.conformance.hl7v2.conversations import read_conversation
from tests.conformance.hl7v2.corpus_service import Service, short_answers
from tests.conftest import TEMPLATE

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.toml"))
VERSIONS = ("2.3", "2.3.1", "2.4", "2.5", "2.5.1")


@pytest.fixture(scope="module")
def service(template_url: str, worker_id: str) -> Iterator[Service]:
    """One database for the whole corpus, emptied before each conversation: making one takes longer than many."""
    name = f"corpus_{worker_id}"
    made = Service(create_database(template_url, name, template=TEMPLATE))
    yield made
    made.close()
    drop_database(template_url, name)


def text_of(blocks: list[bytes]) -> str:
    reply = b"".join(blocks)
    return reply.decode("utf-8" if b"UNICODE UTF-8" in reply else "latin-1").replace("\r", "\n")


def consumer_of(notice: str) -> str:
    """Each is told in order; which of two is told first is nobody's business."""
    return notice.split(maxsplit=1)[0]


def check_reply(ask: bytes, reply: bytes) -> None:
    """V2-2, V2-14, V2-15: of every reply to a message whose MSH can be read."""
    mark = ask[3:4]
    asked = re.split(rb"[\r\n]", ask)[0].split(mark)
    told = {line[:3]: line.split(mark) for line in reply.split(b"\r")}
    assert reply.endswith(b"\r")
    assert b"\n" not in reply
    assert told[b"MSH"][2:6] == [*asked[4:6], *asked[2:4]]
    assert told[b"MSH"][10:12] == asked[10:12]
    assert told[b"MSA"][2] == asked[9]
    err = told.get(b"ERR", [])
    assert (told[b"MSA"][1] in {b"AA", b"CA"}) == (not err)
    if err and asked[11] in {b"2.5", b"2.5.1"}:
        assert (err[1], err[4]) == (b"", b"E")
        assert re.match(rb"\d{3}\W", err[3])
        assert len(err) == 9
    elif err:
        assert len(err) == 2


def readable(ask: bytes, answers: list[str]) -> bool:
    return ask.startswith(b"MSH") and not any(re.fullmatch(r"AE 100 MSH(\^1\^2)?", answer) for answer in answers)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_conversation(path: Path, service: Service) -> None:
    case, exchanges = read_conversation(path)
    service.empty()
    told: list[str] = []
    with service.connection() as sock:
        for exchange in exchanges:
            blocks = service.converse(sock, exchange.ask)
            answers = short_answers(blocks)
            if isinstance(exchange.answer, str):
                assert text_of(blocks) == exchange.answer
            else:
                assert answers == exchange.answer
            if readable(exchange.ask, answers):
                for block in blocks:
                    if block.startswith(b"MSH"):
                        check_reply(exchange.ask, block)
            told += service.told()
    assert service.state() == case.get("state", {})
    assert sorted(told, key=consumer_of) == case.get("told", [])
    service.world.verify()


def test_the_corpus_is_of_all_versions_and_events() -> None:
    """At least 200 files; every event of 1.4 in every version that has it."""
    asked = b"\r".join(exchange.ask for path in CORPUS for exchange in read_conversation(path)[1])
    heads = [line.split(b"|") for line in re.split(rb"[\r\n]+", asked) if line.startswith(b"MSH|^~\\&|")]
    shown = {(head[8].split(b"^")[1].decode(), head[11].decode()) for head in heads if head[8].count(b"^")}
    events = [*range(1, 19), *range(20, 52)]
    missing = {(f"A{n:02}", version) for n in events for version in VERSIONS} - shown
    assert not missing
    assert len(CORPUS) >= 200


def test_only_synthetic_people_are_in_it() -> None:
    """NHS-5: numbers of the test range alone."""
    texts = "".join(path.read_text(encoding="utf-8") for path in CORPUS)
    valid = {digits for digits in re.findall(r"(?<!\d)\d{10}(?!\d)", texts) if nhs_number.accept(digits)}
    assert valid
    assert {digits[0] for digits in valid} == {"9"}
