"""The golden traces of push-handlers.md §1.8, and the table of §1.3, row by row."""

from typing import Any

import pytest

from h2proof.sim.handlers import controller
from h2proof.sim.handlers.caddy import A, B, Variant, caddy_server, push_handler
from h2proof.sim.handlers.caddy.stage_c1 import C1
from h2proof.sim.handlers.caddy.stage_c2 import C2
from h2proof.sim.handlers.caddy.stage_d import D_LOOSE, D_STRICT
from h2proof.sim.handlers.protocol import WriteError, chain

ALL = ("caddy", "caddy-b", "caddy-c1", "caddy-c2", "caddy-d-strict", "caddy-d-loose")
VARIANTS = (A, B, C1, C2, D_STRICT, D_LOOSE)
SMALL = {"body_octets": 10, "resource_octets": 20}
LINKS = "</l1>; rel=preload\n</l2>, </l3>;nopush, <https://e/x>, </l4>"


@pytest.mark.parametrize("name", ALL)
def test_trace_1_promises_resources_and_links_in_order_before_the_header(
    bench: Any, name: str
) -> None:
    played = bench(name, options={"resources": "/r1 /r2", "links": LINKS, **SMALL})
    played.get()

    assert ["/r1", "/r2", "/l1", "/l2", "/l4"] == played.promises()
    expected = [
        "PUSH_PROMISE 1 -> 2  GET /r1",
        "PUSH_PROMISE 1 -> 4  GET /r2",
        "PUSH_PROMISE 1 -> 6  GET /l1",
        "PUSH_PROMISE 1 -> 8  GET /l2",
        "PUSH_PROMISE 1 -> 10  GET /l4",
        "HEADERS 1  200",
        "DATA 1 END_STREAM  len=10",
    ]
    assert expected == [
        frame.replace("END_STREAM len", "END_STREAM  len") for frame in played.of_stream(1)
    ]
    for promised in (2, 4, 6, 8, 10):
        rest = played.of_stream(promised)[1:]
        assert [f"HEADERS {promised}  200", f"DATA {promised} END_STREAM len=20"] == rest


def test_trace_2_orders_the_fields_of_a_promise(bench: Any) -> None:
    played = bench("caddy", options={"resources": "/r", "links": "", **SMALL})
    played.get("/", ("user-agent", "tester"), ("accept", "*/*"), ("cookie", "a=b"))

    (promise,) = [each for each in played.notices if type(each).__name__ == "PromiseReceived"]
    names = [b":method", b":scheme", b":authority", b":path", b"accept", b"caddy-push"]
    assert [*names, b"user-agent"] == [name for name, _ in promise.fields]


def test_trace_3_a_relative_resource_ends_the_configured_ones_only(bench: Any) -> None:
    played = bench("caddy", options={"resources": "/r1 rel.css /r2", "links": "</l1>"})
    played.get()

    assert ["/r1", "/l1"] == played.promises()


@pytest.mark.parametrize("settings", [{2: 0}, {3: 0}], ids=["ENABLE_PUSH=0", "MCS=0"])
def test_trace_4_no_promise_where_the_client_wants_none(
    bench: Any, settings: dict[int, int]
) -> None:
    played = bench("caddy", settings=settings, options=SMALL)
    played.get()

    assert ["HEADERS 1  200", "DATA 1 END_STREAM len=10"] == played.frames


def test_trace_5_a_slot_is_free_again_when_a_promised_response_is_over(bench: Any) -> None:
    options = {"resources": "/r1", "links": "</l1>, </l2>", "upstream_ns": 0, **SMALL}
    played = bench(Sequential(), settings={3: 1}, options=options)
    played.get()

    assert ["/r1", "/r2", "/r3"] == played.promises()


class Sequential:
    """Pushes three resources, each when the one before has been answered."""

    async def __call__(self, w: Any, r: Any) -> None:
        import asyncio

        if r.path != "/":
            await w.write(b"resource")
            return
        for number in (1, 2, 3):
            await w.push(f"/r{number}")
            await asyncio.sleep(0.001)


