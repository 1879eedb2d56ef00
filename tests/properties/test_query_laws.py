"""Laws of the query edge: what is written is read back, patterns mean what they say, no bytes break it."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from adapters.hl7v2 import message
from adapters.hl7v2.demographics import read_names
from adapters.hl7v2.message import Delimiters, Segment, unescape
from adapters.hl7v2.pen import Pen
from linkage.record import Demographics, Name, NameUse
from mpi.domain import person_filters as filters
from tests.unit.hl7v2.query_builders import asking, person

MARKS = st.sampled_from([Delimiters("|", "^", "~", "\\", "&"), Delimiters("$", "%", "*", "@", "!")])
TEXT = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=30)
WORD = st.text("ABCÉ*'- ", max_size=8)


@given(TEXT, MARKS)
def test_v2_20_a_written_text_is_read_back_and_holds_no_delimiter(text: str, delimiters: Delimiters) -> None:
    written = Pen(delimiters).text(text)
    d = delimiters
    assert not {d.field, d.component, d.repetition, d.subcomponent} & set(written)
    assert unescape(written, d, "utf-8") == text


@given(st.text(max_size=30), MARKS)
def test_v2_4_no_control_character_leaves(text: str, delimiters: Delimiters) -> None:
    assert not re.search(r"[\x00-\x1f\x7f]", Pen(delimiters).text(text))


@given(st.lists(TEXT.map(str.strip), min_size=1, max_size=5), MARKS)
def test_components_are_read_back(texts: list[str], delimiters: Delimiters) -> None:
    pen = Pen(delimiters)
    line = pen.segment("PID", {5: pen.components(*map(pen.text, texts))})
    segment = Segment("PID", line.split(delimiters.field), delimiters, "utf-8")
    wanted = [text if text != '""' else "" for text in texts]
    assert [segment.text(5, n) for n in range(1, len(texts) + 1)] == wanted


@given(WORD.filter(lambda text: "*" not in text and text.strip(" '-")), WORD)
def test_ihe_31_a_pattern_is_what_fnmatch_says_of_the_letters(name: str, pattern: str) -> None:
    """The oracle is the standard library's, over letters only."""

    def letters(text: str) -> str:
        return re.sub(r"[^\w*]", "", text).casefold()

    told = person(1, Demographics(names=(Name(name),)), "bolton|B1")
    found = filters.any_pattern(filters.families, [pattern])(told)
    assert found == fnmatch.fnmatchcase(letters(name), letters(pattern))


@given(
    st.sampled_from([use for use in NameUse if use not in {NameUse.OLD, NameUse.TEMP}]), st.lists(WORD, max_size=3)
)
def test_pid_5_a_name_is_read_back_with_its_use(use: NameUse, given_names: list[str]) -> None:
    """OLD has no code in table 0200 and leaves as an alias."""
    from adapters.hl7v2.pid import write_person  # noqa: PLC0415
    from tests.unit.hl7v2.query_builders import NETWORK  # noqa: PLC0415

    middle = " ".join(" ".join(given_names).split())
    name = Name("SMITH", "Ann", middle, "Mrs", "Jr", use)
    shown = person(1, Demographics(names=(name,)), "bolton|B1")
    pid = write_person(shown, shown.told, NETWORK, Pen(), 1)[0]
    segment = Segment("PID", pid.split("|"), Pen().delimiters, "utf-8")
    (back,) = read_names(segment.repetitions(5))
    assert back == replace(name, middle=middle)


@given(st.sampled_from(["QBP^Q22", "QBP^Q23", "QCN^J01"]), st.binary(max_size=200))
def test_no_bytes_break_a_query(event: str, rest: bytes) -> None:
    """Whatever follows the MSH: an answer, which repeats the control id, and no traceback."""
    frame = f"MSH|^~\\&|RIS|RMC|MPI|GM|20260301||{event}|C1|P|2.5\r".encode() + rest
    reply = asking().handle(frame)
    assert reply is not None
    assert b"\rMSA|" in reply
    assert reply.split(b"\rMSA|")[1].split(b"|")[1].split(b"\r")[0] == b"C1"
    assert message.read_header(reply).version == "2.5"


@given(st.text(max_size=60), st.text(max_size=40), st.text(max_size=20))
def test_no_parameters_break_a_pdq(parameters: str, domains: str, quantity: str) -> None:
    lines = (
        "MSH|^~\\&|RIS|RMC|MPI|GM|20260301||QBP^Q22^QBP_Q21|C1|P|2.5||||||UNICODE UTF-8",
        f"QPD|IHE PDQ Query|T1|{parameters}|||||{domains}",
        f"RCP|I|{quantity}",
    )
    reply = asking().handle("\r".join(lines).encode("utf-8", "ignore"))
    assert reply is not None
    assert b"\rMSA|" in reply
