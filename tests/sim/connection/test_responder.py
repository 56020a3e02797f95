"""The smallest server and the smallest client: what they answer, and that they come to rest."""

from collections import Counter

import pytest

from h2proof.sim import Connection, ErrorCode, IllegalSend, Limits, Requester, responder
from h2proof.sim.codec import PREFACE, encode
from h2proof.sim.frames import (
    AnyFrame,
    Data,
    GoAway,
    Headers,
    Ping,
    RstStream,
    Settings,
    WindowUpdate,
)
from h2proof.sim.hpack import Fields
from h2proof.sim.requester import PushPolicy
from h2proof.sim.respond import Responder
from h2proof.sim.settings import Setting
from h2proof.sim.wire import REQUEST, RESPONSE, TRAILERS, Wire

CONNECT: Fields = ((b":method", b"CONNECT"), (b":authority", b"there.test:443"))
POST: Fields = tuple((n, b"POST" if n == b":method" else v) for n, v in REQUEST)


def greeted(*settings: tuple[int, int]) -> tuple[Responder, Wire]:
    server, wire = responder(), Wire()
    server.receive(wire.opening("client", settings) + encode(Settings(ack=True)))
    wire.read(server.take_output())
    return server, wire


def answer(frames: list[AnyFrame], wire: Wire, stream: int) -> tuple[bytes, bytes, bool]:
    """Status, content, and whether the stream was ended."""
    status, content, ended = b"", b"", False
    for frame in frames:
        if isinstance(frame, Headers) and frame.stream == stream:
            status = dict(wire.fields(frame.fragment))[b":status"]
            ended = frame.end_stream
        elif isinstance(frame, Data) and frame.stream == stream:
            content += frame.data
            ended = frame.end_stream
    return status, content, ended


def test_it_announces_how_many_streams_it_takes() -> None:
    [settings] = Wire().read(responder().take_output())

    assert isinstance(settings, Settings)
    assert 100 == dict(settings.values)[Setting.MAX_CONCURRENT_STREAMS]


@pytest.mark.parametrize(
    "request_frames",
    [
        lambda w: w.headers(1, REQUEST, end_stream=True),
        lambda w: w.headers(1, REQUEST, end_stream=True, cut=3),
        lambda w: w.headers(1, POST) + encode(Data(1, b"content", True)),
        lambda w: w.headers(1, CONNECT, end_stream=True),
        lambda w: w.headers(1, POST) + encode(Data(1, b"")) + encode(Data(1, b"", True, b"\0")),
        lambda w: (
            w.headers(1, POST) + encode(Data(1, b"x")) + w.headers(1, TRAILERS, end_stream=True)
        ),
    ],
)
def test_every_complete_request_is_answered_with_200_and_a_body(request_frames: object) -> None:
    assert callable(request_frames)
    server, wire = greeted()

    server.receive(request_frames(wire))
    status, content, ended = answer(wire.read(server.take_output()), wire, 1)

    assert b"200" == status
    assert 5 <= len(content)
    assert ended


def test_a_request_that_is_not_complete_is_not_answered() -> None:
    server, wire = greeted()

    server.receive(wire.headers(1, POST))

    assert [] == wire.read(server.take_output())


def test_head_is_answered_without_a_body() -> None:
    server, wire = greeted()
    head: Fields = tuple((n, b"HEAD" if n == b":method" else v) for n, v in REQUEST)

    server.receive(wire.headers(1, head, end_stream=True))
    [headers] = wire.read(server.take_output())

    assert isinstance(headers, Headers)
    assert headers.end_stream


def test_the_body_keeps_within_the_windows() -> None:
    server, wire = greeted((Setting.INITIAL_WINDOW_SIZE, 1))
    server.receive(wire.headers(1, REQUEST, end_stream=True))
    assert 1 == len(answer(wire.read(server.take_output()), wire, 1)[1])

    server.receive(encode(Settings(((Setting.INITIAL_WINDOW_SIZE, 3),))))
    assert 2 == len(answer(wire.read(server.take_output()), wire, 1)[1])
    server.receive(encode(WindowUpdate(1, 4)))
    assert 4 == len(answer(wire.read(server.take_output()), wire, 1)[1])
    server.receive(encode(Settings(((Setting.INITIAL_WINDOW_SIZE, 0),))))
    assert 0 == len(answer(wire.read(server.take_output()), wire, 1)[1])
    server.receive(encode(WindowUpdate(1, 100)))
    assert answer(wire.read(server.take_output()), wire, 1)[2]


