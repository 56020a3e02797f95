"""Caddy's `IdleTimeoutWriter`: a deadline of a minute before each write, never cleared (G31, C40).

On master it is around every request. On HTTP/2 a response that pauses longer between two writes is
reset, although its comment says otherwise. Option `write_idle_ns` changes the minute; 0 turns it
off.
"""

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from h2proof.sim.handlers import controller
from h2proof.sim.handlers.layers.wrapping import Pushing, watched
from h2proof.sim.handlers.protocol import (
    Handler,
    Middleware,
    Request,
    ResponseWriter,
    WriteError,
    as_writer,
)
from h2proof.sim.options import number

if TYPE_CHECKING:
    from h2proof.sim.clock import VirtualLoop
    from h2proof.sim.side import Stage


class _IdleTimeoutWriter(Pushing):
    __slots__ = ("_idle_ns", "_loop")

    def __init__(self, inner: Any, loop: "VirtualLoop", idle_ns: int) -> None:
        super().__init__(inner)
        self._loop = loop
        self._idle_ns = idle_ns

    async def write(self, data: bytes) -> int:
        with suppress(WriteError):  # a server without deadlines: the write goes on without one
            controller.set_write_deadline(self._inner, self._loop.now_ns + self._idle_ns)
        return await super().write(data)


def idle_timeout(stage: "Stage") -> Middleware:
    """The middleware."""
    idle_ns = number(stage.options, "write_idle_ns")

    async def handle(w: ResponseWriter, r: Request, following: Handler) -> None:
        if idle_ns:
            writer = _IdleTimeoutWriter(w, stage.loop, idle_ns)
            await following(as_writer(watched(stage, writer, r, "idle timeout")), r)
        else:
            await following(w, r)

    return handle
