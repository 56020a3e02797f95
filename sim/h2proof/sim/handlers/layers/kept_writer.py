"""A layer that keeps the writer beyond the return: a helper writes once more, later (H3, H4).

Such helpers exist: they copy from an upstream, and nobody waits for them. What happens to the late
octets depends on what the writer has become by then. Option `late_ns`: how long after the return.
"""

import asyncio
from typing import TYPE_CHECKING

from h2proof.sim.handlers.protocol import (
    CallError,
    Handler,
    Middleware,
    Request,
    ResponseWriter,
)
from h2proof.sim.options import number

if TYPE_CHECKING:
    from h2proof.sim.side import Stage


def kept_writer(stage: "Stage") -> Middleware:
    """The middleware."""
    late_ns = number(stage.options, "late_ns")

    async def handle(w: ResponseWriter, r: Request, following: Handler) -> None:
        await following(w, r)
        name = f"server {r.connection} stream {r.stream} late"
        octets = f"late octets of {r.path}".encode("utf-8", "surrogateescape")
        stage.loop.create_task(_write_late(w, late_ns, octets), name=name)

    return handle


async def _write_late(w: ResponseWriter, late_ns: int, octets: bytes) -> None:
    """A panic in here is nobody's to recover (G27): in Go the process would die."""
    await asyncio.sleep(late_ns / 1_000_000_000)
    try:
        await w.write(octets)
    except CallError:
        return
