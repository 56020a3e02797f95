"""Go's response writer: a 4096-octet buffer, a header that waits, a pointer that is cleared.

`ResponseWriter` is what the handler holds; all it has is a pointer to a `WriterState` from a pool.
When the handler is done the state is flushed, the pointer cleared, and the state goes back (G26);
a late call then meets the cleared pointer (G27). Between the two a late call races with the flush
(G28).
"""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from h2proof.sim.handlers.header import Header
from h2proof.sim.handlers.protocol import NIL_POINTER, Panic, PushError, Request, WriteError
from h2proof.sim.hpack import FieldLine, Fields
from h2proof.sim.servers.fields import http_date, response_section, trailer_section
from h2proof.sim.servers.go.push import PromiseWrite, checked_promise
from h2proof.sim.servers.go.writes import DataWrite, HeadersWrite

if TYPE_CHECKING:
    from h2proof.sim.resources import Lease, Pool
    from h2proof.sim.servers.go.connection import GoConnection
    from h2proof.sim.servers.go.stream import Stream

BUFFER_OCTETS: Final = 4096
STATE_OCTETS: Final = BUFFER_OCTETS + 208
"""The buffer, and the struct that holds it."""
NO_BODY_ALLOWED: Final = "http: request method or response status code does not allow body"
BINARY: Final = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
"""What is in no text."""
TOO_MUCH: Final = "http: wrote more than the declared Content-Length"


NO_FIELDS: Final = Header()
"""What stands behind a response that has not begun, or begins without fields; nobody adds any."""


class WriterState:
    """What stands behind a response writer while its handler runs."""

    __slots__ = (
        "__weakref__",
        "_buffer",
        "_connection",
        "_declared",
        "_done",
        "_request",
        "_sent_header",
        "_snapshot",
        "_status",
        "_stream",
        "_written",
        "header",
    )

    def __init__(self) -> None:
        self.empty()

    def empty(self) -> None:
        """As new; nothing of the life before is left."""
        self.header = Header()
        self._connection: GoConnection | None = None
        self._stream: Stream | None = None
        self._request: Request | None = None
        self._buffer = bytearray()
        self._snapshot = NO_FIELDS
        self._status = 0
        self._sent_header = False
        self._done = False
        self._written = 0
        self._declared: int | None = None

    def begin(self, connection: "GoConnection", stream: "Stream", request: Request) -> None:
        """Stand behind the response on a stream."""
        self._connection = connection
        self._stream = stream
        self._request = request

    # -- what the writer calls --

    async def write_header(self, status: int) -> None:
        """A final header is kept until something follows; an interim one goes out at once."""
        if self._status:
            return
        if not 100 <= status <= 999:
            raise Panic(f"invalid WriteHeader code {status}")
        if status < 200:
            await self._interim(status)
        else:
            self._begin_response(status)

    async def write(self, data: bytes) -> int:
        """Into the buffer; what does not fit goes out, and is waited for (G21)."""
        if not self._status:
            self._begin_response(200)
        if not _allows_body(self._status):
            raise WriteError(NO_BODY_ALLOWED)
        octets = len(data)
        self._written += octets
        if self._declared is not None and self._written > self._declared:
            raise WriteError(TOO_MUCH)
        if octets <= BUFFER_OCTETS - len(self._buffer):
            self._buffer += data
        else:
            await self._through_buffer(data)
        return octets

    async def flush(self) -> None:
        """Send what is buffered; the header alone if nothing is."""
        await self._chunk(self._drained())

    async def push(self, target: str, method: str, header: Mapping[str, Sequence[str]]) -> None:
        """Back when the promise was written: so it waits for whatever is being written (G14)."""
        connection, stream, request = self._parts()
        fields = checked_promise(stream, request, target, method, header)
        await connection.deliver(PromiseWrite(connection, stream, fields), PushError)

    def set_write_deadline(self, at_ns: int) -> None:
        """The stream is reset at this virtual time (G30, G31)."""
        connection, stream, _ = self._parts()
        connection.set_deadline(stream, at_ns)

    async def finish(self) -> None:
        """The handler is done: the final flush, which ends the stream (G26)."""
        try:
            self._done = True
            await self._chunk(self._drained())
        except WriteError:
            pass  # nobody is left who could be told

    # -- within --

    def _parts(self) -> "tuple[GoConnection, Stream, Request]":
        assert self._connection is not None
        assert self._stream is not None
        assert self._request is not None
        return self._connection, self._stream, self._request

    def _begin_response(self, status: int) -> None:
        self._status = status
        if self.header:
            self._snapshot = self.header.clone()
            self._snapshot.remove("Connection")
            declared = self._snapshot.first("Content-Length")
            self._declared = int(declared) if declared.isdecimal() else None

    async def _interim(self, status: int) -> None:
        connection, stream, _ = self._parts()
        header = self.header.clone()
        for name in ("Content-Length", "Transfer-Encoding", "Connection"):
            header.remove(name)
        await connection.deliver(HeadersWrite(stream, response_section(status, header)), WriteError)

    async def _through_buffer(self, data: bytes) -> None:
        while len(data) > BUFFER_OCTETS - len(self._buffer):
            if not self._buffer:
                await self._chunk(data)
                return
            room = BUFFER_OCTETS - len(self._buffer)
            self._buffer += data[:room]
            data = data[room:]
            await self._chunk(self._drained())
        self._buffer += data

    def _drained(self) -> bytes:
        """What was buffered."""
        data = bytes(self._buffer)
        self._buffer.clear()
        return data

    async def _chunk(self, data: bytes) -> None:
        """The header first if it is not out yet; END_STREAM on the last."""
        connection, stream, request = self._parts()
        if not self._status:
            self._begin_response(200)
        is_head = request.method == "HEAD"
        if not self._sent_header:
            self._sent_header = True
            names = self._snapshot.keys()  # they are in canonical spelling
            ends = is_head or (self._done and not data and "Trailer" not in names)
            section = self._section(names, data, is_head, connection.loop.now_ns)
            await connection.deliver(HeadersWrite(stream, section, ends=ends), WriteError)
            if ends:
                return
        if is_head or not (data or self._done):
            return
        trailers = self._trailers() if self._done else ()
        if data or not trailers:
            ends = self._done and not trailers
            await connection.deliver(DataWrite(stream, data, ends=ends), WriteError)
        if trailers:
            await connection.deliver(HeadersWrite(stream, trailers, ends=True), WriteError)

    def _trailers(self) -> Fields:
        """Fields set with Go's prefix, or announced before (promoteUndeclaredTrailers)."""
        return trailer_section(self.header, self._snapshot.get("Trailer", ()))

    def _section(self, names: Collection[str], data: bytes, is_head: bool, now_ns: int) -> Fields:
        extra: list[FieldLine] = []
        if data and "Content-Type" not in names and "Content-Encoding" not in names:
            extra.append((b"content-type", _sniffed(data)))
        if (
            "Content-Length" not in names
            and self._done
            and _allows_body(self._status)
            and (data or not is_head)
        ):
            extra.append((b"content-length", b"%d" % len(data)))
        if "Date" not in names:
            extra.append((b"date", http_date(now_ns)))
        return response_section(self._status, self._snapshot, extra)


