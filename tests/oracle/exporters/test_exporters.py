"""What goes out comes in again: the same trace, the same frames in tshark, no secrets to read."""

import re
import runpy
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hpack.hpack import Encoder
from hypothesis import given
from hypothesis import strategies as st

from h2proof.oracle import exporters, importers, judge
from h2proof.oracle.exporters import EXPORTERS, Titled, export
from h2proof.oracle.exporters.masking import has_secrets, masked_block, masked_trace
from h2proof.oracle.exporters.merging import merged
from h2proof.oracle.importers import Options
from h2proof.properties.command import main
from h2proof.sim import notation
from h2proof.sim.hpack import FieldDecoder, LateDecoder
from h2proof.sim.trace import ConnectionInfo, CutEvent, FrameEvent, PrefaceEvent, Trace

PUSH = """*  connection client="127.0.0.1:40312" server="127.0.0.1:8080"
@1s
C  PREFACE
C  SETTINGS ENABLE_PUSH=1
S  SETTINGS
S  SETTINGS ACK
@1.5s
C  HEADERS 1 END_STREAM  GET /  cookie: id=hunter2
S  PUSH_PROMISE 1 -> 2  GET /style.css
S  HEADERS 1 part=3  200  set-cookie: hunter2  server: h2proof
S  CONTINUATION 1
S  0x42 1 flags=0x01 octets=aabb
S  DATA 1 END_STREAM "hello" pad=3
C  PING flags=0x00 octets=00 reserved
C  RST_STREAM 2 CANCEL
C  CUT fin
S  CUT rst
"""
UPGRADED = """*  connection client="[::1]:4" server="[::1]:80" transport=h2c-upgrade upgrade_settings=000300000064 fields="GET http://localhost/a","accept: */*"
C  PREFACE
C  SETTINGS
S  SETTINGS
S  HEADERS 1 END_STREAM  200
"""
CAPTURES = [
    "curl-nghttpd-ipv6.pcapng",
    "curl-nghttpd-push-disabled.pcapng",
    "curl-rawserver-extensions-padding.pcapng",
]


def on_wire(trace: Trace) -> list[object]:
    """The events of a trace but for their numbering."""
    found: list[object] = []
    for event in trace:
        if isinstance(event, FrameEvent):
            event = replace(event, index=0, packet=None, begins=None, knew=None)
        elif isinstance(event, PrefaceEvent | CutEvent):
            event = replace(event, index=0, packet=None)
        found.append(event)
    return found


def imported(path: Path) -> list[Trace]:
    return [each.trace for each in importers.read(path, Options(keep_data=True))]


@pytest.mark.parametrize("text", [PUSH, UPGRADED], ids=["prior knowledge", "upgrade"])
def test_a_capture_holds_the_same_trace(tmp_path: Path, text: str) -> None:
    trace = notation.parse_one(text)
    path = tmp_path / "out.pcapng"
    path.write_bytes(export("pcapng", [Titled("", trace)]))

    [again] = imported(path)

    assert trace.connections == again.connections
    assert on_wire(trace) == on_wire(again)


@pytest.mark.parametrize("form", ["text", "json"])
def test_our_own_forms_hold_the_trace_itself(tmp_path: Path, form: str) -> None:
    trace = notation.parse_one(PUSH)
    path = tmp_path / "out"
    path.write_bytes(export(form, [Titled("", trace)], redact=False))

    [again] = imported(path)

    assert on_wire(trace) == on_wire(again)


@pytest.mark.parametrize("name", CAPTURES)
@pytest.mark.parametrize("form", ["text", "json", "pcapng"])
def test_real_captures_go_out_and_come_in(
    shared: Path, tmp_path: Path, name: str, form: str
) -> None:
    traces = imported(shared / "traces" / name)
    path = tmp_path / "out"
    path.write_bytes(export(form, [Titled("", trace) for trace in traces], redact=False))

    again = imported(path)

    assert [on_wire(trace) for trace in traces] == [on_wire(trace) for trace in again]


def test_a_short_text_gets_the_preface_that_it_leaves_out(tmp_path: Path) -> None:
    path = tmp_path / "out.pcapng"
    path.write_bytes(
        export("pcapng", [Titled("", notation.parse_one("C  PING aa\nS  PING ACK aa"))])
    )

    [again] = imported(path)

    assert ["preface", *["frame"] * 6] == [event.kind for event in again]
    assert ["PING", "PING"] == [str(event).split()[1] for event in again][-2:]


