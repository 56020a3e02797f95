"""What layers around a handler share: a writer that hands everything on.

A layer's own writer changes one or two of the calls. Wrappers are watched as `layer writer`; when
they go is nobody's affair here.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from h2proof.sim.handlers.header import Header
from h2proof.sim.handlers.protocol import PushError, Request

if TYPE_CHECKING:
    from h2proof.sim.side import Stage

WRITER_OCTETS = 32
"""An interface and a word or two; modelled."""


class Plain:
    """A writer that hands everything on and cannot push: an embedded *interface* (C41)."""

    __slots__ = ("__weakref__", "_inner")

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    @property
    def header(self) -> Header:
        """The wrapped writer's."""
        header: Header = self._inner.header
        return header

    async def write_header(self, status: int) -> None:
        """The wrapped writer's."""
        await self._inner.write_header(status)

    async def write(self, data: bytes) -> int:
        """The wrapped writer's."""
        count: int = await self._inner.write(data)
        return count

    def unwrap(self) -> Any:
        """What it wraps."""
        return self._inner


class Pushing(Plain):
    """With a Push that is handed on: an embedded pointer to ResponseWriterWrapper (C40)."""

    __slots__ = ()

    async def push(
        self,
        target: str,
        method: str = "GET",
        header: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """The wrapped writer's, or the error of C20."""
        if not hasattr(self._inner, "push"):
            raise PushError("method not implemented")
        await self._inner.push(target, method, header)


W = TypeVar("W", bound=Plain)


def watched(stage: "Stage", writer: W, r: Request, by: str) -> W:
    """The layer's writer, with an account."""
    stage.register.track(
        writer,
        "layer writer",
        connection=r.connection,
        stream=r.stream,
        size=WRITER_OCTETS,
        by=by,
    )
    return writer
