"""Go's server, fact by fact: push-handlers.md part 4, and the table of §4.2 row by row."""

import asyncio
from typing import Any

import pytest

from h2proof.sim.frames import (
    Data,
    Dependency,
    Headers,
    Priority,
    PushPromise,
    RstStream,
    WindowUpdate,
)
from h2proof.sim.handlers import controller
from h2proof.sim.handlers.protocol import Panic, PushError, WriteError
from h2proof.sim.hpack import FieldEncoder

SECOND = 1000


class Errors:
    """A handler that pushes and writes, and keeps what its calls said."""

    def __init__(self, *targets: str, octets: int = 0) -> None:
        self.targets, self.octets = targets, octets
        self.said: list[str] = []

    async def __call__(self, w: Any, r: Any) -> None:
        if r.path != "/":
            await w.write(bytes(10))
            return
        for target in self.targets:
            try:
                await w.push(target)
            except PushError as error:
                self.said.append(str(error))
        try:
            await w.write(bytes(self.octets))
            await w.flush()
        except WriteError as error:
            self.said.append(str(error))


def notes(played: Any) -> list[str]:
    return [event.text for event in played.trace if event.kind == "note"]


# -- 4.1 --


def test_g1_a_promised_request_cannot_push(bench: Any) -> None:
    said: list[str] = []

    async def handler(w: Any, r: Any) -> None:
        try:
            await w.push("/next")
        except PushError as error:
            said.append(str(error))

    played = bench(handler)
    played.get()

    assert ["/next"] == played.promises()
    assert ["http2: recursive push not allowed"] == said


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({2: 0}, "feature not supported"),
        ({3: 0}, "http2: push would exceed peer's SETTINGS_MAX_CONCURRENT_STREAMS"),
    ],
)
def test_g11_and_g13b_a_refused_push_consumes_nothing(
    bench: Any, settings: dict[int, int], text: str
) -> None:
    handler = Errors("/a", "/b")
    played = bench(handler, settings=settings)
    played.get()

    assert [text, text] == handler.said
    assert [] == played.promises()


def test_g10_a_push_on_a_closed_stream_is_refused(bench: Any) -> None:
    said: list[str] = []

    async def handler(w: Any, r: Any) -> None:
        await asyncio.sleep(0.1)
        try:
            await w.push("/late")
        except PushError as error:
            said.append(str(error))

    played = bench(handler)
    stream = played.get()
    played.do("reset", stream)
    played.run(200)

    assert ["http2: stream closed"] == said


def test_g13d_promised_handlers_start_before_the_promise_is_written(bench: Any) -> None:
    order: list[str] = []

    async def handler(w: Any, r: Any) -> None:
        order.append(r.path)
        if r.path == "/":
            await w.push("/a")
            order.append("pushed")

    bench(handler).get()

    assert {"/", "/a", "pushed"} == set(order)


def test_g14_a_push_waits_for_what_is_stuck_in_the_transport(bench: Any) -> None:
    handler = Errors("/a", "/b")
    played = bench(handler, capacity=40)
    played.near.incoming.pause()
    played.get()
    played.run(SECOND)

    returned = [event.stream for event in played.trace if event.kind == "note"]
    assert 1 not in returned, "the handler is still in a push"

    played.vanish()

    assert "client disconnected" in handler.said[0]


def test_g16_a_reset_of_the_associated_stream_leaves_the_promised_ones(bench: Any) -> None:
    played = bench(Errors("/a", octets=5000), settings={4: 5})
    stream = played.get()
    played.do("reset", stream)
    played.do("credit", 2, 5)

    assert "DATA 2 END_STREAM len=5" == played.of_stream(2)[-1]


def test_g17_a_promise_counts_until_its_stream_is_closed(bench: Any) -> None:
    handler = Errors("/a", "/b")
    played = bench(handler, settings={3: 1, 4: 0})
    played.get()

    assert ["/a"] == played.promises()
    assert ["http2: push would exceed peer's SETTINGS_MAX_CONCURRENT_STREAMS"] == handler.said


def test_g18_turning_push_off_leaves_existing_promises(bench: Any) -> None:
    played = bench(Errors("/a"), settings={4: 0})
    played.get()
    played.do("update_settings", {2: 0})
    played.do("credit", 2, 10)

    assert "DATA 2 END_STREAM len=10" == played.of_stream(2)[-1]


