"""A server as small as one can be, for tests of the world and its clients: no model of anybody's.

For each request it promises what the target's query says, answers with as many octets as windows
allow, waits for credit, and ends. One task a stream; what is written goes straight to the pipe.
"""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from h2proof.sim.endpoint import Peer
from h2proof.sim.notices import (
    DataReceived,
    Notice,
    RequestReceived,
    StreamFailed,
    StreamReset,
    WindowOpened,
)
from h2proof.sim.pipe import PipeCut
from h2proof.sim.side import Side

BODY_OCTETS = 300


class Serving:
    """One connection being served."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self.peer: Peer = side.endpoint({3: 100})
        self.streams: dict[int, asyncio.Task[None]] = {}
        self.waiters: list[Any] = []

    async def serve(self) -> None:
        """Read until the client is gone; then nothing of it is left."""
        try:
            await self.flush()
            while octets := await self.side.transport.read():
                for notice in self.peer.receive(octets):
                    self.take(notice)
                await self.flush()
                if self.peer.closed:
                    break
        except PipeCut:
            pass
        finally:
            for task in self.streams.values():
                if not task.done():  # else what it died of would never be told
                    task.cancel()
            self.streams.clear()
            self.side.transport.close()

    def take(self, notice: Notice) -> None:
        """Requests get a task, resets end it, credit wakes those who wait."""
        match notice:
            case RequestReceived(stream=stream):
                fields = dict(notice.fields)
                content = fields[b":method"] != b"HEAD"
                self.start(stream, fields[b":path"].decode(), content=content)
            case DataReceived(flow_controlled_length=octets) if octets:
                self.peer.credit(0, octets)
            case StreamReset(stream=stream) | StreamFailed(stream=stream):
                task = self.streams.pop(stream, None)
                if task is not None:
                    task.cancel()
            case _:
                pass
        if isinstance(notice, WindowOpened) or type(notice).__name__ == "SettingsReceived":
            waiters, self.waiters = self.waiters, []
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)

    def start(self, stream: int, path: str, *, content: bool = True) -> None:
        """A task that answers on the stream."""
        name = f"server {self.side.connection} stream {stream}"
        task = self.side.loop.create_task(
            self.answer(stream, path, BODY_OCTETS * content), name=name
        )
        self.streams[stream] = task

    async def answer(self, stream: int, path: str, left: int) -> None:
        """Promises first, then the content."""
        query = parse_qs(path.partition("?")[2])
        try:
            for number in range(int(query.get("push", ["0"])[0])):
                self.promise(stream, f"/pushed{number}")
                await self.flush()
            await self.side.handler(stream, path)
            self.peer.send_headers(stream, [(b":status", b"200")], end_stream=not left)
            await self.flush()
            while left:
                room = min(left, self.peer.send_window(stream))
                if not room:
                    await self.credit(stream)
                    continue
                left -= room
                self.peer.send_data(stream, bytes(room), end_stream=not left)
                await self.flush()
        except PipeCut:
            pass
        self.streams.pop(stream, None)

    def promise(self, stream: int, path: str) -> None:
        """A promise where it is allowed, and its answer."""
        pushed = sum(not stream & 1 for stream in self.streams)
        if not self.peer.may_push(stream) or pushed >= self.peer.peer_settings.get(3, 100):
            return
        promised = self.peer.push(
            stream,
            [
                (b":method", b"GET"),
                (b":scheme", b"https"),
                (b":authority", b"localhost"),
                (b":path", path.encode()),
            ],
        )
        self.start(promised, path)

    async def credit(self, stream: int) -> None:
        """Wait until a window opens."""
        waiter = self.side.loop.waiter(f"credit on stream {stream}")
        self.waiters.append(waiter)
        await waiter

    async def flush(self) -> None:
        """What the end has to say goes into the pipe."""
        octets = self.peer.take_output()
        if octets:
            await self.side.transport.write(octets)


async def serve(side: Side) -> None:
    """Serve one connection."""
    await Serving(side).serve()


def keeping(kept: list[object]) -> Callable[[Side], Any]:
    """The same server, which keeps its end of each connection in a list."""

    async def kept_too(side: Side) -> None:
        serving = Serving(side)
        kept.append(serving.peer)
        await serving.serve()

    return kept_too


async def nothing(stream: int, path: str) -> None:
    """A handler that does nothing."""
