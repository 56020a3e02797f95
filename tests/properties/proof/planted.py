"""Handlers with one fault planted in each: for tests of what finds them, by name."""

import asyncio
from typing import Any

from h2proof.sim.clients import Client
from h2proof.sim.clock import VirtualLoop
from h2proof.sim.handlers.caddy import A, caddy_server, push_handler
from h2proof.sim.handlers.model import HandlerModel
from h2proof.sim.handlers.page import page
from h2proof.sim.handlers.protocol import Handler, Request, ResponseWriter, chain
from h2proof.sim.pipe import Pipe
from h2proof.sim.resources import Lease, Pool
from h2proof.sim.servers.go.connection import GoConnection
from h2proof.sim.servers.go.stream import Stream
from h2proof.sim.servers.go.writes import Write
from h2proof.sim.side import Stage

KEPT: list[object] = []


async def keeping_layer(w: ResponseWriter, r: Request, following: Handler) -> None:
    """One line too much, below the push handler on master."""
    KEPT.append(w)
    await following(w, r)


def _caddy_with_a_layer(stage: Stage) -> Handler:
    return caddy_server(stage, chain(page(stage), push_handler(stage, A), keeping_layer))


KEEPS_WRAPPER = HandlerModel(
    "keeps-wrapper", "A, and a layer that keeps", "read", "this test", _caddy_with_a_layer
)


async def keeps_context(w: ResponseWriter, r: Request) -> None:
    """The request's context goes into a list."""
    KEPT.append(r.context)
    await w.write_header(200)


async def leaves_task(w: ResponseWriter, r: Request) -> None:
    """A task waits for what never comes."""
    KEPT.append(asyncio.create_task(asyncio.Event().wait()))
    await w.write_header(200)


async def waits_for_ever(w: ResponseWriter, r: Request) -> None:
    """The handler itself does."""
    await asyncio.Event().wait()


class Thing:
    """What a handler takes out of a pool."""


def _never_puts(stage: Stage) -> Handler:
    pool: Pool[Thing] = Pool(stage.register, "thing", Thing)
    taken: list[Lease[Thing]] = []

    async def handle(w: ResponseWriter, r: Request) -> None:
        taken.append(pool.take(connection=r.connection, stream=r.stream))
        await w.write_header(200)

    return handle


NEVER_PUTS = HandlerModel("never-puts", "takes and never puts", "read", "this test", _never_puts)


def _puts_twice(stage: Stage) -> Handler:
    pool: Pool[Thing] = Pool(stage.register, "thing", Thing)

    async def handle(w: ResponseWriter, r: Request) -> None:
        lease = pool.take(connection=r.connection, stream=r.stream)
        pool.put(lease)
        pool.put(lease)
        await w.write_header(200)

    return handle


PUTS_TWICE = HandlerModel("puts-twice", "puts twice", "read", "this test", _puts_twice)


def cache_of(most: int) -> HandlerModel:
    """A handler with a cache of so many entries, the oldest dropped first."""

    def build(stage: Stage) -> Handler:
        entries: list[Any] = []

        async def handle(w: ResponseWriter, r: Request) -> None:
            thing = Thing()
            stage.register.track(thing, "entry", connection=r.connection, stream=r.stream)
            entries.append(thing)
            del entries[:-most]
            await w.write_header(200)

        return handle

    return HandlerModel("cache", f"a cache of {most}", "read", "this test", build)


class Hoard(Pool[Thing]):
    """A pool that makes a new one each time, and keeps them all."""

    def take(self, connection: int = 0, stream: int = 0, by: str = "") -> Lease[Thing]:
        """Never one that was put back."""
        waiting, self._free = self._free, []
        lease = super().take(connection, stream, by)
        self._free = waiting
        return lease


def _hoards(stage: Stage) -> Handler:
    pool = Hoard(stage.register, "thing", Thing)
    KEPT.append(pool)

    async def handle(w: ResponseWriter, r: Request) -> None:
        pool.put(pool.take(connection=r.connection, stream=r.stream))
        await w.write_header(200)

    return handle


HOARDS = HandlerModel("hoards", "a pool that is never drawn from", "read", "this test", _hoards)


def keeps_a_write(connection: GoConnection, write: Write, error: str) -> None:
    """Go's connection with one line too much: what was written goes into a list, not out."""
    KEPT.append(write)
    write.error = error
    if write.waiter is not None and not write.waiter.done():
        write.waiter.set_result(None)


def clears_no_deadline(connection: GoConnection, stream: Stream) -> None:
    """Go's connection with a line missing: a closed stream's deadline stays set."""


def keeps_who_puts(pipe: Pipe, octets: bytes) -> bool:
    """A pipe with one line too much: the task that hands octets over goes into a list."""
    if pipe.sender == "server":
        KEPT.append(asyncio.current_task())
    return _put(pipe, octets)


def keeps_tasks(loop: VirtualLoop, *args: Any, **options: Any) -> asyncio.Task[Any]:
    """A clock with one line too much: every task goes into a list."""
    task: asyncio.Task[Any] = _create_task(loop, *args, **options)
    KEPT.append(task)
    return task


def closes_nothing(client: Client) -> None:
    """A client without its last line: it goes, and its connection stays open."""


def ends_no_act(client: Client) -> None:
    """A client with a line missing: its acts go on when the faults stop."""
    client._plays.clear()
    _calm(client)


_put, _create_task, _calm = Pipe.put, VirtualLoop.create_task, Client.calm
