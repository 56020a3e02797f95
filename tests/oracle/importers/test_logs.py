"""Each log agrees with the capture it belongs to, on what both can know."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from tests.oracle.importers.reading import read

from h2proof.oracle.importers import CannotRead, Imported, Options
from h2proof.sim.frames import END_HEADERS, PADDED, Headers, PushPromise
from h2proof.sim.hpack import FieldDecoder, Fields
from h2proof.sim.trace import FrameEvent, Trace

NOT_ON_THE_WIRE: Final = {
    "go-rawserver-push-while-disabled.gocli.log": {("client", 7), ("client", 3)},
    "nghttp-go-push.gosrv.log": {("server", 7)},
}
"""Frames that a program printed when it wrote them, to a connection that was closed already."""


def entries(shared: Path) -> tuple[list[dict[str, Any]], dict[str, dict[str, Any]]]:
    listed = json.loads((shared / "traces" / "manifest.json").read_text())
    return [each for each in listed if "capture" in each], {each["file"]: each for each in listed}


def load_log(shared: Path, entry: dict[str, Any]) -> list[Imported]:
    found, account = read(shared / "traces" / "logs" / Path(entry["file"]).name)
    assert [] == account.damage
    return found


def load_capture(shared: Path, entry: dict[str, Any]) -> Imported:
    keys = entry.get("keylog", {}).get("file")
    options = Options(keylog=shared / "traces" / keys if keys else None, keep_data=True)
    found, _ = read(shared / "traces" / entry["file"], options=options)
    return max(found, key=lambda imported: len(imported.trace))


def with_fields(trace: Trace) -> Iterator[tuple[FrameEvent, Fields | None]]:
    """The frames of a capture, with the field sections of those that begin a block."""
    decoders = {sender: FieldDecoder() for sender in ("client", "server")}
    for decoder in decoders.values():
        decoder.table_size_max = 1 << 20
    for event in trace.frames():
        frame = event.frame
        fields: Fields | None = None
        if isinstance(frame, Headers | PushPromise) and frame.end_headers:
            decoded = decoders[event.sender].decode(frame.fragment)
            fields = decoded if isinstance(decoded, tuple) else None
        yield event, fields


def agrees(told: FrameEvent, seen: FrameEvent, fields: Fields | None) -> bool:
    """Whether what a log says of a frame is true of a frame on the wire."""
    knowledge = told.told
    unsure = knowledge.unsure if knowledge is not None else ()
    same = (told.type, told.stream) == (seen.type, seen.stream)
    if "length" not in unsure:
        same = same and told.length == seen.length
    if "flags" in unsure:
        same = same and not told.flags & ~END_HEADERS & ~seen.flags
    else:
        same = same and told.flags == seen.flags
    if knowledge is not None and knowledge.fields is not None:
        same = same and knowledge.fields == fields
    return same and seen.kept.startswith(told.kept)


def test_every_frame_of_a_log_is_in_its_capture_in_the_same_order(shared: Path) -> None:
    logs, captures = entries(shared)

    assert 86 == len(logs)
    for entry in logs:
        capture = list(with_fields(load_capture(shared, captures[entry["capture"]]).trace))
        for imported in load_log(shared, entry):
            for sender in ("client", "server"):
                remaining = iter([row for row in capture if row[0].sender == sender])
                for told in imported.trace.frames():
                    absent = NOT_ON_THE_WIRE.get(Path(entry["file"]).name, ())
                    if told.sender != sender or (sender, told.type) in absent:
                        continue
                    assert any(agrees(told, *row) for row in remaining), (entry["file"], told)


def test_a_dissection_of_tshark_has_every_frame_and_every_control_payload(shared: Path) -> None:
    logs, captures = entries(shared)
    dissections = [each for each in logs if "tshark" in each["format"]]

    assert 13 == len(dissections)
    for entry in dissections:
        capture = load_capture(shared, captures[entry["capture"]])
        [imported] = load_log(shared, entry)
        for told, seen in zip(imported.trace.frames(), capture.trace.frames(), strict=True):
            assert (told.sender, told.type, told.flags, told.stream, told.packet) == (
                seen.sender,
                seen.type,
                seen.flags,
                seen.stream,
                seen.packet,
            )
            padded = seen.type == 1 and seen.flags & PADDED  # the octets of padding are not shown
            if seen.type and not padded and "text" not in entry["format"]:
                assert (entry["file"], seen.kept) == (entry["file"], told.kept)
            elif seen.type:  # in text, long blocks are cut short
                assert seen.kept.startswith(told.kept)
                assert told.told is not None or told.kept == seen.kept


def test_each_log_says_what_it_cannot_know(shared: Path) -> None:
    logs, _ = entries(shared)
    for entry in logs:
        for imported in load_log(shared, entry):
            assert imported.gaps, entry["file"]
            assert not imported.complete


def test_logs_are_recognised_by_their_content(shared: Path, tmp_path: Path) -> None:
    logs, _ = entries(shared)
    forms: Counter[str] = Counter()
    for entry in logs:
        octets = (shared / "traces" / "logs" / Path(entry["file"]).name).read_bytes()
        _, account = read(tmp_path / "nameless", octets)
        forms[account.form] += 1

    assert {
        "nghttp": 50,
        "go": 10,
        "netlog": 2,
        "tshark-json": 7,
        "tshark-ek": 3,
        "tshark-text": 2,
        "tshark-pdml": 1,
        "curl": 11,
    } == forms


NGHTTP = """\
[  0.000] Connected
[  0.001] recv SETTINGS frame <length=6, flags=0x00, stream_id=0>
          (niv=1)
          [SETTINGS_MAX_CONCURRENT_STREAMS(0x03):100]
