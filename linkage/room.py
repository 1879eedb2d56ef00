"""Memory for large arrays up to a bound, and files beyond it, so that a large table slows a run and never ends it.

A bound is for the whole process. What Python, the libraries and the compiled code take is set aside, and some for
what a step needs for a moment; arrays that last get the rest. An array that does not fit lies in a file without a
name in a folder of the caller's: it is a plain array all the same, the system brings its pages in and takes them
back, and it is gone when its process is, however that ends.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import re
import tempfile
import threading
import weakref
from collections.abc import Iterable
from contextlib import suppress
from math import inf, prod
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import psutil
import pyarrow as pa

from linkage.errors import LinkageError

MIB = 1 << 20
PROCESS = 512 * MIB
"""Python, numpy, Arrow, the compiled code and the model, with readers that share most of it."""
LEAST = 640 * MIB
"""The smallest bound."""
MOST_SPARE = 1024 * MIB
_SMALL = MIB
_PIECE = 64 * MIB
_DEFAULT_SHARE = 0.8
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(?:([kmgt]?)(?:i?b)?)", re.IGNORECASE)
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_CGROUP = Path("/sys/fs/cgroup/memory.max")


class Room:
    """Arrays in memory or in files. Safe from many threads.

    memory: bytes the process may take, None for no bound. folder: where files are made, None for the system's own.
    `filed` counts the bytes that went there. Raises `LinkageError` for a bound below `LEAST`.
    """

    def __init__(self, memory: int | None = None, folder: Path | None = None) -> None:
        if memory is not None and memory < LEAST:
            raise LinkageError(f"{_written(memory)} of memory are too few: at least {_written(LEAST)} are needed")
        self._lock, self._folder = threading.Lock(), folder
        self._bounded, self._spare, self._free = memory is not None, inf, inf
        if memory is not None:
            self._spare = min(MOST_SPARE, (memory - PROCESS) / 2)
            self._free = memory - PROCESS - self._spare
        self.filed = 0

    def at_once(self, size: int, most: int) -> int:
        """How many things of so many bytes a step may handle at once: at least 1, and no more than `most`."""
        return int(max(1, min(most, self._spare / size)))

    def empty(self, shape: int | tuple[int, ...], kind: npt.DTypeLike) -> npt.NDArray[Any]:
        """An array whose values are not set. Raises `LinkageError` when the folder has no room for it."""
        kind = np.dtype(kind)
        size = prod(shape if isinstance(shape, tuple) else (shape,)) * kind.itemsize
        if not self._bounded or size < _SMALL:
            return np.empty(shape, kind)
        with self._lock:
            if fits := size <= self._free:
                self._free -= size
            else:
                self.filed += size
        if not fits:
            return np.frombuffer(self._map(size), kind).reshape(shape)
        made = np.empty(shape, kind)
        weakref.finalize(made, self._take_back, size).atexit = False
        return made

    def keep(self, column: pa.Array) -> pa.Array:
        """The same Arrow array, of strings or bytes, in this room."""
        if not self._bounded:
            return column
        buffers = [None if part is None else self._copied(part) for part in column.buffers()]
        return pa.Array.from_buffers(column.type, len(column), buffers, column.null_count, column.offset)

    def collected(self, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> pa.Table:
        """The table that batches of strings or bytes make up, in this room."""
        pieces, waiting, size = [schema.empty_table()], [], 0
        for batch in batches:
            waiting.append(batch)
            size += batch.nbytes
            if self._bounded and size > _PIECE:
                pieces.append(self._kept(waiting))
                waiting, size = [], 0
        return pa.concat_tables([*pieces, self._kept(waiting)] if waiting else pieces)

    def _kept(self, batches: list[pa.RecordBatch]) -> pa.Table:
        table = pa.Table.from_batches(batches)
        if not self._bounded:
            return table
        columns = [self.keep(column.combine_chunks()) for column in table.columns]
        return pa.table(columns, schema=table.schema)

    def joined(self, parts: list[npt.NDArray[Any]]) -> npt.NDArray[Any]:
        """One array of at least one, which are taken out of the list so that each is gone when it is copied."""
        left = [part for part in reversed(parts) if len(part)] or parts[:1]
        parts.clear()
        if len(left) == 1:
            return left[0]
        whole, at = self.empty((sum(map(len, left)), *left[0].shape[1:]), left[0].dtype), 0
        while left:
            part = left.pop()
            whole[at : at + len(part)] = part
            at += len(part)
        return whole

    def gathered(
        self, parts: Iterable[tuple[npt.NDArray[Any], ...]], nothing: tuple[npt.NDArray[Any], ...]
    ) -> tuple[npt.NDArray[Any], ...]:
        """One array for each column of parts that come one by one; `nothing` is a part without entries."""
        columns: list[list[npt.NDArray[Any]]] = [[column] for column in nothing]
        self._collect(parts, columns)
        return tuple(self.joined(column) for column in columns)

    def _collect(self, parts: Iterable[tuple[npt.NDArray[Any], ...]], columns: list[list[npt.NDArray[Any]]]) -> None:
        """Add what comes to the columns, small parts joined. Nothing else holds a part afterwards, so that each is
        gone when `joined` has copied it."""
        waiting: list[list[npt.NDArray[Any]]] = [[] for _ in columns]
        size = 0
        for part in parts:
            size += sum(column.nbytes for column in part)
            for pieces, piece in zip(waiting, part, strict=True):
                pieces.append(piece)
            if self._bounded and size > _PIECE:
                for column, pieces in zip(columns, waiting, strict=True):
                    column.append(self.joined(pieces))
                size = 0
        for column, pieces in zip(columns, waiting, strict=True):
            column.extend(pieces)

    def _copied(self, part: Any) -> Any:
        held = self.empty(part.size, np.uint8)
        held[:] = np.frombuffer(part, np.uint8)
        return pa.py_buffer(held)

    def _map(self, size: int) -> mmap.mmap:
        try:
            with tempfile.TemporaryFile(dir=self._folder) as file:
                os.posix_fallocate(file.fileno(), 0, size)  # a page that found no room later would end the process
                return mmap.mmap(file.fileno(), size)
        except OSError as error:
            folder = self._folder or tempfile.gettempdir()
            raise LinkageError(
                f"{folder} has no room for {_written(size)} that memory does not hold: {error.strerror}"
            ) from error

    def _take_back(self, size: int) -> None:
        with self._lock:
            self._free += size


UNBOUNDED = Room()


def give_back() -> None:
    """Give the system what is freed already. After a step over all records that is hundreds of megabytes, which
    Arrow and C's allocator keep, and of which the next step, whose arrays have other sizes, can use little."""
    pa.default_memory_pool().release_unused()
    with suppress(OSError, TypeError, AttributeError):  # elsewhere than in glibc there is no such thing
        ctypes.CDLL(None).malloc_trim(0)


def read_memory(text: str) -> int:
    """Bytes: "4GB", "512 MiB", "4g" or a plain number of bytes. Raises `LinkageError`."""
    found = _SIZE.fullmatch(text.strip())
    if not found:
        raise LinkageError(f"'{text}' is no size of memory: write it like 4GB or 800MB")
    return int(float(found[1]) * _UNITS[found[2].lower()])


def _written(size: int) -> str:
    """Bytes in the largest unit they fill, to one place and never rounded up: "1.5 KiB", "640 MiB", "12 bytes"."""
    unit, step = next((unit, step) for unit, step in reversed(_UNITS.items()) if size >= step or not unit)
    number = f"{size * 10 // step / 10:,.1f}".removesuffix(".0")
    return f"{number} {unit.upper()}iB" if unit else f"{number} bytes"


def usual_memory() -> int:
    """Bytes to use where nobody says otherwise: most of what this machine, or its container, has to give."""
    given = psutil.virtual_memory().available
    with suppress(OSError, ValueError):  # no container, or one without a limit ("max")
        given = min(given, int(_CGROUP.read_text()))
    return max(LEAST, int(_DEFAULT_SHARE * given))
