"""The importer of what `curl -v` and `curl --trace-ascii` print.

Since 8.2 curl can name the frames that it sends and receives (`--trace-config http/2`); else it
prints requests, responses and GOAWAY. Octets, settings and padding are in neither.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from h2proof.oracle.importers.imported import Account, Imported, Options
from h2proof.oracle.importers.logs.telling import TWO_U32, TYPES, U32, Telling, told_by, whole
from h2proof.oracle.importers.source import Source
from h2proof.sim.trace import Sender

_INFO: Final = re.compile(r"(?:[\d:.]+ )?(?:\*|== Info:) (.*)")
_PLAIN: Final = re.compile(r"< (.*)|<( ?)$")
_BLOCK: Final = re.compile(r"[\d:.]+ (<=|=>) (Recv header|\w+)")
_BLOCK_LINE: Final = re.compile(r"([0-9a-f]{4}): (.*)")

_FRAME: Final = re.compile(r"\[HTTP/2\] \[(\d+)\] (->|<-) FRAME\[([A-Z_]+|\d+)(.*)\]")
_STREAM: Final = re.compile(r"Using Stream ID: (\d+)|\[HTTP/2\] \[(\d+)\] OPENED stream")
_PSEUDO: Final = re.compile(r"(?:h2h3|h2|\[HTTP/2\] \[\d+\]) \[(:?[^:\]]+): (.*)\]")
_GOAWAY: Final = re.compile(r"recv?eived GOAWAY, error=(\d+), last_stream=(\d+)")
_STATUS: Final = re.compile(r"HTTP/2 (\d{3})\b")
_FIELD: Final = re.compile(r"([^:\s]+): ?(.*)")

_END_STREAM, _END_HEADERS, _ACK = 1, 4, 1

_REQUESTS_ONLY: Final = (
    "curl printed requests, responses and GOAWAY, no frames: neither data, settings and windows, nor "
    "how field blocks were cut and what ended a stream"
)
_FRAMES_ONLY: Final = "curl prints frames without their octets, and no values of settings"
_AMBIGUOUS: Final = "with several requests under way nothing tells which one a response answers"


def read(source: Source, options: Options, account: Account) -> Iterator[Imported]:
    """The connection that the log tells of; none if it speaks another HTTP than 2."""
    lines = source.text(options.limits.text_octets_max).split("\n")
    framed = any("FRAME[" in line for line in lines)
    reading = _Frames() if framed else _Messages()
    for number, line in enumerate(lines, 1):
        with told_by(account, f"line {number}"):
            reading.line(number, line.rstrip("\r"))
    if reading.telling.frames:
        yield reading.telling.imported(0)
    else:
        account.skip("logs of curl: no HTTP/2 in it")


class _Frames:
    """A log that names frames."""

    def __init__(self) -> None:
        self.telling = Telling()
        self.telling.unknown(_FRAMES_ONLY)

    def line(self, number: int, line: str) -> None:
        """One line of the log."""
        found = _FRAME.search(line)
        if found is None:
            return
        stream, arrow, name, rest = found.groups()
        values = {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", rest)}
        kind = int(name) if name.isdecimal() else TYPES.get(name, 255)
        sender: Sender = "client" if arrow == "->" else "server"
        flags = _flags(kind, values)
        unsure = ("flags",) if "flags" not in values and kind in (0, 1, 5) else ()
        if kind == 5:
            unsure = (*unsure, "promised")
        length = values.get("len", _LENGTHS.get(kind) if kind != 4 or flags else None)
        build = _PAYLOADS.get(kind)
        payload = build(values) if build is not None else b""
        self.telling.frame(
            sender, kind, flags, int(stream), length, payload, unsure=unsure, packet=number
        )


def _flags(kind: int, values: dict[str, int]) -> int:
    if "flags" in values:
        return values["flags"] & 0xFF
    flags = _END_STREAM if values.get("eos") else 0
    flags |= _END_HEADERS if values.get("hend") else 0
    return flags | (_ACK if values.get("ack") and kind in (4, 6) else 0)


_LENGTHS: Final[dict[int, int]] = {4: 0, 6: 8, 8: 4}
"""Lengths that curl leaves out: of acknowledgments of SETTINGS, PING and WINDOW_UPDATE."""
_PAYLOADS: Final[dict[int, Callable[[dict[str, int]], bytes]]] = {
    3: lambda values: whole(U32(values.get("error", 0)), values.get("len", 4)),
    7: lambda values: TWO_U32(values.get("last_stream", 0), values.get("error", 0)),
    8: lambda values: U32(values.get("incr", 0)),
}


class _Messages:
    """A log of requests and responses."""

    def __init__(self) -> None:
        self.telling = Telling()
        self.telling.unknown(_REQUESTS_ONLY)
        self._request: list[tuple[bytes, bytes]] = []
        self._response: list[tuple[bytes, bytes]] | None = None
        self._waiting: list[int] = []
        """Streams whose final response was not seen."""
        self._receiving = False
        self._first_request: list[str] = []
        """The lines of an HTTP/1.1 request, which may ask for an upgrade."""

    def line(self, number: int, line: str) -> None:
        """One line of the log."""
        if found := _INFO.match(line):
            self._info(number, found[1])
        elif found := _BLOCK.match(line):
            self._receiving = found[2] == "Recv header"
        elif line.startswith("> "):
            self._first_request.append(line[2:])
        elif found := _PLAIN.match(line):
            self._received(number, found[1] or "")
        elif (found := _BLOCK_LINE.match(line)) and self._receiving and found[1] == "0000":
            self._received(number, found[2])

    def _info(self, number: int, text: str) -> None:
        if found := _PSEUDO.match(text):
            self._request.append((found[1].encode(), found[2].encode()))
        elif found := _STREAM.match(text):
            stream = int(found[1] or found[2])
            self._waiting.append(stream)
            self._headers("client", stream, self._request, number)
            self._request = []
        elif text.startswith("Received 101") and self._first_request:
            self.telling.upgraded("\n".join(self._first_request))
            self._waiting.append(1)
        elif found := _GOAWAY.match(text):
            payload = TWO_U32(int(found[2]), int(found[1]))
            self.telling.frame("server", 7, 0, 0, None, payload, packet=number)

    def _received(self, number: int, text: str) -> None:
        if found := _STATUS.match(text):
            self._response = [(b":status", found[1].encode())]
        elif found := _FIELD.fullmatch(text):
            if self._response is not None:
                self._response.append((found[1].encode(), found[2].encode()))
        elif not text.strip() and self._response is not None:
            self._answered(number, self._response)
            self._response = None

    def _answered(self, number: int, response: list[tuple[bytes, bytes]]) -> None:
        if len(self._waiting) != 1:
            self.telling.unknown(_AMBIGUOUS)
            return
        self._headers("server", self._waiting[0], response, number)
        if not response[0][1].startswith(b"1"):
            self._waiting.clear()

    def _headers(
        self, sender: Sender, stream: int, fields: list[tuple[bytes, bytes]], number: int
    ) -> None:
        self.telling.frame(
            sender,
            1,
            _END_HEADERS,
            stream,
            None,
            fields=tuple(fields) or None,
            unsure=("flags",),
            packet=number,
        )