def test_a_negative_window_is_waited_for() -> None:
    """The client takes back what it had granted: the sixth test of h2spec's 6.9.2."""
    server, wire = greeted((Setting.INITIAL_WINDOW_SIZE, 3))
    server.receive(wire.headers(1, REQUEST, end_stream=True))
    server.receive(encode(Settings(((Setting.INITIAL_WINDOW_SIZE, 2),))))
    server.receive(encode(WindowUpdate(1, 2)))
    content = answer(wire.read(server.take_output()), wire, 1)[1]

    assert 4 == len(content)


def test_a_connection_window_of_nothing_holds_back_all_bodies_in_turn() -> None:
    server = responder(body=bytes(60_000))
    wire = Wire()
    server.receive(wire.opening("client", ((Setting.INITIAL_WINDOW_SIZE, 2**20),)))
    for stream in (1, 3, 5):
        server.receive(wire.headers(stream, REQUEST, end_stream=True))
    sent = Counter[int]()
    for _ in range(30):
        for frame in wire.read(server.take_output()):
            if isinstance(frame, Data):
                sent[frame.stream] += len(frame.data)
        server.receive(encode(WindowUpdate(0, 10_000)))

    assert {1: 60_000, 3: 60_000, 5: 60_000} == dict(sent)
    assert not server.connection.streams.live


def test_a_malformed_request_is_reset() -> None:
    server, wire = greeted()

    server.receive(wire.headers(1, (*REQUEST, (b"Upper", b"x")), end_stream=True))
    server.receive(wire.headers(3, REQUEST, end_stream=True))
    frames = wire.read(server.take_output())

    assert RstStream(1, ErrorCode.PROTOCOL_ERROR) in frames
    assert b"200" == answer(frames, wire, 3)[0]


@pytest.mark.parametrize("acknowledged", [True, False])
def test_one_stream_more_than_announced_is_refused(acknowledged: bool) -> None:
    server, wire = responder(), Wire()
    server.receive(wire.opening("client", ((Setting.INITIAL_WINDOW_SIZE, 0),)))
    if acknowledged:
        server.receive(encode(Settings(ack=True)))

    for number in range(101):
        server.receive(wire.headers(2 * number + 1, REQUEST, end_stream=True))
    resets = [f for f in wire.read(server.take_output()) if isinstance(f, RstStream)]

    assert [RstStream(201, ErrorCode.REFUSED_STREAM)] == resets


def test_a_cancelled_request_is_forgotten() -> None:
    server, wire = greeted((Setting.INITIAL_WINDOW_SIZE, 0))
    server.receive(wire.headers(1, REQUEST, end_stream=True) + wire.headers(3, POST))
    server.receive(encode(RstStream(1, 8)) + encode(RstStream(3, 8)))
    server.receive(encode(Settings(((Setting.INITIAL_WINDOW_SIZE, 99),))))

    assert [] == [f for f in wire.read(server.take_output()) if isinstance(f, Data)]
    assert (0, 0, 0) == server.connection.counts()


def test_a_ping_between_is_answered_in_its_place_whatever_the_chunks() -> None:
    octets = Wire().headers(1, REQUEST, end_stream=True) + encode(Ping())
    start = PREFACE + encode(Settings())
    whole, pieces = responder(), responder()
    whole.receive(start + octets)
    output = b""
    for place in range(len(start + octets)):
        pieces.receive((start + octets)[place : place + 1])
        output += pieces.take_output()

    assert output == whole.take_output()


def test_uploads_are_credited_back() -> None:
    server, wire = greeted()
    server.receive(wire.headers(1, POST))
    for _ in range(20):
        server.receive(encode(Data(1, bytes(16_384))))
    server.receive(encode(Data(1, b"", True)))

    assert 65_535 == server.connection.receive_window(0)
    assert b"200" == answer(wire.read(server.take_output()), wire, 1)[0]


