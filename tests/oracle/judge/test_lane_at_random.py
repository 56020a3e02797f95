"""Random connections, mostly legal and then damaged, with the clear lane and without it."""

from collections.abc import Iterator
from random import Random
from typing import Final

import pytest

from h2proof.oracle import judge
from h2proof.sim.codec import encode
from h2proof.sim.errors import ErrorCode
from h2proof.sim.frames import (
    AnyFrame,
    Data,
    Dependency,
    GoAway,
    Headers,
    Ping,
    Priority,
    PushPromise,
    RstStream,
    Settings,
    WindowUpdate,
)
from h2proof.sim.hpack import FieldEncoder, FieldLine
from h2proof.sim.trace import Sender, Trace

Sent = tuple[Sender, bytes]

OPENING: Final[tuple[tuple[Sender, AnyFrame], ...]] = (
    ("client", Settings(((4, 1 << 20),))),
    ("server", Settings(((3, 10),))),
    ("client", Settings(ack=True)),
    ("server", Settings(ack=True)),
)
DEPENDENCY: Final = Dependency(0)
CODES: Final = (
    ErrorCode.CANCEL,
    ErrorCode.NO_ERROR,
    ErrorCode.REFUSED_STREAM,
    ErrorCode.CONNECT_ERROR,
)


class Talk:
    """Two parties that say what may be said, now and then a bit more."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._encoders = {"client": FieldEncoder(), "server": FieldEncoder()}
        self._next = {"client": 1, "server": 2}
        self._open: list[int] = []

    def frames(self) -> Iterator[tuple[Sender, AnyFrame]]:
        """One turn."""
        turn = self._chance.random()
        if turn < 0.4:
            yield from self._request()
        elif turn < 0.75 and self._open:
            yield from self._answer(self._chance.choice(self._open[:3]))
        else:
            yield from self._aside()

    def _identifier(self, initiator: Sender) -> int:
        self._next[initiator] += 2
        self._open.append(self._next[initiator] - 2)
        return self._open[-1]

    def _asked(self, method: bytes) -> list[FieldLine]:
        path = b"/%d" % self._chance.randrange(5)
        return [
            (b":method", method),
            (b":scheme", b"https"),
            (b":path", path),
            (b":authority", b"h"),
        ]

    def _request(self) -> Iterator[tuple[Sender, AnyFrame]]:
        method = self._chance.choice((b"GET", b"HEAD", b"POST", b"PUT"))
        lines, octets = self._asked(method), self._chance.randrange(50)
        body = method in (b"POST", b"PUT")
        if body and self._chance.random() < 0.7:
            lines.append((b"content-length", b"%d" % octets))
        stream = self._identifier("client")
        block = self._encoders["client"].encode(lines)
        dependency = DEPENDENCY if self._chance.random() < 0.2 else None
        yield "client", Headers(stream, block, not body, dependency=dependency)
        if body:
            surplus = self._chance.random() < 0.05
            yield "client", Data(stream, bytes(octets + surplus), True)

    def _answer(self, stream: int) -> Iterator[tuple[Sender, AnyFrame]]:
        encoder = self._encoders["server"]
        if self._chance.random() < 0.3:
            lines = self._asked(self._chance.choice((b"GET", b"HEAD")))
            yield "server", PushPromise(stream, self._identifier("server"), encoder.encode(lines))
            return
        self._open.remove(stream)
        status = self._chance.choice((b"200", b"200", b"404", b"204", b"304"))
        octets = (
            0
            if status in (b"204", b"304")
            else self._chance.choice((0, self._chance.randrange(60)))
        )
        lines = [(b":status", status), (b"server", b"x")]
        if self._chance.random() < 0.6:
            lines.append((b"content-length", b"%d" % octets))
        yield "server", Headers(stream, encoder.encode(lines), self._chance.random() < 0.3)
        yield "server", Data(stream, bytes(octets), True)

    def _aside(self) -> Iterator[tuple[Sender, AnyFrame]]:
        chance = self._chance
        sender: Sender = chance.choice(("client", "server"))
        stream = chance.choice([0, *self._open])
        setting = chance.choice((1, 2, 3, 3, 4, 5, 6, 9)), chance.choice((0, 1, 100, 4096, 65_535))
        yield (
            sender,
            chance.choice(
                (
                    Ping(bytes([chance.randrange(3)] * 8), ack=chance.random() < 0.5),
                    Settings((setting,)),
                    Settings(ack=True),
                    WindowUpdate(stream, chance.choice((1, 1000, 100_000))),
                    RstStream(stream or 1, chance.choice(CODES)),
                    Priority(stream or 1, DEPENDENCY),
                    Data(stream or 1, b"extra", chance.random() < 0.5),
                    GoAway(max(self._next["client"] - 2, 0)),
                )
            ),
        )


def damaged(sent: list[Sent], chance: Random) -> list[Sent]:
    """Some frames lost, doubled, moved, with other flags, on other streams, of the other party."""
    for _ in range(chance.randrange(4)):
        place = chance.randrange(len(OPENING), len(sent))
        sender, octets = sent[place]
        match chance.randrange(6):
            case 0:
                del sent[place]
            case 1:
                sent.insert(place, sent[place])
            case 2:
                sent.insert(min(len(sent), place + chance.randrange(8)), sent.pop(place))
            case 3:
                flags = chance.choice((0x0, 0x1, 0x4, 0x5, 0x8, 0x25))
                sent[place] = sender, octets[:4] + bytes([flags]) + octets[5:]
            case 4:
                sent[place] = sender, octets[:8] + bytes([chance.randrange(12)]) + octets[9:]
            case _:
                sent[place] = ("server" if sender == "client" else "client"), octets
    return sent


def connection(seed: int) -> Trace:
    """A connection of some 20 to 200 frames, its deliveries told or not."""
    chance = Random(seed)
    talk, size = Talk(chance), chance.choice((20, 60, 200))
    sent: list[Sent] = [(sender, encode(frame)) for sender, frame in OPENING]
    while len(sent) < size:
        sent += ((sender, encode(frame)) for sender, frame in talk.frames())
    told = chance.random() < 0.15
    trace = Trace()
    trace.preface()
    waiting: list[int] = []
    for sender, octets in damaged(sent, chance):
        waiting.append(trace.add_octets_of_frame(sender, octets))
        while told and waiting and chance.random() < 0.7:
            trace.delivered(waiting.pop(0))
    if chance.random() < 0.5:
        trace.cut("client", "fin")
        trace.cut("server", "fin")
    return trace


def check(seeds: range) -> None:
    found = 0
    for seed in seeds:
        trace = connection(seed)
        verdict = judge(trace)
        found += len(verdict.findings)
        assert verdict == judge(trace, clear_lane=False), f"seed {seed}"
    assert found > len(seeds), "most connections have something to find"


def test_random_connections_have_the_same_verdict_without_the_lane() -> None:
    check(range(40))


@pytest.mark.slow
def test_thousands_of_random_connections_have_the_same_verdict_without_the_lane() -> None:
    check(range(40, 3_000))
