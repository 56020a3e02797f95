"""A leak planted in each account is found there, with who holds it, by runs of the world."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from h2proof.oracle import ledger, lifetimes, liveness
from h2proof.oracle.verdict import Finding
from h2proof.sim.scenario import ClientPlan, RequestPlan, Scenario
from h2proof.sim.servers import SERVERS
from h2proof.sim.side import Side
from h2proof.sim.world import World

KEPT: list[Any] = []
Changes = Callable[[Any], Mapping[str, Any]]


class Tampered:
    """A server's end of HTTP/2, of which some calls do something else."""

    def __init__(self, peer: Any, changes: Mapping[str, Any]) -> None:
        self._peer = peer
        self._changes = changes

    def __getattr__(self, name: str) -> Any:
        return self._changes.get(name) or getattr(self._peer, name)


def served(changes: Changes) -> Callable[[Side], Awaitable[None]]:
    async def serve(side: Side) -> None:
        def endpoint(*args: Any, **options: Any) -> Any:
            peer = side.endpoint(*args, **options)
            return Tampered(peer, changes(peer))

        await SERVERS["plain"].serve(replace(side, endpoint=endpoint))

    return serve


async def answers(w: Any, r: Any) -> None:
    while r.body is not None and await r.body.read(1000):
        pass
    await w.write(b"hello")


async def promises(w: Any, r: Any) -> None:
    if r.path != "/s":
        await w.push("/s")
    await w.write(b"hello")


async def keeps_its_context(w: Any, r: Any) -> None:
    KEPT.append(r.context)
    await w.write(b"hello")


async def leaves_a_task(w: Any, r: Any) -> None:
    loop = asyncio.get_running_loop()
    KEPT.append(loop.create_task(asyncio.Event().wait(), name="server background"))
    await w.write(b"hello")


def changes_nothing(peer: Any) -> Mapping[str, Any]:
    return {}


def gives_no_credit(peer: Any) -> Mapping[str, Any]:
    return {"credit": lambda stream, octets: None}


def ends_no_stream(peer: Any) -> Mapping[str, Any]:
    return {"send_data": lambda stream, data, end_stream=False: peer.send_data(stream, data)}


def keeps_no_promise(peer: Any) -> Mapping[str, Any]:
    def headers(stream: int, fields: Any, end_stream: bool = False) -> int:
        if stream % 2 == 0:
            return stream
        sent: int = peer.send_headers(stream, fields, end_stream=end_stream)
        return sent

    def data(stream: int, data: bytes, end_stream: bool = False) -> None:
        if stream % 2:
            peer.send_data(stream, data, end_stream=end_stream)

    return {"send_headers": headers, "send_data": data}


def faults(handler: Any, changes: Changes, body_octets: int = 0) -> list[Finding]:
    KEPT.clear()
    method = "POST" if body_octets else "GET"
    request = RequestPlan(method=method, body_octets=body_octets)
    scenario = Scenario(clients=(ClientPlan(requests=(request,)),))
    trace = World(scenario, handler, served(changes)).play().trace  # type: ignore[arg-type]
    return [
        *ledger.examine(trace).findings,
        *lifetimes.examine(trace),
        *liveness.examine(trace),
    ]


@pytest.mark.parametrize("handler", [answers, promises])
def test_without_a_planted_leak_there_is_none(handler: Any) -> None:
    assert [] == faults(handler, changes_nothing, body_octets=5000 if handler is answers else 0)


@pytest.mark.parametrize(
    ("kind", "handler", "changes", "root"),
    [
        ("request context", keeps_its_context, changes_nothing, "KEPT of module"),
        ("task", leaves_a_task, changes_nothing, "it waits for Event.wait"),
        ("window octets", answers, gives_no_credit, "task server 0"),
        ("stream slot", answers, ends_no_stream, "task server 0"),
        ("promised identifier", promises, keeps_no_promise, "task server 0"),
    ],
)
def test_a_planted_leak_is_found_in_its_account(
    kind: str, handler: Any, changes: Changes, root: str
) -> None:
    octets = 5000 if kind == "window octets" else 0
    leaks = [each for each in faults(handler, changes, octets) if each.rule == "leak"]

    assert [kind] == [each.resource.kind for each in leaks if each.resource is not None]
    assert leaks[0].holder[-1].startswith(root)


def test_what_never_ends_is_told_once_with_who_waits() -> None:
    found = [each for each in faults(leaves_a_task, changes_nothing) if each.rule == "never_quiet"]

    assert 1 == len(found)
    assert "server background waits" in found[0].message
