"""Which handlers run: the counter, the waiting list, and what happens when one ends (G20, G26).

At most so many run as the server lets the client have streams. A promised handler counts, but does
not wait: so stalled promises keep the client's own requests waiting.
"""

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from h2proof.sim.errors import ErrorCode
from h2proof.sim.handlers.protocol import Request, WriteError
from h2proof.sim.servers.calling import panic_of
from h2proof.sim.servers.fields import CHANGED, Said, changed_fields
from h2proof.sim.servers.go.stream import Stream
from h2proof.sim.servers.go.writer import ResponseWriter

if TYPE_CHECKING:
    from h2proof.sim.servers.go.connection import GoConnection


Exchange = tuple[Stream, ResponseWriter, Request, Said]
"""A stream, what its request is answered with, the request, and what that said when it came."""


class Handlers:
    """The running handlers of one connection, and the requests that wait for one to end."""

    __slots__ = ("_most", "_waiting", "running")

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: deque[Exchange] = deque()
        self.running = 0

    def schedule(self, connection: "GoConnection", exchange: Exchange) -> bool:
        """Start the handler of a client's request, or have it wait; False if too many wait."""
        if self.running < self._most:
            self.start(connection, exchange)
            return True
        self._waiting.append(exchange)
        return len(self._waiting) <= 4 * self._most

    def start(self, connection: "GoConnection", exchange: Exchange) -> None:
        """Start a handler, without a question."""
        self.running += 1
        name = f"server {connection.number} stream {exchange[0].id}"
        connection.loop.create_task(run_handler(connection, exchange), name)

    def ended(self, connection: "GoConnection") -> None:
        """One is over: start who waits, but for those whose stream was closed meanwhile."""
        self.running -= 1
        while self._waiting and self.running < self._most:
            exchange = self._waiting.popleft()
            stream, writer, *_ = exchange
            if stream.close_reason:
                writer.abandon()
            else:
                self.start(connection, exchange)

    def drop(self) -> None:
        """The connection is over: nobody who waits will be started."""
        for _, writer, *_ in self._waiting:
            writer.abandon()
        self._waiting.clear()


async def run_handler(connection: "GoConnection", exchange: Exchange) -> None:
    """Run it, and end its stream: by the final flush, or by RST_STREAM after a panic (G26)."""
    stream, writer, request, said = exchange
    panic = None
    try:
        await connection.side.handler(writer, request)
    except (Exception, asyncio.CancelledError) as raised:  # noqa: BLE001  # all are its panics
        panic = panic_of(raised)
    note, number, identifier = connection.side.note, connection.number, stream.id
    if (said.lines or request.header) and (changed := changed_fields(said, request.header)):
        note(f"{CHANGED}: {', '.join(changed)}", number, identifier)
    stream.context.end()
    if panic is None:
        note("handler returned", number, identifier)
        try:
            for waiter in writer.finish():
                await waiter
        except WriteError:
            pass  # nobody is left who could be told
        writer.retire()
    else:
        note(f"handler panicked: {panic}", number, identifier)
        writer.abandon()
        connection.reset(stream, ErrorCode.INTERNAL_ERROR, panic)
    connection.handlers.ended(connection)
