"""The importer of what `tshark -V` (or `-O http2`) prints for people to read."""

import re
from collections.abc import Iterator
from typing import Final

from h2proof.oracle.importers.imported import Account, Imported, Options
from h2proof.oracle.importers.logs.dissection import Packet, Values, connections
from h2proof.oracle.importers.logs.tshark_json import packet
from h2proof.oracle.importers.source import Source

_PACKET: Final = re.compile(r"Frame (\d+): \d+ bytes on wire")
_IP: Final = re.compile(r"Internet Protocol Version [46], Src: (\S+), Dst: (\S+)")
_TCP: Final = re.compile(
    r"Transmission Control Protocol, Src Port: (?:\S+ \()?(\d+)\)?, Dst Port: (?:\S+ \()?(\d+)"
)
_SETTING: Final = re.compile(r"Settings Identifier: .*\((\d+)\)")

# fmt: off
_LABELS: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern), f"http2_{name}")
    for pattern, name in (
        (r"Magic: (.*)$",                               "magic"),
        (r"Length: (\d+)",                              "length"),
        (r"Type: .*\((\d+)\)",                          "type"),
        (r"Flags: (0x[0-9a-f]+)",                       "flags"),
        (r"[01. ]+ = Stream Identifier: (\d+)",         "streamid"),
        (r"[01. ]+ = Exclusive: (\w+)",                 "exclusive"),
        (r"[01. ]+ = Stream Dependency: (\d+)",         "stream_dependency"),
        (r"Weight: (\d+)",                              "headers_weight"),
        (r"Header Block Fragment: ([0-9a-f]+)$",        "headers"),
        (r"Continuation Header: ([0-9a-f]+)$",          "continuation_header"),
        (r"[01. ]+ = Promised-Stream-ID: (\d+)",        "push_promise_promised_stream_id"),
        (r"[01. ]+ = Window Size Increment: (\d+)",     "window_update_window_size_increment"),
        (r"[01. ]+ = Promised-Stream-ID: (\d+)",        "goaway_last_stream_id"),
        (r"[01. ]+ = Last-Stream-ID: (\d+)",            "goaway_last_stream_id"),
        (r"(?:Ping|Pong): ([0-9a-f]{16})",              "ping"),
        (r"Name: (.*)",                                 "header_name"),
        (r"Value: (.*)",                                "header_value"),
    )
)
# fmt: on
_ERROR: Final = re.compile(r"Error: .*\((\d+)\)")
_DEBUG: Final = re.compile(r"Additional Debug Data: ([0-9a-f]+)$")


def read(source: Source, options: Options, account: Account) -> Iterator[Imported]:
    """The connections of the dissection."""
    lines = source.text(options.limits.text_octets_max).split("\n")
    yield from connections(_packets(lines), account)


def _packets(lines: list[str]) -> Iterator[Packet]:
    values: Values = {}
    frames: list[Values] = []
    setting = False
    for line in lines:
        if found := _PACKET.match(line):
            if values:
                yield packet(values, frames)
            values, frames = {"frame_number": [found[1]]}, []
        elif found := _IP.match(line):
            values["ip_src"], values["ip_dst"] = [found[1]], [found[2]]
        elif found := _TCP.match(line):
            values["tcp_srcport"], values["tcp_dstport"] = [found[1]], [found[2]]
        elif line.startswith("Transport Layer Security"):
            values["tls"] = []
        elif line.startswith("    Stream: "):
            frames.append({})
        elif line.startswith("    ") and frames:
            setting = _content(line.strip(), frames[-1], setting)
    if values:
        yield packet(values, frames)


def _content(text: str, frame: Values, setting: bool) -> bool:
    """One line of a frame; whether the next one holds the value of a setting."""
    if setting:
        frame.setdefault("http2_settings_unknown", []).append(text.rsplit(": ", 1)[-1])
        return False
    if found := _SETTING.match(text):
        frame.setdefault("http2_settings_id", []).append(found[1])
        return True
    if found := _ERROR.match(text):
        for name in ("rst_stream_error", "goaway_error"):
            frame[f"http2_{name}"] = [found[1]]
    elif found := _DEBUG.match(text):
        frame["http2_goaway_addata"] = [found[1]]
    for pattern, name in _LABELS:
        if found := pattern.match(text):
            values = frame.setdefault(name, [])
            if not values or name in ("http2_header_name", "http2_header_value"):
                values.append(found[1])
            if name == "http2_headers":
                frame["http2_push_promise_header"] = values
    return False
