"""Processes that read distinct values: Python code, which threads cannot share."""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from threading import BoundedSemaphore

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from linkage.columns.distinct import Distinct
from linkage.columns.readings import READINGS
from linkage.model import Model

Longs = npt.NDArray[np.int64]

CHUNK = 4_096
_AHEAD = 3

_own: dict[str, Model] = {}
"""The model of a reader process, by the name "model"; empty in every other process."""


class Readers:
    """Reads distinct values with an executor, or on the spot without one. Safe from many threads."""

    def __init__(self, model: Model, executor: Executor | None, workers: int) -> None:
        self._model = model
        self._executor = executor
        # What waits for a process stands in memory as Python strings, so it must not be a whole column.
        self._room = BoundedSemaphore(_AHEAD * workers)

    def read(self, name: str, found: Distinct) -> Longs:
        """int64[D, width]: the answers of the reading `name` to every distinct combination."""
        table = np.empty((len(found), READINGS[name].width), np.int64)
        left, rest = _read_plain(name, found, table)
        at = 0
        for answer in self._answers(name, rest):
            part = np.frombuffer(answer, np.int64).reshape(-1, table.shape[1])
            if left is None:
                table[at : at + len(part)] = part
            else:
                table[left[at : at + len(part)]] = part
            at += len(part)
        return table

    def _answers(self, name: str, found: Distinct) -> Iterator[bytes]:
        if self._executor is None or len(found) <= CHUNK // 4:
            yield from (read_chunk(name, chunk, self._model) for chunk in found.chunks(CHUNK))
            return
        waiting: deque[Future[bytes]] = deque()
        for chunk in found.chunks(CHUNK):
            waiting.append(self._submit(self._executor, name, chunk))
            while waiting and waiting[0].done():
                yield waiting.popleft().result()
        yield from (future.result() for future in waiting)

    def _submit(self, executor: Executor, name: str, chunk: list[list[str]]) -> Future[bytes]:
        self._room.acquire()
        future = executor.submit(_read_there, name, chunk)
        future.add_done_callback(lambda _: self._room.release())
        return future


def _read_plain(name: str, found: Distinct, table: Longs) -> tuple[Longs | None, Distinct]:
    """Fill in what compiled code reads, and give the places and the values that it leaves; None for all of them."""
    plain = READINGS[name].plain
    if plain is None or not len(found):
        return None, found
    values = found.values[0]
    _, ends, data = values.buffers()
    ends = np.frombuffer(ends, np.int32)[values.offset : values.offset + len(values) + 1]
    letters = np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8)
    left = np.empty(len(found), np.int64)
    left = left[: plain(letters, ends, table, left)]
    return left, replace(found, values=(values.take(pa.array(left)),))


@contextmanager
def readers(model: Model, workers: int) -> Iterator[Readers]:
    """Readers with as many processes; with one worker they are this process.

    Forked where the system can: the model is there at once. A reader runs Python alone, none of the threads of
    numba, Arrow or its caller, and leaves nothing open. Raises `BrokenProcessPool` when one is killed.
    """
    if workers < 2:
        yield Readers(model, None, 1)
        return
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(workers, context, _adopt, (model,)) as executor:
        executor.submit(os.getpid).result()
        yield Readers(model, executor, workers)


def read_chunk(name: str, chunk: Sequence[Sequence[str]], model: Model) -> bytes:
    """The answers of one reading to combinations given as one list for each field."""
    read = READINGS[name].read
    return b"".join([read(values, model) for values in zip(*chunk, strict=True)])


def _adopt(model: Model) -> None:
    gc.freeze()  # to look through what came with the fork would copy it, page by page
    _own["model"] = model


def _read_there(name: str, chunk: Sequence[Sequence[str]]) -> bytes:
    return read_chunk(name, chunk, _own["model"])
