"""The ladder, in letters and as a picture: what it shows, what it folds, what it never shows."""

import re
from dataclasses import dataclass
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from h2proof.sim import codec, ladder, notation
from h2proof.sim.frames import Data, Headers, RstStream
from h2proof.sim.hpack import FieldEncoder
from h2proof.sim.ladder import palette
from h2proof.sim.trace import Resource, Trace


@dataclass(frozen=True)
class Found:
    event: int
    rule: str


@dataclass(frozen=True)
class OfResource(Found):
    resource: Resource


PROMISE = notation.parse_one(
    """C  SETTINGS ENABLE_PUSH=0
S  SETTINGS ACK
C  HEADERS 1 END_STREAM  GET /
S  PUSH_PROMISE 1 -> 2  GET /style.css
"""
)


def words_of(picture: str) -> list[str]:
    root = ElementTree.fromstring(picture)
    return [
        "".join(each.itertext()).replace("\u00a0", " ")
        for each in root.iter()
        if each.tag.endswith("}text")
    ]


def test_a_short_trace_reads_from_top_to_bottom() -> None:
    expected = """\
client                                                server
|-- SETTINGS ENABLE_PUSH=0 ------------------------------->|
|<----------------------------------------- SETTINGS ACK --|
|-- HEADERS 1 END_STREAM  GET / -------------------------->|
|<------------------ PUSH_PROMISE 1 -> 2  GET /style.css --|
|                              ! promise_while_push_is_off |"""

    assert expected == ladder.text(PROMISE, [Found(3, "promise_while_push_is_off")], width=60)


def test_time_is_shown_where_it_passes() -> None:
    trace = notation.parse_one("@5s C  PING\nS  PING\n@5.002s S  PING ACK\n")

    assert ["      0s |", "         |", "     2ms |"] == [
        line[:10] for line in ladder.text(trace).splitlines()[1:]
    ]


def test_an_arrival_is_shown_only_where_frames_crossed() -> None:
    at_once = "C  PING\n*  delivered C\nS  PING ACK\n"
    crossed = "C  PING\nS  SETTINGS\n*  delivered C\nS  PING ACK\n"

    assert "arrives" not in ladder.text(notation.parse_one(at_once))
    assert "PING arrives *|" in ladder.text(notation.parse_one(crossed))


@given(st.integers(40, 200), st.text(max_size=60), st.binary(max_size=60))
def test_no_line_is_wider_than_asked_and_nothing_acts(width: int, note: str, value: bytes) -> None:
    trace = Trace()
    trace.note(note)
    block = FieldEncoder().encode([(b"a", value)])
    trace.add_octets_of_frame("server", codec.encode(Headers(1, block)), at=7)

    drawn = ladder.text(trace, width=width)

    assert all(letter.isprintable() or letter == "\n" for letter in drawn)
    assert all(len(line) <= width for line in drawn.splitlines())


