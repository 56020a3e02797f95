"""The rules that lie over the state machine: 13 of them, each by receiving and by sending.

The reference names them; what each row tries is written here. The codes of the single faults are
in `test_reactions`.
"""

import json
from pathlib import Path

import pytest

from h2proof.sim import Connection, ErrorCode, IllegalSend, Setting, State
from h2proof.sim.codec import encode, raw, split_frames
from h2proof.sim.frames import (
    END_HEADERS,
    PADDED,
    Continuation,
    Data,
    Dependency,
    FrameType,
    GoAway,
    Headers,
    Ping,
    RstStream,
    Settings,
    Unknown,
    WindowUpdate,
)
from h2proof.sim.hpack import Fields
from h2proof.sim.notices import (
    DataReceived,
    PromiseReceived,
    RequestReceived,
    ResponseReceived,
    TrailersReceived,
)
from h2proof.sim.streams import Role
from h2proof.sim.wire import REQUEST, RESPONSE, TRAILERS, Wire

TRIED = {
    "field block lock": "test_nothing_comes_between_the_frames_of_a_field_block",
    "frame size": "test_a_frame_is_never_longer_than_the_peer_allows",
    "stream 0": "test_what_belongs_to_a_stream_is_refused_for_stream_0",
    "GOAWAY sent": "test_behind_goaway_new_streams_are_ignored_but_compression_and_credit_move",
    "GOAWAY received": "test_behind_a_received_goaway_nothing_leaves_idle",
    "concurrency": "test_concurrency_binds_both_sides_from_the_acknowledgment_on",
    "push disabled": "test_push_is_off_for_the_server_at_receipt_and_an_error_after_acknowledgment",
    "flow control": "test_data_beyond_a_window_is_neither_sent_nor_taken",
    "window update value": "test_windows_grow_by_1_to_the_largest_and_no_further",
    "padding": "test_padding_is_sent_within_its_range_and_counted",
    "HPACK": "test_a_block_that_does_not_decode_ends_the_connection_whatever_the_state",
    "message layer": "test_what_breaks_a_message_is_neither_sent_nor_taken",
    "connected stream": "test_on_a_connected_stream_only_data_and_control_frames_move",
}


def test_every_overlay_of_the_reference_is_tried(shared: Path) -> None:
    matrix = json.loads((shared / "requirements" / "state-machine.json").read_text())

    assert [overlay["name"] for overlay in matrix["overlays"]] == list(TRIED)
    assert all(name in globals() for name in TRIED.values())


def pair(role: Role, settings: dict[int, int] | None = None) -> tuple[Connection, Wire]:
    """A connection behind the handshake, its own settings acknowledged."""
    connection, wire = Connection(role, settings=settings), Wire()
    connection.receive(wire.opening("server" if role == "client" else "client"))
    connection.receive(encode(Settings(ack=True)))
    wire.read(connection.take_output())
    return connection, wire


@pytest.mark.parametrize("opener", [raw(FrameType.HEADERS, 0, 1, b"\x82"), None])
@pytest.mark.parametrize(
    "intruder",
    [
        encode(Data(1, b"x")),
        raw(FrameType.HEADERS, END_HEADERS, 1, b"\x82"),
        raw(FrameType.PRIORITY, 0, 1, bytes(5)),
        encode(RstStream(1, 8)),
        encode(Settings()),
        encode(Ping()),
        encode(GoAway()),
        encode(WindowUpdate(0, 1)),
        encode(Continuation(3)),
        encode(Unknown(0x77, 0, 1)),
    ],
    ids=lambda octets: f"type {octets[3]}",
)
def test_nothing_comes_between_the_frames_of_a_field_block(
    opener: bytes | None, intruder: bytes
) -> None:
    connection, _ = pair("client")
    connection.send_headers(None, REQUEST, end_stream=True)
    connection.take_output()
    promise = raw(FrameType.PUSH_PROMISE, 0, 1, b"\0\0\0\2\x82")

    connection.receive(opener or promise)
    assert 1 == connection.block_octets
    connection.receive(intruder)

    assert connection.closed
    assert 0 == connection.block_octets
    assert raw(FrameType.GOAWAY, 0, 0, bytes(4) + b"\0\0\0\x01") == connection.take_output()


