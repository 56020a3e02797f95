"""C2: C1 with `hdr` made when the first push wants it, and a Push of its own (V1).

Reconstructed from the thread. What handlers below have changed by then is in `hdr` (H11).
"""

from collections.abc import Mapping, Sequence

from h2proof.sim.handlers.caddy.serve import Variant, at_first_push
from h2proof.sim.handlers.caddy.stage_c1 import pooled
from h2proof.sim.handlers.caddy.wrapper import LinkPusher, follow
from h2proof.sim.links import parse_caddy


class PushingLinkPusher(LinkPusher):
    """With a Push method of its own: straight to the pusher, `hdr` still not added (H12)."""

    __slots__ = ()

    async def push(
        self,
        target: str,
        method: str = "GET",
        header: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """The pusher's."""
        await follow(self._pusher).push(target, method, header)


C2 = Variant(pooled(PushingLinkPusher, parse_caddy), at_first_push)
