"""ASGI applications, unchanged: Starlette, Quart and plain ones; planted leaks are caught."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from quart import Quart
from quart import request as quart_request
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from h2proof.oracle import judge
from h2proof.properties import Broken, check_asgi_app, ledger
from h2proof.properties.adapters.asgi import asgi_handler
from h2proof.properties.broken import Misused
from h2proof.properties.defaults import Defaults, desk
from h2proof.sim.frames import Headers, PushPromise
from h2proof.sim.hpack import FieldDecoder
from h2proof.sim.scenario import Act, ClientPlan, RequestPlan, Scenario
from h2proof.sim.world import Run, World

EXAMPLES = 5


def run(app: Any, *requests: RequestPlan, acts: tuple[Act, ...] = ()) -> Run:
    """One client that asks the application."""
    scenario = Scenario(clients=(ClientPlan(requests or (RequestPlan(),), acts),), schedule="fifo")
    return World(scenario, asgi_handler(app)).play()


# --- what the adapter does ------------------------------------------------------------------------


async def plain(scope: Any, receive: Any, send: Any) -> None:
    """No lifespan, a push, trailers."""
    assert scope["type"] == "http"
    await send({"type": "http.response.push", "path": "/style.css", "headers": [(b"a", b"b")]})
    await send({"type": "http.response.start", "status": 201, "trailers": True})
    await send({"type": "http.response.body", "body": b"hello", "more_body": True})
    await send({"type": "http.response.body", "body": b" world"})
    await send({"type": "http.response.trailers", "headers": [(b"x-end", b"1")]})


def test_pushes_status_body_and_trailers_go_on_the_wire() -> None:
    played = run(plain)

    decoder = FieldDecoder()
    sections = []
    for event in played.trace.frames():
        if event.sender == "server" and isinstance(event.frame, Headers | PushPromise):
            sections.append((event.stream, type(event.frame).__name__, event.frame.fragment))
    decoded = [(stream, kind, decoder.decode(block)) for stream, kind, block in sections]
    mine = [(kind, f) for stream, kind, f in decoded if stream == 1 and isinstance(f, tuple)]
    assert ["PushPromise", "Headers", "Headers"] == [kind for kind, _ in mine]
    assert (b":path", b"/style.css") in mine[0][1]
    assert (b":status", b"201") in mine[1][1]
    assert ((b"x-end", b"1"),) == mine[2][1]
    assert "ok" == judge(played.trace).outcome


def test_a_request_comes_with_its_body_and_then_the_disconnect() -> None:
    messages: list[Any] = []

    async def reads(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            raise RuntimeError("takes no part in it")
        messages.append(scope["query_string"])
        while True:
            messages.append(await receive())
            if messages[-1]["type"] == "http.disconnect":
                return

    run(reads, RequestPlan("/a?b=c", "POST", body_octets=3), acts=(Act("vanishes"),))

    body = b"".join(each["body"] for each in messages[1:-1])
    assert b"b=c" == messages[0]
    assert bytes(3) == body
    assert {"type": "http.disconnect"} == messages[-1]


def test_the_lifespan_runs_once_around_all_requests() -> None:
    said: list[str] = []

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[dict[str, int]]:
        said.append("begins")
        yield {"number": 7}
        said.append("ends")

    async def home(request: Request) -> Response:
        said.append(f"asked {request.state.number}")
        return PlainTextResponse("x")

    run(Starlette(routes=[Route("/", home)], lifespan=lifespan), RequestPlan(), RequestPlan())

    assert ["begins", "asked 7", "asked 7", "ends"] == said


def test_a_background_task_outlives_the_response_and_costs_no_time() -> None:
    done: list[float] = []

    async def later() -> None:
        await asyncio.sleep(3600)
        done.append(asyncio.get_running_loop().time())

    async def home(request: Request) -> Response:
        return PlainTextResponse("x", background=BackgroundTask(later))

    played = run(Starlette(routes=[Route("/", home)]))
    ended = [
        e for e in played.trace.frames() if e.sender == "server" and e.stream == 1 and e.flags & 1
    ]
    assert ended[0].at < 1_000_000_000


# --- the property ---------------------------------------------------------------------------------


def starlette_app(*, leaks: bool) -> Starlette:
    """A page, a stream; with a leak each request starts a task that keeps its scope for good."""
    waiting: list[asyncio.Task[None]] = []

    async def watch(request: Request) -> None:
        await asyncio.Event().wait()
        assert request

    async def home(request: Request) -> Response:
        if leaks:
            waiting.append(asyncio.ensure_future(watch(request)))
        await request.send_push_promise("/style.css")
        return HTMLResponse("<p>hello</p>")

    async def drip(request: Request) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(4):
                yield bytes(100)
                await asyncio.sleep(0.01)

        await request.body()
        return StreamingResponse(pieces())

    routes = [Route(path, home) for path in ("/", "/style.css")]
    return Starlette(routes=[*routes, Route("/a", drip, methods=["GET", "POST"])])


class Rows:
    """Rows of a data base: a cursor that has to be closed, also when nobody wants the rest."""

    def __init__(self) -> None:
        ledger.track(self, "cursor", closes="close")

    def close(self) -> None:
        """Give the cursor back."""


def quart_app(*, leaks: bool) -> Quart:
    """A stream of rows; with a leak its iterator is not closed when the client leaves."""
    app = Quart(__name__)

    @app.route("/", methods=["GET", "POST"])
    async def stream() -> Any:
        await quart_request.get_data()

        async def pieces() -> AsyncIterator[bytes]:
            # not before: a generator that never begins has no `finally`
            rows = Rows()
            try:
                for _ in range(4):
                    yield bytes(100)
                    await asyncio.sleep(0.01)
                if leaks:
                    rows.close()
            finally:
                if not leaks:
                    rows.close()

        return pieces()

    return app


def test_a_starlette_app_passes() -> None:
    check_asgi_app(starlette_app(leaks=False), seed=1, examples=EXAMPLES)


def test_a_task_that_keeps_the_scope_is_caught_with_what_holds_it() -> None:
    with pytest.raises(Broken) as broken:
        check_asgi_app(starlette_app(leaks=True), seed=1, examples=EXAMPLES)

    assert broken.value.rule in ("leak", "never_quiet")
    assert "watch" in str(broken.value)


def test_a_quart_app_passes() -> None:
    check_asgi_app(quart_app(leaks=False), seed=1, examples=1, paths=("/",))


def test_an_iterator_that_is_not_closed_on_disconnect_is_caught() -> None:
    with pytest.raises(Broken) as broken:
        check_asgi_app(quart_app(leaks=True), seed=1, examples=EXAMPLES, paths=("/",))

    assert ("leak", "cursor") == broken.value.group


def test_a_plain_app_passes() -> None:
    with desk(Defaults(tour=False)):
        check_asgi_app(plain, seed=1, examples=EXAMPLES)


def test_an_app_that_gives_up_in_the_middle_is_caught() -> None:
    async def gives_up(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})

    with pytest.raises(Broken, match=r"(?s)returned before its.*response was complete"):
        check_asgi_app(gives_up, seed=1, examples=EXAMPLES)


def two(scope: Any, receive: Any) -> None:
    """ASGI 2, or nothing."""


@pytest.mark.parametrize(
    ("app", "sentence"),
    [
        (Starlette, "Starlette is a class; give an application made of it"),
        (two, r"does not take \(scope, receive, send\)"),
        (3, "an ASGI application is called with"),
    ],
)
def test_what_is_no_application_is_refused_with_one_sentence(app: Any, sentence: str) -> None:
    with pytest.raises(Misused, match=sentence):
        check_asgi_app(app, examples=1)