def bulk(frames: int) -> Trace:
    trace = Trace()
    for number in range(frames // 2):
        trace.add_octets_of_frame("server", codec.encode(Data(1, bytes(9))), at=number * 1_000_000)
        stream = 2 * number + 1
        trace.add_octets_of_frame("client", codec.encode(RstStream(stream, number % 13)))
    return trace


def restless(frames: int) -> Trace:
    """A trace in which nothing repeats."""
    trace = Trace()
    kinds = [number * number % 97 % 13 for number in range(frames)]
    for number, kind in enumerate(kinds):
        sender = "client" if number * number % 89 % 2 else "server"
        octets = codec.raw(kind, 0, number % 40 + 1, b"x" * 300)
        trace.add_octets_of_frame(sender, octets, at=number)  # type: ignore[arg-type]
    return trace


def test_a_run_becomes_one_row_that_counts_it() -> None:
    drawn = ladder.text(bulk(100))

    assert 6 == len(drawn.splitlines())
    assert "... 96 more: 48 DATA, 48 RST_STREAM, 432 octets" in drawn


def test_a_frame_with_a_finding_is_never_folded() -> None:
    trace = bulk(100)

    assert "! leak" in ladder.text(trace, [Found(50, "leak")])
    assert "! leak" in ladder.text(restless(5000), [Found(2500, "leak")])


@pytest.mark.parametrize("trace", [bulk(5000), restless(5000)], ids=["even", "restless"])
def test_five_thousand_frames_stay_small_and_readable(trace: Trace) -> None:
    picture = ladder.svg(trace, [Found(2500, "leak")])

    assert len(picture.encode()) < 500_000
    assert "! leak" in words_of(picture)
    assert len(ladder.text(trace).splitlines()) < 260


SECRET = notation.parse_one(
    "C  HEADERS 1  GET /  cookie: id=hunter2  Authorization: hunter2  ~x: public\n"
    "S  HEADERS 1  200  set-cookie: hunter2\n"
)


def test_secret_values_are_masked_with_their_length() -> None:
    drawn = ladder.text(SECRET, width=120) + ladder.svg(SECRET)

    assert "hunter2" not in drawn
    assert "cookie: **********" in drawn
    assert "public" in drawn
    assert "hunter2" in ladder.text(SECRET, width=120, redact=False)


def test_a_picture_holds_the_same_words() -> None:
    words = words_of(ladder.svg(PROMISE, [Found(3, "promise_while_push_is_off")]))

    assert {"client", "server", "PUSH_PROMISE 1 -> 2  GET /style.css"} <= set(words)
    assert "! promise_while_push_is_off" in words


def test_a_picture_neither_runs_nor_loads_anything() -> None:
    trace = notation.parse_one(
        'C  HEADERS 1  GET /  x: <script>alert(1)</script>  y: "]]>&<!--"\n*  note "<b>\\u{202e}</b>"\n'
    )
    picture = ladder.svg(trace)

    tags = {each.tag.partition("}")[2] for each in ElementTree.fromstring(picture).iter()}
    assert tags <= {"svg", "title", "style", "rect", "text", "path", "circle"}
    assert "href" not in picture
    assert "\u202e" not in picture
    assert any("<script>alert(1)</script>" in words for words in words_of(picture))


def test_a_promise_points_to_the_lane_of_the_promised_stream() -> None:
    assert 'd="M20 150Q31 161 37 152"' in ladder.svg(PROMISE)


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(
    "colour",
    [palette.INK, palette.QUIET, palette.FINDING, *palette.STREAMS],
    ids=lambda each: each.light,
)
@pytest.mark.parametrize(
    "ground", [palette.GROUND, palette.FINDING_GROUND], ids=["plain", "marked"]
)
def test_each_colour_is_legible_on_both_grounds(
    colour: palette.Colour, ground: palette.Colour
) -> None:
    assert contrast(colour.light, ground.light) >= 4.5
    assert contrast(colour.dark, ground.dark) >= 4.5


def test_the_letters_of_a_picture_are_not_tiny() -> None:
    sizes = [int(size) for size in re.findall(r'font-size="(\d+)"', ladder.svg(bulk(20)))]

    assert min(sizes) >= 11


def test_rows_of_a_picture_do_not_overlap() -> None:
    root = ElementTree.fromstring(ladder.svg(restless(300)))
    heights = sorted(
        float(each.get("y", 0))
        for each in root.iter()
        if each.tag.endswith("}text") and each.get("text-anchor") != "middle" and each.text
    )
    rows = [y for y in dict.fromkeys(heights) if y > 40]

    assert all(later - former >= 20 or later - former <= 1 for former, later in pairwise(rows))


def test_a_ladder_is_not_drawn_too_narrow() -> None:
    with pytest.raises(ValueError, match="at least 40 columns, not 10"):
        ladder.text(PROMISE, width=10)


def test_an_empty_trace_has_an_empty_ladder() -> None:
    assert 1 == len(ladder.text(Trace()).splitlines())
    assert ["client", "server"] == words_of(ladder.svg(Trace()))


def test_a_resource_stands_at_the_connection_that_acquired_it() -> None:
    trace = notation.parse_one(
        "C  PING\nC#1  PING\n*#1  acquired wrapper#1\n*  used wrapper#1\n*  released wrapper#1\n"
    )
    lines = ladder.text(trace, [OfResource(3, "leak", Resource("wrapper", 1))]).splitlines()

    assert ["#1"] * 3 == [line.split()[0] for line in lines if "wrapper#1" in line]
