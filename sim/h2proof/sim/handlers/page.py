"""The innermost responder: a page with links and a body, and the resources it needs.

What a handler further out sees depends on how a response is written, so each way is one function
(push-handlers.md §1.3's table); all are in `WAYS`. Pushing is not known here, but for `pushes`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from h2proof.sim.handlers import controller
from h2proof.sim.handlers.options import Site, site_of
from h2proof.sim.handlers.protocol import (
    Handler,
    HandlerError,
    Panic,
    PushError,
    Request,
    ResponseWriter,
)
from h2proof.sim.naming import no_such

if TYPE_CHECKING:
    from h2proof.sim.side import Stage


def page(stage: "Stage") -> Handler:
    """The site that the options describe; ValueError for a way that `WAYS` does not have."""
    site = site_of(stage.options)
    if site.how not in WAYS:
        raise ValueError(f"option how: {no_such('way', site.how, WAYS)}")
    respond = WAYS[site.how]

    async def handle(w: ResponseWriter, r: Request) -> None:
        if r.path in site.page_paths:
            await respond(w, r, site)
        else:
            await _resource(w, r, site)

    return handle


async def _resource(w: ResponseWriter, r: Request, site: Site) -> None:
    await w.write_header(200)
    await w.write(bytes(site.bodies.get(r.path, site.resource_octets)))


async def _write_header(w: ResponseWriter, r: Request, site: Site) -> None:
    """Explicit header, then content: Links are pushed before the response's header."""
    await _early(w, site)
    _set_links(w, site.links)
    await w.write_header(site.status)
    await _body(w, r, site)


async def _write(w: ResponseWriter, r: Request, site: Site) -> None:
    """Content only: the header is written by the writer within, and no Link is seen."""
    _set_links(w, site.links)
    await _body(w, r, site)


async def _copy(w: Any, r: Request, site: Site) -> None:
    """Go's io.Copy: into ReadFrom where there is one, past the wrapper all the same."""
    _set_links(w, site.links)
    if hasattr(w, "read_from"):
        await w.read_from(_pieces(r, site))
    else:
        await _body(w, r, site)


async def _nothing(w: ResponseWriter, r: Request, site: Site) -> None:
    """Links, and a return: the server writes an implicit 200 that ends the stream."""
    _set_links(w, site.links)


async def _flush_first(w: ResponseWriter, r: Request, site: Site) -> None:
    """A flush before the header: it goes past the wrapper, whose later header still pushes."""
    _set_links(w, site.links)
    await controller.flush(w)
    await w.write_header(site.status)
    await _body(w, r, site)


async def _gives_up(w: ResponseWriter, r: Request, site: Site) -> None:
    """Links, and an error for whoever is further out."""
    _set_links(w, site.links)
    raise HandlerError(404 if site.status == 200 else site.status)


async def _fails_late(w: ResponseWriter, r: Request, site: Site) -> None:
    """Header with Links, some content, then a panic."""
    await _write_header(w, r, site)
    raise Panic("the page panics")


async def _pushes(w: ResponseWriter, r: Request, site: Site) -> None:
    """The page pushes its resources itself, through the writer it was given."""
    for target in site.resources:
        try:
            await w.push(target)
        except PushError:
            break
    await _write(w, r, site)


async def _reads(w: ResponseWriter, r: Request, site: Site) -> None:
    """The whole request first, then the page."""
    while await r.body.read(4096):
        pass
    await _write_header(w, r, site)


WAYS: Final[Mapping[str, Callable[[ResponseWriter, Request, Site], Awaitable[None]]]] = {
    "write_header": _write_header,
    "write": _write,
    "copy": _copy,
    "nothing": _nothing,
    "flush_first": _flush_first,
    "gives_up": _gives_up,
    "fails_late": _fails_late,
    "pushes": _pushes,
    "reads": _reads,
}


async def _early(w: ResponseWriter, site: Site) -> None:
    if site.early_links:
        _set_links(w, site.early_links)
        await w.write_header(103)
        w.header.remove("Link")


def _set_links(w: ResponseWriter, links: tuple[str, ...]) -> None:
    if links:
        w.header["Link"] = links


async def _body(w: ResponseWriter, r: Request, site: Site) -> None:
    for place, piece in enumerate(_pieces(r, site)):
        if place and site.pause_ns:
            await asyncio.sleep(site.pause_ns / 1_000_000_000)
        await w.write(piece)


def _pieces(r: Request, site: Site) -> Iterator[bytes]:
    """The body as the options cut it."""
    left = site.bodies.get(r.path, site.body_octets)
    step = site.chunk_octets or left
    while left > 0:
        yield bytes(min(step, left))
        left -= step
