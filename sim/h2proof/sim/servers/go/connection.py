"""Go's serve loop for one connection: notices in, writes out, streams opened and closed (§4).

The end of HTTP/2 below is the world's, and keeps the RFC; what is Go's own is what happens around
it. Two things are not Go's here: the last stream of an error's GOAWAY is the highest the client
used (§4.2's quirk is not there), and a promise that would break the RFC fails where Go sends it.
"""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from h2proof.sim.errors import ErrorCode, IllegalSend
from h2proof.sim.handlers.protocol import CallError, Context
from h2proof.sim.hpack import Fields
from h2proof.sim.notices import (
    ConnectionFailed,
    DataReceived,
    GoAwayReceived,
    PingReceived,
    RequestReceived,
    SettingsReceived,
    StreamFailed,
    StreamReset,
    TrailersReceived,
)
from h2proof.sim.pipe import NEXT_STEP, PipeCut
from h2proof.sim.resources import Pool, touch
from h2proof.sim.servers.body import RequestBody
from h2proof.sim.servers.credit import grant, take_data
from h2proof.sim.servers.fields import request_of, said_of
from h2proof.sim.servers.go.handlers import Exchange, Handlers
from h2proof.sim.servers.go.options import WINDOW_OCTETS, ServerOptions
from h2proof.sim.servers.go.push import PromiseWrite
from h2proof.sim.servers.go.stream import Stream
from h2proof.sim.servers.go.writer import STATE_OCTETS, ResponseWriter, WriterState
from h2proof.sim.servers.go.writes import ResetWrite, Write, WriteQueue

if TYPE_CHECKING:
    from h2proof.sim.scheduler import Awaited, Timer, Waiter
    from h2proof.sim.side import Side

STREAM_CLOSED: Final = "http2: stream closed"
CLIENT_DISCONNECTED: Final = "client disconnected"
TIMED_OUT: Final = "i/o timeout"
HANDLER_COMPLETE: Final = "http2: request body closed due to handler exiting"

STATES: Final = "go: writer states"

CONTROL_MAX: Final = 10_000
"""Control frames that may wait; at one more Go closes the connection without a word (G34)."""
GOAWAY_NS: Final = 1_000_000_000
"""How long after a GOAWAY the connection is closed (G35)."""
WRITER_OCTETS: Final = 8
CONTEXT_OCTETS: Final = 112
"""A response writer is a pointer; a cancellable context; both modelled."""
WINDOW_DEFAULT: Final = 65_535