def test_a_block_that_is_sent_is_unbroken() -> None:
    connection, wire = pair("client")
    fields: Fields = (*REQUEST, (b"long", b"x" * 40_000))

    connection.send_headers(None, fields, end_stream=True)
    first, *rest = wire.read(connection.take_output())

    assert isinstance(first, Headers)
    assert first.end_stream
    assert [Continuation] * len(rest) == [type(frame) for frame in rest]
    assert [False] * (len(rest) - 1) + [True] == [
        frame.end_headers for frame in rest if isinstance(frame, Continuation)
    ]


def test_a_frame_is_never_longer_than_the_peer_allows() -> None:
    connection, _ = pair("client")
    connection.receive(encode(Settings(((Setting.MAX_FRAME_SIZE, 20_000),))))
    connection.take_output()

    stream = connection.send_headers(None, (*REQUEST, (b"long", b"q" * 60_000)))
    connection.send_data(stream, bytes(45_000), padding=200)
    frames, rest = split_frames(connection.take_output())

    assert b"" == rest
    assert 20_000 == max(header.length for header, _ in frames)
    with pytest.raises(IllegalSend, match=r"4\.1-01"):
        connection.send_unknown(Unknown(0x77, 0, stream, bytes(20_001)))


@pytest.mark.parametrize(
    "kind",
    [
        FrameType.DATA,
        FrameType.HEADERS,
        FrameType.PRIORITY,
        FrameType.RST_STREAM,
        FrameType.PUSH_PROMISE,
        FrameType.CONTINUATION,
    ],
)
def test_what_belongs_to_a_stream_is_refused_for_stream_0(kind: FrameType) -> None:
    connection, _ = pair("client")

    connection.receive(raw(kind, 0, 0, bytes(5)))

    assert connection.closed
    for call in (
        lambda: Connection("client").send_headers(0, REQUEST),
        lambda: Connection("client").send_data(0, b""),
        lambda: Connection("client").depend(0, Dependency(0)),
        lambda: Connection("client").reset(0),
    ):
        with pytest.raises(IllegalSend):
            call()


def test_behind_goaway_new_streams_are_ignored_but_compression_and_credit_move() -> None:
    connection, wire = pair("server")
    connection.receive(wire.headers(1, REQUEST))
    connection.goaway()
    connection.take_output()

    ignored = connection.receive(wire.headers(3, (*REQUEST, (b"new", b"entry"))))
    late = connection.receive(encode(Data(3, bytes(100))) + encode(WindowUpdate(3, 0)))
    late += connection.receive(encode(RstStream(3, 8)) + raw(FrameType.PRIORITY, 0, 3, bytes(4)))

    assert [] == ignored == late
    assert State.IDLE is connection.state(3)
    assert [WindowUpdate(0, 100)] == wire.read(connection.take_output())
    assert 65_535 == connection.receive_window(0)
    # the entry that the ignored block put into the table is there
    assert [TrailersReceived(1, ((b"new", b"entry"),))] == connection.receive(
        wire.headers(1, ((b"new", b"entry"),), end_stream=True)
    )
    # and errors of the connection are still errors
    connection.receive(encode(Data(0, b"x")))
    assert connection.closed


def test_behind_our_reset_frames_are_dropped_but_compression_and_credit_move() -> None:
    server, wire = pair("server")
    server.receive(wire.headers(1, REQUEST))
    server.reset(1)
    wire.read(server.take_output())
    fields: Fields = (*REQUEST, (b"late", b"entry"))

    dropped = server.receive(
        encode(Data(1, bytes(50), padding=bytes(9)))
        + encode(WindowUpdate(1, 0))
        + wire.headers(1, ((b"late", b"entry"),), end_stream=True)
        + encode(RstStream(1, 8))
    )

    assert [] == dropped
    assert [WindowUpdate(0, 60)] == wire.read(server.take_output())
    assert 65_535 == server.receive_window(0)
    assert State.RESET_SENT is server.state(1)
    assert [RequestReceived(3, fields, False)] == server.receive(wire.headers(3, fields))


def test_goaway_in_two_steps_lets_streams_in_between_be_served() -> None:
    connection, wire = pair("server")

    connection.goaway(last=2**31 - 1)
    assert not connection.closed
    assert [RequestReceived(1, REQUEST, True)] == connection.receive(
        wire.headers(1, REQUEST, end_stream=True)
    )
    connection.goaway()
    assert [] == connection.receive(wire.headers(3, REQUEST, end_stream=True))
    assert not connection.closed
    connection.send_headers(1, RESPONSE, end_stream=True)

    assert connection.closed
    with pytest.raises(IllegalSend):
        connection.ping()


