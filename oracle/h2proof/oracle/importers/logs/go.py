"""The importer of what Go's HTTP/2 prints with GODEBUG=http2debug=2.

The lines of a Framer name every frame with its flags, length and stream, those of Transport or
server say which side the program is. Field lines are printed in lines of their own; octets, the
promised stream and priorities never are.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from h2proof.oracle.importers.imported import Account, CannotRead, Imported, Options
from h2proof.oracle.importers.logs.telling import (
    CODES,
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
from h2proof.sim.frames import SETTING_NAMES
from h2proof.sim.trace import Sender

_FRAME: Final = re.compile(
    r"http2: Framer (0x[0-9a-f]+): (read|wrote) ([A-Z_]+?)(?:_(\d+))?"
    r"(?: flags=(\S+))?(?: stream=(\d+))? len=(\d+)(.*)"
)
_FIELD: Final = re.compile(
    r'http2: (decoded hpack field header field|(?:server|Transport) encoding header) ("[^"\\]*(?:\\.[^"\\]*)*") = (".*")'
)
_CLIENT: Final = re.compile(r"http2: Transport ")
_SERVER: Final = re.compile(r"http2: server ")
_SETTING: Final = re.compile(r"([A-Z_]+?)(?:_(\d+))?=(\d+)(?:,|$)")
_FLAGS: Final = {"END_STREAM": 1, "ACK": 1, "END_HEADERS": 4, "PADDED": 8, "PRIORITY": 0x20}
_IDENTIFIERS: Final = {name: number for number, name in SETTING_NAMES.items()}

_UNTOLD: Final = (
    "Go prints neither the octets of field blocks nor of data, nor promised streams and priorities, "
    "and does not say when the connection ended"
)


def read(source: Source, options: Options, account: Account) -> Iterator[Imported]:
    """The connections that the log tells of, one for each Framer."""
    lines = source.text(options.limits.text_octets_max).split("\n")
    owner = _owner(lines)
    if owner is None:
        raise CannotRead(
            f"{source.name}: a Go log in which nothing tells whether it is a client's or a server's"
        )
    reading = _Reading(owner)
    for number, line in enumerate(lines, 1):
        with told_by(account, f"line {number}"):
            reading.line(number, line)
    with told_by(account, "the last frame"):
        reading.finish()
    for place, telling in enumerate(reading.connections.values()):
        yield telling.imported(place)


class _Reading:
    """A log, while it is read: field lines wait for their frame, or a frame for its field lines."""

    def __init__(self, owner: Sender) -> None:
        self.connections: dict[str, Telling] = {}
        self._owner = owner
        self._sent: list[tuple[bytes, bytes]] = []
        self._received: list[tuple[bytes, bytes]] = []
        self._waiting: _Frame | None = None

    def line(self, number: int, line: str) -> None:
        """One line of the log."""
        if found := _FIELD.search(line):
            what, name, value = found.groups()
            lines = self._received if what.startswith("decoded") else self._sent
            lines.append((_unquoted(name), _unquoted(value)))
            return
        frame = _frame(line, number, self._owner)
        if frame is None:
            return
        self.finish()
        if frame.kind not in _BLOCKS:
            frame.tell(self.connections, [])
        elif frame.sender == self._owner:
            lines, self._sent = self._sent, []
            frame.tell(self.connections, lines)
        else:
            self._waiting = frame  # its field lines come behind it

    def finish(self) -> None:
        """No more field lines come for the frame that waits for them."""
        frame, self._waiting = self._waiting, None
        lines, self._received = self._received, []
        if frame is not None:
            frame.tell(self.connections, lines)


def _owner(lines: list[str]) -> Sender | None:
    for line in lines:
        if _CLIENT.search(line):
            return "client"
        if _SERVER.search(line):
            return "server"
    return None


def _unquoted(text: str) -> bytes:
    """A string as Go's %q prints it."""
    body = text[1:-1]
    if "\\" not in body:
        return body.encode()
    return (
        body.encode("latin-1", "backslashreplace")
        .decode("unicode_escape")
        .encode("latin-1", "replace")
    )


class _Frame:
    """One line of a Framer."""

    def __init__(self, found: re.Match[str], number: int, owner: Sender) -> None:
        framer, verb, name, code, flags, stream, length, rest = found.groups()
        self.framer = framer
        self.sender: Sender = owner if verb == "wrote" else other(owner)
        self.kind = int(code) if code and name == "UNKNOWN_FRAME_TYPE" else TYPES.get(name, 255)
        self.flags = sum(_flag(each) for each in (flags or "").split("|"))
        self.stream = int(stream or 0)
        self.length = int(length)
        self.number = number
        self.rest = rest

    def tell(self, connections: dict[str, Telling], fields: list[tuple[bytes, bytes]]) -> None:
        """Add the frame to its connection."""
        telling = connections.get(self.framer)
        if telling is None:
            telling = connections[self.framer] = Telling()
            telling.unknown(_UNTOLD)
        build = _PAYLOADS.get(self.kind)
        whole_block = fields and self.flags & _FLAGS["END_HEADERS"]
        told: FieldLines | None = tuple(fields) if fields and whole_block else None
        telling.frame(
            self.sender,
            self.kind,
            self.flags,
            self.stream,
            self.length,
            build(self.rest, self.length) if build is not None else b"",
            fields=told,
            unsure=("promised",) if self.kind == 5 else (),
            packet=self.number,
        )


def _frame(line: str, number: int, owner: Sender) -> _Frame | None:
    found = _FRAME.search(line)
    return _Frame(found, number, owner) if found is not None else None


def _flag(name: str) -> int:
    if name.startswith("0x"):
        return int(name, 16)
    return _FLAGS.get(name, 0)


# -- payloads --


def _settings(rest: str, length: int) -> bytes:
    pairs = []
    for name, unknown, value in _SETTING.findall(
        rest.partition("settings: ")[2].replace(", ", ",")
    ):
        number = int(unknown) if unknown else _IDENTIFIERS.get(name)
        if number is None:
            return b""
        pairs.append(SETTING(number, int(value)))
    return whole(b"".join(pairs), length)


def _code(rest: str) -> int | None:
    found = re.search(r"ErrCode=(?:([A-Z_0-9]+)|unknown error code 0x([0-9a-f]+))", rest)
    if found is None:
        return None
    return int(found[2], 16) if found[2] else CODES.get(found[1])


def _reset(rest: str, length: int) -> bytes:
    code = _code(rest)
    return b"" if code is None else whole(U32(code), length)


def _ping(rest: str, length: int) -> bytes:
    found = re.search(r'ping=(".*")', rest)
    return whole(_unquoted(found[1]), length) if found else b""


def _goaway(rest: str, length: int) -> bytes:
    last, code = re.search(r"LastStreamID=(\d+)", rest), _code(rest)
    if last is None or code is None:
        return b""
    start = TWO_U32(int(last[1]), code)
    debug = re.search(r'Debug=(".*")', rest)
    return whole(start + (_unquoted(debug[1]) if debug else b""), length) or start


def _window_update(rest: str, length: int) -> bytes:
    found = re.search(r"incr=(\d+)", rest)
    return whole(U32(int(found[1])), length) if found else b""


_BLOCKS: Final = (1, 5)
_PAYLOADS: Final[dict[int, Callable[[str, int], bytes]]] = {
    3: _reset,
    4: _settings,
    6: _ping,
    7: _goaway,
    8: _window_update,
}
"""By frame type: the payload, from the rest of the line."""
