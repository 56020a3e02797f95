"""The notation is total: any trace, printed and parsed, is that trace again."""

from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from h2proof.sim import codec, ladder, notation
from h2proof.sim.frames import FrameType
from h2proof.sim.hpack import FieldEncoder, NeverIndexed
from h2proof.sim.notation import Expected, Titled
from h2proof.sim.trace import (
    SENDERS,
    ConnectionInfo,
    CutHow,
    PrefaceEvent,
    Resource,
    ResourceKind,
    Sender,
    Told,
    Trace,
)

senders: st.SearchStrategy[Sender] = st.sampled_from(SENDERS)
happenings: st.SearchStrategy[ResourceKind] = st.sampled_from(
    ("acquired", "used", "released", "held")
)
cuts: st.SearchStrategy[CutHow] = st.sampled_from(("fin", "rst", "lost", "late"))
times = st.integers(-(1 << 40), 1 << 62)
small = st.integers(0, 5)
streams = small | st.integers(0, codec.STREAM_MAX)
packets = st.none() | st.integers(0, 1 << 31)
texts = st.text(max_size=6) | st.sampled_from(
    ["a  b", '"', "\\", "(x)", "! y", "\u202e", "\n", "# t"]
)
octets = st.binary(max_size=8) | texts.map(str.encode)
kinds = st.sampled_from([*FrameType]) | st.integers(0, 255)

names = st.sampled_from([b":method", b":path", b"accept", b"~x", b"!y", b"A", b""]) | octets
lines = st.tuples(names, octets)
short_requests = st.tuples(
    st.sampled_from([b"GET", b"POST", b"CONNECT", b"g t", b""]),
    st.sampled_from([b"https", b"http", b"", b"a b"]),
    st.sampled_from([b"localhost", b"example.org:80", b"", b"a/b"]),
    st.sampled_from([b"/", b"/style.css", b"*", b"", b'/"', b"/a  b", b"x://y/z"]),
).map(
    lambda values: tuple(
        zip((b":method", b":scheme", b":authority", b":path"), values, strict=True)
    )
)
connects = st.sampled_from([b"h:1", b"*", b"/x", b"a://b"]).map(
    lambda target: ((b":method", b"CONNECT"), (b":authority", target))
)
statuses = st.sampled_from([b"200", b"2000", b"20", b"abc"]).map(lambda code: ((b":status", code),))
starts = st.just(()) | short_requests | connects | statuses


