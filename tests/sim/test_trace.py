"""A trace is plain data: in and out, views on demand, a run turned into a capture."""

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from h2proof.sim import codec
from h2proof.sim.frames import Data, Ping, Settings
from h2proof.sim.trace import (
    SENDERS,
    ConnectionInfo,
    CutHow,
    DeliveredEvent,
    FrameEvent,
    Resource,
    ResourceKind,
    Sender,
    Trace,
)

octets_of_frames = st.builds(
    codec.raw,
    st.integers(0, 0x11),
    st.integers(0, 0xFF),
    st.integers(0, codec.STREAM_MAX),
    st.binary(max_size=12),
    reserved=st.booleans(),
)
senders: st.SearchStrategy[Sender] = st.sampled_from(SENDERS)
happenings: st.SearchStrategy[ResourceKind] = st.sampled_from(
    ("acquired", "used", "released", "held")
)
cuts: st.SearchStrategy[CutHow] = st.sampled_from(("fin", "rst", "lost", "late"))
numbers = st.integers(0, 1 << 31)


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    trace = Trace((ConnectionInfo("127.0.0.1:1", "[::1]:2"), ConnectionInfo(transport="tls")))
    framed: list[int] = []
    for kind in draw(st.lists(st.sampled_from("pfwodrnc"), max_size=12)):
        at, connection = draw(numbers), draw(st.integers(0, 1))
        match kind:
            case "p":
                trace.preface(at=at, connection=connection)
            case "f":
                octets = draw(octets_of_frames)
                [(header, payload)], _ = codec.split_frames(octets)
                kept = payload[: draw(st.integers(0, len(payload)))]
                packet = draw(st.none() | numbers)
                framed.append(
                    trace.add_frame(
                        draw(senders), header, kept, at=at, connection=connection, packet=packet
                    )
                )
            case "w":
                framed.append(len(trace))
                whole = draw(octets_of_frames)
                trace.written.append((FrameEvent, at, connection, draw(senders), whole))
            case "o":
                trace.loose_octets(draw(senders), draw(st.binary(max_size=9)), at=at)
            case "d" if framed:
                trace.delivered(draw(st.sampled_from(framed)), at=at, connection=connection)
            case "r":
                trace.resource(
                    draw(happenings),
                    Resource("wrapper", draw(st.integers(1, 9)), draw(st.integers(1, 3))),
                    stream=draw(numbers),
                    by=draw(st.text(max_size=5)),
                    chain=tuple(draw(st.lists(st.text(max_size=5), max_size=2))),
                )
            case "n":
                trace.note(draw(st.text(max_size=9)), at=at)
            case _:
                trace.cut(draw(senders), draw(cuts), draw(st.none() | numbers), at=at)
    return trace


@given(traces())
def test_json_gives_every_trace_back(trace: Trace) -> None:
    assert trace == Trace.from_json(trace.to_json())


@given(st.lists(st.tuples(senders, octets_of_frames, st.booleans())))
def test_a_frame_is_the_same_whole_or_in_parts(frames: list[tuple[Sender, bytes, bool]]) -> None:
    in_parts, mixed = Trace(), Trace()
    for at, (sender, octets, whole) in enumerate(frames):
        header, payload = codec.read_header(octets), octets[codec.HEADER_LENGTH :]
        in_parts.add_frame(sender, header, payload, at)
        if whole:
            mixed.written.append((FrameEvent, at, 0, sender, octets))
        else:
            mixed.add_frame(sender, header, payload, at)

    assert in_parts == mixed
    assert [octets for _, octets, _ in frames] == [frame.octets for frame in mixed.frames()]


@given(traces())
def test_a_copy_is_the_same_whether_frames_were_read_or_not(trace: Trace) -> None:
    unread = pickle.loads(pickle.dumps(trace))
    copied = copy.deepcopy(trace)

    assert trace == unread == copied
    assert trace.to_json() == pickle.loads(pickle.dumps(trace)).to_json()


@given(traces())
def test_each_event_knows_its_place(trace: Trace) -> None:
    assert list(range(len(trace))) == [event.index for event in trace]
    for number in range(2):
        of_one = [event for event in trace.frames() if event.connection == number]

        assert list(range(len(of_one))) == [event.frame_index for event in of_one]


@given(traces())
def test_one_connection_alone_has_that_connections_events(trace: Trace) -> None:
    alone = trace.of_connection(1)

    mine = [event.kind for event in trace if event.connection == 1 and event.kind != "delivered"]

    assert mine == [event.kind for event in alone if event.kind != "delivered"]
    assert [trace.connections[1]] == alone.connections


def test_without_deliveries_a_run_is_a_capture() -> None:
    trace = Trace()
    trace.preface()
    index = trace.add_octets_of_frame("client", codec.encode(Settings()))
    trace.delivered(index)
    trace.note("quiet")
    trace.resource("acquired", Resource("wrapper", 1))
    trace.cut("client", "fin")

    assert ["preface", "frame", "cut"] == [event.kind for event in trace.without_deliveries()]


def test_a_delivery_follows_its_frame_into_a_filtered_trace() -> None:
    trace = Trace()
    trace.note("first")
    index = trace.add_octets_of_frame("client", codec.encode(Ping()))
    trace.delivered(index)

    kept = trace.filtered(lambda event: event.kind != "note")
    [delivery] = [event for event in kept if isinstance(event, DeliveredEvent)]

    assert isinstance(kept[delivery.frame_event], FrameEvent)
    assert ["delivered"] != [
        event.kind for event in trace.filtered(lambda event: event.kind != "frame")
    ]


def test_a_payload_that_was_not_kept_is_not_made_up() -> None:
    trace = Trace()
    header = codec.read_header(codec.encode(Data(1, b"hello")))
    trace.add_frame("server", header, b"")
    event = trace[0]

    assert isinstance(event, FrameEvent)
    assert event.elided
    assert 5 == event.length
    with pytest.raises(ValueError, match="not kept"):
        _ = event.octets


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"version":2,"events":[]}',
        '{"version":1,"events":[{}]}',
        '{"version":1,"events":[{"kind":"frame","sender":"client","octets":"00"}]}',
        '{"version":1,"events":[{"kind":"frame","sender":"x","octets":"000000000000000000"}]}',
        '{"version":1,"connections":[{"colour":1}],"events":[]}',
    ],
)
def test_what_is_no_trace_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(not a trace|a trace of version)[^\n]*$"):
        Trace.from_json(text)
