"""The plain server: a request's octets in its promises, and the context of a request."""

from typing import Any

from h2proof.sim.handlers.protocol import Context
from h2proof.sim.notices import PromiseReceived


def test_a_promise_has_the_authority_of_its_request_octet_by_octet(bench: Any) -> None:
    async def handler(w: Any, r: Any) -> None:
        if r.path == "/":
            await w.push("/a")

    played = bench(handler, server="plain")
    section = [
        (b":method", b"GET"),
        (b":scheme", b"https"),
        (b":authority", b"h\xe9st"),
        (b":path", b"/"),
    ]
    played.client.send_headers(None, section, end_stream=True)
    played._push_out()
    played.run()

    (promise,) = (each for each in played.notices if isinstance(each, PromiseReceived))
    assert (b":authority", b"h\xe9st") in promise.fields


def test_a_request_whose_client_has_not_ended_it_is_reset_behind_its_response(bench: Any) -> None:
    async def handler(w: Any, r: Any) -> None:
        await w.write(b"enough")

    played = bench(handler, server="plain")
    stream = played.get(method="POST", end_stream=False)

    last = played.of_stream(stream)[-1]
    assert last == f"RST_STREAM {stream} NO_ERROR"


def test_a_context_that_is_over_says_so_whenever_it_is_asked() -> None:
    early, late = Context(), Context()
    child, event = Context(early), early.done
    assert not event.is_set()

    early.end()
    late.end()

    assert child.done is event
    assert [True, True] == [event.is_set(), late.done.is_set()]