def test_a_capture_tells_what_each_side_can_have_known(tmp_path: Path) -> None:
    trace = notation.parse_one(
        "C  PREFACE\nC  SETTINGS\nS  SETTINGS\nC  PING aa\nS  PING bb\n"
        "*  delivered C\nS  PING cc\n*  delivered C\nS  PING ACK aa\n"
    )
    path = tmp_path / "out.pcapng"
    path.write_bytes(export("pcapng", [Titled("", trace)]))

    [again] = imported(path)

    assert [0, 0, 1, None] == [event.knew for event in again.frames() if event.sender == "server"]


@pytest.mark.parametrize("line", ["*  delivered event=99", '@99999999999999s\n*  note "late"'])
def test_what_a_capture_cannot_say_is_left_out(tmp_path: Path, line: str) -> None:
    path = tmp_path / "out.pcapng"
    trace = notation.parse_one(f"C  PREFACE\nC  SETTINGS\nS  SETTINGS\n{line}\nC  CUT fin\n")
    path.write_bytes(export("pcapng", [Titled("", trace)]))

    [again] = imported(path)

    assert ["preface", "frame", "frame", "cut"] == [event.kind for event in again]


def test_a_hole_stays_a_hole(tmp_path: Path) -> None:
    trace = notation.parse_one(
        "C  PREFACE\nC  SETTINGS\nS  SETTINGS\nS  SETTINGS ACK\nC  CUT lost octets=17\nC  PING\n"
        "C  CUT fin\nS  CUT fin\n"
    )
    path = tmp_path / "out.pcapng"
    path.write_bytes(export("pcapng", [Titled("", trace)]))

    [again] = importers.read(path, Options(keep_data=True))

    assert not again.complete
    assert [17] == [gap.octets for gap in again.gaps]


def test_a_payload_that_is_not_known_is_not_made_up() -> None:
    trace = notation.parse_one("C  DATA 1 len=10 elided")

    with pytest.raises(ValueError, match="payload of frame 0 is not known"):
        export("pcapng", [Titled("", trace)])


