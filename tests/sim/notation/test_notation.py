"""The notation as people write it: its short forms, its comments, its refusals."""

import re
from pathlib import Path

import pytest

from h2proof.sim import codec, notation
from h2proof.sim.frames import Data, GoAway, Headers, Ping, RstStream, Setting, Settings
from h2proof.sim.hpack import FieldDecoder
from h2proof.sim.trace import DeliveredEvent, FrameEvent, Resource, ResourceEvent, Trace


def only(text: str) -> FrameEvent:
    [event] = notation.parse_one(text)
    assert isinstance(event, FrameEvent)
    return event


def test_each_worked_case_of_late_delivery_is_read_and_printed_again(shared: Path) -> None:
    text = (shared / "reference" / "late-delivery.md").read_text()
    cases = re.findall(r"```\n(.*?)```", text[text.index("## 8. Worked") :], re.DOTALL)

    traces = [notation.parse_one(case) for case in cases]

    assert 7 == len(cases)
    for trace in traces:
        assert trace == notation.parse_one(notation.print_trace(trace))


def test_the_example_of_the_front_page_says_what_the_judge_must_find() -> None:
    [titled] = notation.parse(
        """
C  SETTINGS ENABLE_PUSH=0
S  SETTINGS ACK
C  HEADERS 1 END_STREAM  GET /
S  PUSH_PROMISE 1 -> 2   GET /style.css     ! promise_while_push_is_off
"""
    )

    assert [(3, "promise_while_push_is_off")] == list(titled.expected)
    assert (2, 3, 4, 5) == titled.lines
    assert [2, 3, 4, 5] == [event.packet for event in titled.numbered().frames()]


def test_a_short_request_has_the_documented_pseudo_header_fields() -> None:
    event = only("C  HEADERS 1 END_STREAM  GET /x")

    assert (
        (b":method", b"GET"),
        (b":scheme", b"https"),
        (b":authority", b"localhost"),
        (b":path", b"/x"),
    ) == FieldDecoder().decode(event.payload)


def test_field_blocks_of_one_sender_share_a_table() -> None:
    trace = notation.parse_one(
        "C  HEADERS 1  GET /  cookie: a\nS  HEADERS 1  200  cookie: a\nC  HEADERS 3  GET /  cookie: a"
    )
    first, answer, second = trace.frames()
    decoder = FieldDecoder()

    assert decoder.decode(first.payload) == decoder.decode(second.payload)
    assert len(second.payload) < len(first.payload)
    assert (b"cookie", b"a") in tuple(FieldDecoder().decode(answer.payload))  # type: ignore[arg-type]


def test_a_block_given_in_octets_is_followed_by_the_words_after_it() -> None:
    literal = "40016101620001630164"  # a: b into the table, c: d without
    trace = notation.parse_one(f"C  HEADERS 1 block={literal}\nC  HEADERS 3  a: b")

    assert b"\xbe" == list(trace.frames())[1].payload  # the newest entry


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ("C  DATA 1 END_STREAM len=3", Data(1, bytes(3), True)),
        ('C  DATA 1 "hi\\x00" pad=2', Data(1, b"hi\0", padding=bytes(2))),
        ("C  DATA 1", Data(1)),
        ("C  PING aa", Ping(b"\xaa" + bytes(7))),
        ("C  RST_STREAM 1", RstStream(1, 8)),
        ("C  RST_STREAM 1 0x99", RstStream(1, 0x99)),
        ("C  GOAWAY last=7 CANCEL", GoAway(7, 8)),
        ("C  SETTINGS 0x99=1 ENABLE_PUSH=2", Settings(((0x99, 1), (Setting.ENABLE_PUSH, 2)))),
        ("C  HEADERS 1 -END_HEADERS", Headers(1, end_headers=False)),
    ],
)
def test_a_line_spells_its_frame(text: str, frame: object) -> None:
    assert frame == only(text).frame


def test_a_frame_can_be_spelled_in_octets_when_it_has_no_form() -> None:
    event = only("S  PING flags=0x03 octets=0011 reserved")

    assert codec.raw(6, 3, 0, b"\0\x11", reserved=True) == event.octets


def test_a_block_in_parts_goes_on_in_continuations() -> None:
    whole = only("C  HEADERS 1  GET /  accept: */*").payload
    trace = notation.parse_one(
        "C  HEADERS 1 part=2  GET /  accept: */*\nC  CONTINUATION 1 part=3\nC  CONTINUATION 1"
    )

    assert [whole[:2], whole[2:5], whole[5:]] == [event.payload for event in trace.frames()]
    assert [0, 0, 4] == [event.flags & 4 for event in trace.frames()]


def test_time_stands_until_the_next_time() -> None:
    trace = notation.parse_one("C  PING\n@3ms\nC  PING\n@1.5s S  PING ACK\nS  PING ACK")

    assert [0, 3_000_000, 1_500_000_000, 1_500_000_000] == [event.at for event in trace]


