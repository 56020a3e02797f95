"""A path matcher in front of a middleware, as Caddy's routes have them.

Option `push_paths`: the paths for which the push handler is in the route; none means all.
"""

from typing import TYPE_CHECKING

from h2proof.sim.handlers.protocol import Handler, Middleware, Request, ResponseWriter
from h2proof.sim.options import text

if TYPE_CHECKING:
    from h2proof.sim.side import Stage


def matched(stage: "Stage", layer: Middleware) -> Middleware:
    """The middleware where the path matches; elsewhere the next handler is called at once."""
    paths = frozenset(text(stage.options, "push_paths").split())
    if not paths:
        return layer

    async def handle(w: ResponseWriter, r: Request, following: Handler) -> None:
        if r.path in paths:
            await layer(w, r, following)
        else:
            await following(w, r)

    return handle
