"""Arrays lie in memory up to a bound and in files beyond it, and nobody who works with them can tell."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from benchmarks.peers.sets import load
from linkage import room as rooms
from linkage.columns import encoding
from linkage.errors import LinkageError
from linkage.outputs import clusters, links
from linkage.people import people
from linkage.room import LEAST, MIB, Room, give_back, read_memory, usual_memory
from linkage.tables.reading import read
from linkage.tables.together import together

HELD = (LEAST - rooms.PROCESS) // 2  # what the smallest room has for arrays


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Room:
    """A room in which every array is a file."""
    monkeypatch.setattr(rooms, "_SMALL", 0)
    monkeypatch.setattr(rooms, "_PIECE", 1000)
    monkeypatch.setattr(rooms, "PROCESS", LEAST - 2)
    monkeypatch.setattr(encoding, "_LEAST_ROWS", 90)
    return Room(LEAST, tmp_path)


def test_what_does_not_fit_lies_in_files_that_leave_no_name(tmp_path: Path) -> None:
    room = Room(LEAST, tmp_path)
    first = room.empty((HELD // 8, 2), np.int32)
    assert room.filed == 0
    second = room.empty(MIB, np.int64)
    assert room.filed == 8 * MIB
    second[:] = np.arange(MIB)
    assert int(second.sum()) == MIB * (MIB - 1) // 2
    assert second.flags.writeable
    assert not list(tmp_path.iterdir())
    view = first[:10]
    del first
    room.empty(MIB, np.int64)
    assert room.filed == 16 * MIB, "a view keeps the whole array where it is"
    del view
    room.empty(MIB, np.int64)
    assert room.filed == 16 * MIB, "what is gone makes room"


def test_without_a_bound_nothing_goes_to_files() -> None:
    room = Room()
    assert room.empty((3, 4), np.uint8).shape == (3, 4)
    assert room.at_once(10**12, 7) == 7
    column = pa.array(["a", None])
    assert room.keep(column) is column
    assert room.filed == 0


def test_memory_is_given_back_where_the_system_can_take_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace(malloc_trim=asked.append))
    give_back()
    assert asked == [0]
    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace())  # a C library that knows no such thing
    give_back()


def test_columns_say_the_same_in_files(tiny: Room) -> None:
    for column in (
        pa.array(["Zoë", None, "", "x" * 500]),
        pa.array(["a", "b", None, "d"])[1:3],
        pa.array([], "string"),
    ):
        kept = tiny.keep(column)
        assert kept.equals(column)
        assert kept.null_count == column.null_count
    table = pa.table({"a": pa.array([b"x", b"yz"] * 400), "b": pa.array([None, b""] * 400)})
    collected = tiny.collected(table.to_batches(max_chunksize=7), table.schema)
    assert collected.equals(table)
    assert tiny.collected([], table.schema).equals(table.schema.empty_table())


def test_parts_are_put_together_in_their_order(tiny: Room) -> None:
    parts = [(np.arange(n, dtype=np.int32), np.full((n, 3), n, np.uint8)) for n in (0, 5, 250, 0, 200)]
    nothing = np.empty(0, np.int32), np.empty((0, 3), np.uint8)
    for room in (tiny, Room()):
        one, other = room.gathered(iter(parts), nothing)
        assert one.tolist() == [*range(5), *range(250), *range(200)]
        assert other.tolist() == [[n] * 3 for n in (5, 250, 200) for _ in range(n)]
        assert [len(column) for column in room.gathered(iter(()), nothing)] == [0, 0]


def test_links_are_the_same_in_any_room(tiny: Room, tmp_path: Path) -> None:
    table = load("region", 150, 3, Path).table
    file = tmp_path / "people.csv"
    frame = pa.table({"id": table.ids, **table.columns}).to_pandas()
    frame.to_csv(file, index=False)
    whole, pieces = read(file).table, read(file, room=tiny).table
    assert pieces.columns == whole.columns
    assert pieces.ids.equals(whole.ids)
    filed = tiny.filed
    free, bound = people(whole), people(pieces, room=tiny)
    assert tiny.filed > filed
    assert bound.model.fingerprint == free.model.fingerprint
    assert len(free.pairs.a) > 100
    assert links(bound).equals(links(free))
    assert clusters(bound).equals(clusters(free))
    assert together(whole, whole).columns == together(pieces, pieces, tiny).columns


def test_a_process_that_may_not_have_the_memory_lives_on_files(tmp_path: Path) -> None:
    """The system refuses it more than 200 MiB of its own, and 480 are asked for."""
    script = """
import resource, sys
from pathlib import Path
import numpy as np
from linkage.room import LEAST, MIB, Room
held = int(next(line for line in open("/proc/self/status") if line.startswith("VmData")).split()[1]) << 10
resource.setrlimit(resource.RLIMIT_DATA, (held + 200 * MIB,) * 2)
room = Room(LEAST, Path(sys.argv[1])) if sys.argv[2] == "bounded" else Room()
held = [room.empty(80 * MIB, np.uint8) for _ in range(6)]
for at, array in enumerate(held):
    array[:] = at
print([int(array[-1]) for array in held])
"""

    def run(how: str) -> subprocess.CompletedProcess[str]:
        called = [sys.executable, "-c", script, str(tmp_path), how]
        return subprocess.run(called, capture_output=True, text=True, check=False)

    assert "MemoryError" in run("free").stderr
    assert run("bounded").stdout == "[0, 1, 2, 3, 4, 5]\n"


def test_a_folder_without_room_is_named(tmp_path: Path) -> None:
    room = Room(LEAST, tmp_path / "gone")
    with pytest.raises(LinkageError, match=r"gone has no room for 100 MiB that memory does not hold: No such file"):
        room.empty(100 * MIB, np.uint8)
    with pytest.raises(LinkageError, match="has no room for 1,048,576 TiB"):
        Room(LEAST, tmp_path).empty(1 << 60, np.uint8)


def test_sizes_are_read_as_people_write_them() -> None:
    assert read_memory("4GB") == read_memory("4 GiB") == read_memory("4g") == 4 << 30
    assert read_memory("800MB") == 800 * MIB
    assert read_memory("1.5g") == 3 << 29
    assert read_memory("1073741824") == 1 << 30
    for wrong in ("", "4 apples", "-4GB", "GB", "4GBB"):
        with pytest.raises(LinkageError, match="is no size of memory: write it like 4GB"):
            read_memory(wrong)
    assert usual_memory() >= LEAST


@pytest.mark.parametrize(
    ("memory", "written"),
    [
        (0, "0 bytes"),
        (1023, "1,023 bytes"),
        (1 << 10, "1 KiB"),
        (1536, "1.5 KiB"),
        (100 * MIB, "100 MiB"),
        (LEAST - 1, "639.9 MiB"),
    ],
)
def test_a_bound_too_small_is_told_in_a_unit_that_fits_it(memory: int, written: str) -> None:
    with pytest.raises(LinkageError) as caught:
        Room(memory)
    assert str(caught.value) == f"{written} of memory are too few: at least 640 MiB are needed"
