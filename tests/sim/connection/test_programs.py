"""Two connections talk under random legal programs, and under the same with illegal calls between.

A program is data: which side calls what, and when octets travel. Each call is made legal from what
the caller knows, so no side may ever see an error. After every frame credit is conserved and the
counters equal what the streams say; at the end everything comes to rest and all accounts are zero.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from h2proof.sim import Connection, IllegalSend, Setting, State
from h2proof.sim.codec import PREFACE, read_header, split_frames
from h2proof.sim.frames import Dependency, FrameType, Unknown
from h2proof.sim.hpack import Fields
from h2proof.sim.notices import (
    ConnectionFailed,
    DataReceived,
    Notice,
    StreamFailed,
)
from h2proof.sim.wire import REQUEST, RESPONSE, TRAILERS

Memory = Callable[[object], object]


class Call(NamedTuple):
    """One step of a program; the numbers are taken as far as they fit."""

    what: str
    by_client: bool
    which: int
    octets: int
    end_stream: bool


WHATS = [
    *("open", "open", "respond", "respond", "respond", "interim", "trailers", "push", "push"),
    *("data", "data", "data", "padded", "reset", "credit", "credit", "settings", "window"),
    *("ping", "priority", "update", "unknown", "deliver", "deliver", "deliver", "one"),
]
calls = st.builds(
    Call,
    st.sampled_from(WHATS),
    st.booleans(),
    st.integers(0, 7),
    st.sampled_from([0, 1, 10, 255, 5_000, 16_384, 40_000, 65_535]),
    st.booleans(),
)
programs = st.lists(calls, max_size=60)

SETTINGS: tuple[dict[int, int], ...] = (
    {Setting.INITIAL_WINDOW_SIZE: 0},
    {Setting.INITIAL_WINDOW_SIZE: 70_000},
    {Setting.INITIAL_WINDOW_SIZE: 1_000, Setting.MAX_FRAME_SIZE: 20_000},
    {Setting.MAX_FRAME_SIZE: 16_384},
    {Setting.HEADER_TABLE_SIZE: 0},
    {Setting.HEADER_TABLE_SIZE: 200},
    {Setting.MAX_CONCURRENT_STREAMS: 3},
    {Setting.MAX_CONCURRENT_STREAMS: 100, Setting.HEADER_TABLE_SIZE: 8_000},
)


@dataclass
class Side:
    """One connection and its owner, who credits what came when the program says so."""

    connection: Connection
    role: str
    incoming: list[bytes] = field(default_factory=list)
    """Frames on their way to this side."""
    owed: dict[int, int] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)

    def hear(self, octets: bytes) -> None:
        for notice in self.connection.receive(octets):
            assert not isinstance(notice, ConnectionFailed | StreamFailed), notice
            if isinstance(notice, DataReceived):
                for stream in (0, notice.stream):
                    self.owed[stream] = self.owed.get(stream, 0) + notice.flow_controlled_length
            self.notices.append(notice)

    def streams(self, *states: State) -> list[int]:
        live = self.connection.streams.live
        return [number for number, stream in live.items() if stream.state in states]


class Talk:
    """A client and a server, and what is on its way between them."""

    def __init__(self) -> None:
        self.client = Side(Connection("client"), "client")
        self.server = Side(Connection("server"), "server")
        self.collect()

    def other(self, side: Side) -> Side:
        return self.server if side is self.client else self.client

    def collect(self) -> None:
        """Put what both wrote on its way, frame by frame."""
        for side in (self.client, self.server):
            octets = side.connection.take_output()
            other = self.other(side)
            if octets.startswith(PREFACE):
                other.hear(PREFACE)
                octets = octets[len(PREFACE) :]
            at = 0
            for header, _ in split_frames(octets)[0]:
                other.incoming.append(octets[at : at + 9 + header.length])
                at += 9 + header.length

    def deliver(self, side: Side, count: int) -> None:
        for _ in range(min(count, len(side.incoming))):
            side.hear(side.incoming.pop(0))
            self.collect()
            self.check()

    def settle(self) -> None:
        while self.client.incoming or self.server.incoming:
            self.deliver(self.client, len(self.client.incoming))
            self.deliver(self.server, len(self.server.incoming))

    def check(self) -> None:
        """After every frame: counters as recounted, and no octet of credit lost or made."""
        for side in (self.client, self.server):
            other = self.other(side)
            assert side.connection.counts() == side.connection.recount()
            data = in_flight(other.incoming, FrameType.DATA)
            credit = in_flight(side.incoming, FrameType.WINDOW_UPDATE)
            granted = side.connection.send_window(0) + sum(data.values()) + credit[0]
            assert other.connection.receive_window(0) == granted
            for number, here in side.connection.streams.live.items():
                there = other.connection.streams.live.get(number)
                if there is not None:
                    assert there.receive_credit == here.send_credit + data[number] + credit[number]


def in_flight(frames: list[bytes], kind: FrameType) -> Counter[int]:
    """Octets on their way, by stream: flow-controlled ones of DATA, or of credit."""
    total = Counter[int]()
    for octets in frames:
        if octets[3] == kind:
            header = read_header(octets)
            credit = kind == FrameType.WINDOW_UPDATE
            total[header.stream] += int.from_bytes(octets[9:13], "big") if credit else header.length
    return total


def pick(numbers: list[int], which: int) -> int | None:
    return numbers[which % len(numbers)] if numbers else None


def perform(talk: Talk, call: Call) -> None:
    """Do what the step says where it is legal; skip it where it is not."""
    side = talk.client if call.by_client else talk.server
    if call.what == "deliver":
        talk.deliver(side, len(side.incoming))
    elif call.what == "one":
        talk.deliver(side, 1)
    else:
        act(side, call)
    talk.collect()
    talk.check()


def act(side: Side, call: Call) -> None:
    connection, which, ends = side.connection, call.which, call.end_stream
    match call.what:
        case "open" if side.role == "client":
            most = connection.peer_settings.get(Setting.MAX_CONCURRENT_STREAMS, 2**31)
            if connection.counts().own_active < most:
                extra = ((b"n%d" % which, b"v" * min(call.octets, 2_000)),)
                connection.send_headers(None, (*REQUEST, *extra), end_stream=ends)
        case "respond" | "interim" if side.role == "server":
            respond(connection, call)
        case "trailers":
            stream = pick(with_body(side), which)
            if stream is not None:
                connection.send_headers(stream, TRAILERS, end_stream=True)
        case "push" if side.role == "server":
            stream = pick([n for n in connection.streams.live if connection.may_push(n)], which)
            if stream is not None:
                connection.push(stream, REQUEST)
        case "data" | "padded":
            send_body(side, call)
        case "reset":
            stream = pick(list(connection.streams.live), which)
            if stream is not None:
                connection.reset(stream)
        case "credit":
            credit(side, which, call.octets)
        case "settings":
            connection.update_settings(SETTINGS[which])
        case "window":
            connection.credit(0, 1 + call.octets)
        case "ping":
            connection.ping(bytes([which]) * 8)
        case "priority":
            connection.depend(1 + which, Dependency(0))
        case "unknown":
            connection.send_unknown(Unknown(0x60, 0, which, bytes(which)))
        case "update" if side.role == "client":
            stream = pick(side.streams(State.OPEN, State.HALF_CLOSED_LOCAL), which)
            if stream is not None:
                connection.prioritize(stream, b"u=%d" % which)


def respond(connection: Connection, call: Call) -> None:
    waiting = [
        number
        for number, stream in connection.streams.live.items()
        if stream.outgoing.phase == "head"
        and (stream.state is not State.RESERVED_LOCAL or room(connection))
    ]
    stream = pick(waiting, call.which)
    if stream is not None and call.what == "interim":
        connection.send_headers(stream, ((b":status", b"103"),))
    elif stream is not None:
        connection.send_headers(stream, RESPONSE, end_stream=call.end_stream)


def room(connection: Connection) -> bool:
    most = connection.peer_settings.get(Setting.MAX_CONCURRENT_STREAMS, 2**31)
    return connection.counts().own_active < most


def with_body(side: Side) -> list[int]:
    """Streams on which this side may send content."""
    return [
        number
        for number in side.streams(State.OPEN, State.HALF_CLOSED_REMOTE)
        if side.connection.streams.live[number].outgoing.phase == "content"
    ]


def send_body(side: Side, call: Call) -> None:
    stream = pick(with_body(side), call.which)
    if stream is None:
        return
    connection = side.connection
    padding = call.which * 30 if call.what == "padded" else None
    octets = min(call.octets, connection.send_window(stream))
    if padding is not None:
        octets = min(octets - 1 - padding, 16_000)
        if octets < 0:
            return
    connection.send_data(stream, bytes(octets), end_stream=call.end_stream, padding=padding)


def credit(side: Side, which: int, octets: int) -> None:
    """Credit back a part of what came; a stream that takes none any more is forgotten."""
    connection = side.connection
    stream = pick([number for number, owed in side.owed.items() if owed], which)
    if stream is None:
        return
    if stream and connection.state(stream) not in TAKES_CREDIT:
        side.owed[stream] = 0
        return
    part = min(max(1, octets), side.owed[stream])
    connection.credit(stream, part)
    side.owed[stream] -= part


TAKES_CREDIT = (State.OPEN, State.HALF_CLOSED_LOCAL, State.HALF_CLOSED_REMOTE)


def finish(talk: Talk) -> None:
    """The quiet phase: everything is delivered, ends, and is credited back."""
    talk.settle()
    for side in (talk.client, talk.server):
        for number in list(side.connection.streams.live):
            side.connection.reset(number)
        talk.collect()
        talk.settle()
    for side in (talk.client, talk.server):
        owed = side.owed.pop(0, 0)
        if owed:
            side.connection.credit(0, owed)
        talk.collect()
    talk.settle()


def assert_quiet(talk: Talk) -> None:
    for side in (talk.client, talk.server):
        connection, other = side.connection, talk.other(side).connection
        assert not connection.closed
        assert (0, 0, 0) == connection.counts() == connection.recount()
        assert {} == connection.streams.live
        assert (0, 0) == (connection.frame_octets, connection.block_octets)
        assert 0 == connection.own.unacknowledged
        assert connection.send_window(0) == other.receive_window(0) >= 65_535
        connection.goaway()
        assert connection.closed


def run(program: list[Call], between: Callable[[Talk, int], None] = lambda talk, n: None) -> Talk:
    talk = Talk()
    for number, call in enumerate(program):
        between(talk, number)
        perform(talk, call)
    finish(talk)
    return talk


@given(programs)
@hypothesis_settings(max_examples=300)
def test_two_connections_under_a_legal_program_see_no_error_and_come_to_rest(
    program: list[Call],
) -> None:
    assert_quiet(run(program))


@pytest.mark.slow
@given(st.lists(calls, max_size=120))
@hypothesis_settings(max_examples=10_000)
def test_ten_thousand_legal_programs(program: list[Call]) -> None:
    assert_quiet(run(program))


# -- the same with illegal calls between --

BAD: Fields = (*REQUEST, (b"Upper", b"x"))

ILLEGAL: tuple[Callable[[Connection, int], object], ...] = (
    lambda c, n: c.send_headers(None, BAD),
    lambda c, n: c.send_headers(0, REQUEST),
    lambda c, n: c.send_headers(2 * n + 2 + 1000, REQUEST),
    lambda c, n: c.send_headers(n + 1, (*TRAILERS, (b":path", b"/")), end_stream=True),
    lambda c, n: c.send_headers(n + 1, ((b":status", b"101"),)),
    lambda c, n: c.send_data(n + 1, bytes(2**20)),
    lambda c, n: c.send_data(0, b"x"),
    lambda c, n: c.send_data(1001, b"x"),
    lambda c, n: c.send_data(n + 1, b"", padding=256),
    lambda c, n: c.push(n + 1, BAD),
    lambda c, n: c.push(1001, REQUEST),
    lambda c, n: c.reset(0),
    lambda c, n: c.reset(1001),
    lambda c, n: c.credit(0, 0),
    lambda c, n: c.credit(n, 2**31),
    lambda c, n: c.credit(1001, 1),
    lambda c, n: c.ping(b"short"),
    lambda c, n: c.goaway(last=-1),
    lambda c, n: c.goaway(last=2**31),
    lambda c, n: c.goaway(2**32),
    lambda c, n: c.update_settings({Setting.ENABLE_PUSH: 2}),
    lambda c, n: c.update_settings({Setting.MAX_FRAME_SIZE: 1}),
    lambda c, n: c.update_settings({Setting.INITIAL_WINDOW_SIZE: 2**31}),
    lambda c, n: c.update_settings({Setting.NO_RFC7540_PRIORITIES: 1}),
    lambda c, n: c.depend(0, Dependency(0)),
    lambda c, n: c.depend(2**31, Dependency(0)),
    lambda c, n: c.prioritize(0 if n % 2 else 1000, b""),
    lambda c, n: c.offer(1, b"x", origin=b"http://a.test"),
    lambda c, n: c.send_unknown(Unknown(FrameType.CONTINUATION, 0, 1)),
    lambda c, n: c.send_unknown(Unknown(0x60, 0, 1, bytes(2**24))),
    lambda c, n: c.send_unknown(Unknown(0x60, 0, 2**31)),
    lambda c, n: c.send_unknown(Unknown(0x60, 0, 1, bytes(20_001))),
    lambda c, n: c.prioritize(1, bytes(20_000)),
    lambda c, n: c.goaway(debug=bytes(20_000)),
    lambda c, n: c.update_settings(dict.fromkeys(range(1000, 5000), 0)),
    lambda c, n: c.update_settings({2**16: 0}),
    lambda c, n: c.claim([bytes(70_000)]),
    lambda c, n: c.offer(0, b"", origin=b""),
    lambda c, n: c.reset(n + 1, 2**32),
)


@given(program=programs, every=st.integers(1, 5), first=st.integers(0, len(ILLEGAL) - 1))
@hypothesis_settings(max_examples=150)
def test_illegal_calls_between_raise_and_change_nothing(
    program: list[Call], every: int, first: int, memory: Memory
) -> None:
    alone = run(program)

    def interfere(talk: Talk, number: int) -> None:
        if number % every:
            return
        for side in (talk.client, talk.server):
            before = memory(side.connection)
            with pytest.raises(ValueError, match=r"."):
                ILLEGAL[(first + number) % len(ILLEGAL)](side.connection, number)
            assert before == memory(side.connection)

    disturbed = run(program, interfere)

    assert_quiet(disturbed)
    assert alone.client.notices == disturbed.client.notices
    assert alone.server.notices == disturbed.server.notices


@pytest.mark.parametrize("number", range(len(ILLEGAL)))
@pytest.mark.parametrize("role", ["client", "server"])
def test_each_illegal_call_raises_on_a_fresh_connection(
    role: str, number: int, memory: Memory
) -> None:
    connection = Connection("client" if role == "client" else "server")
    before = memory(connection)

    with pytest.raises(ValueError, match=r".") as caught:
        ILLEGAL[number](connection, 0)

    assert before == memory(connection)
    assert isinstance(caught.value, IllegalSend)
    assert caught.value.requirement
