"""The content of a request on its way to a handler: buffered, and credited as it is read.

What arrives waits here; the peer's windows grow by what the handler took. Which frames it came in
is not known here.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from h2proof.sim.handlers.protocol import ReadError

if TYPE_CHECKING:
    from h2proof.sim.clock import VirtualLoop
    from h2proof.sim.scheduler import Waiter


class RequestBody:
    """Octets of a request. `credit` is told how many were taken by the handler."""

    __slots__ = ("_buffer", "_credit", "_error", "_loop", "_reader", "ended")

    def __init__(self, loop: "VirtualLoop", credit: Callable[[int], None]) -> None:
        self._loop = loop
        self._credit: Callable[[int], None] | None = credit
        self._buffer = bytearray()
        self._reader: Waiter | None = None
        self._error = ""
        self.ended = False

    async def read(self, octets: int = -1) -> bytes:
        """At most so many octets, waiting for the first; empty at the end.

        ReadError when the stream was closed before the end.
        """
        while not self._buffer and not self.ended and not self._error:
            self._reader = self._loop.waiter("the request's content")
            await self._reader
        if self._error:
            raise ReadError(self._error)
        taken = bytes(self._buffer if octets < 0 else self._buffer[:octets])
        del self._buffer[: len(taken)]
        if taken and self._credit is not None:
            self._credit(len(taken))
        return taken

    def feed(self, data: bytes) -> None:
        """Content arrived."""
        self._buffer += data
        self._wake()

    def end(self) -> None:
        """No more will come."""
        self.ended = True
        self._wake()

    def close(self, error: str) -> int:
        """Break off; octets that nobody read, which are still owed to the connection's window."""
        left = len(self._buffer)
        if not self.ended:
            self._error = error
        self._buffer.clear()
        self._credit = None
        self._wake()
        return left

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)