def test_the_last_stream_of_goaway_neither_rises_nor_leaves_out_what_was_acted_on() -> None:
    connection, wire = pair("server")
    connection.receive(wire.headers(5, REQUEST))

    with pytest.raises(IllegalSend, match=r"6\.8-07"):
        connection.goaway(last=3)
    connection.goaway(last=9)
    with pytest.raises(IllegalSend, match=r"6\.8-10"):
        connection.goaway(last=11)
    connection.take_output()
    connection.receive(encode(Data(0, b"x")))

    assert [GoAway(5, 1)] == wire.read(connection.take_output())


def test_behind_a_received_goaway_nothing_leaves_idle() -> None:
    client, wire = pair("client")
    stream = client.send_headers(None, REQUEST)
    client.receive(encode(GoAway(1)))
    with pytest.raises(IllegalSend, match=r"6\.8-03"):
        client.send_headers(None, REQUEST)
    client.send_data(stream, b"still", end_stream=True)
    assert [ResponseReceived(1, RESPONSE, True)] == client.receive(
        wire.headers(1, RESPONSE, end_stream=True)
    )

    server, wire = pair("server")
    server.receive(wire.headers(1, REQUEST, end_stream=True))
    server.push(1, REQUEST)
    server.receive(encode(GoAway(0)))
    assert not server.may_push(1)
    with pytest.raises(IllegalSend, match=r"6\.8-03"):
        server.push(1, REQUEST)
    server.send_headers(2, RESPONSE)


def test_concurrency_binds_both_sides_from_the_acknowledgment_on() -> None:
    server, wire = Connection("server", settings={Setting.MAX_CONCURRENT_STREAMS: 1}), Wire()
    server.receive(wire.opening("client") + wire.headers(1, REQUEST) + wire.headers(3, REQUEST))
    assert State.OPEN is server.state(3)

    server.receive(encode(Settings(ack=True)) + wire.headers(5, REQUEST))
    assert State.RESET_SENT is server.state(5)
    assert State.OPEN is server.state(3)

    client, wire = pair("client")
    client.send_headers(None, REQUEST)
    client.receive(encode(Settings(((Setting.MAX_CONCURRENT_STREAMS, 1),))))
    with pytest.raises(IllegalSend, match=r"5\.1\.2-02"):
        client.send_headers(None, REQUEST)
    client.reset(1)
    assert 3 == client.send_headers(None, REQUEST)


def test_reserved_streams_do_not_count_but_pushed_responses_do() -> None:
    server, wire = pair("server")
    server.receive(encode(Settings(((Setting.MAX_CONCURRENT_STREAMS, 1),))))
    server.receive(wire.headers(1, REQUEST, end_stream=True))
    server.push(1, REQUEST)
    server.push(1, REQUEST)

    server.send_headers(2, RESPONSE)
    with pytest.raises(IllegalSend, match=r"5\.1\.2-02"):
        server.send_headers(4, RESPONSE)
    server.send_data(2, b"", end_stream=True)
    server.send_headers(4, RESPONSE, end_stream=True)

    assert (0, 1, 0) == server.counts() == server.recount()


def test_push_is_off_for_the_server_at_receipt_and_an_error_after_acknowledgment() -> None:
    server, wire = pair("server")
    server.receive(wire.headers(1, REQUEST, end_stream=True))
    server.receive(encode(Settings(((Setting.ENABLE_PUSH, 0),))))
    assert not server.may_push(1)
    with pytest.raises(IllegalSend, match=r"6\.6-09"):
        server.push(1, REQUEST)

    client, wire = pair("client")
    client.send_headers(None, REQUEST, end_stream=True)
    client.update_settings({Setting.ENABLE_PUSH: 0})
    before = client.receive(wire.promise(1, 2, REQUEST))
    assert [PromiseReceived(1, 2, REQUEST)] == before
    client.receive(encode(Settings(ack=True)) + wire.promise(1, 4, REQUEST))
    assert client.closed