def test_g19_after_a_goaway_streams_are_finished_and_pushes_refused(bench: Any) -> None:
    said: list[str] = []

    async def handler(w: Any, r: Any) -> None:
        await asyncio.sleep(0.1)
        try:
            await w.push("/late")
        except PushError as error:
            said.append(str(error))

    played = bench(handler)
    played.get()
    played.do("goaway")
    played.run(200)

    assert ["feature not supported"] == said
    assert ["GOAWAY last=1", "HEADERS 1 END_STREAM  200"] == played.frames
    played.run(SECOND)
    cuts = [(each.sender, each.how) for each in played.trace if each.kind == "cut"]
    assert [("server", "fin")] == cuts, "G35: closed a second after the last stream"


def test_g20_stalled_promises_keep_the_clients_own_request_waiting(bench: Any) -> None:
    handler = Errors(*(f"/{number}" for number in range(6)))
    options = {"max_concurrent_streams": 4}
    played = bench(handler, settings={4: 0}, options=options)
    played.get()

    assert 6 == len(played.promises()), "promised handlers start without the check"
    second = played.get("/other")
    assert [] == played.of_stream(second)
    for promised in (2, 4, 6):
        played.do("reset", promised)
    assert ["HEADERS 3  200"] == played.of_stream(second)


def test_g20_a_request_that_waits_and_is_reset_never_runs(bench: Any) -> None:
    handler = Errors("/a", "/b")
    played = bench(handler, settings={4: 0}, options={"max_concurrent_streams": 2})
    played.get()
    second = played.get("/other")
    played.do("reset", second)
    assert [second] == [each for each in played.live("writer state") if each == second]

    for promised in (2, 4):
        played.do("reset", promised)

    assert [] == played.of_stream(second)
    assert [] == played.live("writer state")


# -- 4.2 --


def stalled(bench: Any) -> Any:
    """A promised stream with ten octets that may not go out, and its request's stream done."""
    played = bench(Errors("/a"), settings={4: 0})
    played.get()
    assert ["PUSH_PROMISE 1 -> 2  GET /a", "HEADERS 2  200"] == played.of_stream(2)
    return played


def test_row_rst_on_an_open_promised_stream_closes_it(bench: Any) -> None:
    played = stalled(bench)
    played.do("reset", 2)

    assert [] == played.live("writer state")
    assert 2 == len(played.of_stream(2))


@pytest.mark.parametrize("frame", [RstStream(2, 8), WindowUpdate(2, 10)])
def test_row_frames_on_a_closed_promised_stream_are_ignored(bench: Any, frame: Any) -> None:
    played = stalled(bench)
    played.do("reset", 2)
    before = played.frames
    for _ in range(3):
        played.send(frame)

    assert before == played.frames


def test_row_window_update_and_priority_on_an_open_one(bench: Any) -> None:
    played = stalled(bench)
    played.send(Priority(2, Dependency(0, 16, False)))
    played.send(WindowUpdate(2, 4))

    assert "DATA 2 len=4" == played.of_stream(2)[-1]


def test_row_data_on_a_promised_stream_closes_only_that(bench: Any) -> None:
    played = stalled(bench)
    played.send(Data(2, b"x", False, None))

    assert "RST_STREAM 2 STREAM_CLOSED" == played.frames[-1]
    assert not played.peer.closed


def test_row_headers_on_an_even_stream_is_a_connection_error(bench: Any) -> None:
    played = stalled(bench)
    block = FieldEncoder().encode([(b":method", b"GET")])
    played.send(Headers(2, block, True, True))

    assert played.frames[-1].startswith("GOAWAY")
    assert "PROTOCOL_ERROR" in played.frames[-1]
    assert not played.server.done()
    played.run(2 * SECOND)
    assert played.server.done(), "closed about a second later"


@pytest.mark.parametrize(
    "frame", [RstStream(44, 8), WindowUpdate(44, 1), Data(44, b"x", False, None)]
)
def test_row_frames_on_a_stream_never_promised_are_a_connection_error(
    bench: Any, frame: Any
) -> None:
    played = stalled(bench)
    played.send(frame)

    assert "PROTOCOL_ERROR" in played.frames[-1]


