"""A deferred `header` operation outside `push`: it sets Link after `push` has looked (C42).

The fields come from the option `deferred_links`. Whether anybody pushes them is not its affair.
"""

from typing import TYPE_CHECKING, Any

from h2proof.sim.handlers.layers.wrapping import Pushing, watched
from h2proof.sim.handlers.protocol import Handler, Middleware, Request, ResponseWriter, as_writer
from h2proof.sim.options import text

if TYPE_CHECKING:
    from h2proof.sim.side import Stage


class _Deferring(Pushing):
    __slots__ = ("_done", "_links")

    def __init__(self, inner: Any, links: tuple[str, ...]) -> None:
        super().__init__(inner)
        self._links = links
        self._done = False

    async def write_header(self, status: int) -> None:
        if not self._done and not 100 <= status < 200:
            self._done = True
            for link in self._links:
                self.header.add("Link", link)
        await self._inner.write_header(status)

    async def write(self, data: bytes) -> int:
        if not self._done:
            await self.write_header(200)
        return await super().write(data)


def deferred_header(stage: "Stage") -> Middleware:
    """The middleware; without the option it sets one Link."""
    lines = text(stage.options, "deferred_links").split("\n")
    links = tuple(line for line in lines if line)

    async def handle(w: ResponseWriter, r: Request, following: Handler) -> None:
        await following(as_writer(watched(stage, _Deferring(w, links), r, "header")), r)

    return handle