def test_deliveries_take_the_oldest_frame_of_their_sender() -> None:
    trace = notation.parse_one("C  PING\nS  PING\nC  PING\n*  delivered C\n*  delivered C")
    deliveries = [event.frame_event for event in trace if isinstance(event, DeliveredEvent)]

    assert [0, 2] == deliveries


def test_what_happens_to_resources_has_a_form() -> None:
    text = '*  held "request context"#7.2 stream=3 by="push" size=512 chain="a","list of \\"b\\""\n'
    [event] = notation.parse_one(text)

    assert isinstance(event, ResourceEvent)
    assert Resource("request context", 7, 2) == event.resource
    assert ("a", 'list of "b"') == event.chain
    assert text == notation.print_trace(notation.parse_one(text))


def test_comments_say_nothing() -> None:
    trace = notation.parse_one(
        "## a remark\n(another)\nC  PING aa  (and why)\nC  HEADERS 1  GET /\n    accept: */*  (x)\n"
    )

    assert ["PING", "HEADERS"] == [str(event).split()[1] for event in trace]
    assert "accept: */*" in notation.print_trace(trace)


def test_a_title_begins_a_trace() -> None:
    found = notation.parse("# one\nC  PING\n\n# two\n# three\nS  PING\n")

    assert [("one", 1), ("two", 0), ("three", 1)] == [
        (each.title, len(each.trace)) for each in found
    ]


def test_an_empty_text_is_an_empty_trace() -> None:
    assert Trace() == notation.parse_one("")
    assert "" == notation.print_trace(Trace())


def test_octets_appear_only_where_words_do_not_say_enough() -> None:
    foreign = bytes.fromhex("828684") + b"\x41\x02aa"  # without Huffman coding
    trace = Trace()
    trace.add_octets_of_frame("client", codec.encode(Headers(1, foreign)))

    assert (
        f"C  HEADERS 1 block={foreign.hex()}  (:method: GET  :scheme: http  :path: /"
        "  :authority: aa)\n" == notation.print_trace(trace)
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("C  HEADRS 1", "line 1: .HEADRS. is no frame: allowed are DATA, HEADERS"),
        ("C  PING\n\nX  PING", "line 3: a line begins with C, S or"),
        ("C  DATA", "line 1: DATA is written with its stream: DATA 1"),
        ("C  DATA one", "the stream of DATA is a number from 0 to 2147483647"),
        ("C  DATA 1 len=-1", "len= is a number from 0"),
        ("C  DATA 1 colour=red", "allowed are|the content of DATA is"),
        ("C  WINDOW_UPDATE 0 99", r"written with its increment: WINDOW_UPDATE 0 \+99"),
        ("C  PUSH_PROMISE 1 2", "PUSH_PROMISE 1 -> 2"),
        ("C  SETTINGS ENABLE_PSUH=0", "a setting is NAME=value"),
        ("C  GOAWAY last=0 NO_EROR", "an error code is a number or a name"),
        ("C  HEADERS 1  GET x", "target is /path"),
        ("C  HEADERS 1  GET /  accept", "a field line is `name: value`"),
        ("C  RAW 0g", "pairs of hexadecimal digits"),
        ("C  CUT off", "CUT is followed by one of fin, rst, lost, late"),
        ("@soon", "a time is a number with ns, us, ms or s"),
        ("@0.1ns", "whole nanoseconds"),
        ("*  delivered C", "no frame of C is on its way"),
        ("*  leaked wrapper#1", "behind . stands one of connection, delivered, note"),
        ("C#7  PING", "connection #7 is not declared"),
        ("  C  PING", "an indented line goes on"),
        ("C  PING packet=1 packet=2", "packet= stands twice"),
    ],
)
def test_what_is_no_line_is_refused_with_what_is_allowed(text: str, reason: str) -> None:
    with pytest.raises(notation.NotationError, match=reason) as caught:
        notation.parse(text)

    assert str(caught.value).isprintable()


def test_one_trace_is_not_several() -> None:
    with pytest.raises(notation.NotationError, match="the text holds 2"):
        notation.parse_one("# a\nC  PING\n# b\nC  PING\n")


@pytest.mark.parametrize(
    "text", ["C  PING", "# t\n\nS  HEADRS 1", "@1ms\nC#1  X", "C SETTINGS\n", '*  note "x"']
)
def test_the_notation_is_recognised(text: str) -> None:
    assert notation.looks_like(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only a title",
        "[  0.001] recv SETTINGS frame",
        '{"version":1}',
        "C compiler output",
        "* Connected to localhost",
        "S3 bucket  listing",
        "2026/01/01 http2: Framer 0xc: wrote SETTINGS",
    ],
)
def test_other_texts_are_not_taken_for_the_notation(text: str) -> None:
    assert not notation.looks_like(text)


def test_reading_is_linear_in_what_is_refused_too() -> None:
    hostile = "C  HEADERS 1  a: " + '"\\' * 50_000

    with pytest.raises(notation.NotationError, match="begins with a quote ends with one"):
        notation.parse(hostile)
