"""The importer of what `nghttp -v` and `nghttpd -v` print.

A frame is a line with its length, flags and stream, followed by indented lines with its content;
received field lines come before the frame they belong to, sent ones behind it. CONTINUATION frames
are joined with what they continue before they are printed, and octets are never printed.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from h2proof.oracle.importers.imported import Account, Imported, Options
from h2proof.oracle.importers.logs.telling import (
    DEPENDENCY,
    SETTING,
    TWO_U32,
    TYPES,
    U32,
    FieldLines,
    Telling,
    other,
    told_by,
    whole,
)
from h2proof.oracle.importers.source import Source
from h2proof.sim.trace import Sender

_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")
_START: Final = re.compile(r"(?:\[id=(\d+)\] )?\[ *(\d{1,9})\.(\d{1,9})\] (.*)")
_FRAME: Final = re.compile(
    r"(\[INVALID; error=[^]]*\] )?(send|recv) ([A-Z_]+|0x[0-9a-f]+|UNKNOWN)(?:\(0x([0-9a-f]+)\))? frame "
    r"<length=(\d+), flags=0x([0-9a-f]+), stream_id=(\d+)>"
)
_FIELD: Final = re.compile(r"recv \(stream_id=(\d+)(?:, sensitive)?\) (:?[^:]+): ?(.*)")
_SENT_FIELD: Final = re.compile(r"(:?[^:;(\[ ]+): ?(.*)")
_SETTING: Final = re.compile(r"\[[A-Za-z_0-9]+\(0x([0-9a-f]+)\):(\d+)\]")

_UNTOLD: Final = (
    "nghttp prints neither the octets of field blocks nor of data, joins CONTINUATION with what it "
    "continues, and does not say when the connection ended"
)


@dataclass(slots=True)
class _Line:
    """A frame's line, and the indented ones behind it."""

    number: int
    at: int
    sender: Sender
    kind: int
    flags: int
    stream: int
    length: int
    invalid: bool
    content: list[str] = field(default_factory=list)
    fields: FieldLines | None = None


def read(source: Source, options: Options, account: Account) -> Iterator[Imported]:
    """The connections that the log tells of: one of a client, those of a server by their number."""
    connections: dict[str, _Reading] = {}
    current: _Reading | None = None
    for number, line in enumerate(source.text(options.limits.text_octets_max).split("\n"), 1):
        line = _COLOUR.sub("", line.rstrip("\r"))
        start = _START.match(line)
        if start is None:
            if current is not None:
                current.content(line)
            continue
        with told_by(account, f"line {number}"):
            name, seconds, fraction, text = start.groups()
            owner: Sender = "server" if name else "client"
            current = connections.setdefault(name or "", _Reading(owner))
            current.line(number, int(seconds) * 10**9 + int(fraction.ljust(9, "0")), text)
    for place, reading in enumerate(connections.values()):
        with told_by(account, "the last frame"):
            reading.finish()
        yield reading.telling.imported(place)


class _Reading:
    """One connection of a log, while it is read."""

    def __init__(self, owner: Sender) -> None:
        self._owner = owner
        self.telling = Telling()
        self.telling.unknown(_UNTOLD)
        self._open: _Line | None = None
        self._fields: dict[int, list[tuple[bytes, bytes]]] = {}
        self._request: list[str] = []
        """The lines of a request that asks for an upgrade."""
        self._in_request = False

    def line(self, number: int, at: int, text: str) -> None:
        """A line that begins with a time."""
        self._write()
        self._in_request = text == "HTTP Upgrade request"
        if text == "HTTP Upgrade success" and self._request:
            self.telling.upgraded("\n".join(self._request))
        elif found := _FRAME.match(text):
            invalid, verb, name, code, length, flags, stream = found.groups()
            kind = TYPES.get(name)
            if kind is None:
                kind = int(code or name.removeprefix("0x"), 16) if code or name[:2] == "0x" else 255
            sender = self._owner if verb == "send" else other(self._owner)
            self._open = _Line(
                number, at, sender, kind, int(flags, 16), int(stream), int(length), bool(invalid)
            )
            if verb == "recv" and kind in (1, 5):
                received = self._fields.pop(int(stream), None)
                if received is not None and not invalid:
                    self._open.fields = tuple(received)
        elif found := _FIELD.match(text):
            stream, name, value = found.groups()
            self._fields.setdefault(int(stream), []).append((name.encode(), value.encode()))

    def content(self, line: str) -> None:
        """A line that goes on with the one before it."""
        if self._in_request:
            self._request.append(line)
        elif self._open is not None and line.startswith(" "):
            self._open.content.append(line.strip())

    def finish(self) -> None:
        """The log is over."""
        self._write()

    def _write(self) -> None:
        line, self._open = self._open, None
        if line is None:
            return
        if line.kind in (1, 5) and line.sender == self._owner:
            found = [_SENT_FIELD.fullmatch(each) for each in line.content]
            line.fields = tuple((each[1].encode(), each[2].encode()) for each in found if each)
        self.telling.frame(
            line.sender,
            line.kind,
            line.flags,
            line.stream,
            line.length,
            _payload(line),
            fields=line.fields,
            packet=line.number,
            at=line.at,
        )


# -- payloads, as far as the lines tell them --


def _payload(line: _Line) -> bytes:
    build = _PAYLOADS.get(line.kind)
    if build is None:
        return b""
    text = " ".join(line.content)
    return build(text, line.length) if not line.flags & _PADDED or line.kind > 5 else b""


def _number(name: str, text: str) -> int:
    found = re.search(rf"\b{name}=(\d+)", text)
    return int(found[1]) if found else 0


def _code(text: str) -> int:
    found = re.search(r"error_code=[A-Za-z0-9_]*\(0x([0-9a-f]+)\)", text)
    return int(found[1], 16) if found else 0


def _dependency(text: str) -> bytes:
    word = _number("dep_stream_id", text) | _number("exclusive", text) << 31
    return DEPENDENCY(word, max(0, _number("weight", text) - 1))


def _headers(text: str, length: int) -> bytes:
    return _dependency(text) if "dep_stream_id=" in text else b""


def _settings(text: str, length: int) -> bytes:
    pairs = [SETTING(int(number, 16), int(value)) for number, value in _SETTING.findall(text)]
    return whole(b"".join(pairs), length)


def _ping(text: str, length: int) -> bytes:
    found = re.search(r"opaque_data=([0-9a-f]{16})", text)
    return bytes.fromhex(found[1]) if found else b""


def _goaway(text: str, length: int) -> bytes:
    start = TWO_U32(_number("last_stream_id", text), _code(text))
    found = re.search(r"opaque_data\(\d+\)=\[(.*)\]", text)
    debug = found[1].encode() if found else b""
    return whole(start + debug, length) or start  # other octets than letters are printed as dots


_PADDED: Final = 0x08
_PAYLOADS: Final[dict[int, Callable[[str, int], bytes]]] = {
    1: _headers,
    2: lambda text, length: whole(_dependency(text), length),
    3: lambda text, length: whole(U32(_code(text)), length),
    4: _settings,
    5: lambda text, length: U32(_number("promised_stream_id", text)),
    6: _ping,
    7: _goaway,
    8: lambda text, length: whole(U32(_number("window_size_increment", text)), length),
}
"""By frame type: the start of the payload, from the text behind the frame's line."""