def test_trace_5_two_slots_and_no_window_end_the_links_at_the_first(bench: Any) -> None:
    options = {"resources": "/r1 /r2", "links": "</l1>, </l2>", **SMALL}
    played = bench("caddy", settings={3: 2, 4: 0}, options=options)
    played.get()

    assert ["/r1", "/r2"] == played.promises()
    assert "HEADERS 1  200" in played.frames


@pytest.mark.parametrize("links", ["></a>", '</a>; rel=next; title="Next, -> <-"'])
@pytest.mark.parametrize("name", ["caddy", "caddy-b", "caddy-c1", "caddy-c2", "caddy-d-loose"])
def test_trace_6_an_inverted_slice_kills_the_response(bench: Any, name: str, links: str) -> None:
    played = bench(name, options={"resources": "", "links": links})
    played.get()

    own = [frame for frame in played.frames if not frame.startswith("PUSH_PROMISE")]
    assert ["RST_STREAM 1 INTERNAL_ERROR"] == [frame for frame in own if " 1" in frame]


def test_trace_7_links_are_promised_late_when_a_flush_came_first(bench: Any) -> None:
    options = {"resources": "", "links": "</l1>", "how": "flush_first", **SMALL}
    played = bench("caddy", options=options)
    played.get()

    assert ["HEADERS 1  200", "PUSH_PROMISE 1 -> 2  GET /l1"] == played.of_stream(1)[:2]


# -- the table of §1.3: what bypasses the wrapper's WriteHeader --


@pytest.mark.parametrize(
    ("how", "promised"),
    [("write_header", ["/l1"]), ("write", []), ("copy", []), ("nothing", []), ("gives_up", [])],
)
@pytest.mark.parametrize("name", ALL)
def test_links_are_seen_in_an_explicit_header_only(
    bench: Any, name: str, how: str, promised: list[str]
) -> None:
    options = {"resources": "", "links": "</l1>", "how": how, **SMALL}
    played = bench(name, options=options)
    played.get()

    assert promised == played.promises()


def test_a_handler_that_sets_links_and_returns_gets_an_implicit_200(bench: Any) -> None:
    played = bench("caddy", options={"resources": "", "links": "</l1>", "how": "nothing"})
    played.get()

    assert ["HEADERS 1 END_STREAM  200"] == played.frames


def wrapped(bench: Any, variant: Variant, responder: Any, **options: Any) -> Any:
    """A bench with a responder of the test's own below the push handler, after one request."""

    async def nothing(w: Any, r: Any) -> None:
        await w.write(b"")

    made: list[Any] = []

    async def late(w: Any, r: Any) -> None:
        if not made:
            stage = played.stage
            made.append(caddy_server(stage, chain(responder, push_handler(stage, variant))))
        await made[0](w, r)

    played = bench(late, options={"resources": "", "links": "", **options})
    played.get()
    return played


def test_hijacking_is_not_supported_on_http2(bench: Any) -> None:
    said: list[str] = []

    async def responder(w: Any, r: Any) -> None:
        try:
            controller.hijack(w)
        except WriteError as error:
            said.append(str(error))

    wrapped(bench, A, responder)

    assert ["feature not supported"] == said


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_direct_push_goes_out_without_the_guard(bench: Any, variant: Variant) -> None:
    async def responder(w: Any, r: Any) -> None:
        if r.path == "/":
            await w.push("/direct")

    played = wrapped(bench, variant, responder)

    (promise,) = [each for each in played.notices if type(each).__name__ == "PromiseReceived"]
    assert b"caddy-push" not in dict(promise.fields)


def test_the_unwrapped_writer_is_past_the_wrapper(bench: Any) -> None:
    async def responder(w: Any, r: Any) -> None:
        w.header["Link"] = ["</l1>"]
        await w.unwrap().write_header(200)

    assert [] == wrapped(bench, A, responder).promises()


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_downstream_handler_finds_the_calls_of_c17_and_no_others(
    bench: Any, variant: Variant
) -> None:
    found: list[bool] = []

    async def responder(w: Any, r: Any) -> None:
        calls = ("read_from", "push", "unwrap", "flush", "hijack", "close_notify", "write_string")
        found.extend(hasattr(w, call) for call in calls)

    wrapped(bench, variant, responder)

    assert [True, True, True, False, False, False, False] == found