class ResponseWriter:
    """What a handler is given by Go's server."""

    __slots__ = ("__weakref__", "_pool", "_state")

    def __init__(self, pool: "Pool[WriterState]", state: "Lease[WriterState]") -> None:
        self._pool = pool
        self._state: Lease[WriterState] | None = state

    @property
    def header(self) -> Header:
        """The response's fields."""
        header: Header = self._follow("Header called after Handler finished").header
        return header

    async def write_header(self, status: int) -> None:
        """Begin the response."""
        await self._follow("WriteHeader called after Handler finished").write_header(status)

    async def write(self, data: bytes) -> int:
        """Send content."""
        count: int = await self._follow("Write called after Handler finished").write(data)
        return count

    async def flush(self) -> None:
        """Send what is buffered."""
        await self._follow("Header called after Handler finished").flush()

    async def push(
        self,
        target: str,
        method: str = "GET",
        header: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Promise a response; G0: a cleared pointer is followed without a friendly word."""
        await self._follow(NIL_POINTER).push(target, method, {} if header is None else header)

    def set_write_deadline(self, at_ns: int) -> None:
        """Have the stream reset at this virtual time."""
        self._follow(NIL_POINTER).set_write_deadline(at_ns)

    async def handler_done(self) -> None:
        """Final flush, pointer cleared, state back into the pool."""
        state = self._state
        assert state is not None
        await state.finish()
        self._state = None
        state.empty()
        self._pool.put(state, by="server")

    def abandon(self) -> None:
        """The state will not come back: after a panic (G26), or if the handler never ran (G20)."""
        if self._state is not None:
            self._pool.abandon(self._state)

    def _follow(self, late: str) -> "Lease[WriterState]":
        if self._state is None:
            raise Panic(late)
        return self._state


def _allows_body(status: int) -> bool:
    return status >= 200 and status not in (204, 304)


def _sniffed(data: bytes) -> bytes:
    """As much of Go's DetectContentType as a model needs."""
    if BINARY.search(data, 0, 512):
        return b"application/octet-stream"
    return b"text/plain; charset=utf-8"