def test_data_beyond_a_window_is_neither_sent_nor_taken() -> None:
    client, wire = pair("client")
    stream = client.send_headers(None, REQUEST)
    with pytest.raises(IllegalSend, match=r"6\.9\.1-01"):
        client.send_data(stream, bytes(65_536))
    client.send_data(stream, bytes(65_535))
    with pytest.raises(IllegalSend, match=r"6\.9\.1-01"):
        client.send_data(stream, b"x", end_stream=True)
    client.send_data(stream, b"", end_stream=True)
    assert 0 == client.send_window(0) == client.send_window(stream)

    server, wire = pair("server", {Setting.INITIAL_WINDOW_SIZE: 10})
    server.receive(wire.headers(1, REQUEST) + encode(Data(1, bytes(11))))
    assert [WindowUpdate(0, 11), RstStream(1, 3)] == wire.read(server.take_output())

    server, wire = pair("server", {Setting.INITIAL_WINDOW_SIZE: 2**20})
    server.receive(wire.headers(1, REQUEST) + encode(Data(1, bytes(16_384))) * 4)
    assert server.closed


def test_windows_grow_by_1_to_the_largest_and_no_further() -> None:
    server, wire = pair("server")
    server.receive(wire.headers(1, REQUEST))
    for stream in (0, 1):
        for octets in (0, -1, 2**31):
            with pytest.raises(IllegalSend, match=r"6\.9-03"):
                server.credit(stream, octets)
        with pytest.raises(IllegalSend, match=r"6\.9\.1-06"):
            server.credit(stream, 2**31 - 65_535)
        server.credit(stream, 2**31 - 1 - 65_535)
    with pytest.raises(IllegalSend, match=r"6\.9\.1-06"):
        server.update_settings({Setting.INITIAL_WINDOW_SIZE: 65_536})

    server.receive(encode(WindowUpdate(0, 2**31 - 1 - 65_535)))
    assert 2**31 - 1 == server.send_window(0)


def test_padding_is_sent_within_its_range_and_counted() -> None:
    server, wire = pair("server")
    server.receive(wire.headers(1, REQUEST))
    notices = server.receive(encode(Data(1, b"ab", padding=bytes(7))))
    assert [DataReceived(1, b"ab", 10, False)] == notices
    assert 65_525 == server.receive_window(0) == server.receive_window(1)

    server.send_headers(1, RESPONSE)
    server.send_data(1, b"ab", padding=0)
    assert 65_532 == server.send_window(1)
    with pytest.raises(IllegalSend):
        server.send_data(1, b"ab", padding=256)
    server.receive(raw(FrameType.DATA, PADDED, 1, b"\x03ab"))
    assert server.closed


@pytest.mark.parametrize("stream", [1, 2, 3, 5])
def test_a_block_that_does_not_decode_ends_the_connection_whatever_the_state(stream: int) -> None:
    server, wire = pair("server")
    server.receive(wire.headers(1, REQUEST, end_stream=True) + wire.headers(3, REQUEST))
    server.reset(3)
    server.take_output()

    server.receive(raw(FrameType.HEADERS, END_HEADERS, stream, b"\xff\xff\xff"))

    assert [GoAway(3, 9)] == wire.read(server.take_output())


def test_a_malformed_message_does_not_poison_the_table() -> None:
    server, wire = pair("server")
    server.receive(wire.headers(1, (*REQUEST, (b"fresh", b"entry"), (b"Bad", b"name"))))
    assert State.RESET_SENT is server.state(1)

    fields: Fields = (*REQUEST, (b"fresh", b"entry"))
    assert [RequestReceived(3, fields, True)] == server.receive(
        wire.headers(3, fields, end_stream=True)
    )


