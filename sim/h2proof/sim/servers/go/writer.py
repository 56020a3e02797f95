"""Go's response writer: a 4096-octet buffer, a header that waits, a pointer that is cleared.

`ResponseWriter` is what the handler holds; all it has is a pointer to a `WriterState` from a pool.
When the handler is done the state is flushed, the pointer cleared, and the state goes back (G26);
a late call then meets the cleared pointer (G27). Between the two a late call races with the flush
(G28).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NoReturn

from h2proof.sim.handlers.header import Header
from h2proof.sim.handlers.protocol import NIL_POINTER, Panic, PushError, Request, WriteError
from h2proof.sim.hpack import Fields
from h2proof.sim.resources import Lease, Pool, touch
from h2proof.sim.servers.fields import (
    SECOND_NS,
    http_date,
    response_section,
    sorted_lines,
    trailer_section,
)
from h2proof.sim.servers.go.push import PromiseWrite, checked_promise
from h2proof.sim.servers.go.writes import DataWrite, HeadersWrite

if TYPE_CHECKING:
    from h2proof.sim.scheduler import Waiter
    from h2proof.sim.servers.go.connection import GoConnection
    from h2proof.sim.servers.go.stream import Stream

BUFFER_OCTETS: Final = 4096
STATE_OCTETS: Final = BUFFER_OCTETS + 208
"""The buffer, and the struct that holds it."""
NO_BODY_ALLOWED: Final = "http: request method or response status code does not allow body"
BODILESS: Final = frozenset((204, 304))
"""Final statuses whose responses have no content."""
BINARY: Final = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
"""What is in no text."""
BINARY_TYPE: Final = b"application/octet-stream"
TEXT_TYPE: Final = b"text/plain; charset=utf-8"
"""As much of Go's DetectContentType as a model needs."""
TOO_MUCH: Final = "http: wrote more than the declared Content-Length"


NO_FIELDS: Final = Header()
"""What stands behind a response that has not begun, or begins without fields; nobody adds any."""


