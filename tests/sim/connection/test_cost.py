"""What streams cost: closed ones a few octets, live ones nothing per frame of another.

Counted, not timed, in the fast tier; the slow one also prints times at sizes that matter.
"""

import sys
import time
import tracemalloc
from collections.abc import Callable
from types import FrameType as PythonFrame

import pytest

from h2proof.sim import Connection, Limits, State
from h2proof.sim.codec import PREFACE, encode, raw
from h2proof.sim.frames import (
    END_HEADERS,
    END_STREAM,
    Data,
    Dependency,
    FrameType,
    GoAway,
    Ping,
    Priority,
    RstStream,
    Settings,
    WindowUpdate,
)
from h2proof.sim.wire import RESPONSE, Wire

BLOCK = b"\x82\x86\x84"  # GET, http, /: nothing enters a table
OCTETS_PER_CLOSED_STREAM = 8


def server(streams_max: int = 2_000_000) -> Connection:
    limits = Limits(streams_max=streams_max, fruitless_frames_max=10**9)
    connection = Connection("server", limits=limits)
    connection.receive(PREFACE + encode(Settings()) + encode(Settings(ack=True)))
    connection.take_output()
    return connection


def request(stream: int, *, end_stream: bool) -> bytes:
    flags = END_HEADERS | (END_STREAM if end_stream else 0)
    return raw(FrameType.HEADERS, flags, stream, BLOCK)


def close_streams(connection: Connection, first: int, count: int) -> None:
    """Half of them end, a quarter is reset by the peer, a quarter by us."""
    for stream in range(first, first + 2 * count, 2):
        kind = stream >> 1 & 3
        connection.receive(request(stream, end_stream=kind < 2))
        if kind < 2:
            connection.send_headers(stream, RESPONSE, end_stream=True)
        elif kind == 2:
            connection.receive(encode(RstStream(stream, 8)))
        else:
            connection.reset(stream)
        connection.take_output()


def growth(count: int) -> tuple[Connection, float]:
    """A connection with so many closed streams, and the octets that each of them added."""
    connection = server()
    close_streams(connection, 1, 1_000)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        close_streams(connection, 2_001, count)
        return connection, (tracemalloc.get_traced_memory()[0] - before) / count
    finally:
        tracemalloc.stop()


def late(connection: Connection, stream: int) -> list[object]:
    """What late frames on a closed stream earn that leave the connection alive."""
    frames = (Data(stream, b"late"), WindowUpdate(stream, 5), RstStream(stream, 8))
    for frame in frames:
        connection.receive(encode(frame))
    return [
        (type(answer).__name__, getattr(answer, "code", None))
        for answer in Wire().read(connection.take_output())
    ]


def assert_judged_alike(connection: Connection, count: int) -> None:
    """The first four closed streams, one of each fate, and the last four."""
    for first in (1, 3, 5, 7):
        last = first + 2 * (1_000 + count - 4)
        assert connection.state(first) is connection.state(last)
        assert late(connection, first) == late(connection, last)
    assert {} == connection.streams.live
    assert connection.counts() == connection.recount() == (0, 0, 0)
    last_ended = 2 * (1_000 + count) - 7
    assert State.RESET_SENT is connection.state(last_ended)
    connection.receive(request(9, end_stream=True))
    [goaway] = Wire().read(connection.take_output())
    assert isinstance(goaway, GoAway)
    assert 5 == goaway.code


def test_a_closed_stream_costs_at_most_8_octets_and_is_never_forgotten() -> None:
    connection, each = growth(5_000)

    assert each <= OCTETS_PER_CLOSED_STREAM
    assert_judged_alike(connection, 5_000)


@pytest.mark.slow
def test_a_million_closed_streams(capsys: pytest.CaptureFixture[str]) -> None:
    connection, each = growth(1_000_000)
    with capsys.disabled():
        print(f"\n1,000,000 closed streams: {each:.2f} octets each")

    assert each <= OCTETS_PER_CLOSED_STREAM
    assert_judged_alike(connection, 1_000_000)


# -- live streams --


def with_live_streams(count: int, closed: int = 0) -> Connection:
    connection = server()
    close_streams(connection, 1, closed)
    first = 2 * closed + 1
    for stream in range(first, first + 2 * count, 2):
        connection.receive(request(stream, end_stream=False))
    connection.take_output()
    return connection


def one_of_each(connection: Connection, round_: int) -> bytes:
    """A frame of each kind, on a stream in the middle and on a new one."""
    streams = connection.streams
    new = streams.theirs.highest + 2
    some = new - 2 * (len(streams.live) // 2 + 1) if streams.live else new
    return b"".join(
        (
            encode(Data(some, b"some content")),
            encode(WindowUpdate(some, 1)),
            encode(WindowUpdate(0, 1)),
            encode(Priority(some, Dependency(0))),
            encode(Ping()),
            encode(Settings(((4, 60_000 + round_ % 2),))),
            encode(Settings(ack=True)),
            request(new, end_stream=False),
            encode(RstStream(new, 8)),
            encode(WindowUpdate(new, 1)),
            encode(Data(new, b"")),
        )
    )


def calls_made(act: Callable[[], object]) -> int:
    """How many functions were called, those of the interpreter included."""
    count = 0

    def seen(frame: PythonFrame, event: str, arg: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(seen)
    try:
        act()
    finally:
        sys.setprofile(None)
    return count


def test_a_frame_makes_as_many_calls_whatever_the_number_of_streams() -> None:
    counts = {}
    for live, closed in ((10, 0), (2_000, 0), (10, 2_000)):
        connection = with_live_streams(live, closed)
        for round_ in (0, 1):  # what is remembered of frames is there from then on
            connection.receive(one_of_each(connection, round_))
        octets = one_of_each(connection, 1)
        counts[live, closed] = calls_made(lambda o=octets, c=connection: c.receive(o))  # type: ignore[misc]

    assert 1 == len(set(counts.values())), counts


def seconds_per_frame(connection: Connection, rounds: int) -> float:
    spent = 0.0
    for round_ in range(rounds):
        octets = one_of_each(connection, round_)
        start = time.perf_counter()
        connection.receive(octets)
        spent += time.perf_counter() - start
        connection.take_output()
    return spent / rounds / 11


@pytest.mark.slow
def test_cost_per_frame_at_10_1000_and_100000_streams(capsys: pytest.CaptureFixture[str]) -> None:
    costs = {}
    for live, closed in ((10, 0), (1_000, 0), (100_000, 0), (10, 100_000)):
        connection = with_live_streams(live, closed)
        seconds_per_frame(connection, 200)
        costs[live, closed] = min(seconds_per_frame(connection, 500) for _ in range(5))
    with capsys.disabled():
        for (live, closed), cost in costs.items():
            print(f"\n{live:>7,} live, {closed:>7,} closed: {cost * 1e6:.2f} µs a frame", end="")

    assert max(costs.values()) < 3 * costs[10, 0]
