"""ADT messages a second from bytes to commands on one core, with python-hl7 and hl7apy beside; one JSON object.

    python -m benchmarks.parse --messages 20000 [--slow 400]

The messages are a day's traffic upon a simulated region: every trust's own dialect, updates, registrations, newcomers
and merges. Ours reads the frame as the receiver does, from MSH to the commands of the domain, every field understood
and checked; the other two only take the same bytes apart. They are slower, and see `--slow` messages of the same
mixture. Each takes turns and the best of its rounds counts, for the machine may have other work. One thread,
processor time.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any

import hl7
import hl7apy.parser

from adapters.hl7v2 import commands, message
from adapters.hl7v2.receive import admit
from benchmarks.machine import machine
from benchmarks.residents import region
from benchmarks.traffic import Traffic
from mpi.domain.network import Network, Protocol
from mpi.networks import load_network

_RESIDENT = 20_000
_ROUNDS = 5
_LEAST = 3_000  # messages a second (issue's goal)


def read(frames: Sequence[bytes], network: Network) -> int:
    """Each frame to its commands, as `Receiver` does it; returns how many commands."""
    count = 0
    for frame in frames:
        header = message.read_header(frame)
        feed = network.feed(header.application, header.facility, Protocol.MLLP)
        admit(header, feed)
        parsed = message.parse(frame, header, feed.charset)
        count += len(commands.to_command(parsed, feed, network))
    return count


def _split(texts: Sequence[str]) -> int:
    return sum(len(hl7.parse(text)) for text in texts)


def _model(texts: Sequence[str]) -> int:
    return sum(len(hl7apy.parser.parse_message(text).children) for text in texts)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Draw the messages and take turns."""
    before = machine()
    network = load_network("greater-manchester")
    people = region(network, _RESIDENT, options.messages // 4)
    traffic = Traffic(people.systems, people.loaded, people.duplicates, people.newcomers)
    frames = [drawn.body[1:-2] for drawn in traffic.messages(options.messages)]
    few = [frame.decode(_codec(frame)) for frame in frames[: options.slow]]
    turns: dict[str, tuple[int, Callable[[], object]]] = {
        "ours_to_commands": (len(frames), lambda: read(frames, network)),
        "python_hl7_parse": (len(few), lambda: _split(few)),
        "hl7apy_parse": (len(few), lambda: _model(few)),
    }
    best = dict.fromkeys(turns, 0.0)
    for _ in range(_ROUNDS):
        for name, (count, turn) in turns.items():
            start = time.process_time()
            turn()
            best[name] = max(best[name], count / (time.process_time() - start))
    return {
        "messages_per_s": {name: round(rate) for name, rate in best.items()},
        "microseconds": {name: round(1e6 / rate, 1) for name, rate in best.items()},
        "goal": _LEAST,
        "met": best["ours_to_commands"] >= _LEAST,
        "messages": len(frames),
        "mean_bytes": round(sum(map(len, frames)) / len(frames)),
        "drawn": traffic.drawn,
        "machine": before,
        "versions": {"python": platform.python_version()} | {name: version(name) for name in ("hl7", "hl7apy")},
    }


def _codec(frame: bytes) -> str:
    declared = message.read_header(frame).msh.text(18)
    return "utf-8" if "UTF-8" in declared else "cp1252"


def main() -> None:
    """Run and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--slow", type=int, default=400, help="messages for the slower two")
    print(json.dumps(run(parser.parse_args()), indent=2))


if __name__ == "__main__":
    main()
