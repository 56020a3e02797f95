"""Buffers a response and writes it when the handler below is done, as `templates` does (C22, C41).

Header, status and content wait here, so the writers above see the header only after everything
below has returned. It can push. What is in the response is not looked at.
"""

from typing import TYPE_CHECKING, Any

from h2proof.sim.handlers.layers.wrapping import Pushing, watched
from h2proof.sim.handlers.protocol import Handler, Middleware, Request, ResponseWriter, as_writer

if TYPE_CHECKING:
    from h2proof.sim.side import Stage


class _Recorder(Pushing):
    __slots__ = ("_content", "_status")

    def __init__(self, inner: Any) -> None:
        super().__init__(inner)
        self._status = 0
        self._content = bytearray()

    async def write_header(self, status: int) -> None:
        if 100 <= status < 200:
            await self._inner.write_header(status)
        elif not self._status:
            self._status = status

    async def write(self, data: bytes) -> int:
        self._status = self._status or 200
        self._content += data
        return len(data)

    async def play(self) -> None:
        """Write what was recorded, if anything was."""
        if self._status:
            await self._inner.write_header(self._status)
            await self._inner.write(bytes(self._content))


def buffering(stage: "Stage") -> Middleware:
    """The middleware; an error from below passes, and what was recorded is lost."""

    async def handle(w: ResponseWriter, r: Request, following: Handler) -> None:
        recorder = watched(stage, _Recorder(w), r, "buffering")
        await following(as_writer(recorder), r)
        await recorder.play()

    return handle
