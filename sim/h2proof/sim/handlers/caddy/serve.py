"""`Handler.ServeHTTP` of Caddy's push handler: what all its stages share (§1.1).

A stage of the origin is a `Life` (where wrappers come from, and what happens when the handler
below is done), a time at which `hdr` is made, and a parser. Each file beside this one holds the
lines that one stage changed.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from h2proof.sim.handlers.caddy.promised_header import GUARD, initialize_push_headers
from h2proof.sim.handlers.caddy.server import REPLACER, Replace
from h2proof.sim.handlers.caddy.wrapper import MakeHeader
from h2proof.sim.handlers.header import Header
from h2proof.sim.handlers.options import HeaderChanges, site_of
from h2proof.sim.handlers.protocol import (
    Handler,
    Middleware,
    Panic,
    Pusher,
    PushError,
    Request,
    ResponseWriter,
    pusher_of,
)

if TYPE_CHECKING:
    from h2proof.sim.side import Stage

Life = Callable[[ResponseWriter, Pusher, MakeHeader, Request, Handler], Awaitable[None]]
"""Wraps the writer, calls the handler below, and lets go of the wrapper."""
HeaderTime = Callable[[Request, MakeHeader], MakeHeader]
"""Given how `hdr` is made: what a push asks for it."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One stage of the origin. `life` is made once a run, so pools live that long."""

    life: "Callable[[Stage], Life]"
    header_time: HeaderTime


def at_entry(request: Request, make: MakeHeader) -> MakeHeader:
    """`hdr` is made at once, always (C4), and is the same map for every push (C14)."""
    header = make(request)
    return lambda _: header


def at_first_push(request: Request, make: MakeHeader) -> MakeHeader:
    """C2 and later: `hdr` is made when the first push wants it, from the request as it is by then.

    What handlers below have changed meanwhile is in it (H11).
    """
    made: list[Header] = []

    def header_of(current: Request) -> Header:
        if not made:
            made.append(make(current))
        return made[0]

    return header_of


def _made_by(stage: "Stage", changes: HeaderChanges) -> MakeHeader:
    """How `hdr` is made; each has an account."""

    def make(request: Request) -> Header:
        header = initialize_push_headers(request.header, changes)
        stage.register.track(
            header,
            "header map",
            connection=request.connection,
            stream=request.stream,
            size=header.octets,
            by="push handler",
        )
        return header

    return make


def push_handler(stage: "Stage", variant: Variant) -> Middleware:
    """The middleware that pushes the configured resources, then the Links of the response."""
    site = site_of(stage.options)
    life = variant.life(stage)
    make = _made_by(stage, site.changes)

    async def serve_http(w: ResponseWriter, r: Request, following: Handler) -> None:
        pusher = pusher_of(w)
        if pusher is None:  # C1
            await following(w, r)
            return
        if GUARD in r.header:  # C2
            await following(w, r)
            return
        replace: Replace | None = r.context.value(REPLACER)
        if replace is None:  # C3
            raise Panic("interface conversion: interface {} is nil, not *caddy.Replacer")
        header_of = variant.header_time(r, make)
        await _push_resources(pusher, site.resources, replace, header_of, r)
        await life(w, pusher, header_of, r, following)  # C6, C7

    return serve_http


async def _push_resources(
    pusher: Pusher,
    targets: tuple[str, ...],
    replace: Replace,
    header_of: MakeHeader,
    r: Request,
) -> None:
    """C5: the first error ends it, in silence; the Links have their own try later (C8)."""
    for target in targets:
        try:
            await pusher.push(replace(target), header=header_of(r))
        except PushError:
            return
