"""B: a deferred block clears four fields and the variable (V1). Reconstructed from the thread.

The clearing runs on every way out, also by error and panic. It makes the token free again, so
Links may be pushed twice (H7, H9), and where nothing was pushed it *stores* a nil (C28, H8).
"""

from typing import TYPE_CHECKING

from h2proof.sim.handlers.caddy.serve import Life, Variant, at_entry
from h2proof.sim.handlers.caddy.stage_a import boxed
from h2proof.sim.handlers.caddy.variables import PUSHED_LINK, set_variable
from h2proof.sim.handlers.caddy.wrapper import MakeHeader
from h2proof.sim.handlers.protocol import Handler, Pusher, Request, ResponseWriter, as_writer

if TYPE_CHECKING:
    from h2proof.sim.side import Stage


def life_b(stage: "Stage") -> Life:
    """As A, with the deferred clearing."""

    async def live(
        w: ResponseWriter, pusher: Pusher, header_of: MakeHeader, r: Request, following: Handler
    ) -> None:
        wrapper = boxed(stage, w, pusher, header_of, r)
        try:
            await following(as_writer(wrapper), r)
        finally:
            wrapper.clear()
            set_variable(r.context, PUSHED_LINK, None)

    return live


B = Variant(life_b, at_entry)
