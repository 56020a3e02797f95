"""Caddy's HTTP server around a chain of handlers: server.go, as far as a push handler sees it.

It derives a request with a context of its own, runs the primary chain, and answers an error by the
error chain, or with its status alone, on the *server's* writer: wrappers of the primary chain see
nothing of that (C36). A panic is not caught (C37).
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from h2proof.sim.handlers.caddy.variables import VARIABLES
from h2proof.sim.handlers.protocol import (
    CallError,
    Context,
    Handler,
    HandlerError,
    Request,
    ResponseWriter,
)

if TYPE_CHECKING:
    from h2proof.sim.side import Stage

REPLACER: Final = "replacer"
CONTEXT_OCTETS: Final = 48 + 3 * 48
"""A context, and an entry for each of the three values that are put into it; modelled."""

Replace = Callable[[str], str]


def caddy_server(stage: "Stage", primary: Handler, errors: Handler | None = None) -> Handler:
    """PrepareRequest and ServeHTTP; `errors` is the chain of the error routes, if there is one."""

    async def serve_http(w: ResponseWriter, r: Request) -> None:
        request = prepare_request(stage, r)
        status = await _run(primary, w, request)
        if status is not None:
            await _answer_error(w, request, status, errors)

    return serve_http


def prepare_request(stage: "Stage", r: Request) -> Request:
    """The request in a context with variables and replacer; the context has an account."""
    context = Context(r.context, **{VARIABLES: {}, REPLACER: replacer_of({"path": r.path})})
    stage.register.track(
        context,
        "request context",
        connection=r.connection,
        stream=r.stream,
        size=CONTEXT_OCTETS,
        by="caddy",
    )
    return r.with_context(context)


def replacer_of(values: Mapping[str, str]) -> Replace:
    """Replaces `{name}`; an unknown or empty one becomes a single dot (C5)."""

    def replace(text: str) -> str:
        pieces = text.split("{")
        for place, piece in enumerate(pieces[1:], 1):
            name, closed, rest = piece.partition("}")
            pieces[place] = (values.get(name) or ".") + rest if closed else "{" + piece
        return "".join(pieces)

    return replace


async def _run(handler: Handler, w: ResponseWriter, r: Request) -> int | None:
    """The status that the handler leaves to others; None if it answered."""
    try:
        await handler(w, r)
    except HandlerError as error:
        return error.status
    except CallError:
        return 500
    return None


async def _answer_error(w: ResponseWriter, r: Request, status: int, errors: Handler | None) -> None:
    if errors is not None:
        await _run(errors, w, r)
        return
    try:
        await w.write_header(status)
    except CallError:
        return
