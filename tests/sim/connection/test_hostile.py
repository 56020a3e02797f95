"""A hostile peer, and an owner that tries every call: the judge finds no fault with our endpoint.

The peer writes frames that no rule checks; the owner calls whatever comes to mind, and is refused
where the RFC would be broken. What was sent and what was delivered goes into a trace, and the judge,
who shares no code with the connection's decisions, looks for a violation of ours.
"""

import random
from collections.abc import Callable
from contextlib import suppress

import pytest

from h2proof.oracle import judge
from h2proof.sim import Connection, ErrorCode, IllegalSend, Setting
from h2proof.sim.codec import HEADER_LENGTH, PREFACE, encode, raw, read_header
from h2proof.sim.frames import (
    Continuation,
    Data,
    Dependency,
    GoAway,
    Ping,
    Priority,
    RstStream,
    Settings,
    Unknown,
    WindowUpdate,
)
from h2proof.sim.hpack import Fields
from h2proof.sim.streams import Role
from h2proof.sim.trace import Trace
from h2proof.sim.wire import REQUEST, RESPONSE, TRAILERS, Wire

Chance = random.Random

SECTIONS: tuple[Fields, ...] = (
    REQUEST,
    RESPONSE,
    TRAILERS,
    ((b":status", b"103"),),
    ((b":method", b"CONNECT"), (b":authority", b"there.test:1")),
    (*REQUEST, (b"content-length", b"3")),
    ((b"Bad", b"x"),),
    (),
)
NUMBERS = (0, 1, 2, 3, 100, 16_384, 65_535, 2**31 - 1)
RESET_CODES = (ErrorCode.CANCEL, ErrorCode.NO_ERROR, ErrorCode.REFUSED_STREAM)
OWN_SETTINGS: tuple[dict[int, int], ...] = (
    {Setting.INITIAL_WINDOW_SIZE: 0},
    {Setting.INITIAL_WINDOW_SIZE: 100},
    {Setting.HEADER_TABLE_SIZE: 0},
    {Setting.HEADER_TABLE_SIZE: 100},
    {Setting.MAX_CONCURRENT_STREAMS: 1},
    {Setting.MAX_FRAME_SIZE: 20_000},
)


def a_stream(chance: Chance) -> int:
    return chance.choice((0, 1, 1, 1, 2, 2, 3, 4, 5))


def a_section(chance: Chance) -> Fields:
    return chance.choice(SECTIONS)


def a_number(chance: Chance) -> int:
    return chance.choice(NUMBERS)


def some_data(chance: Chance) -> bytes:
    padding = bytes(chance.randrange(5)) if chance.random() < 0.3 else None
    return encode(Data(a_stream(chance), bytes(chance.randrange(6)), a_coin(chance), padding))


def a_coin(chance: Chance) -> bool:
    return chance.random() < 0.5


PEER: tuple[Callable[[Chance, Wire], bytes], ...] = (
    lambda c, w: w.headers(a_stream(c), a_section(c), end_stream=a_coin(c)),
    lambda c, w: w.headers(a_stream(c), a_section(c), end_stream=a_coin(c)),
    lambda c, w: w.headers(a_stream(c), a_section(c), cut=1),
    lambda c, w: w.promise(1, a_stream(c), a_section(c)),
    lambda c, w: some_data(c),
    lambda c, w: some_data(c),
    lambda c, w: encode(RstStream(a_stream(c), a_number(c))),
    lambda c, w: encode(WindowUpdate(a_stream(c), a_number(c))),
    lambda c, w: encode(Settings(((c.randrange(1, 10), a_number(c)),))),
    lambda c, w: encode(Settings(ack=True)),
    lambda c, w: encode(Ping(ack=a_coin(c))),
    lambda c, w: encode(GoAway(a_number(c))),
    lambda c, w: encode(Priority(a_stream(c), Dependency(0))),
    lambda c, w: encode(Continuation(a_stream(c))),
    lambda c, w: encode(Unknown(0x77, 0xFF, a_stream(c))),
    lambda c, w: raw(c.randrange(18), c.randrange(256), a_stream(c), bytes(c.randrange(12))),
)

OWNER: tuple[Callable[[Connection, Chance], object], ...] = (
    lambda o, c: o.send_headers(None, a_section(c), end_stream=a_coin(c)),
    lambda o, c: o.send_headers(a_stream(c), a_section(c), end_stream=a_coin(c)),
    lambda o, c: o.send_headers(a_stream(c), RESPONSE, end_stream=a_coin(c)),
    lambda o, c: o.send_data(a_stream(c), bytes(c.choice((0, 3, 500))), end_stream=a_coin(c)),
    lambda o, c: o.send_data(a_stream(c), b"xyz", padding=c.randrange(9)),
    lambda o, c: o.push(a_stream(c), a_section(c)),
    lambda o, c: o.push(1, REQUEST, promised=a_stream(c)),
    lambda o, c: o.reset(a_stream(c), c.choice(RESET_CODES)),
    lambda o, c: o.credit(a_stream(c), a_number(c)),
    lambda o, c: o.update_settings(c.choice(OWN_SETTINGS)),
    lambda o, c: o.ping(),
    lambda o, c: o.depend(a_stream(c), Dependency(0)),
    lambda o, c: o.prioritize(a_stream(c), b"u=1"),
    lambda o, c: o.goaway(last=c.choice((None, 2**31 - 1))),
)


def add(trace: Trace, sender: Role, octets: bytes) -> None:
    """Frames that were sent, and arrived."""
    if octets.startswith(PREFACE):
        trace.preface()
        octets = octets[len(PREFACE) :]
    for frame in frames_in(octets):
        trace.delivered(trace.add_octets_of_frame(sender, frame))


def frames_in(octets: bytes) -> list[bytes]:
    found = []
    while octets:
        end = HEADER_LENGTH + read_header(octets).length
        found.append(octets[:end])
        octets = octets[end:]
    return found


def play(seed: int) -> tuple[Role, Trace]:
    chance = random.Random(seed)
    role: Role = chance.choice(("client", "server"))
    peer: Role = "server" if role == "client" else "client"
    connection, wire, trace = Connection(role), Wire(), Trace()

    def hear(octets: bytes) -> None:
        connection.receive(octets)
        add(trace, peer, octets)
        add(trace, role, connection.take_output())

    add(trace, role, connection.take_output())
    hear(wire.opening(peer))
    for _ in range(chance.randrange(1, 30)):
        if chance.random() < 0.5:
            for frame in frames_in(chance.choice(PEER)(chance, wire)):
                if not connection.closed:
                    hear(frame)
        else:
            call(connection, chance)
            add(trace, role, connection.take_output())
        assert connection.counts() == connection.recount()
        if connection.closed:
            assert (0, 0) == (connection.frame_octets, connection.block_octets)
            break
    return role, trace


def call(connection: Connection, chance: Chance) -> None:
    with suppress(IllegalSend):
        chance.choice(OWNER)(connection, chance)


def violations(seed: int) -> list[str]:
    role, trace = play(seed)
    return [
        f"seed {seed}: {finding.rule}: {finding.message}"
        for finding in judge(trace).findings
        if finding.actor == role and finding.verdict == "violation"
    ]


def test_the_judge_finds_no_violation_of_ours() -> None:
    assert [] == [found for seed in range(400) for found in violations(seed)]


@pytest.mark.slow
def test_nor_in_fifty_thousand_conversations() -> None:
    assert [] == [found for seed in range(1_000, 51_000) for found in violations(seed)]
