"""Our connection and h2 talk to each other, either way round: neither finds fault with the other.

Two of ours might share a mistake; h2 does not share it. What each side does is drawn from a seed,
and done only where it is legal for the one who does it.
"""

import random
from collections.abc import Callable

import h2.config
import h2.connection
import h2.events
import pytest

from h2proof.sim import Connection, Setting, State
from h2proof.sim.frames import Dependency, Unknown
from h2proof.sim.notices import ConnectionFailed, DataReceived, Notice, StreamFailed
from h2proof.sim.streams import Role
from h2proof.sim.wire import REQUEST, RESPONSE, TRAILERS

TABLE_SIZES = (0, 300, 9_000)
"""Announced once in a talk: h2's encoder (hpack 4.2) forgets the size update that is due when a size
is announced twice between two blocks, and signals sizes that are not allowed any more."""
SETTINGS: tuple[dict[int, int], ...] = (
    {Setting.INITIAL_WINDOW_SIZE: 0},
    {Setting.INITIAL_WINDOW_SIZE: 100_000},
    {Setting.MAX_FRAME_SIZE: 30_000},
    {Setting.MAX_CONCURRENT_STREAMS: 20},
)


class Talk:
    """Ours in one role, h2 in the other; octets go to and fro until both are silent."""

    def __init__(self, role: Role, chance: random.Random) -> None:
        self.role = role
        self.chance = chance
        self.ours = Connection(role, settings=chance.choice(SETTINGS))
        config = h2.config.H2Configuration(client_side=role == "server", header_encoding=None)
        self.theirs = h2.connection.H2Connection(config=config)
        self.theirs.initiate_connection()
        self.resized = False
        self.requests: list[int] = []
        """Streams on which h2 has a request to answer."""
        self.pump()

    def pump(self) -> None:
        while True:
            up, down = self.ours.take_output(), self.theirs.data_to_send()
            if not up and not down:
                return
            for event in self.theirs.receive_data(up):
                self.they_hear(event)
            for notice in self.ours.receive(down):
                self.we_hear(notice)

    def we_hear(self, notice: Notice) -> None:
        assert not isinstance(notice, ConnectionFailed | StreamFailed), notice
        if isinstance(notice, DataReceived) and notice.flow_controlled_length:
            self.ours.credit(0, notice.flow_controlled_length)
            if not self.ours.state(notice.stream).closed and not notice.end_stream:
                self.ours.credit(notice.stream, notice.flow_controlled_length)

    def they_hear(self, event: h2.events.Event) -> None:
        assert not isinstance(event, h2.events.ConnectionTerminated), event
        if isinstance(event, h2.events.DataReceived):
            stream, octets = event.stream_id, event.flow_controlled_length
            if octets:
                self.theirs.acknowledge_received_data(octets, stream)
        elif isinstance(event, h2.events.RequestReceived):
            self.requests.append(event.stream_id)
        elif isinstance(event, h2.events.StreamReset) and event.stream_id in self.requests:
            self.requests.remove(event.stream_id)

    # -- what ours does --

    def content_streams(self) -> list[int]:
        return [
            number
            for number, stream in self.ours.streams.live.items()
            if stream.outgoing.phase == "content"
            and stream.state in (State.OPEN, State.HALF_CLOSED_REMOTE)
        ]

    def window(self, stream: int) -> int:
        """The stream's window for sending, below zero if it is."""
        return self.ours.flow.send_initial + self.ours.streams.live[stream].send_credit

    def pick(self, numbers: list[int]) -> int | None:
        return self.chance.choice(numbers) if numbers else None

    def open(self) -> None:
        if self.role == "client" and self.ours.counts().own_active < 90:
            extra = (b"x-%d" % self.chance.randrange(5), b"v" * self.chance.choice([1, 90, 3_000]))
            self.ours.send_headers(None, (*REQUEST, extra), end_stream=self.chance.random() < 0.5)

    def answer(self) -> None:
        heads = [n for n, s in self.ours.streams.live.items() if s.outgoing.phase == "head"]
        stream = self.pick(heads) if self.role == "server" else None
        if stream is not None:
            if self.chance.random() < 0.2 and stream & 1:
                self.ours.send_headers(stream, ((b":status", b"103"),))
            self.ours.send_headers(stream, RESPONSE, end_stream=self.chance.random() < 0.3)

    def push(self) -> None:
        stream = self.pick([n for n in self.ours.streams.live if self.ours.may_push(n)])
        if stream is not None:
            self.ours.push(stream, REQUEST)

    def content(self) -> None:
        stream = self.pick(self.content_streams())
        # h2 takes not even an empty DATA at a negative window; RFC 9113 §6.9.1 and §6.9.2 differ
        if stream is not None and self.window(stream) >= 0:
            octets = min(self.chance.choice([0, 5, 20_000]), self.ours.send_window(stream))
            self.ours.send_data(stream, bytes(octets), end_stream=self.chance.random() < 0.3)

    def trailers(self) -> None:
        stream = self.pick(self.content_streams())
        if stream is not None:
            self.ours.send_headers(stream, TRAILERS, end_stream=True)

    def reset(self) -> None:
        stream = self.pick(list(self.ours.streams.live))
        if stream is not None:
            self.ours.reset(stream)

    def others(self) -> None:
        self.ours.ping()
        self.ours.depend(self.chance.randrange(1, 50), Dependency(0))
        self.ours.send_unknown(Unknown(0x99, 0, self.chance.randrange(5)))

    def announce(self) -> None:
        self.ours.update_settings(self.chance.choice(SETTINGS))
        if not self.resized:
            self.resized = True
            self.ours.update_settings({Setting.HEADER_TABLE_SIZE: self.chance.choice(TABLE_SIZES)})

    # -- what h2 does --

    def they_announce(self) -> None:
        self.theirs.update_settings(
            {
                1: self.chance.choice([0, 200, 4_096, 9_000]),
                4: self.chance.choice([0, 1_000, 65_535, 200_000]),
                5: self.chance.choice([16_384, 20_000]),
            }
        )

    def they_ask(self) -> None:
        if self.role == "server" and self.theirs.open_outbound_streams < 15:
            stream = self.theirs.get_next_available_stream_id()
            self.theirs.send_headers(stream, REQUEST, end_stream=self.chance.random() < 0.6)

    def they_answer(self) -> None:
        if self.requests:
            stream = self.requests.pop()
            ends = self.chance.random() < 0.4
            self.theirs.send_headers(stream, (*RESPONSE, (b"x", b"y" * 50)), end_stream=ends)
            if not ends:
                room = self.theirs.local_flow_control_window(stream)
                self.theirs.send_data(stream, bytes(max(0, min(room, 900))), end_stream=room >= 0)

    def they_ping(self) -> None:
        self.theirs.ping(b"h2 pings")


STEPS: tuple[Callable[[Talk], None], ...] = (
    Talk.open,
    Talk.open,
    Talk.answer,
    Talk.answer,
    Talk.push,
    Talk.content,
    Talk.content,
    Talk.trailers,
    Talk.reset,
    Talk.others,
    Talk.announce,
    Talk.they_announce,
    Talk.they_ask,
    Talk.they_ask,
    Talk.they_answer,
    Talk.they_answer,
    Talk.they_ping,
)


def converse(role: Role, seed: int) -> None:
    chance = random.Random(seed)
    talk = Talk(role, chance)
    for _ in range(chance.randrange(40)):
        chance.choice(STEPS)(talk)
        talk.pump()
    assert not talk.ours.closed
    assert talk.ours.counts() == talk.ours.recount()


@pytest.mark.parametrize("role", ["client", "server"])
def test_h2_finds_no_fault_with_ours_nor_ours_with_h2(role: Role) -> None:
    for seed in range(150):
        converse(role, seed)


@pytest.mark.slow
@pytest.mark.parametrize("role", ["client", "server"])
def test_the_same_at_length(role: Role) -> None:
    for seed in range(1_000, 11_000):
        converse(role, seed)
