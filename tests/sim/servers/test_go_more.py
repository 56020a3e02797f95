"""Go's server where frames, pools and tasks meet: G12, G13c, G22, G28, G34, H5, H10, H12."""

import asyncio
import os
import subprocess
import sys
from types import SimpleNamespace
from typing import Any, ClassVar, cast

import pytest

from h2proof.sim.codec import encode
from h2proof.sim.errors import ErrorCode
from h2proof.sim.frames import Ping, RstStream
from h2proof.sim.handlers.protocol import Context, Panic, PushError
from h2proof.sim.notices import ResponseReceived
from h2proof.sim.servers.go.push import LIMIT_REACHED, push_refusal
from h2proof.sim.servers.go.stream import Stream
from h2proof.sim.servers.go.writes import DataWrite, HeadersWrite, ResetWrite, WriteQueue

PING = encode(Ping(bytes(8)))


def test_g12_a_promise_that_waits_when_its_stream_is_closed_takes_no_identifier(bench: Any) -> None:
    said: list[str] = []

    async def handler(w: Any, r: Any) -> None:
        for target in ("/a", "/b"):
            try:
                await w.push(target)
            except PushError as error:
                said.append(str(error))

    played = bench(handler, capacity=40)
    played.near.incoming.pause()
    stream = played.get()
    played.near.put(_reset(stream))
    played.run()
    played.near.incoming.resume()
    played.run()
    played.get("/")

    assert "http2: stream closed" in said
    promised = [int(frame.split(" -> ")[1].split()[0]) for frame in played.frames if "->" in frame]
    assert promised == list(range(2, 2 + 2 * len(promised), 2)), "no identifier is left out"


def _reset(stream: int) -> bytes:
    return encode(RstStream(stream, 8))


def test_g13c_used_up_identifiers_end_the_connection_gracefully() -> None:
    ended: list[bool] = []
    connection: Any = SimpleNamespace(
        peer=SimpleNamespace(peer_settings={}),
        goaway_received=False,
        open_pushed=0,
        next_promised=2**31,
        shut_down=lambda: ended.append(True),
    )

    assert LIMIT_REACHED == push_refusal(connection)
    assert [True] == ended


def test_g28_a_late_write_during_the_final_flush_does_not_panic(bench: Any) -> None:
    outcome: list[str] = []

    async def late(w: Any) -> None:
        await asyncio.sleep(0.01)
        try:
            await w.write(b"late")
            outcome.append("buffered")
        except Panic as panic:
            outcome.append(str(panic))

    async def handler(w: Any, r: Any) -> None:
        await w.write(bytes(100))
        asyncio.get_running_loop().create_task(late(w))

    played = bench(handler, settings={4: 0})
    played.get()

    assert ["buffered"] == outcome


class Room:
    """A connection's end with so much room on each stream."""

    peer_settings: ClassVar = {5: 16_384}

    def __init__(self, **windows: int) -> None:
        self._windows = windows

    def send_window(self, stream: int) -> int:
        return self._windows.get(f"s{stream}", 0)


def test_g34_resets_go_first_and_streams_take_turns() -> None:
    one, three = (Stream(number, Context()) for number in (1, 3))
    writes = [DataWrite(one, b"a"), HeadersWrite(one, ()), DataWrite(three, b"b")]
    reset = ResetWrite(three, ErrorCode.CANCEL, "")
    queue = WriteQueue()
    for write in writes:
        queue.push(write)
    queue.resets.append(reset)

    order = [queue.pop(cast("Any", Room(s1=5, s3=5))) for _ in range(5)]

    assert [reset, writes[0], writes[2], writes[1], None] == order


def test_g34_a_stream_without_window_keeps_nobody_else_waiting() -> None:
    one, three = (Stream(number, Context()) for number in (1, 3))
    queue = WriteQueue()
    blocked, free = DataWrite(one, b"a"), DataWrite(three, b"b")
    queue.push(blocked)
    queue.push(free)

    assert free is queue.pop(cast("Any", Room(s3=5)))
    assert queue.pop(cast("Any", Room(s3=5))) is None
    assert blocked is queue.pop(cast("Any", Room(s1=1)))


