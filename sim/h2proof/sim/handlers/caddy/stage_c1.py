"""C1: wrappers from a pool, the ResponseWriterWrapper embedded by value (V1, b867069).

The pool gives out what was put back last, so that a stale reference meets the next request (§3.4,
H4). Reconstructed from the thread: whether it kept B's clearing of the variable is not stated, and
it does not here.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from h2proof.sim.handlers.caddy.serve import Life, Variant, at_entry
from h2proof.sim.handlers.caddy.wrapper import (
    EMBEDDED_OCTETS,
    LinkPusher,
    MakeHeader,
)
from h2proof.sim.handlers.protocol import Handler, Pusher, Request, ResponseWriter, as_writer
from h2proof.sim.links import Parser, parse_caddy
from h2proof.sim.resources import Pool

if TYPE_CHECKING:
    from h2proof.sim.side import Stage


def pooled(kind: type[LinkPusher], parse: Parser) -> "Callable[[Stage], Life]":
    """A life from the pool and back; the deferred block nulls the fields and puts it back."""

    def life_c(stage: "Stage") -> Life:
        pool = Pool(stage.register, "wrapper", kind, size=EMBEDDED_OCTETS)

        async def live(
            w: ResponseWriter, pusher: Pusher, header_of: MakeHeader, r: Request, following: Handler
        ) -> None:
            wrapper = pool.take(connection=r.connection, stream=r.stream, by="push handler")
            wrapper.fill(w, pusher, header_of, r, parse)
            try:
                await following(as_writer(wrapper), r)
            finally:
                wrapper.clear()
                pool.put(wrapper, by="push handler")

        return live

    return life_c


C1 = Variant(pooled(LinkPusher, parse_caddy), at_entry)