class WriterState:
    """What stands behind a response writer while its handler runs.

    Calls that send give what has to be waited for, one after the other: each is awaited before the
    next is asked for, which is when WriteError says that it was in vain.
    """

    __slots__ = (
        "__weakref__",
        "_buffer",
        "_declared",
        "_done",
        "_life",
        "_sent_header",
        "_snapshot",
        "_status",
        "_written",
        "header",
    )

    def __init__(self) -> None:
        """As new; nothing of the life before is left."""
        self.header = NO_FIELDS
        self._life: tuple[GoConnection, Stream, Request] | None = None
        self._buffer = bytearray()
        self._snapshot = NO_FIELDS
        self._status = 0
        self._sent_header = False
        self._done = False
        self._written = 0
        self._declared: int | None = None

    empty = __init__

    def begin(self, connection: "GoConnection", stream: "Stream", request: Request) -> None:
        """Stand behind the response on a stream."""
        self.header = Header()
        self._life = connection, stream, request

    # -- what the writer calls --

    def write_header(self, status: int) -> "Iterable[Waiter]":
        """A final header is kept until something follows; an interim one goes out at once."""
        if self._status:
            return ()
        if not 100 <= status <= 999:
            raise Panic(f"invalid WriteHeader code {status}")
        if status < 200:
            return self._interim(status)
        self._begin_response(status)
        return ()

    def write(self, data: bytes) -> "Iterable[Waiter]":
        """Into the buffer; what does not fit goes out, and is waited for (G21)."""
        if not self._status:
            self._begin_response(200)
        if self._status in BODILESS:
            raise WriteError(NO_BODY_ALLOWED)
        octets = len(data)
        self._written += octets
        if self._declared is not None and self._written > self._declared:
            raise WriteError(TOO_MUCH)
        if octets > BUFFER_OCTETS - len(self._buffer):
            return self._through_buffer(data)
        self._buffer += data
        return ()

    def flush(self) -> "Iterable[Waiter]":
        """Send what is buffered; the header alone if nothing is."""
        return self._chunk(self._drained())

    def push(self, target: str, method: str, header: Mapping[str, Sequence[str]]) -> PromiseWrite:
        """The promise, which waits for whatever is being written (G14)."""
        assert self._life is not None
        connection, stream, request = self._life
        fields = checked_promise(stream, request, target, method, header)
        promise = PromiseWrite(connection, stream, fields)
        connection.submit(promise, PushError)
        return promise

    def set_write_deadline(self, at_ns: int) -> None:
        """The stream is reset at this virtual time (G30, G31)."""
        assert self._life is not None
        connection, stream, _ = self._life
        connection.set_deadline(stream, at_ns)

    def finish(self) -> "Iterable[Waiter]":
        """The handler is done: the final flush, which ends the stream (G26)."""
        self._done = True
        return self._chunk(self._drained())

    # -- within --

    def _begin_response(self, status: int) -> None:
        self._status = status
        if self.header:
            self._snapshot = self.header.clone()
            self._snapshot.remove("Connection")
            declared = self._snapshot.first("Content-Length")
            self._declared = int(declared) if declared.isdecimal() else None

    def _interim(self, status: int) -> "Iterator[Waiter]":
        assert self._life is not None
        connection, stream, _ = self._life
        header = self.header.clone()
        for name in ("Content-Length", "Transfer-Encoding", "Connection"):
            header.remove(name)
        write = HeadersWrite(stream, response_section(status, header))
        yield connection.submit(write, WriteError)
        if write.error:
            raise WriteError(write.error)

    def _through_buffer(self, data: bytes) -> "Iterator[Waiter]":
        while len(data) > BUFFER_OCTETS - len(self._buffer):
            if not self._buffer:
                yield from self._chunk(data)
                return
            room = BUFFER_OCTETS - len(self._buffer)
            self._buffer += data[:room]
            data = data[room:]
            yield from self._chunk(self._drained())
        self._buffer += data

    def _drained(self) -> bytes:
        """What was buffered."""
        data, self._buffer = bytes(self._buffer), bytearray()
        return data

    def _chunk(self, data: bytes) -> "Iterator[Waiter]":
        """The header first if it is not out yet; END_STREAM on the last."""
        assert self._life is not None
        connection, stream, request = self._life
        if not self._status:
            self._begin_response(200)
        is_head = request.method == "HEAD"
        if not self._sent_header:
            self._sent_header = True
            ends = is_head or (self._done and not data and "Trailer" not in self._snapshot)
            section = self._section(data, is_head, connection.loop.now_ns // SECOND_NS)
            header = HeadersWrite(stream, section, ends)
            yield connection.submit(header, WriteError)
            if header.error:
                raise WriteError(header.error)
            if ends:
                return
        if is_head or not (data or self._done):
            return
        trailers = self._trailers() if self._done and self.header else ()
        if data or not trailers:
            content = DataWrite(stream, data, self._done and not trailers)
            yield connection.submit(content, WriteError)
            if content.error:
                raise WriteError(content.error)
        if trailers:
            trailer = HeadersWrite(stream, trailers, True)
            yield connection.submit(trailer, WriteError)
            if trailer.error:
                raise WriteError(trailer.error)

    def _trailers(self) -> Fields:
        """Fields set with Go's prefix, or announced before (promoteUndeclaredTrailers)."""
        return trailer_section(self.header, self._snapshot.get("Trailer", ()))

    def _section(self, data: bytes, is_head: bool, second: int) -> Fields:
        """The response's fields, and those that Go adds where the handler has not set them."""
        status, snapshot = self._status, self._snapshot
        content_type = length = None
        if data:
            content_type = BINARY_TYPE if BINARY.search(data, 0, 512) else TEXT_TYPE
        if self._done and status not in BODILESS and (data or not is_head):
            length = len(data)
        if not snapshot:
            return added_fields(status, content_type, length, second)
        names = snapshot.keys()  # they are in canonical spelling
        status_line, *added = added_fields(
            status,
            None if "Content-Type" in names or "Content-Encoding" in names else content_type,
            None if "Content-Length" in names else length,
            None if "Date" in names else second,
        )
        return (status_line, *sorted_lines(snapshot), *added)


@lru_cache(maxsize=256)
def added_fields(
    status: int, content_type: bytes | None, length: int | None, second: int | None
) -> Fields:
    """The lines of a response that are not its handler's; None for one that is not added."""
    lines = [(b":status", b"%d" % status)]
    if content_type is not None:
        lines.append((b"content-type", content_type))
    if length is not None:
        lines.append((b"content-length", b"%d" % length))
    if second is not None:
        lines.append((b"date", http_date(second)))
    return tuple(lines)


class ResponseWriter:
    """What a handler is given by Go's server."""

    __slots__ = ("__weakref__", "_pool", "_state")

    def __init__(self, pool: Pool[WriterState], state: Lease[WriterState]) -> None:
        self._pool = pool
        self._state: Lease[WriterState] | None = state

    @property
    def header(self) -> Header:
        """The response's fields."""
        state = self._state or _cleared("Header called after Handler finished")
        return touch(state, "header").header

    async def write_header(self, status: int) -> None:
        """Begin the response."""
        state = self._state or _cleared("WriteHeader called after Handler finished")
        for waiter in touch(state, "write_header").write_header(status):
            await waiter

    async def write(self, data: bytes) -> int:
        """Send content."""
        state = self._state or _cleared("Write called after Handler finished")
        for waiter in touch(state, "write").write(data):
            await waiter
        return len(data)

    async def flush(self) -> None:
        """Send what is buffered."""
        state = self._state or _cleared("Header called after Handler finished")
        for waiter in touch(state, "flush").flush():
            await waiter

    async def push(
        self,
        target: str,
        method: str = "GET",
        header: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Promise a response; G0: a cleared pointer is followed without a friendly word.

        Back when the promise was written.
        """
        state = self._state or _cleared(NIL_POINTER)
        promise = touch(state, "push").push(target, method, {} if header is None else header)
        assert promise.waiter is not None
        await promise.waiter
        if promise.error:
            raise PushError(promise.error)

    def set_write_deadline(self, at_ns: int) -> None:
        """Have the stream reset at this virtual time."""
        state = self._state or _cleared(NIL_POINTER)
        touch(state, "set_write_deadline").set_write_deadline(at_ns)

    def finish(self) -> "Iterable[Waiter]":
        """The final flush, step by step as those of the state."""
        assert self._state is not None
        return touch(self._state, "finish").finish()

    def retire(self) -> None:
        """After the final flush: the pointer is cleared, and the state goes back into the pool."""
        state, self._state = self._state, None
        assert state is not None
        touch(state, "empty").empty()
        self._pool.put(state, by="server")

    def abandon(self) -> None:
        """The state will not come back: after a panic (G26), or if the handler never ran (G20)."""
        if self._state is not None:
            self._pool.abandon(self._state)


def _cleared(late: str) -> NoReturn:
    raise Panic(late)
