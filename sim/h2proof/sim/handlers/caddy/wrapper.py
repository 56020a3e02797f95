"""The wrapper of Caddy's push handler: `linkPusher`, and the ResponseWriterWrapper in it (§1.3).

Of its own it has `write_header` alone, and in the later stages `push`; all else is the wrapped
writer's. It has no `flush`, as the original (C17). A field that was cleared is a nil pointer. Where
wrappers come from, and where they go, is not known here.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

from h2proof.sim.handlers.caddy.variables import PUSHED_LINK, get_variable, set_variable
from h2proof.sim.handlers.header import Header
from h2proof.sim.handlers.protocol import NIL_POINTER, Panic, Pusher, PushError, Request
from h2proof.sim.links import Parser, is_pushed

T = TypeVar("T")

BOXED_OCTETS: Final = 80 + 16
"""A and B: the struct (C6), and the ResponseWriterWrapper as an object of its own."""
EMBEDDED_OCTETS: Final = 88
"""C and D: the ResponseWriterWrapper stands in the struct, in place of a pointer."""

MakeHeader = Callable[[Request], Header]


def follow(pointer: T | None) -> T:
    """What a pointer points to; the panic of Go where it is nil."""
    if pointer is None:
        raise Panic(NIL_POINTER)
    return pointer


class LinkPusher:
    """Pushes the Links of a response when its header is written."""

    __slots__ = ("__weakref__", "_header_of", "_inner", "_parse", "_pusher", "_request")

    def __init__(self) -> None:
        self._inner: Any = None
        self._pusher: Pusher | None = None
        self._header_of: MakeHeader | None = None
        self._request: Request | None = None
        self._parse: Parser | None = None

    def fill(
        self, w: Any, pusher: Pusher, header_of: MakeHeader, request: Request, parse: Parser
    ) -> None:
        """Begin a life: five fields (C6). `header_of` stands for `hdr`."""
        self._inner = w
        self._pusher = pusher
        self._header_of = header_of
        self._request = request
        self._parse = parse

    def clear(self) -> None:
        """The deferred block of B and later: four fields become nil (V1)."""
        self._inner = None
        self._pusher = None
        self._header_of = None
        self._request = None

    # -- its own --

    async def write_header(self, status: int) -> None:
        """C18: the token first, then the Links, then the header below, whatever the status (C19)."""
        header: Header = follow(self._inner).header
        if "Link" in header:
            context = follow(self._request).context
            if get_variable(context, PUSHED_LINK) is None:
                set_variable(context, PUSHED_LINK, True)
                await self._serve_preload_links(header["Link"])
        await follow(self._inner).write_header(status)

    async def _serve_preload_links(self, values: Sequence[str]) -> None:
        """C23: the first failing Push ends it, also for the values that follow."""
        for value in values:
            parsed = follow(self._parse)(value.encode("utf-8", "surrogateescape"))
            if parsed.panic is not None:
                raise Panic(parsed.panic)  # L6
            for link in parsed.links:
                if is_pushed(link) and not await self._push_link(link.target):
                    return

    async def _push_link(self, target: bytes) -> bool:
        header = follow(self._header_of)(follow(self._request))
        try:
            await follow(self._pusher).push(
                target.decode("utf-8", "surrogateescape"), header=header
            )
        except PushError:
            return False
        return True

    # -- promoted from what it wraps (C16) --

    @property
    def header(self) -> Header:
        """The wrapped writer's."""
        header: Header = follow(self._inner).header
        return header

    async def write(self, data: bytes) -> int:
        """The wrapped writer's: an implicit header goes out unseen."""
        count: int = await follow(self._inner).write(data)
        return count

    async def read_from(self, source: Iterable[bytes]) -> int:
        """The wrapped writer's, or a plain copy into it (C21)."""
        return await read_from(follow(self._inner), source)

    async def push(
        self,
        target: str,
        method: str = "GET",
        header: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """The wrapped writer's, if it has one (C20); `hdr` is not added."""
        inner = follow(self._inner)
        if not hasattr(inner, "push"):
            raise PushError("method not implemented")
        await inner.push(target, method, header)

    def unwrap(self) -> Any:
        """What it wraps."""
        return follow(self._inner)


async def read_from(w: Any, source: Iterable[bytes]) -> int:
    """Go's io.Copy into a writer; octets copied."""
    if hasattr(w, "read_from"):
        count: int = await w.read_from(source)
        return count
    count = 0
    for piece in source:
        count += await w.write(piece)
    return count
