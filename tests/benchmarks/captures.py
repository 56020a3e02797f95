"""Five kinds of traffic as captures: what `h2proof check` and `tshark` are timed on, side by side.

    python -m tests.benchmarks.captures [--megabytes N] [--repetitions N]

Times whole processes in turn and takes the best of each; the start-up of each program (on a capture
of one request) is subtracted for the rates. Needs tshark; prints, and judges nothing.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from struct import pack
from typing import Final

from tests.oracle.importers import wire
from tests.oracle.importers.wire import CLIENT, SERVER, Talk, frame, pcap

MSS: Final = 1448
Step = tuple[int, bytes]


def _get(path: int) -> bytes:
    """A request: its path is a literal that is not indexed."""
    name = b"/item/%06d" % path
    return bytes.fromhex("82868441096c6f63616c686f7374")[:2] + b"\x04" + bytes((len(name),)) + name


def api(chance: random.Random) -> Iterator[Step]:
    """Small requests with small answers, one after the other."""
    stream = 1
    while True:
        yield CLIENT, frame(1, 5, stream, _get(stream))
        body = bytes(chance.randrange(200, 900))
        yield SERVER, frame(1, 4, stream, wire.OK) + frame(0, 1, stream, body)
        stream += 2


def push(chance: random.Random) -> Iterator[Step]:
    """Pages with three pushed resources each."""
    stream, promised = 1, 2
    while True:
        yield CLIENT, frame(1, 5, stream, _get(stream))
        answer = b""
        for place in range(3):
            answer += frame(5, 4, stream, pack(">I", promised + 2 * place) + _get(place))
        answer += frame(1, 4, stream, wire.OK) + frame(0, 1, stream, bytes(1500))
        for place in range(3):
            answer += frame(1, 4, promised + 2 * place, wire.OK)
            answer += frame(0, 1, promised + 2 * place, bytes(chance.randrange(400, 2500)))
        yield SERVER, answer
        stream, promised = stream + 2, promised + 6


def bulk(chance: random.Random) -> Iterator[Step]:
    """Large responses with credit in between."""
    stream = 1
    while True:
        yield CLIENT, frame(1, 5, stream, _get(stream))
        yield SERVER, frame(1, 4, stream, wire.OK)
        for _ in range(63):
            yield SERVER, frame(0, 0, stream, bytes(16384))
            credit = pack(">I", 16384)
            yield CLIENT, frame(8, 0, 0, credit) + frame(8, 0, stream, credit)
        yield SERVER, frame(0, 1, stream, bytes(100))
        stream += 2


def control(chance: random.Random) -> Iterator[Step]:
    """PING, SETTINGS and WINDOW_UPDATE on a connection with one request."""
    yield CLIENT, frame(1, 5, 1, _get(1))
    while True:
        payload = chance.randbytes(8)
        yield CLIENT, frame(6, 0, 0, payload) + frame(4, 0, 0, pack(">HI", 3, 100))
        yield SERVER, frame(6, 1, 0, payload) + frame(4, 1, 0) + frame(8, 0, 0, pack(">I", 1))


def multiplex(chance: random.Random) -> Iterator[Step]:
    """A hundred requests at a time, their answers interleaved."""
    first = 1
    while True:
        streams = [first + 2 * place for place in range(100)]
        yield CLIENT, b"".join(frame(1, 5, stream, _get(stream)) for stream in streams)
        yield SERVER, b"".join(frame(1, 4, stream, wire.OK) for stream in streams)
        for last in (0, 0, 1):
            chance.shuffle(streams)
            for stream in streams:
                yield SERVER, frame(0, last, stream, bytes(100))
        first += 200


KINDS: Final[dict[str, Callable[[random.Random], Iterator[Step]]]] = {
    "api": api,
    "push": push,
    "bulk": bulk,
    "control": control,
    "multiplex": multiplex,
}


def capture(kind: str, octets: int) -> bytes:
    """A capture of about so many octets on the wire."""
    talk = Talk(mss=MSS).open()
    talk.say(CLIENT, wire.PREFACE + frame(4, 0, 0, pack(">HI", 4, 1 << 20)))
    talk.say(CLIENT, frame(8, 0, 0, pack(">I", 0x7FFFFFFF - 65535)))
    talk.say(SERVER, frame(4, 0, 0, pack(">HI", 3, 1000)) + frame(4, 1, 0))
    talk.say(CLIENT, frame(4, 1, 0))
    for side, said in KINDS[kind](random.Random(kind)):
        talk.say(side, said)
        if sum(talk.sent) > octets:
            break
    return pcap(talk.close().packets())


def commands(path: Path) -> dict[str, list[str]]:
    """What is timed on a capture."""
    tshark = ["tshark", "-r", str(path), "-d", "tcp.port==8080,http2", "-2", "-Y", "http2"]
    fields = ["-T", "fields", "-e", "frame.number", "-e", "http2.type", "-e", "http2.streamid"]
    ours = [sys.executable, "-m", "h2proof", "check", str(path), "--format", "json"]
    return {"tshark": tshark + fields, "h2proof": ours}


def best(path: Path, repetitions: int) -> dict[str, float]:
    """The shortest wall time of each program, in seconds, taken in turn."""
    times: dict[str, list[float]] = {name: [] for name in commands(path)}
    installed = {**os.environ}
    installed.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program is compiled
    for _ in range(repetitions):
        for name, command in commands(path).items():
            start = time.perf_counter()
            subprocess.run(
                command,
                check=False,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=installed,
            )
            times[name].append(time.perf_counter() - start)
    return {name: min(each) for name, each in times.items()}


def main() -> None:
    """Time all kinds, and one small capture, and print a table."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--megabytes", type=float, default=8)
    parser.add_argument("--repetitions", type=int, default=7)
    wishes = parser.parse_args()
    if shutil.which("tshark") is None:
        sys.exit("tshark is not installed")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "capture.pcap"
        path.write_bytes(capture("api", 3000))
        size, start = path.stat().st_size, best(path, wishes.repetitions)
        ratio = start["h2proof"] / start["tshark"]
        print(json.dumps({"capture": f"{size} octets", **start, "ratio": round(ratio, 2)}))
        for kind in KINDS:
            octets = capture(kind, int(wishes.megabytes * 1e6))
            path.write_bytes(octets)
            times = best(path, wishes.repetitions)
            rates = {name: len(octets) / 1e6 / (times[name] - start[name]) for name in times}
            row = {f"{name} MB/s": round(rate, 1) for name, rate in rates.items()}
            print(json.dumps({"capture": kind, **row, "seconds": times}), flush=True)


if __name__ == "__main__":
    main()
