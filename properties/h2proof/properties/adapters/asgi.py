"""An ASGI application (spec 3.0) as a handler, unchanged, in virtual time.

It is started by its lifespan once a run, and shut down when all clients have left. The response
ends when the application says so (`more_body` false); what it does afterwards, a background task
say, runs on by itself. Extensions: `http.response.push`, `http.response.trailers`. The scope is
tracked as a request context, `receive` and `send` as a wrapper: both have to be gone when all is
quiet and the application has returned. What only a cycle holds is collected before that is asked,
as it would be in any Python process. Nothing here keeps them: neither error nor task.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from h2proof.sim.handlers import HandlerModel
from h2proof.sim.handlers.protocol import Body, CallError, Panic, Request, ResponseWriter
from h2proof.sim.scheduler import Waiter

if TYPE_CHECKING:
    from h2proof.sim.side import Stage

Message = MutableMapping[str, Any]
App = Callable[[Any, Any, Any], Awaitable[None]]

CHUNK_OCTETS: Final = 65_536
ABORT: Final = "net/http: abort Handler"
"""How Go's server is told to reset a stream without calling it a bug."""
TRAILER_PREFIX: Final = "Trailer:"
"""How Go's server is told of trailers: fields with this prefix, set once the response has begun."""


class Scope(dict[str, Any]):
    """A connection scope that can be watched."""

    __slots__ = ("__weakref__",)


def asgi_handler(app: App, *, name: str = "") -> HandlerModel:
    """A handler model that runs the application; `name` is what reports call it."""
    return HandlerModel(
        name or getattr(app, "__qualname__", type(app).__qualname__),
        "an ASGI application on the adapter",
        "run",
        "the application itself",
        lambda stage: _Running(app, stage).handle,
        collects=True,
    )


class _Running:
    """An application during one run: its lifespan, and the tasks of its requests."""

    def __init__(self, app: App, stage: "Stage") -> None:
        self._app = app
        self._stage = stage
        self._lifespan: _Lifespan | None = None

    async def handle(self, w: ResponseWriter, r: Request) -> None:
        """One request; comes back when the response is complete, or the application has ended."""
        if self._lifespan is None:
            self._lifespan = _Lifespan(self._app, self._stage)
            self._stage.at_end(self._lifespan.end)
        state = await self._lifespan.started()
        exchange = Exchange(w, r)
        scope = scope_of(r, state)
        for obj, kind in ((exchange, "wrapper"), (scope, "request context")):
            self._stage.register.track(obj, kind, connection=r.connection, stream=r.stream)
        del obj
        result = exchange.result
        self._stage.loop.create_task(
            _run(self._app, scope, exchange), name=f"app {r.connection}/{r.stream}"
        )
        del exchange, scope, w
        await result.complete.wait()
        if result.panic:
            raise Panic(result.panic)


@dataclass(slots=True)
class Result:
    """What became of one response; `panic` is why it must not look complete."""

    complete: asyncio.Event = field(default_factory=asyncio.Event)
    panic: str = ""


async def _run(app: App, scope: Scope, exchange: "Exchange") -> None:
    """The application's task; what it raises ends here, as a text."""
    try:
        await app(scope, exchange.receive, exchange.send)
        exchange.over("the application returned before its response was complete")
    except Exception as error:  # noqa: BLE001  # an application may raise anything
        exchange.over(f"{type(error).__name__}: {error}")
    finally:
        exchange.over(ABORT)  # cancelled, or nothing if it is over already