def test_row_push_promise_of_a_client_is_a_connection_error(bench: Any) -> None:
    played = stalled(bench)
    block = FieldEncoder().encode([(b":method", b"GET")])
    played.send(PushPromise(1, 6, block))

    assert "PROTOCOL_ERROR" in played.frames[-1]


# -- 4.3 --


def test_g21_small_writes_wait_in_the_buffer_and_large_ones_pass(bench: Any) -> None:
    async def handler(w: Any, r: Any) -> None:
        await w.write(bytes(3000))
        await w.write(bytes(3000))
        await w.write(bytes(9000))

    played = bench(handler)
    played.get()

    data = [frame for frame in played.frames if frame.startswith("DATA")]
    assert ["DATA 1 len=4096", "DATA 1 len=4096", "DATA 1 len=6808"] == data[:3]


@pytest.mark.parametrize(
    ("end", "text"),
    [("reset", "http2: stream closed"), ("vanish", "client disconnected"), ("", "i/o timeout")],
)
def test_g22_a_blocked_write_says_why_it_was_released(bench: Any, end: str, text: str) -> None:
    handler = Errors(octets=5000)
    played = bench(handler, settings={4: 0}, options={"write_timeout_ns": 10**9})
    stream = played.get()
    if end == "reset":
        played.do("reset", stream)
    elif end == "vanish":
        played.vanish()
    else:
        played.run(2 * SECOND)

    assert [text] == handler.said


def test_g25_an_early_end_resets_without_an_error(bench: Any) -> None:
    played = bench(Errors(octets=10))
    played.get(method="POST", end_stream=False)

    assert "RST_STREAM 1 NO_ERROR" == played.frames[-1]
    assert {} == played.peer.streams.live


def test_g26_a_panic_resets_and_its_state_is_lost_to_the_pool(bench: Any) -> None:
    async def handler(w: Any, r: Any) -> None:
        raise Panic("oh")

    played = bench(handler)
    played.get()

    assert ["RST_STREAM 1 INTERNAL_ERROR"] == played.frames
    assert ["handler panicked: oh"] == notes(played)
    assert [] == played.live("pooled writer state")


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda w: w.header, "Header called after Handler finished"),
        (lambda w: w.write_header(200), "WriteHeader called after Handler finished"),
        (lambda w: w.write(b""), "Write called after Handler finished"),
        (lambda w: w.flush(), "Header called after Handler finished"),
        (lambda w: w.push("/"), "runtime error: invalid memory address or nil pointer dereference"),
        (
            lambda w: controller.set_write_deadline(w, 1),
            "runtime error: invalid memory address or nil pointer dereference",
        ),
    ],
)
def test_g27_and_g0_late_calls_panic(bench: Any, call: Any, text: str) -> None:
    kept: list[Any] = []
    said: list[str] = []

    async def handler(w: Any, r: Any) -> None:
        kept.append(w)

    async def late() -> None:
        try:
            done = call(kept[0])
            if done is not None:
                await done
        except Panic as panic:
            said.append(str(panic))

    played = bench(handler)
    played.get()
    played.loop.create_task(late())
    played.run()

    assert [text] == said


# -- 4.4 --


def test_g30_the_deadline_ends_a_blocked_final_flush_and_a_promised_stream(bench: Any) -> None:
    played = bench(Errors("/a", octets=0), settings={4: 0}, options={"write_timeout_ns": 10**9})
    played.get()
    played.run(2 * SECOND)

    assert "RST_STREAM 2 INTERNAL_ERROR" == played.of_stream(2)[-1]
    assert [] == played.live("timer")


def test_g31_the_deadline_fires_although_nothing_is_owed(bench: Any) -> None:
    async def handler(w: Any, r: Any) -> None:
        await w.write(b"hello")
        await w.flush()
        await asyncio.sleep(3)

    played = bench(handler, options={"write_timeout_ns": 10**9})
    played.get()
    played.run(2 * SECOND)

    assert "RST_STREAM 1 INTERNAL_ERROR" == played.frames[-1]


def test_g31_caddys_idle_timeout_resets_a_response_that_pauses(bench: Any) -> None:
    options = {
        "resources": "",
        "links": "",
        "body_octets": 10_000,
        "chunk_octets": 5000,
        "pause_ns": 70 * 10**9,
    }
    played = bench("caddy", options=options)
    played.get()
    played.run(65 * SECOND)

    assert "RST_STREAM 1 INTERNAL_ERROR" == played.frames[-1]


