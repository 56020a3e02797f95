"""Policy: what an endpoint refuses although the RFC allows it, and that it can be switched off."""

import re
from pathlib import Path

import pytest

from h2proof.sim import Connection, IllegalSend, Limits, Setting, State
from h2proof.sim.codec import PREFACE, encode
from h2proof.sim.endpoint import Endpoint, Peer
from h2proof.sim.frames import Data, GoAway, Ping, PriorityUpdate, RstStream, Settings, WindowUpdate
from h2proof.sim.hpack import Fields
from h2proof.sim.notices import PriorityUpdated
from h2proof.sim.wire import REQUEST, Wire


def greeted(limits: Limits) -> tuple[Connection, Wire]:
    server, wire = Connection("server", limits=limits), Wire()
    server.receive(PREFACE + encode(Settings()) + encode(Settings(ack=True)))
    wire.read(server.take_output())
    return server, wire


def test_a_connection_is_an_endpoint_and_a_peer() -> None:
    endpoint: Endpoint = Connection("client")
    peer: Peer = Connection("server")

    assert not endpoint.closed
    assert peer.state(1) is State.IDLE


@pytest.mark.parametrize("value", [-1, "many", 1.5, None])
def test_a_limit_is_a_number_of_0_or_more(value: object) -> None:
    with pytest.raises(ValueError, match="streams_max"):
        Limits(streams_max=value)  # type: ignore[arg-type]


def test_frames_that_move_nothing_are_counted_in_a_row_only() -> None:
    server, wire = greeted(Limits(fruitless_frames_max=8))
    for number in range(10):
        server.receive(encode(Ping()) * 6)
        server.receive(wire.headers(2 * number + 1, REQUEST, end_stream=True))
    assert not server.closed

    server.receive(encode(Ping()) * 9)

    assert [GoAway(19, 11)] == [
        frame for frame in wire.read(server.take_output()) if isinstance(frame, GoAway)
    ]


@pytest.mark.parametrize(
    "flood",
    [
        encode(Settings()),
        encode(Settings(ack=True)),
        encode(Ping()),
        encode(Data(1)),
        encode(WindowUpdate(3, 1)),
        encode(RstStream(3, 8)),
        encode(Data(3, b"late")),
        b"\0\0\0\x77\0\0\0\0\0",
    ],
    ids=["settings", "acks", "pings", "empty data", "late credit", "late resets", "late data", "?"],
)
def test_every_flood_that_moves_nothing_ends_the_connection(flood: bytes) -> None:
    server, wire = greeted(Limits(fruitless_frames_max=20))
    server.receive(wire.headers(1, REQUEST) + wire.headers(3, REQUEST))
    server.reset(3)

    server.receive(flood * 30)

    assert server.closed


def test_resets_are_held_against_streams_that_end() -> None:
    server, wire = greeted(Limits(resets_max=3))
    for number in range(10):
        server.receive(wire.headers(4 * number + 1, REQUEST, end_stream=True))
        server.send_headers(4 * number + 1, ((b":status", b"200"),), end_stream=True)
        server.receive(wire.headers(4 * number + 3, REQUEST))
        server.receive(encode(RstStream(4 * number + 3, 8)))

    assert not server.closed


def test_a_reset_stream_is_known_as_long_as_the_limit_says() -> None:
    server, wire = greeted(Limits(reset_streams_known_max=1))
    for stream in (1, 3):
        server.receive(wire.headers(stream, REQUEST))
        server.reset(stream)
    assert State.ENDED is server.state(1)
    assert State.RESET_SENT is server.state(3)

    server.receive(encode(Data(3, b"late")))
    assert not server.closed
    server.receive(wire.headers(1, REQUEST))
    assert server.closed


def test_a_section_that_is_too_large_was_decoded_and_costs_its_stream_only() -> None:
    server, wire = greeted(Limits(field_section_octets_max=300))
    large: Fields = (*REQUEST, (b"entry", b"for the table"), (b"long", b"x" * 200))

    server.receive(wire.headers(1, large))
    server.receive(wire.headers(3, (*REQUEST, (b"entry", b"for the table"))))

    assert State.RESET_SENT is server.state(1)
    assert State.OPEN is server.state(3)


def test_priorities_of_idle_streams_are_kept_and_dropped_when_the_streams_open() -> None:
    server, wire = greeted(Limits(streams_max=3))
    assert [PriorityUpdated(5, b"u=1")] == server.receive(encode(PriorityUpdate(5, b"u=1")))
    server.receive(encode(PriorityUpdate(3, b"u=1")) + encode(PriorityUpdate(5, b"u=2")))
    assert 2 == len(server.priorities)

    server.receive(wire.headers(5, REQUEST))

    assert 0 == len(server.priorities)
    server.receive(encode(PriorityUpdate(7, b"")) + encode(PriorityUpdate(9, b"")))
    assert not server.closed
    server.receive(encode(PriorityUpdate(11, b"")))
    assert server.closed


def test_a_client_names_no_more_idle_streams_than_it_may_open() -> None:
    client, wire = Connection("client"), Wire()
    client.receive(wire.opening("server", ((Setting.MAX_CONCURRENT_STREAMS, 2),)))
    client.send_headers(None, REQUEST)
    client.prioritize(5, b"u=1")
    client.prioritize(5, b"u=2")
    with pytest.raises(IllegalSend, match=r"9218-7\.1-05"):
        client.prioritize(7, b"")
    client.prioritize(1, b"")

    client.send_headers(5, REQUEST)
    client.reset(1)

    client.prioritize(7, b"")


def test_the_example_of_the_page_runs() -> None:
    page = Path(__file__).resolve().parents[3] / "docs" / "connection.md"
    [example] = re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)

    exec(example, {})  # noqa: S102