[  0.002] send HEADERS frame <length=16, flags=0x05, stream_id=1>
          ; END_STREAM | END_HEADERS
          (padlen=0)
          ; Open new stream
          :method: GET
          :path: /
[  0.003] recv (stream_id=1) :method: GET
[  0.003] recv (stream_id=1) :path: /s
[  0.003] recv PUSH_PROMISE frame <length=20, flags=0x04, stream_id=1>
          ; END_HEADERS
          (padlen=0, promised_stream_id=2)
[  0.004] send RST_STREAM frame <length=4, flags=0x00, stream_id=2>
          (error_code=CANCEL(0x08))
"""


def test_an_nghttp_log_keeps_what_it_says_and_nothing_else(tmp_path: Path) -> None:
    [imported], _ = read(tmp_path / "log", NGHTTP.encode())
    settings, request, promise, reset = imported.trace.frames()

    assert ("server", bytes.fromhex("000300000064"), 2) == (
        settings.sender,
        settings.payload,
        settings.packet,
    )
    assert ("client", 16, b"") == (request.sender, request.length, request.kept)
    assert request.told is not None
    assert ((b":method", b"GET"), (b":path", b"/")) == request.told.fields
    assert (20, bytes.fromhex("00000002")) == (promise.length, promise.kept)
    assert promise.told is not None
    assert ((b":method", b"GET"), (b":path", b"/s")) == promise.told.fields
    assert bytes.fromhex("00000008") == reset.payload
    assert 4_000_000 == reset.at


def test_a_server_log_of_nghttpd_has_a_connection_for_each_number(tmp_path: Path) -> None:
    line = "[id={}] [  0.001] send SETTINGS frame <length=0, flags=0x01, stream_id=0>\n"
    found, _ = read(tmp_path / "log", (line.format(1) + line.format(2) + line.format(1)).encode())

    assert [2, 1] == [len(imported.trace) for imported in found]
    assert {"server"} == {event.sender for each in found for event in each.trace.frames()}


CURL = """\
* Connected to localhost
* [HTTP/2] [1] OPENED stream for https://localhost/
* [HTTP/2] [0] -> FRAME[SETTINGS, len=18]
* [HTTP/2] [1] -> FRAME[HEADERS, len=35, hend=1, eos=1]
* [HTTP/2] [0] <- FRAME[SETTINGS, ack=1]
* [HTTP/2] [0] <- FRAME[WINDOW_UPDATE, incr=99]
* [HTTP/2] [1] <- FRAME[DATA, len=5, eos=1, padlen=0]
* [HTTP/2] [1] <- FRAME[RST_STREAM, len=4, flags=0, error=8]
* [HTTP/2] [0] <- FRAME[GOAWAY, error=0, reason='', last_stream=1]
"""


def test_a_newer_curl_names_its_frames(tmp_path: Path) -> None:
    [imported], _ = read(tmp_path / "log", CURL.encode())
    frames = list(imported.trace.frames())

    assert [4, 1, 4, 8, 0, 3, 7] == [each.type for each in frames]
    assert ["client"] * 2 + ["server"] * 5 == [each.sender for each in frames]
    assert [0, 5, 1, 0, 1, 0, 0] == [each.flags for each in frames]
    assert bytes.fromhex("00000063") == frames[3].payload
    assert bytes.fromhex("00000008") == frames[5].payload
    assert bytes.fromhex("0000000100000000") == frames[6].kept
    assert frames[0].elided, "the values of the settings are not printed"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"constants": {}, "events": 3', "a NetLog that cannot be read"),
        ('{"constants": [], "events": []}', "a NetLog that cannot be read"),
        ('[{"_index": 1}]', "JSON of tshark that cannot be read"),
        ('[ {"_index": ', "JSON of tshark that cannot be read"),
        ('{"index": {}}\n', "none is a packet of tshark's"),
        ('<?xml version="1.0"?><pdml><pack', "PDML that cannot be read"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><pdml></pdml>", "XML with declarations of its own"),
        ("http2: Framer 0x1: read PING len=8\n", "nothing tells whether it is a client's"),
        ("C  NONSENSE\n", "line 1"),
        ('{"version": 1, "connections": [{}], "events": [{}]}', "not a trace"),
    ],
)
def test_a_damaged_log_is_one_sentence(text: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(CannotRead) as error:
        read(tmp_path / "log", text.encode())

    assert sentence in str(error.value)
    assert "\n" not in str(error.value)
