"""A plain server: nothing is buffered, pooled or deferred; each call sends its frames and waits.

The header goes out when it is written, each write when windows and transport have taken it, and a
push is a promise at once. It keeps to the RFC and has no habits of anybody else's server.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from h2proof.sim.errors import ErrorCode, IllegalSend
from h2proof.sim.handlers.header import Header
from h2proof.sim.handlers.protocol import Context, PushError, Request, WriteError
from h2proof.sim.hpack import Fields
from h2proof.sim.notices import (
    DataReceived,
    RequestReceived,
    StreamFailed,
    StreamReset,
    TrailersReceived,
)
from h2proof.sim.pipe import PipeCut
from h2proof.sim.servers.body import RequestBody
from h2proof.sim.servers.calling import panic_of
from h2proof.sim.servers.credit import grant, take_data
from h2proof.sim.servers.fields import (
    CHANGED,
    Said,
    changed_fields,
    request_lines,
    request_of,
    response_section,
    said_of,
    sorted_lines,
    trailer_section,
)
from h2proof.sim.streams import State

if TYPE_CHECKING:
    from h2proof.sim.scheduler import Waiter
    from h2proof.sim.side import Side

STREAMS_MAX: Final = 100
MAX_CONCURRENT_STREAMS: Final = 3
MAX_FRAME_SIZE: Final = 5
FRAME_LEAST: Final = 16_384
"""What every peer takes in one frame (RFC 9113 §4.2)."""
CONTEXT_OCTETS: Final = 112
WRITER_OCTETS: Final = 48
GONE: Final = "the client is gone"
CLOSED: Final = "the stream is closed"


class PlainConnection:
    """The server's side of one connection."""

    def __init__(self, side: "Side") -> None:
        self.side = side
        self.peer = side.endpoint({MAX_CONCURRENT_STREAMS: STREAMS_MAX})
        self.over = False
        self.bodies: dict[int, RequestBody] = {}
        self._requests: dict[int, Context] = {}
        """Of the requests that are not over: the content, if there is any, and the context."""
        self._blocked: list[Waiter] = []

    async def serve(self) -> None:
        """Until either side is done with the connection."""
        try:
            if not self.side.transport.put(self.peer.take_output()):
                await self.taken()
            while not self.peer.closed:
                octets = await self.side.transport.read()
                if not octets:
                    self._give_up_waiting()
                    break
                for notice in self.peer.receive(octets):
                    react = REACTIONS.get(type(notice))
                    if react is not None:
                        react(self, notice)
                if self._blocked:
                    self._wake()
                if self.peer.output:
                    self.flush()
        except (PipeCut, WriteError):
            pass  # the client is gone
        self.over = True
        for stream in tuple(self._requests):
            self.forget(stream, GONE)
        self._wake()
        self.side.transport.close()

    def _give_up_waiting(self) -> None:
        """The client ended the connection: what has no room by now is not waited for."""
        if not self.side.transport.put(b""):
            self.side.transport.abort()

    def flush(self) -> None:
        """Hand over what there is to send, without waiting for room; nothing once it is cut."""
        octets = self.peer.take_output()
        if octets and not self.side.transport.closed:
            self.side.transport.put(octets)

    def put(self) -> bool:
        """Hand over what there is to send; False if the transport has not taken it yet."""
        try:
            return self.side.transport.put(self.peer.take_output())
        except PipeCut:
            raise WriteError(GONE) from None

    async def taken(self) -> None:
        """Wait until the transport has taken what was handed over."""
        try:
            await self.side.transport.write(b"")
        except PipeCut:
            raise WriteError(GONE) from None

    def room_now(self, stream: int, wanted: int) -> int:
        """Octets that one frame may carry now of those; WriteError if there never will be room."""
        if self.over:
            raise WriteError(GONE)
        if stream not in self._requests:
            raise WriteError(CLOSED)
        room = min(wanted, self.peer.send_window(stream))
        if room > FRAME_LEAST:
            room = min(room, self.peer.peer_settings.get(MAX_FRAME_SIZE, FRAME_LEAST))
        return room

    async def room(self, stream: int, wanted: int) -> int:
        """The same, waiting for the first."""
        while not (room := self.room_now(stream, wanted)):
            waiter = self.side.loop.waiter(f"credit on stream {stream}")
            self._blocked.append(waiter)
            await waiter
        return room

    def _wake(self) -> None:
        blocked, self._blocked = self._blocked, []
        for waiter in blocked:
            if not waiter.done():
                waiter.set_result(None)

    # -- requests --

    def begin(self, stream: int, fields: Fields, *, body: bool) -> None:
        """Start the handler of a request, the client's or a promised one."""
        side = self.side
        track, number = side.register.track, side.connection
        context = Context()
        track(context, "request context", number, stream, CONTEXT_OCTETS, "server")
        self._requests[stream] = context
        content = None
        if body:
            content = self.bodies[stream] = RequestBody(side.loop, partial(self._credit, stream))
        said = said_of(fields)
        request = request_of(said, number, stream, content, context)
        writer = PlainWriter(self, request)
        track(writer, "response writer", number, stream, WRITER_OCTETS, "server")
        name = f"server {number} stream {stream}"
        side.loop.create_task(run_handler(self, writer, request, said), name)

    def forget(self, stream: int, reason: str) -> None:
        """The stream is closed: its handler is told, what it did not read is credited."""
        context = self._requests.pop(stream, None)
        if context is not None:
            context.end()
        if stream in self.bodies:
            grant(self.peer, 0, self.bodies.pop(stream).close(reason))
        if self._blocked:
            self._wake()

    def _credit(self, stream: int, octets: int) -> None:
        grant(self.peer, 0, octets)
        grant(self.peer, stream, octets)
        if not self.over:
            self.flush()