@pytest.mark.parametrize("name", ["caddy-c1", "caddy-c2", "caddy-d-strict", "caddy-d-loose"])
def test_h10_a_panic_puts_the_wrapper_back_all_the_same(bench: Any, name: str) -> None:
    options = {"resources": "", "links": "", "how": "fails_late"}
    played = bench(name, options=options)
    played.get()
    played.get()

    acquired = [each for each in played.trace if each.kind == "acquired"]
    wrappers = [each.resource for each in acquired if each.resource.kind == "wrapper"]
    assert [(1, 1), (1, 2)] == [(each.number, each.generation) for each in wrappers]


def test_a_response_is_the_same_in_processes_with_different_hash_seeds() -> None:
    program = (
        "from h2proof.sim.scenario import Scenario, ClientPlan, RequestPlan\n"
        "from h2proof.sim.world import play\n"
        "import hashlib\n"
        "requests = (RequestPlan(fields=(('user-agent', 'a'), ('accept', 'b'))), RequestPlan())\n"
        "text = ''.join(\n"
        "    play(Scenario(handler=name, clients=(ClientPlan(requests=requests),), seed=7,\n"
        "                  options={'header_add': 'X: y', 'early_links': '</e>'})).trace.to_json()\n"
        "    for name in ('caddy-b-buffered', 'caddy-c2-errors', 'caddy-proxied', 'caddy-c1-kept'))\n"
        "print(hashlib.sha256(text.encode()).hexdigest())\n"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "4711")
    }

    assert 1 == len(digests)


@pytest.mark.parametrize(("pings", "closed"), [(10_000, False), (10_001, True)])
def test_g34_a_client_that_reads_no_answers_loses_the_connection(
    bench: Any, pings: int, closed: bool
) -> None:
    async def handler(w: Any, r: Any) -> None: ...

    played = bench(handler, capacity=40)
    played.near.incoming.pause()
    played.near.put(PING * 3)
    played.run()
    played.near.put(PING * (pings - 3))
    played.run()

    assert closed == played.server.done()


def test_g34_a_client_that_reads_may_ask_for_any_number_of_answers(bench: Any) -> None:
    async def handler(w: Any, r: Any) -> None: ...

    played = bench(handler)
    for _ in range(3):
        played.near.put(PING * 9_000)
        played.run()

    assert not played.server.done()


@pytest.mark.parametrize("octets", [0, 1, 16_384, 16_385, 70_000])
@pytest.mark.parametrize("room", [1, 16_384, 65_535])
def test_g21_content_goes_out_whole_whatever_windows_and_frame_size_make_of_it(
    octets: int, room: int
) -> None:
    sent: list[tuple[bytes, bool]] = []

    class Takes(Room):
        def send_data(self, stream: int, data: bytes, *, end_stream: bool) -> None:
            sent.append((data, end_stream))

    content = bytes(range(256)) * 274
    peer = cast("Any", Takes(s1=room))
    write = DataWrite(Stream(1, Context()), content[:octets], ends=True)
    while True:
        assert write.ready(peer)
        if write.send(peer):
            break
        if len(sent) == 40:
            return  # one octet at a time

    assert content[:octets] == b"".join(data for data, _ in sent)
    assert [False] * (len(sent) - 1) + [True] == [ends for _, ends in sent]
    assert all(len(data) <= min(room, 16_384) for data, _ in sent)


def test_what_go_adds_to_a_response_does_not_depend_on_fields_of_the_handler(bench: Any) -> None:
    async def bare(w: Any, r: Any) -> None:
        await w.write(b"hello")

    async def with_a_field(w: Any, r: Any) -> None:
        w.header["x-own"] = ["1"]
        await w.write(b"hello")

    async def with_all(w: Any, r: Any) -> None:
        for name in ("Content-Type", "Content-Length", "Date"):
            w.header[name] = ["5"]
        await w.write(b"hello")

    def fields(handler: Any) -> list[tuple[bytes, bytes]]:
        played = bench(handler)
        played.get()
        (answer,) = (each for each in played.notices if isinstance(each, ResponseReceived))
        return list(answer.fields)

    added = fields(bare)
    assert [b":status", b"content-type", b"content-length", b"date"] == [name for name, _ in added]
    assert added == [line for line in fields(with_a_field) if line[0] != b"x-own"]
    assert {b"5"} == {value for name, value in fields(with_all) if name != b":status"}