def test_what_breaks_a_message_is_neither_sent_nor_taken() -> None:
    client, wire = pair("client")
    for fields in ((*REQUEST, (b"Upper", b"x")), REQUEST[1:], ((b":status", b"200"),)):
        with pytest.raises(IllegalSend):
            client.send_headers(None, fields)
    stream = client.send_headers(None, (*REQUEST, (b"content-length", b"3")))
    with pytest.raises(IllegalSend, match=r"8\.1\.1-02"):
        client.send_data(stream, b"four")
    with pytest.raises(IllegalSend, match=r"8\.1\.1-02"):
        client.send_data(stream, b"ab", end_stream=True)
    with pytest.raises(IllegalSend, match=r"8\.1-11"):
        client.send_headers(stream, TRAILERS)
    client.send_data(stream, b"abc")
    client.send_headers(stream, TRAILERS, end_stream=True)

    server, wire = pair("server")
    server.receive(wire.headers(1, REQUEST))
    with pytest.raises(IllegalSend, match=r"8\.1-02"):
        server.send_data(1, b"early")
    with pytest.raises(IllegalSend, match=r"8\.1-04"):
        server.send_headers(1, ((b":status", b"103"),), end_stream=True)
    with pytest.raises(IllegalSend, match=r"8\.6-01"):
        server.send_headers(1, ((b":status", b"101"),))
    server.send_headers(1, ((b":status", b"103"),))
    server.send_headers(1, RESPONSE)
    with pytest.raises(IllegalSend):
        server.send_headers(1, RESPONSE, end_stream=True)
    server.send_headers(1, TRAILERS, end_stream=True)


CONNECT: Fields = ((b":method", b"CONNECT"), (b":authority", b"there.test:443"))


def test_on_a_connected_stream_only_data_and_control_frames_move() -> None:
    server, wire = pair("server")
    server.receive(wire.headers(1, CONNECT))
    server.send_headers(1, RESPONSE)
    server.send_data(1, b"down")
    with pytest.raises(IllegalSend, match=r"8\.5-0"):
        server.send_headers(1, TRAILERS, end_stream=True)
    with pytest.raises(IllegalSend, match=r"8\.5-0"):
        server.push(1, REQUEST)
    assert [DataReceived(1, b"up", 2, False)] == server.receive(encode(Data(1, b"up")))
    server.receive(encode(WindowUpdate(1, 5)) + raw(FrameType.PRIORITY, 0, 1, bytes(5)))
    assert State.OPEN is server.state(1)
    server.receive(wire.headers(1, TRAILERS, end_stream=True))
    assert State.RESET_SENT is server.state(1)

    refused, wire = pair("client")
    refused.send_headers(None, CONNECT)
    refused.receive(wire.headers(1, ((b":status", b"407"),)))
    assert [DataReceived(1, b"why", 3, False)] == refused.receive(encode(Data(1, b"why")))
    assert [TrailersReceived(1, TRAILERS)] == refused.receive(
        wire.headers(1, TRAILERS, end_stream=True)
    )


def test_behind_the_clients_goaway_promises_are_ignored_but_decoded() -> None:
    client, wire = pair("client")
    client.send_headers(None, REQUEST, end_stream=True)
    client.goaway()
    promised: Fields = (*REQUEST, (b"in", b"the table"))

    assert [] == client.receive(wire.promise(1, 2, promised) + wire.headers(2, RESPONSE))
    assert State.IDLE is client.state(2)
    fields: Fields = (*RESPONSE, (b"in", b"the table"))
    assert [ResponseReceived(1, fields, True)] == client.receive(
        wire.headers(1, fields, end_stream=True)
    )
    assert client.closed


def test_credit_of_streams_that_are_gone_does_not_stand_in_the_way_of_a_setting() -> None:
    server, wire = pair("server")
    server.receive(wire.headers(1, REQUEST) + wire.headers(3, REQUEST))
    server.receive(encode(WindowUpdate(1, 2**31 - 1 - 65_535)) + encode(RstStream(1, 8)))
    server.receive(encode(Settings(((Setting.INITIAL_WINDOW_SIZE, 2**31 - 1),))))
    assert not server.closed
    assert 65_535 == server.send_window(3)

    server.credit(3, 2**31 - 1 - 65_535)
    with pytest.raises(IllegalSend, match=r"6\.9\.1-06"):
        server.update_settings({Setting.INITIAL_WINDOW_SIZE: 70_000})
    server.reset(3)
    server.update_settings({Setting.INITIAL_WINDOW_SIZE: 70_000})


def test_a_server_does_not_refuse_what_it_has_answered() -> None:
    server, wire = pair("server")
    server.receive(wire.headers(1, REQUEST) + wire.headers(3, REQUEST))
    server.send_headers(1, RESPONSE)

    with pytest.raises(IllegalSend, match=r"8\.7-05"):
        server.reset(1, ErrorCode.REFUSED_STREAM)
    server.reset(1, ErrorCode.CANCEL)
    server.reset(3, ErrorCode.REFUSED_STREAM)