class GoConnection:
    """The server's side of one connection."""

    def __init__(self, side: "Side") -> None:
        self.side = side
        self.loop = side.loop
        self._wait_for = side.loop.wait_for
        self._acquire, self._release = side.register.acquire, side.register.release
        self.number = side.connection
        self.options = ServerOptions.of(side.scenario.options)
        self.peer = side.endpoint(self.options.settings, reserves=False)
        self.peer.credit(0, WINDOW_OCTETS - WINDOW_DEFAULT)
        self.handlers = Handlers(self.options.max_concurrent_streams)
        self.streams: dict[int, Stream] = {}
        self.open_pushed = 0
        self.next_promised = 2
        self.goaway_received = False
        self._queue = WriteQueue()
        self._states = states_of(side)
        self._answers = 0
        """Answers that the connection gives by itself, and that are not written yet."""
        self._going = False
        self._over = False
        self._reader: asyncio.Task[Any] | None = None
        self._writer: asyncio.Task[None] | None = None
        self._writer_name = f"server {self.number} writer"
        self._closing: Timer | None = None

    # -- the loop --

    async def serve(self) -> None:
        """Until the connection is over."""
        self._reader = asyncio.current_task()
        self._kick()
        try:
            while octets := await self.side.transport.read():
                for notice in self.peer.receive(octets):
                    react = REACTIONS.get(type(notice))
                    if react is not None:
                        react(self, notice)
                if self._writer is None:
                    self._kick()
                elif self._answers + len(self._queue.resets) > CONTROL_MAX:
                    break
        except PipeCut:
            pass
        except asyncio.CancelledError:
            if self._reader is None or self._reader.uncancel():
                raise
        self._end()

    def _kick(self) -> None:
        """See to it that what can be written is written; frames are written one at a time."""
        if self._writer is None and not self._over:
            self._writer = self.loop.create_task(self._write(), self._writer_name)

    async def _write(self) -> None:
        """What the connection answers by itself goes first, then one write after the other."""
        peer, queue, put = self.peer, self._queue, self.side.transport.put
        while not self._over:
            answers, write, finished = self._answers, None, True
            if not peer.output:
                write = None if peer.closed else queue.pop(peer)
                if write is None:
                    break
                write.stream.writing = write
                try:
                    finished = write.send(peer)
                except IllegalSend as refused:
                    self._refuse(write, refused.reason)
                if not finished:
                    queue.put_back(write)
            try:
                if not put(peer.take_output()):
                    await self.side.transport.write(b"")  # until it has taken them
            except PipeCut:
                break
            self._answers -= answers
            if write is not None:
                write.stream.writing = None
                if finished:
                    self._answer(write, write.error)
                    if write.ends:
                        self._move(write)
                await NEXT_STEP
        self._writer = None
        if peer.closed or (self._going and not self.streams):
            self._close_later()

    def _refuse(self, write: Write, reason: str) -> None:
        """The write would break the RFC; a response that may not be sent cannot be ended either."""
        write.error = reason
        if not isinstance(write, PromiseWrite):
            self.reset(write.stream, ErrorCode.INTERNAL_ERROR, reason)

    def _move(self, last: Write) -> None:
        """A stream's last frame is written (G24, G25)."""
        stream = last.stream
        if isinstance(last, ResetWrite):
            self.close_stream(stream, last.reason)
        elif last.error:
            return
        elif stream.body is None or stream.body.ended:
            self.close_stream(stream, HANDLER_COMPLETE)
        else:
            self.reset(stream, ErrorCode.NO_ERROR, HANDLER_COMPLETE)

    def _close_later(self) -> None:
        """After a GOAWAY, when no stream is left; at once to be closed after an error (G35)."""
        if self._closing is None and not self._over:
            self._closing = self.loop.call_at_ns(self.loop.now_ns + GOAWAY_NS, self._stop)

    def _stop(self) -> None:
        if self._reader is not None:
            self._reader.cancel()

    def _end(self) -> None:
        """The serve loop is over: all streams are closed, and nobody is started any more."""
        self._over = True
        for stream in list(self.streams.values()):
            self.close_stream(stream, CLIENT_DISCONNECTED)
        self.handlers.drop()
        for write in self._queue.drain():
            self._answer(write, CLIENT_DISCONNECTED)
        if self._writer is not None:
            self._writer.cancel()
        if self._closing is not None:
            self._closing.cancel()
        self._reader = self._writer = self._closing = None
        self.side.transport.close()

    # -- for handlers --

    def submit(self, write: Write, error: type[CallError]) -> "Waiter":
        """Have something written for a handler, which has to wait for what this gives.

        Released by the write, by the stream's end, or by the connection's (G22). `error` with Go's
        reason if it cannot be written any more.
        """
        stream, frame = write.stream, write.frame
        reason = CLIENT_DISCONNECTED if self._over else stream.close_reason
        if reason:
            raise error(reason)
        told: Awaited = f"{frame} on stream {stream.id} to be written", "resume", False
        waiter = write.waiter = self._wait_for(told)
        write.account = self._acquire(
            "queued frame", self.number, stream.id, write.octets, frame, write
        )
        self._queue.push(write)
        if self._writer is None:
            self._kick()
        return waiter

    def reset(self, stream: Stream, code: ErrorCode, reason: str) -> None:
        """Have RST_STREAM written before everything else; nothing, once the stream is closed."""
        if not stream.close_reason:
            write = ResetWrite(stream, code, reason)
            write.account = self._acquire(
                "queued frame", self.number, stream.id, 0, write.frame, write
            )
            self._queue.resets.append(write)
            if self._writer is None:
                self._kick()

    def _answer(self, write: Write, error: str) -> None:
        write.error = error
        if write.account is not None:
            self._release(write.account)
            write.account = None
        if write.waiter is not None and not write.waiter.done():
            write.waiter.set_result(None)

    # -- streams --

    def promised(self, associated: Stream, identifier: int, fields: Fields) -> None:
        """G13d: the promised stream is open, and its handler starts now, without waiting."""
        self.next_promised = identifier + 2
        self.open_pushed += 1
        exchange = self._open(identifier, fields, associated.id)
        self.handlers.start(self, exchange)

    def _open(
        self, identifier: int, fields: Fields, associated: int = 0, body: bool = False
    ) -> Exchange:
        track, number = self.side.register.track, self.number
        context = Context()
        track(context, "request context", number, identifier, CONTEXT_OCTETS, "server")
        content = RequestBody(self.loop, partial(self._credit, identifier)) if body else None
        said = said_of(fields)
        request = request_of(said, number, identifier, content, context)
        stream = Stream(identifier, context, associated, content)
        state = self._states.take(number, identifier, "server")
        touch(state, "begin").begin(self, stream, request)
        writer = ResponseWriter(self._states, state)
        track(writer, "response writer", number, identifier, WRITER_OCTETS, "server")
        self.streams[identifier] = stream
        if self.options.write_timeout_ns:
            self.set_deadline(stream, self.loop.now_ns + self.options.write_timeout_ns)
        return stream, writer, request, said

    def close_stream(self, stream: Stream, reason: str) -> None:
        """Go's closeStream, in its order (G23); nothing, if it is closed."""
        if stream.close_reason:
            return
        stream.close_reason = reason
        if stream.deadline is not None:
            self._clear_deadline(stream)
        self.open_pushed -= stream.pushed
        del self.streams[stream.id]
        if stream.body is not None:
            grant(self.peer, 0, stream.body.close(reason))
        stream.context.end()
        waiting = self._queue.forget(stream) if stream.queue else []
        if stream.writing is not None and stream.writing not in waiting:
            waiting.append(stream.writing)
        stream.writing = None
        for write in waiting:
            self._answer(write, reason)
        if self._writer is None:
            self._kick()

    def set_deadline(self, stream: Stream, at_ns: int) -> None:
        """Reset the stream at that time, whatever it does then; a new time replaces the old."""
        if stream.close_reason:
            return
        self._clear_deadline(stream)
        stream.deadline = self.loop.call_at_ns(at_ns, self._deadline, stream)
        stream.deadline_account = self._acquire(
            "timer", self.number, stream.id, 0, "write deadline", stream.deadline
        )

    def _deadline(self, stream: Stream) -> None:
        self._clear_deadline(stream)
        self.reset(stream, ErrorCode.INTERNAL_ERROR, TIMED_OUT)

    def _clear_deadline(self, stream: Stream) -> None:
        if stream.deadline is not None and stream.deadline_account is not None:
            stream.deadline.cancel()
            self._release(stream.deadline_account)
            stream.deadline = stream.deadline_account = None

    def _credit(self, stream: int, octets: int) -> None:
        """The handler read so much: both windows may grow again."""
        grant(self.peer, 0, octets)
        grant(self.peer, stream, octets)
        self._kick()

    def shut_down(self) -> None:
        """GOAWAY without an error; open streams are finished (G19, G35)."""
        if not self._going and not self.peer.closed:
            self._going = True
            self.peer.goaway()
            self._kick()