def test_g32_no_deadline_helps_where_the_transport_is_stuck(bench: Any) -> None:
    handler = Errors(octets=5000)
    played = bench(handler, options={"write_timeout_ns": 10**9}, capacity=200)
    played.near.incoming.pause()
    played.get()
    played.run(7 * SECOND)

    assert [] == handler.said
    played.vanish()
    assert ["client disconnected"] == handler.said


def test_g33_promises_need_no_window(bench: Any) -> None:
    played = bench(Errors("/a", "/b", "/c"), settings={4: 0})
    played.get()

    assert ["/a", "/b", "/c"] == played.promises()


def test_a_response_to_head_ends_with_its_header(bench: Any) -> None:
    played = bench(Errors(octets=10))
    played.get(method="HEAD")

    assert ["HEADERS 1 END_STREAM  200"] == played.frames


def test_content_is_credited_as_the_handler_reads_it(bench: Any) -> None:
    read: list[bytes] = []

    async def handler(w: Any, r: Any) -> None:
        read.append(await r.body.read(3))
        read.append(await r.body.read())

    played = bench(handler)
    stream = played.get(method="POST", end_stream=False)
    played.do("send_data", stream, b"content", end_stream=True)

    assert [b"con", b"tent"] == read
    assert ["WINDOW_UPDATE 0 +3", "WINDOW_UPDATE 0 +4"] == [
        frame for frame in played.frames if frame.startswith("WINDOW_UPDATE 0")
    ]


@pytest.mark.parametrize("server", ["go", "plain"])
def test_a_response_that_may_not_be_sent_is_reset(bench: Any, server: str) -> None:
    async def handler(w: Any, r: Any) -> None:
        w.header["Upgrade"] = ["websocket"]
        await w.write(b"hello")

    played = bench(handler, server=server)
    played.get()

    assert ["RST_STREAM 1 INTERNAL_ERROR"] == played.frames
    assert [] == played.live("request context")


@pytest.mark.parametrize("header", [{"connection": ["x"]}, {"upgrade": ["h2c"]}])
def test_an_illegal_promise_of_gos_bug_fails_here(bench: Any, header: dict[str, list[str]]) -> None:
    said: list[str] = []

    async def handler(w: Any, r: Any) -> None:
        try:
            await w.push("/a", header=header)
        except PushError as error:
            said.append(str(error))

    played = bench(handler)
    played.get()

    assert [] == played.promises()
    assert 1 == len(said)


@pytest.mark.parametrize("server", ["go", "plain"])
@pytest.mark.parametrize("announced", [True, False])
def test_trailers_come_announced_or_with_gos_prefix(
    bench: Any, server: str, announced: bool
) -> None:
    async def handler(w: Any, r: Any) -> None:
        if announced:
            w.header["Trailer"] = ["X-End"]
        await w.write(b"hello")
        await w.flush()
        w.header["X-End" if announced else "Trailer:x-end"] = ["1"]

    played = bench(handler, server=server)
    played.get()

    assert ["HEADERS 1  200", "DATA 1 len=5", "HEADERS 1 END_STREAM  x-end: 1"] == [
        "DATA 1 len=5" if frame.startswith("DATA 1") else frame for frame in played.frames
    ]


@pytest.mark.parametrize("server", ["go", "plain"])
def test_both_servers_answer_push_panic_and_reset(bench: Any, server: str) -> None:
    async def handler(w: Any, r: Any) -> None:
        if r.path == "/":
            await w.push("/a")
            w.header["content-type"] = ["text/plain"]
            await w.write(b"hello")
        elif r.path == "/panics":
            raise KeyError("oh")
        elif r.path == "/stuck":
            await w.write(bytes(100_000))

    played = bench(handler, server=server, settings={4: 50_000})
    played.get()
    played.get("/panics")
    stuck = played.get("/stuck")
    played.do("reset", stuck)

    assert ["PUSH_PROMISE 1 -> 2  GET /a", "HEADERS 2 END_STREAM  200"] == played.of_stream(2)
    assert played.of_stream(1)[1] == "HEADERS 1  200"
    assert ["RST_STREAM 3 INTERNAL_ERROR"] == played.of_stream(3)
    assert ["handler returned"] * 3 == [each for each in notes(played) if each.endswith("returned")]
    assert [] == played.live("request context")
    assert [] == played.live("response writer")
