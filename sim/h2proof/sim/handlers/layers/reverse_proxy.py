"""A reverse proxy as innermost responder: 1xx from another task, aborting by panic (C37, C38).

While the handler waits for its upstream, the transport's task forwards a 103 with Links through the
same writer, guarded by a lock and a flag. Then the body is copied; where that fails, the proxy
panics with the abort value. The upstream is the page of the options, after `upstream_ns`.
"""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from h2proof.sim.handlers.options import Site, site_of
from h2proof.sim.handlers.protocol import (
    CallError,
    Handler,
    HandlerError,
    Panic,
    Request,
    ResponseWriter,
)
from h2proof.sim.options import number

if TYPE_CHECKING:
    from h2proof.sim.side import Stage

ABORT: Final = "net/http: abort Handler"
CLIENT_GONE: Final = 499
COPIED_OCTETS: Final = 4096
"""What is read from the upstream at once, and flushed to the client."""


class _Forwarding:
    """The callback's lock and flag: nothing is forwarded once the round trip is over."""

    __slots__ = ("_lock", "done")

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self.done = False

    async def got_1xx(self, w: ResponseWriter, links: tuple[str, ...]) -> None:
        """Copy the fields, write the 1xx, clear the map."""
        async with self._lock:
            if self.done:
                return
            w.header["Link"] = links
            try:
                await w.write_header(103)
            except CallError:
                return
            w.header.clear()

    async def end(self) -> None:
        """Wait for a callback that is running; none comes after."""
        async with self._lock:
            self.done = True


def reverse_proxy(stage: "Stage") -> Handler:
    """The responder."""
    site = site_of(stage.options)
    upstream_ns = number(stage.options, "upstream_ns")

    async def handle(w: ResponseWriter, r: Request) -> None:
        page = r.path in site.page_paths
        if page and site.early_links:
            await _round_trip(stage, w, r, site, upstream_ns)
        else:
            await _upstream(r, upstream_ns)
        if page and site.links:
            w.header["Link"] = site.links
        await w.write_header(site.status if page else 200)
        octets = site.body_octets if page else site.resource_octets
        await _copy(w, site.bodies.get(r.path, octets))

    return handle


async def _round_trip(
    stage: "Stage", w: ResponseWriter, r: Request, site: Site, upstream_ns: int
) -> None:
    """The upstream's 103 half-way, from the transport's task; its final response at the end."""
    forwarding = _Forwarding()

    async def transport() -> None:
        await asyncio.sleep(upstream_ns / 2_000_000_000)
        await forwarding.got_1xx(w, site.early_links)

    name = f"server {r.connection} stream {r.stream} upstream"
    task = stage.loop.create_task(transport(), name=name)
    try:
        await _upstream(r, upstream_ns)
    finally:
        await forwarding.end()
        task.cancel()


async def _upstream(r: Request, upstream_ns: int) -> None:
    """Wait for the upstream; HandlerError when the client is gone before."""
    with suppress(TimeoutError):
        async with asyncio.timeout(upstream_ns / 1_000_000_000):
            await r.context.done.wait()
            raise HandlerError(CLIENT_GONE, "context canceled")


async def _copy(w: ResponseWriter, octets: int) -> None:
    while octets > 0:
        try:
            await w.write(bytes(min(COPIED_OCTETS, octets)))
        except CallError:
            break
        octets -= COPIED_OCTETS
    else:
        return
    raise Panic(ABORT)