def states_of(side: "Side") -> Pool[WriterState]:
    """The pool of writer states: one for the process, which is a run here (G26)."""
    pool = side.stage.shared.get(STATES)
    if pool is None:
        pool = Pool(side.register, "writer state", WriterState, size=STATE_OCTETS)
        side.stage.shared[STATES] = pool
    assert isinstance(pool, Pool)
    return pool


def _request(connection: GoConnection, notice: RequestReceived) -> None:
    exchange = connection._open(notice.stream, notice.fields, 0, not notice.end_stream)
    if not connection.handlers.schedule(connection, exchange):
        connection.peer.goaway(ErrorCode.ENHANCE_YOUR_CALM)


def _data(connection: GoConnection, notice: DataReceived) -> None:
    stream = connection.streams.get(notice.stream)
    take_data(connection.peer, None if stream is None else stream.body, notice)


def _trailers(connection: GoConnection, notice: TrailersReceived) -> None:
    stream = connection.streams.get(notice.stream)
    if stream is not None and stream.body is not None:
        stream.body.end()


def _reset(connection: GoConnection, notice: StreamReset | StreamFailed) -> None:
    stream = connection.streams.get(notice.stream)
    if stream is not None:
        connection.close_stream(stream, STREAM_CLOSED)


def _goaway(connection: GoConnection, notice: GoAwayReceived) -> None:
    connection.goaway_received = True
    connection.shut_down()


def _answered(connection: GoConnection, notice: PingReceived | SettingsReceived) -> None:
    connection._answers += 1


REACTIONS: Final[Mapping[type, Callable[[GoConnection, Any], None]]] = {
    RequestReceived: _request,
    DataReceived: _data,
    TrailersReceived: _trailers,
    StreamReset: _reset,
    StreamFailed: _reset,
    GoAwayReceived: _goaway,
    PingReceived: _answered,
    SettingsReceived: _answered,
    ConnectionFailed: lambda connection, notice: connection._close_later(),
}
"""What is done for each notice; the others need nothing but the writer to look again."""