class Exchange:
    """One request and its response: what an application is given as `receive` and `send`."""

    def __init__(self, w: ResponseWriter, r: Request) -> None:
        self.result = Result()
        self._w: ResponseWriter | None = w
        self._body: Body | None = r.body
        self._gone = r.context.done
        self._lost = asyncio.Event()
        """Set once a call has failed: as good as a client that is gone."""
        self._trailers = False
        self._read_over = False

    def over(self, panic: str = "") -> None:
        """Let go of the server's objects: nothing more is sent.

        A response that is not complete is aborted, without blame if the client is gone.
        """
        if self.result.complete.is_set():
            return
        self._w = None
        self._body = None
        self.result.panic = (
            ABORT if panic and (self._lost.is_set() or self._gone.is_set()) else panic
        )
        self.result.complete.set()

    async def receive(self) -> Message:
        """The next piece of the request's body; then, at the end of all, the disconnect."""
        over = self._read_over or self._lost.is_set() or self._gone.is_set()
        if self._body is not None and not over:
            octets = await self._read(self._body)
            if octets is not None:
                return {"type": "http.request", "body": octets, "more_body": bool(octets)}
        events = self._gone, self._lost, self.result.complete
        del self  # whoever waits here keeps nothing else alive
        await _first_of(*events)
        return {"type": "http.disconnect"}

    async def _read(self, body: Body) -> bytes | None:
        """Some octets of the body, none at its end; None if it broke off."""
        try:
            octets = await body.read(CHUNK_OCTETS)
        except CallError:
            self._lost.set()
            return None
        except asyncio.CancelledError:
            self._lost.set()
            raise
        self._read_over = not octets
        return octets

    async def send(self, message: Message) -> None:
        """One message of the response; OSError once the client is gone (spec 2.4)."""
        if self._w is None:
            if self._gone.is_set() or self._lost.is_set():
                raise ConnectionResetError("the client is gone")
            raise RuntimeError(f"{message['type']} after the response was complete")
        try:
            await _SENDERS[message["type"]](self, self._w, message)
        except KeyError:
            raise RuntimeError(f"an application cannot send {message['type']!r}") from None
        except asyncio.CancelledError:
            self._lost.set()
            raise
        except CallError as error:
            self._w = None
            self._lost.set()
            raise ConnectionResetError(str(error)) from None

    async def _start(self, w: ResponseWriter, message: Message) -> None:
        for name, value in message.get("headers", ()):
            w.header.add(bytes(name).decode("latin-1"), bytes(value).decode("latin-1"))
        self._trailers = bool(message.get("trailers"))
        await w.write_header(message["status"])

    async def _content(self, w: ResponseWriter, message: Message) -> None:
        octets = bytes(message.get("body", b""))
        if octets:
            await w.write(octets)
        if message.get("more_body"):
            await w.flush()
        elif not self._trailers:
            self.over()

    async def _push(self, w: ResponseWriter, message: Message) -> None:
        header: dict[str, list[str]] = {}
        for name, value in message.get("headers", ()):
            header.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
        with suppress(CallError):  # a push is a hint; the extension knows no refusal
            await w.push(message["path"], header=header)

    async def _trail(self, w: ResponseWriter, message: Message) -> None:
        for name, value in message.get("headers", ()):
            w.header.add(TRAILER_PREFIX + name.decode("latin-1"), value.decode("latin-1"))
        if not message.get("more_trailers"):
            self.over()


_SENDERS: Final[dict[str, Callable[[Exchange, ResponseWriter, Message], Awaitable[None]]]] = {
    "http.response.start": Exchange._start,
    "http.response.body": Exchange._content,
    "http.response.push": Exchange._push,
    "http.response.trailers": Exchange._trail,
}


async def _first_of(*events: asyncio.Event) -> None:
    """Wait until one of the events is set."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


def scope_of(r: Request, state: MutableMapping[str, Any]) -> Scope:
    """The HTTP connection scope of a request."""
    path, _, query = r.target.partition("?")
    return Scope(
        type="http",
        asgi={"version": "3.0", "spec_version": "2.4"},
        http_version="2",
        method=r.method,
        scheme=r.scheme,
        path=unquote(path),
        raw_path=path.encode("latin-1"),
        query_string=query.encode("latin-1"),
        root_path="",
        headers=[
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, values in (("host", [r.authority]), *r.header.items())
            for value in values
        ],
        client=("client", r.connection),
        server=(r.authority, 443),
        state=dict(state),
        extensions={"http.response.push": {}, "http.response.trailers": {}},
    )


class _Lifespan:
    """The application's start and end, where it takes part in them; not all do."""

    def __init__(self, app: App, stage: "Stage") -> None:
        self.state: dict[str, Any] = {}
        self._loop = stage.loop
        self._ready = asyncio.Event()
        self._failed = ""
        self._begun = False
        self._ending: Waiter | None = None
        """What the application waits on for its end; to wait there is to be at rest."""
        stage.loop.create_task(self._run(app), name="lifespan")

    async def started(self) -> MutableMapping[str, Any]:
        """Wait for the start; the state that requests share. Panic if the start failed."""
        await self._ready.wait()
        if self._failed:
            raise Panic(self._failed)
        return self.state

    async def end(self) -> None:
        """Have the application shut down."""
        if self._ending is not None and not self._ending.done():
            self._ending.set_result(None)

    async def _run(self, app: App) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": self.state}
        try:
            await app(scope, self._receive, self._send)
        except Exception as error:  # noqa: BLE001  # an application without lifespan raises anything
            if self._ready.is_set():
                raise RuntimeError(f"lifespan: {type(error).__name__}: {error}") from None
        finally:
            self._ready.set()

    async def _receive(self) -> Message:
        if not self._begun:
            self._begun = True
            return {"type": "lifespan.startup"}
        self._ending = self._loop.waiter("the end of the application", rests=True)
        await self._ending
        return {"type": "lifespan.shutdown"}

    async def _send(self, message: Message) -> None:
        kind = message["type"]
        if kind == "lifespan.startup.failed":
            self._failed = f"lifespan startup failed: {message.get('message', '')}"
        if kind.startswith("lifespan.startup"):
            self._ready.set()