class PlainWriter:
    """What a handler is given by the plain server."""

    __slots__ = ("__weakref__", "_connection", "_ended", "_request", "_started", "header")

    def __init__(self, connection: PlainConnection, request: Request) -> None:
        self.header = Header()
        self._connection = connection
        self._request = request
        self._started = False
        self._ended = False

    async def write_header(self, status: int) -> None:
        """Send the header; a second final one is ignored."""
        if not self._begin(status):
            await self._connection.taken()

    async def write(self, data: bytes) -> int:
        """Send content frame by frame, each when it may go."""
        if self._ended:
            raise WriteError(CLOSED)
        connection = self._connection
        if not self._begin(200):
            await connection.taken()
        if self._request.method == "HEAD":
            return len(data)
        stream, octets, sent = self._request.stream, len(data), 0
        while sent < octets:
            left = octets - sent
            room = connection.room_now(stream, left) or await connection.room(stream, left)
            if not self._put(connection.peer.send_data, data[sent : sent + room]):
                await connection.taken()
            sent += room
        return octets

    async def flush(self) -> None:
        """Send the header, if it is not out."""
        if not self._begin(200):
            await self._connection.taken()

    async def push(
        self,
        target: str,
        method: str = "GET",
        header: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Promise the response to a request for a path of this origin."""
        request, connection = self._request, self._connection
        if not target.startswith("/"):
            raise PushError(f"{target!r} is not a path")
        fields = request_lines(method, request.scheme, request.authority, target)
        if header:
            fields = (*fields, *sorted_lines(header))
        try:
            promised = connection.peer.push(request.stream, fields)
        except IllegalSend as refused:
            raise PushError(refused.reason) from None
        if not connection.put():
            await connection.taken()
        connection.begin(promised, fields, body=False)

    async def finish(self) -> None:
        """End the response, with its header if that is not out."""
        self._ended = True
        peer, header = self._connection.peer, self.header
        trailers = trailer_section(header, header.get("Trailer", ())) if header else ()
        if trailers:
            if not self._begin(200):
                await self._connection.taken()
            taken = self._put(peer.send_headers, trailers, end_stream=True)
        elif not self._started:
            taken = self._put(peer.send_headers, response_section(200, header), end_stream=True)
        else:
            taken = self._put(peer.send_data, b"", end_stream=True)
        if not taken:
            await self._connection.taken()

    def _begin(self, status: int) -> bool:
        """Hand over the header, if a final one is not out; False as `put`."""
        if self._started:
            return True
        self._started = status >= 200
        return self._put(self._connection.peer.send_headers, response_section(status, self.header))

    def _put(
        self, call: Callable[..., object], content: object, *, end_stream: bool = False
    ) -> bool:
        """Hand over one call of the connection, as `put`; WriteError with its reason if refused."""
        connection = self._connection
        try:
            call(self._request.stream, content, end_stream=end_stream)
            return connection.side.transport.put(connection.peer.take_output())
        except IllegalSend as refused:
            raise WriteError(refused.reason) from None
        except PipeCut:
            raise WriteError(GONE) from None


async def run_handler(
    connection: PlainConnection, writer: PlainWriter, request: Request, said: Said
) -> None:
    """Run the handler and end its stream, by END_STREAM or by RST_STREAM."""
    stream, side = request.stream, connection.side
    panic = None
    try:
        await side.handler(writer, request)
    except (Exception, asyncio.CancelledError) as raised:  # noqa: BLE001  # all are its panics
        panic = panic_of(raised)
    note, number = side.note, side.connection
    if (said.lines or request.header) and (changed := changed_fields(said, request.header)):
        note(f"{CHANGED}: {', '.join(changed)}", number, stream)
    outcome = "handler returned" if panic is None else f"handler panicked: {panic}"
    note(outcome, number, stream)
    code: ErrorCode | None = None
    if panic is None:
        try:
            await writer.finish()
        except WriteError:
            code = ErrorCode.INTERNAL_ERROR
    else:
        code = ErrorCode.INTERNAL_ERROR
    if stream in connection.bodies and connection.peer.state(stream) is State.HALF_CLOSED_LOCAL:
        code = code or ErrorCode.NO_ERROR
    if code is not None and not connection.peer.closed and not connection.peer.state(stream).closed:
        connection.peer.reset(stream, code)
    connection.forget(stream, CLOSED)
    if connection.peer.output and not connection.over:
        connection.flush()


def _request(connection: PlainConnection, notice: RequestReceived) -> None:
    connection.begin(notice.stream, notice.fields, body=not notice.end_stream)


def _data(connection: PlainConnection, notice: DataReceived) -> None:
    take_data(connection.peer, connection.bodies.get(notice.stream), notice)


def _trailers(connection: PlainConnection, notice: TrailersReceived) -> None:
    body = connection.bodies.get(notice.stream)
    if body is not None:
        body.end()


def _reset(connection: PlainConnection, notice: StreamReset | StreamFailed) -> None:
    connection.forget(notice.stream, CLOSED)


REACTIONS: Final[Mapping[type, Callable[[PlainConnection, Any], None]]] = {
    RequestReceived: _request,
    DataReceived: _data,
    TrailersReceived: _trailers,
    StreamReset: _reset,
    StreamFailed: _reset,
}
"""What is done for each notice; the others need nothing but blocked writers to look again."""


async def serve(side: "Side") -> None:
    """Serve one connection until it is over."""
    await PlainConnection(side).serve()
