"""What compiled code reads of a column is what the scalar functions read (design 5: one truth everywhere)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from linkage.columns.digest import LONGEST, SCRATCH, long_hash
from linkage.columns.distinct import Distinct
from linkage.columns.readers import Readers, read_chunk
from linkage.columns.readings import READINGS
from linkage.encode import long_hash as hashed_by_hashlib
from linkage.model import Model
from linkage.nhs_number import check_digit

MODEL = Model.default()
digits = st.text("0123456789", max_size=18)
spaced = st.lists(st.text("0123456789", max_size=6), max_size=5).map(" ".join)


@st.composite
def numbers(draw: st.DrawFn) -> str:
    body = draw(st.text("0123456789", min_size=9, max_size=9))
    whole = body + (check_digit(body) or "0")
    return f"{whole[:3]}{draw(st.sampled_from(('', ' ', '-', '  ')))}{whole[3:]}"


TEXTS = {
    "number": numbers() | digits | spaced | st.text(max_size=11),
    "phone": spaced | digits.map("0{}".format) | digits.map("+44{}".format) | st.text("01 x(+-", max_size=13),
    "email": st.from_regex(r"[A-Za-z.%+_-]{0,9}@[a-z.-]{0,9}", fullmatch=True) | st.text("nuao.-@:/ A", max_size=12),
}
FILLERS = "0123456789 01234567890 00123456789 01234567891 09876543210 07777777777 07000000000 00447700900123"
NO_MAILBOX = "no none na n/a nil null unknown noemail no.email no-email nomail notknown notgiven noreply no-reply"


def read(name: str, texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """By compiled code where it can, and by the scalar functions alone."""
    values = pa.array(["x", *texts], pa.string()).slice(1)
    found = Distinct(np.arange(len(texts), dtype=np.int32), (values,))
    alone = np.frombuffer(read_chunk(name, [texts], MODEL), np.int64)
    return Readers(MODEL, None, 1).read(name, found), alone.reshape(-1, READINGS[name].width)


@pytest.mark.parametrize("name", list(TEXTS))
@settings(max_examples=400, deadline=None)  # the first example compiles
@given(data=st.data())
def test_issue_3_plain_texts_are_read_as_by_the_scalar_functions(name: str, data: st.DataObject) -> None:
    compiled, alone = read(name, data.draw(st.lists(TEXTS[name], max_size=8)))
    assert np.array_equal(compiled, alone)


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("number", ["9990000018", "999 000 0018", "9990000019", "0000000000", "4444444444", "3333333333", "", "1"]),
        (
            "phone",
            ["", " ", *FILLERS.split(), "0123456788", "09876543211", "012345678", "07700 900123", "0770090012345678"],
        ),
        ("email", [f"{mailbox}@b.org" for mailbox in (*NO_MAILBOX.split(), "NONE", "nora", "ursula", "NATHALIE.X")]),
        (
            "email",
            ["", "a@b", "a@.b", "a@b.", "a@b.c", "a@@b.c", "@b.c", "a@b..c", "mailto:a@b.c", " a@b.c ", "é@b.c"],
        ),
        ("email", ["a" * 124 + "@b.c", "a" * 125 + "@b.c"]),
        ("number", []),
    ],
)
def test_issue_3_the_edges_of_what_is_plain(name: str, texts: list[str]) -> None:
    compiled, alone = read(name, texts)
    assert np.array_equal(compiled, alone)


def test_most_of_a_column_is_plain() -> None:
    texts = ["999 000 0018", "", "x"]
    left = np.zeros(3, np.int64)
    table = np.zeros((3, 2), np.int64)
    data = np.frombuffer("".join(texts).encode(), np.uint8)
    ends = np.array([0, 12, 12, 13], np.int32)
    plain = READINGS["number"].plain
    assert plain is not None
    assert plain(data, ends, table, left) == 1
    assert left[0] == 2


@settings(deadline=None)
@given(st.text(max_size=LONGEST // 4))
@example("a" * LONGEST)
def test_issue_3_the_compiled_hash_is_that_of_hashlib(text: str) -> None:
    data = np.frombuffer(text.encode(), np.uint8)
    scratch = np.full(SCRATCH, np.uint64(2**64 - 1))
    assert long_hash(data, len(data), scratch) == hashed_by_hashlib(text)
