"""`encode` before `push`: its writer cannot push, so below it nothing is ever pushed (C41).

Only a request whose Accept-Encoding matches gets that writer. Content is handed on as it is: what
matters here is the shape of the writer, not the coding.
"""

from typing import TYPE_CHECKING, Final

from h2proof.sim.handlers.layers.wrapping import Plain, watched
from h2proof.sim.handlers.protocol import Handler, Middleware, Request, ResponseWriter, as_writer

if TYPE_CHECKING:
    from h2proof.sim.side import Stage

OFFERED: Final = frozenset({"gzip", "zstd"})


def encode(stage: "Stage") -> Middleware:
    """The middleware."""

    async def handle(w: ResponseWriter, r: Request, following: Handler) -> None:
        if _matches(r):
            await following(as_writer(watched(stage, Plain(w), r, "encode")), r)
        else:
            await following(w, r)

    return handle


def _matches(r: Request) -> bool:
    wanted = r.header.first("Accept-Encoding").split(",")
    return any(coding.partition(";")[0].strip() in OFFERED for coding in wanted)
