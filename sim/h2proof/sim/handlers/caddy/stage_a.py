"""A: Caddy's push handler on master. Nothing is pooled, nothing is cleared, nothing is deferred.

The wrapper is released when nothing refers to it any more (C44); nobody here does that.
"""

from typing import TYPE_CHECKING

from h2proof.sim.handlers.caddy.serve import Life, Variant, at_entry
from h2proof.sim.handlers.caddy.wrapper import BOXED_OCTETS, LinkPusher, MakeHeader
from h2proof.sim.handlers.protocol import Handler, Pusher, Request, ResponseWriter, as_writer
from h2proof.sim.links import parse_caddy

if TYPE_CHECKING:
    from h2proof.sim.side import Stage


def boxed(
    stage: "Stage", w: ResponseWriter, pusher: Pusher, header_of: MakeHeader, r: Request
) -> LinkPusher:
    """A new wrapper on the heap, watched from outside."""
    wrapper = LinkPusher()
    stage.register.track(
        wrapper,
        "wrapper",
        connection=r.connection,
        stream=r.stream,
        size=BOXED_OCTETS,
        by="push handler",
    )
    wrapper.fill(w, pusher, header_of, r, parse_caddy)
    return wrapper


def life_a(stage: "Stage") -> Life:
    """C6, C7: passed on as it is made; no defer, no recover, no clean-up."""

    async def live(
        w: ResponseWriter, pusher: Pusher, header_of: MakeHeader, r: Request, following: Handler
    ) -> None:
        await following(as_writer(boxed(stage, w, pusher, header_of, r)), r)

    return live


A = Variant(life_a, at_entry)