@pytest.mark.skipif(shutil.which("tshark") is None, reason="needs tshark")
def test_tshark_sees_the_same_frames(tmp_path: Path) -> None:
    trace = notation.parse_one(PUSH)
    path = tmp_path / "out.pcapng"
    path.write_bytes(export("pcapng", [Titled("", trace)]))

    seen = subprocess.run(
        [
            "tshark",
            "-r",
            path,
            "-Y",
            "http2.type",
            "-T",
            "fields",
            "-e",
            "http2.type",
            "-e",
            "http2.flags",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    # tshark shows the frame that is cut short (PING of one octet) as it stands
    expected = [
        word for event in trace.frames() for word in (str(event.type), f"0x{event.flags:02x}")
    ]
    assert expected == seen


def test_a_packet_has_right_checksums(tmp_path: Path) -> None:
    dpkt = pytest.importorskip("dpkt")
    path = tmp_path / "out.pcapng"
    path.write_bytes(export("pcapng", [Titled("", notation.parse_one(PUSH))]))

    with path.open("rb") as file:
        packets = [dpkt.ip.IP(octets) for _, octets in dpkt.pcapng.Reader(file)]

    for packet in packets:
        was = packet.sum, packet.data.sum
        packet.sum = packet.data.sum = 0
        again = dpkt.ip.IP(bytes(packet))
        assert was == (again.sum, again.data.sum)


# --- secrets -------------------------------------------------------------------------------------


def test_what_is_made_to_be_read_masks_secrets() -> None:
    traces = [Titled("", notation.parse_one(PUSH))]

    for form in ("text", "mermaid", "pytest", "ladder", "svg"):
        assert b"hunter2" not in export(form, traces)
        assert b"hunter2" in export(form, traces, redact=False)


values = st.binary(max_size=30) | st.text("abcxyz0189~^{}\\?,.", max_size=30).map(str.encode)


@given(
    st.lists(st.tuples(st.sampled_from([b"cookie", b"x", b"authorization"]), values)), st.booleans()
)
def test_masking_changes_no_length_and_nothing_else(
    fields: list[tuple[bytes, bytes]], huffman: bool
) -> None:
    block = Encoder().encode([(b":status", b"200"), *fields, *fields], huffman=huffman)

    changed = masked_block(block, LateDecoder())

    assert len(block) == len(changed)
    lines = FieldDecoder().decode(changed)
    assert isinstance(lines, tuple)
    for (name, value), (again, masked) in zip(fields * 2, lines[1:], strict=True):
        assert name == again
        assert (value == masked) is (name == b"x") or len(value) < 4


def test_masked_frames_keep_their_sizes_and_their_meaning() -> None:
    trace = notation.parse_one(PUSH)
    masked = masked_trace(trace)

    assert has_secrets(trace)
    assert [event.length for event in trace.frames()] == [event.length for event in masked.frames()]
    assert "GET /style.css" in notation.print_trace(masked)
    assert "hunter2" not in notation.print_trace(masked)


def test_a_trace_without_secrets_is_left_alone() -> None:
    assert not has_secrets(notation.parse_one("C  HEADERS 1  GET /  accept: */*"))


# --- several connections -------------------------------------------------------------------------


def test_connections_are_merged_in_the_order_of_time() -> None:
    one = notation.parse_one("@1ms\nC  PING 01\n@3ms\nC  PING 03\n*  delivered C\n")
    other = notation.parse_one("@2ms\nC  PING 02\n*  delivered C\n@4ms S  PING 04\n")

    whole = merged([Titled("a", one), Titled("b", other)])

    assert [1, 2, 2, 3, 3, 4] == [event.at // 1_000_000 for event in whole]
    assert one == whole.of_connection(0)
    assert other == whole.of_connection(1)


def test_several_connections_of_a_capture_come_apart_again(tmp_path: Path) -> None:
    first = notation.parse_one(PUSH)
    second = Trace((ConnectionInfo("127.0.0.1:40313", "127.0.0.1:8080"),))
    for event in first:
        second.append(event)
    path = tmp_path / "out.pcapng"
    path.write_bytes(export("pcapng", [Titled("", first), Titled("", second)]))

    assert [on_wire(first), on_wire(second)] == [on_wire(trace) for trace in imported(path)]


# --- Mermaid, and the command --------------------------------------------------------------------


def test_a_diagram_has_an_arrow_for_each_frame() -> None:
    drawn = export("mermaid", [Titled("", notation.parse_one(PUSH))]).decode().splitlines()

    assert "sequenceDiagram" == drawn[0]
    assert 12 == sum("->>" in line for line in drawn)
    assert "S->>C: PUSH_PROMISE 1 -#62; 2  GET /style.css" in [line.strip() for line in drawn]


def test_a_drawing_marks_what_the_judge_finds() -> None:
    traces = [Titled(each.title, each.trace) for each in notation.parse(BROKEN)]

    letters = export("ladder", traces).decode()

    assert letters.startswith("a promise after the acknowledgment\n\n")
    assert "! promise_while_push_is_off" in letters
    assert b"! promise_while_push_is_off" in export("svg", traces[:1])


def test_a_diagram_takes_no_syntax_from_a_trace() -> None:
    text = 'C  HEADERS 1  GET /  x: a;b<script>#35;{}"\n*  note "end\\nloop"\n'
    drawn = export("mermaid", [Titled("", notation.parse_one(text))]).decode()

    assert 5 == len(drawn.splitlines())
    assert "<" not in drawn
    assert "b#60;script#62;#35;35#59;" in drawn


def test_the_command_writes_what_it_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "case.txt"
    path.write_text(PUSH)

    assert 0 == main(["export", str(path), "--to", "text", "--no-redact"])
    printed = capsys.readouterr()

    assert on_wire(notation.parse_one(PUSH)) == on_wire(notation.parse_one(printed.out))
    assert "secrets included" in printed.err


@pytest.mark.parametrize("form", [name for name, row in EXPORTERS.items() if row.carries_octets])
def test_the_command_says_when_octets_go_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    path = tmp_path / "case.txt"
    path.write_text(PUSH)

    assert 0 == main(["export", str(path), "--to", form, "-o", str(tmp_path / "out")])
    assert f"{form} carries the octets as they were, secrets included" in capsys.readouterr().err
    assert (tmp_path / "out").stat().st_size > 100


@pytest.mark.parametrize("content", [None, b"", b"nonsense", b"C  HEADRS 1\n"])
def test_what_cannot_be_read_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    path = tmp_path / "case.txt"
    if content is not None:
        path.write_bytes(content)

    assert 2 == main(["export", str(path), "--to", "json"])
    assert 1 == len(capsys.readouterr().err.splitlines())


# --- verdicts ------------------------------------------------------------------------------------

BROKEN = """# a promise after the acknowledgment
C  PREFACE
C  SETTINGS ENABLE_PUSH=0
S  SETTINGS
S  SETTINGS ACK
C  SETTINGS ACK
C  HEADERS 1 END_STREAM  GET /  cookie: \\hunter2
S  PUSH_PROMISE 1 -> 2  GET /style.css
S  HEADERS 1 END_STREAM  200
C  CUT fin
S  CUT fin
# 2
C  SETTINGS
S  SETTINGS ACK
S  SETTINGS ACK
"""


def judged(trace: Trace) -> list[tuple[str, str, int]]:
    return [(each.actor, each.rule, each.stream) for each in judge(trace).findings]


@pytest.mark.parametrize("form", ["text", "json", "pcapng"])
@pytest.mark.parametrize("place", [0, 1], ids=["whole", "fragment"])
def test_what_went_out_and_in_again_is_judged_the_same(
    tmp_path: Path, form: str, place: int
) -> None:
    titled = notation.parse(BROKEN)[place]
    path = tmp_path / "out"
    path.write_bytes(export(form, [Titled("", titled.trace)]))

    [again] = imported(path)

    expected = judged(titled.trace)
    assert expected
    # a capture that just ends has no end in it: what only an end shows is not judged
    assert expected == judged(again)


def loaded(folder: Path, source: str) -> dict[str, Any]:
    path = folder / "test_exported.py"
    path.write_text(source)
    return runpy.run_path(str(path))


def test_an_exported_test_passes_and_knows_what_was_found(tmp_path: Path) -> None:
    traces = [Titled(each.title, each.trace) for each in notation.parse(BROKEN)]
    written = export("pytest", traces).decode()
    namespace = loaded(tmp_path, written)

    tests = [name for name in namespace if name.startswith("test_")]
    assert [
        "test_a_promise_after_the_acknowledgment_is_judged_as_before",
        "test_trace_2_is_judged_as_before",
    ] == tests
    assert "! promise_while_push_is_off" in written
    assert "hunter2" not in written
    for name in tests:
        namespace[name]()


def test_an_exported_test_fails_where_the_verdict_is_another(tmp_path: Path) -> None:
    [titled] = notation.parse("C  PING\nS  PING ACK\nS  PING ACK\n")
    written = export("pytest", [Titled("", titled.trace)]).decode()
    namespace = loaded(tmp_path, re.sub(r"\s*! \w+", "", written))

    with pytest.raises(AssertionError):
        namespace["test_the_trace_is_judged_as_before"]()


@pytest.mark.slow
@pytest.mark.parametrize("form", ["text", "json", "pcapng"])
def test_every_capture_is_judged_the_same_after_its_way_out_and_in(
    shared: Path, tmp_path: Path, form: str
) -> None:
    path = tmp_path / "out"
    unwritable = []
    for capture in sorted((shared / "traces").glob("*.pcap*")):
        traces = [trace for trace in imported(capture) if list(trace.frames())]
        if not traces:
            continue
        try:
            written = export(form, [Titled("", trace) for trace in traces])
        except ValueError:  # octets that the capture itself does not have
            unwritable.append(capture.name)
            continue
        path.write_bytes(written)
        before = [found for trace in traces for found in judged(trace)]
        after = [found for trace in imported(path) for found in judged(trace)]

        assert before == after, capture.name
    assert [] == [name for name in unwritable if "snaplen" not in name]


def test_every_exporter_has_its_row() -> None:
    folder = Path(exporters.__path__[0])
    written = {
        path.stem for path in folder.glob("*.py") if "\ndef export(traces" in path.read_text()
    }

    assert written == {row.module.rpartition(".")[2] for row in EXPORTERS.values()}
    assert written == set(EXPORTERS)
