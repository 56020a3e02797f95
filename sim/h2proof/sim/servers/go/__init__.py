"""Go's net/http2 server around a handler (push-handlers.md part 4)."""

from typing import TYPE_CHECKING

from h2proof.sim.servers.go.connection import GoConnection

if TYPE_CHECKING:
    from h2proof.sim.side import Side


async def serve(side: "Side") -> None:
    """Serve one connection until it is over."""
    await GoConnection(side).serve()