def never(line: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    return NeverIndexed(*line)


sections = st.tuples(starts, st.lists(lines | lines.map(never), max_size=3)).map(
    lambda parts: (*parts[0], *parts[1])
)


class Direction:
    """What one sender of the test does with field blocks."""

    def __init__(self) -> None:
        self.encoder = FieldEncoder()


@st.composite
def payloads(draw: st.DrawFn, kind: int, flags: int, direction: Direction) -> bytes:
    """Octets that often have the form of their type, and a field block that often has a meaning."""
    if kind not in (FrameType.HEADERS, FrameType.PUSH_PROMISE, FrameType.CONTINUATION):
        return draw(st.binary(max_size=14) | st.integers(0, 300).map(bytes))
    if draw(st.integers(0, 4)) == 0:
        direction.encoder.table_size_max = draw(st.sampled_from([0, 100, 4096, 5000]))
    block = direction.encoder.encode(draw(sections))
    if draw(st.integers(0, 7)) == 0:
        block = draw(st.binary(max_size=9))
    pad = bytes(draw(st.integers(0, 3)))
    head = bytes(4) if kind == FrameType.PUSH_PROMISE else b""
    if kind == FrameType.HEADERS and flags & 0x20:
        head += draw(st.binary(min_size=5, max_size=5))
    return bytes([len(pad)]) + head + block + pad if flags & 8 else head + block


@st.composite
def split_blocks(draw: st.DrawFn, direction: Direction) -> list[bytes]:
    """HEADERS and its CONTINUATIONs, seldom on the wrong stream or without an end."""
    block = direction.encoder.encode(draw(sections))
    stream = draw(small)
    cut, again = sorted((draw(st.integers(0, len(block))), draw(st.integers(0, len(block)))))
    last = 0x4 if draw(st.integers(0, 5)) else 0
    strange = stream if draw(st.integers(0, 5)) else stream + 1
    parts = [codec.raw(1, draw(st.sampled_from([0, 1])), stream, block[:cut])]
    if draw(st.booleans()):
        parts.append(codec.raw(9, 0, strange, block[cut:again]))
        cut = again
    return [*parts, codec.raw(9, last, stream, block[cut:])]


told_of_logs = st.none() | st.builds(
    Told, st.none() | sections, st.lists(texts, max_size=2).map(tuple)
)
infos = st.builds(
    ConnectionInfo,
    texts,
    texts,
    st.sampled_from(("h2c", "h2c-upgrade", "tls")),
    st.none() | octets,
    st.none() | sections,
)


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    connections = draw(st.just((ConnectionInfo(),)) | st.lists(infos, min_size=1, max_size=3))
    trace = Trace(tuple(connections))
    directions = {
        (number, sender): Direction() for number in range(len(connections)) for sender in SENDERS
    }
    framed: list[int] = []
    for what in draw(st.lists(st.sampled_from("ffffhhpoddrnc"), max_size=12)):
        number = draw(st.integers(0, len(connections) - 1))
        at, sender = draw(st.just(0) | times), draw(senders)
        direction = directions[number, sender]
        match what:
            case "f":
                kind = draw(kinds)
                flags = draw(st.sampled_from([0, 1, 4, 5, 8, 12, 0x2C]) | st.integers(0, 255))
                payload = draw(payloads(kind, flags, direction))
                header = codec.FrameHeader(
                    len(payload), kind, flags, draw(streams), draw(st.integers(0, 9)) == 0
                )
                kept = payload[: draw(st.integers(0, len(payload)))] if not draw(small) else payload
                framed.append(
                    trace.add_frame(
                        sender,
                        header,
                        kept,
                        at=at,
                        connection=number,
                        packet=draw(packets),
                        begins=draw(packets),
                        knew=draw(packets),
                        told=draw(told_of_logs),
                    )
                )
            case "h":
                for part in draw(split_blocks(direction)):
                    framed.append(trace.add_octets_of_frame(sender, part, at=at, connection=number))
                    if not draw(st.integers(0, 5)):
                        trace.add_octets_of_frame(
                            draw(senders), codec.raw(6, 0, 0, bytes(8)), connection=number
                        )
            case "p":
                packet = draw(packets)
                trace.append(PrefaceEvent(len(trace), at, number, sender, packet))
            case "o":
                trace.loose_octets(sender, draw(octets), at=at, connection=number)
            case "d" if framed:
                index = draw(st.just(framed[0]) | st.sampled_from(framed) | st.integers(0, 99))
                trace.delivered(index, at=at, connection=number)
            case "r":
                trace.resource(
                    draw(happenings),
                    Resource(draw(texts), draw(st.integers(-9, 1 << 80)), draw(st.integers(-1, 3))),
                    at=at,
                    connection=number,
                    stream=draw(streams),
                    by=draw(texts),
                    size=draw(st.integers(-1, 1 << 40)),
                    chain=tuple(draw(st.lists(texts, max_size=2))),
                )
            case "n":
                trace.note(draw(texts), at=at, connection=number, stream=draw(streams))
            case _:
                trace.cut(sender, draw(cuts), draw(packets), at=at, connection=number)
    return trace


@given(traces())
def test_printing_then_parsing_gives_any_trace_again(trace: Trace) -> None:
    assert trace == notation.parse_one(notation.print_trace(trace))


@pytest.mark.slow
@hypothesis_settings(max_examples=5000, suppress_health_check=list(HealthCheck))
@given(traces())
def test_printing_then_parsing_gives_very_many_traces_again(trace: Trace) -> None:
    assert trace == notation.parse_one(notation.print_trace(trace))


@given(traces())
def test_what_is_printed_is_inert(trace: Trace) -> None:
    text = notation.print_trace(trace)

    assert all(letter.isprintable() or letter == "\n" for letter in text)


@hypothesis_settings(max_examples=40)
@given(traces())
def test_any_trace_can_be_drawn(trace: Trace) -> None:
    assert all(len(line) <= 80 for line in ladder.text(trace).splitlines())
    assert "svg" in ElementTree.fromstring(ladder.svg(trace)).tag


@hypothesis_settings(max_examples=40)
@given(traces().filter(len))
def test_what_is_printed_is_recognised(trace: Trace) -> None:
    assert notation.looks_like(notation.print_trace(trace))


@hypothesis_settings(max_examples=25)
@given(
    st.lists(
        st.tuples(
            st.text("ab c", max_size=5).map(lambda title: " ".join(title.split())),
            traces().filter(len),
            st.lists(st.sampled_from(["leak", "opens_after_goaway"]), max_size=2, unique=True),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_a_text_of_several_traces_comes_back(parts: list[tuple[str, Trace, list[str]]]) -> None:
    written = [
        Titled(title, trace, tuple(Expected(len(trace) - 1, rule) for rule in rules))
        for title, trace, rules in parts
    ]

    read = notation.parse(notation.print_text(written))

    assert [(each.title, each.trace, each.expected) for each in written] == [
        (each.title, each.trace, each.expected) for each in read
    ]


@given(
    st.text(max_size=40)
    | st.lists(st.sampled_from(list('C S*#@!"(-> =1a\\\n')), max_size=30).map("".join)
)
def test_any_text_is_read_or_refused_in_one_sentence(text: str) -> None:
    refusal = ""
    try:
        notation.parse(text)
    except notation.NotationError as error:
        refusal = str(error)

    assert refusal.isprintable()
