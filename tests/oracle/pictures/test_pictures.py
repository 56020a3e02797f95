"""Pictures show the numbers of the object they are drawn from, in real text, and run nothing."""

import re
import sys
from xml.etree import ElementTree

import pytest

from h2proof.oracle import judge, ledger
from h2proof.oracle.pictures.ledgers import ledger_bundle
from h2proof.oracle.pictures.verdicts import verdict_bundle
from h2proof.sim import notation
from h2proof.sim.trace import Trace

charts = pytest.importorskip("h2proof.oracle.pictures.charts")
windows = pytest.importorskip("h2proof.oracle.pictures.windows")

RUN = notation.parse_one(
    """*  acquired wrapper#1 stream=1 size=96
C  HEADERS 1 END_STREAM  GET /
*  acquired wrapper#2 stream=1 size=96
@1ms
S  PUSH_PROMISE 1 -> 2  GET /s
S  HEADERS 1  200
S  DATA 1 END_STREAM len=1000
*  released wrapper#1 stream=1
C  RST_STREAM 2 CANCEL
@2ms
*  note "faults stop"
*  note "quiet"
*  held wrapper#2 chain="kept of a layer"
"""
)


def words_of(picture: str) -> str:
    root = ElementTree.fromstring(picture)
    assert {each.tag.partition("}")[2] for each in root.iter()} & {
        "script",
        "image",
        "foreignObject",
    } == set()
    return "\n".join("".join(each.itertext()) for each in root.iter() if each.tag.endswith("}text"))


def test_a_ledger_shows_its_own_numbers() -> None:
    book = ledger.examine(RUN)
    words = words_of(charts.live_resources(book))

    assert "wrapper: 2 acquired, 1 released, 1 live at the end, 2 at most" in words
    assert "dotted: faults stop, quiet" in words


def test_the_same_ledger_gives_the_same_picture() -> None:
    one, other = (charts.live_resources(ledger.examine(RUN)) for _ in range(2))

    assert one == other


def test_windows_follow_what_is_sent_and_granted() -> None:
    trace = notation.parse_one(
        "S  SETTINGS INITIAL_WINDOW_SIZE=100\nC  HEADERS 1  POST /\nC  DATA 1 len=60 pad=4\n"
        "S  WINDOW_UPDATE 1 +10\nS  SETTINGS INITIAL_WINDOW_SIZE=0\n"
    )
    [connection, stream] = sorted(windows.windows(trace), key=lambda each: each.stream)

    assert [(0, 65_535), (2, 65_470)] == connection.steps
    assert [(1, 100), (2, 35), (3, 45), (4, -55)] == stream.steps
    assert "stream 1" in words_of(charts.flow_windows(trace))


def test_lives_name_each_stream_and_how_it_ended() -> None:
    words = words_of(charts.stream_lives(RUN))

    for word in ("stream 1", "stream 2", "promised", "RST_STREAM", "server's END_STREAM"):
        assert word in words


@pytest.mark.parametrize("draw", ["flow_windows", "stream_lives"])
def test_an_empty_trace_has_an_empty_picture(draw: str) -> None:
    assert "<svg" in getattr(charts, draw)(Trace())


def test_each_picture_turns_dark_with_the_page_and_has_no_tiny_letters() -> None:
    for picture in (charts.live_resources(ledger.examine(RUN)), charts.stream_lives(RUN)):
        assert "prefers-color-scheme:dark" in picture
        sizes = [float(size) for size in re.findall(r"font(?:-size)?: ([\d.]+)px", picture)]
        assert sizes
        assert min(sizes) >= 9


def test_a_verdict_is_shown_with_its_reasons_and_nothing_acts() -> None:
    trace = notation.parse_one("C  SETTINGS\nS  SETTINGS ACK\nS  SETTINGS ACK\n")
    verdict = judge(trace)
    bundle = verdict_bundle(verdict)

    assert bundle["text/plain"].startswith("violation: 1 finding; 3 frames judged")
    assert verdict.findings[0].rule in bundle["text/html"]
    assert "RFC9113" in bundle["text/html"]
    assert "event 2" in bundle["text/html"]
    assert 8 == bundle["text/html"].count("text-align:left")  # four heads, four cells


def test_a_finding_of_a_capture_is_told_by_its_packet() -> None:
    trace = notation.parse_one(
        "C  SETTINGS packet=7\nS  SETTINGS ACK packet=8\nS  SETTINGS ACK packet=9\n"
    )

    assert "server, the connection, packet 9" in verdict_bundle(judge(trace))["text/html"]


def test_an_empty_ledger_says_so() -> None:
    assert {"text/plain": "an empty ledger: the trace holds no resource events"} == ledger_bundle(
        ledger.examine(Trace())
    )


def test_without_matplotlib_a_ledger_shows_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("h2proof.oracle.pictures.ledgers.find_spec", lambda name: None)
    monkeypatch.delitem(sys.modules, "h2proof.oracle.pictures.charts", raising=False)

    assert ["text/plain"] == list(ledger_bundle(ledger.examine(RUN)))


def test_objects_ask_for_their_pictures_themselves() -> None:
    assert {"text/plain", "image/svg+xml"} == set(RUN._repr_mimebundle_())
    assert {"text/plain", "text/html"} == set(judge(RUN)._repr_mimebundle_())
    assert {"text/plain", "image/svg+xml"} == set(ledger.examine(RUN)._repr_mimebundle_())


def test_a_chain_of_writers_is_in_the_order_of_their_making() -> None:
    chains = pytest.importorskip("h2proof.oracle.pictures.chains")
    trace = notation.parse_one(
        '*  acquired "response writer"#1 stream=1 by="server"\n'
        '*  acquired "response writer"#2 stream=3 by="server"\n'
        '*  acquired wrapper#1 stream=1 by="push handler"\n'
        "*  released wrapper#1\n"
    )

    chain = chains.writer_chain(trace, 1)

    assert [("server", None), ("push handler", 3)] == [(link.by, link.released) for link in chain]
    assert "still live" in words_of(chains.handler_chain(trace, 1))