def test_a_frame_that_both_opens_a_window_and_is_one_too_many_raises_nothing() -> None:
    server = responder(limits=Limits(fruitless_frames_max=3))
    wire = Wire()
    server.receive(wire.opening("client", ((Setting.INITIAL_WINDOW_SIZE, 0),)))
    server.receive(wire.headers(1, REQUEST, end_stream=True))
    server.receive(encode(Settings(((Setting.INITIAL_WINDOW_SIZE, 0),))) * 3)
    server.receive(encode(Settings(((Setting.INITIAL_WINDOW_SIZE, 99),))))

    assert server.closed


# -- the client --


def talk(client: Requester, server: Responder | Connection) -> None:
    while True:
        up, down = client.take_output(), server.take_output()
        if not up and not down:
            return
        server.receive(up)
        client.receive(down)


def test_exchanges_are_performed_within_all_limits() -> None:
    client = Requester(settings={Setting.INITIAL_WINDOW_SIZE: 7})
    server = responder(settings={Setting.MAX_CONCURRENT_STREAMS: 3})
    for number in range(20):
        trailers = TRAILERS if number % 3 else ()
        client.request(POST, bytes(number * 5_000), trailers)
    talk(client, server)

    assert ["complete"] * 20 == [exchange.outcome for exchange in client.exchanges]
    assert {server.body} == {bytes(exchange.content) for exchange in client.exchanges}
    assert client.quiet
    client.leave()
    talk(client, server)
    assert client.closed
    assert 65_535 == client.connection.receive_window(0) == server.connection.receive_window(0)


@pytest.mark.parametrize(
    ("push", "outcomes", "reserved"),
    [("accept", ["waiting", "complete"], 0), ("refuse", ["waiting", "refused"], 0)],
)
def test_pushes_are_accepted_or_refused(
    push: PushPolicy, outcomes: list[str], reserved: int
) -> None:
    client, server = Requester(push=push), Connection("server")
    client.request(REQUEST)
    talk(client, server)
    server.push(1, REQUEST)
    talk(client, server)
    if push == "accept":
        server.send_headers(2, RESPONSE, end_stream=True)
    talk(client, server)

    assert outcomes == [exchange.outcome for exchange in client.exchanges]
    assert reserved == client.connection.counts().reserved


def test_push_that_is_off_is_not_even_promised() -> None:
    client, server = Requester(push="off"), Connection("server")
    client.request(REQUEST)
    talk(client, server)

    assert not server.may_push(1)


def test_what_goaway_leaves_out_is_unprocessed() -> None:
    client, server = Requester(), Connection("server", settings={3: 2})
    for _ in range(4):
        client.request(REQUEST)
    talk(client, server)
    wire = Wire()
    client.receive(encode(GoAway(1)))
    client.receive(wire.headers(1, RESPONSE, end_stream=True))

    assert ["complete", "unprocessed", "unprocessed", "unprocessed"] == [
        exchange.outcome for exchange in client.exchanges
    ]
    assert client.quiet


def test_an_early_response_gives_the_request_up() -> None:
    client, server = Requester(), Connection("server")
    client.request(POST, bytes(200_000))
    talk(client, server)
    server.send_headers(1, ((b":status", b"413"),), end_stream=True)
    talk(client, server)

    assert "complete" == client.exchanges[0].outcome
    assert client.connection.state(1).closed
    assert (0, 0, 0) == server.counts()


def test_a_request_that_is_none_is_refused_at_once() -> None:
    client = Requester()

    with pytest.raises(IllegalSend):
        client.request(RESPONSE)

    assert client.quiet
    assert [] == client.exchanges


def test_when_the_connection_fails_nothing_is_waited_for() -> None:
    client = Requester()
    client.request(POST, bytes(100_000))
    client.receive(encode(Settings()) + encode(Data(0, b"x")))

    assert client.closed
    assert ["failed"] == [exchange.outcome for exchange in client.exchanges]
    assert client.quiet


def test_a_frame_too_many_that_opens_a_window_raises_nothing_at_the_client_either() -> None:
    client = Requester(limits=Limits(fruitless_frames_max=3))
    client.request(POST, bytes(100_000))
    client.receive(encode(Settings()) * 3)
    client.receive(encode(Settings(((Setting.INITIAL_WINDOW_SIZE, 99_999),))))

    assert client.closed
    assert client.quiet
