"""What a handler is given, and what its calls raise: the names are those of Go's net/http.

A handler gets a `ResponseWriter` and a `Request`; a middleware gets the next handler too. A call
that Go answers with an error raises a `CallError` with Go's text; a Go panic is a `Panic`, which
only a server catches. No server, and no connection, is known here.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Protocol, cast

from h2proof.sim.handlers.header import Header

NIL_POINTER: Final = "runtime error: invalid memory address or nil pointer dereference"
"""What Go says where a pointer that was cleared is followed."""


class CallError(Exception):
    """A call of the handler failed; Go returns it as an error, and a handler may go on."""


class PushError(CallError):
    """A push was refused, or could not be made."""


class WriteError(CallError):
    """Octets, a header or a flush did not go out."""


class ReadError(CallError):
    """The request's body broke off."""


class HandlerError(CallError):
    """A handler gives up with a status, and leaves the answer to whoever called it."""

    def __init__(self, status: int, reason: str = "") -> None:
        super().__init__(reason or f"the handler answers with status {status}")
        self.status = status


class Panic(Exception):
    """A Go panic, with Go's text; it unwinds the handler, and the stream is reset."""


class Writer(Protocol):
    """The three calls that every response writer has, wrappers included."""

    @property
    def header(self) -> Header:
        """The response's fields; live until the response starts."""

    async def write_header(self, status: int) -> None:
        """Begin the response; 1xx statuses may come before."""

    async def write(self, data: bytes) -> int:
        """Send content, and wait for credit and for the transport; octets taken."""


class Pusher(Protocol):
    """What can promise a response."""

    async def push(
        self,
        target: str,
        method: str = "GET",
        header: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Promise the response to a request for `target`; PushError says why not."""


class ResponseWriter(Writer, Pusher, Protocol):
    """What a server gives to a handler. A wrapper may have less, as in Go."""

    async def flush(self) -> None:
        """Send what is buffered, the header first."""


class Body(Protocol):
    """The content of a request."""

    async def read(self, octets: int = -1) -> bytes:
        """At most so many octets, waiting for the first; empty at the end; ReadError."""


class NoBody:
    """The content of a request without any."""

    async def read(self, octets: int = -1) -> bytes:
        """Nothing."""
        return b""


class Context:
    """What belongs to one request: values by key, and whether it was cancelled."""

    __slots__ = ("__weakref__", "_done", "_over", "_parent", "_values")

    def __init__(self, parent: "Context | None" = None, **values: Any) -> None:
        self._parent = parent
        self._values = values
        self._over = False
        self._done: asyncio.Event | None = None

    @property
    def done(self) -> asyncio.Event:
        """Set when the request is over or its client has gone; children share it."""
        if self._parent is not None:
            return self._parent.done
        if self._done is None:
            self._done = asyncio.Event()
            if self._over:
                self._done.set()
        return self._done

    def end(self) -> None:
        """The request is over, or its client has gone."""
        self._over = True
        if self._done is not None:
            self._done.set()

    def value(self, key: str) -> Any:
        """The value of a key, also of a parent's; None if there is none."""
        if key in self._values:
            return self._values[key]
        return self._parent.value(key) if self._parent is not None else None


class Request:
    """A request as a handler sees it. `stream` and `connection` say where it came from."""

    __slots__ = (
        "__weakref__",
        "authority",
        "body",
        "connection",
        "context",
        "header",
        "method",
        "scheme",
        "stream",
        "target",
    )

    def __init__(
        self,
        method: str,
        target: str,
        scheme: str = "https",
        authority: str = "localhost",
        header: Header | None = None,
        body: Body | None = None,
        context: Context | None = None,
        connection: int = 0,
        stream: int = 1,
    ) -> None:
        self.method = method
        self.target = target
        self.scheme = scheme
        self.authority = authority
        self.header = Header() if header is None else header
        self.body: Body = NoBody() if body is None else body
        self.context = Context() if context is None else context
        self.connection = connection
        self.stream = stream

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    def with_context(self, context: Context) -> "Request":
        """The same request, header map and body in another context: Go's WithContext."""
        return Request(
            self.method,
            self.target,
            self.scheme,
            self.authority,
            self.header,
            self.body,
            context,
            self.connection,
            self.stream,
        )


Handler = Callable[[ResponseWriter, Request], Awaitable[None]]
Middleware = Callable[[ResponseWriter, Request, Handler], Awaitable[None]]


def as_writer(wrapper: object) -> ResponseWriter:
    """A wrapper, handed on where a response writer is expected, whatever it lacks."""
    return cast("ResponseWriter", wrapper)


def pusher_of(w: object) -> Pusher | None:
    """Go's assertion to the Pusher interface: the writer itself, or None if it has no `push`."""
    return cast("Pusher", w) if hasattr(w, "push") else None


def chain(innermost: Handler, *layers: Middleware) -> Handler:
    """The handler with layers around it, the first one outermost."""
    handler = innermost
    for layer in reversed(layers):
        handler = _around(layer, handler)
    return handler


def _around(layer: Middleware, following: Handler) -> Handler:
    async def handle(w: ResponseWriter, r: Request) -> None:
        await layer(w, r, following)

    return handle
