"""A world plays a scenario to its end, in two quiet phases, the same way every time."""

import asyncio
import gc
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.sim.world.small_server import keeping, nothing, serve

from h2proof.oracle import ledger, liveness
from h2proof.sim.handlers.protocol import Request, ResponseWriter
from h2proof.sim.scenario import Act, Bounds, ClientPlan, RequestPlan, Scenario
from h2proof.sim.trace import NoteEvent, ResourceEvent
from h2proof.sim.world import Run, World, handler_named
from h2proof.sim.world.world import QUIET_TURNS_MAX

ROOT = Path(__file__).resolve().parents[3]


def scenario(*acts: Act, path: str = "/?push=2", requests: int = 2, seed: int = 0) -> Scenario:
    plan = ClientPlan(requests=(RequestPlan(path),) * requests, acts=acts)
    return Scenario(clients=(plan,), seed=seed)


def played(*acts: Act, path: str = "/?push=2", requests: int = 2, seed: int = 0) -> Run:
    return World(scenario(*acts, path=path, requests=requests, seed=seed), nothing, serve).play()


def notes(run: Run) -> list[str]:
    return [event.text for event in run.trace if isinstance(event, NoteEvent)]


def account(run: Run, kind: str) -> list[str]:
    return [
        event.kind
        for event in run.trace
        if isinstance(event, ResourceEvent) and event.resource.kind == kind
    ]


def test_the_phases_follow_one_another() -> None:
    assert ["faults stop", "quiet", "clients leave", "quiet"] == notes(played())


def test_a_client_that_lacks_an_answer_makes_the_hostile_phase_last() -> None:
    stalled = played(Act("stalled"))

    assert 10_000_000_000 == stalled.outcome.quiet_ns
    assert played().outcome.quiet_ns < 1_000_000_000


@pytest.mark.parametrize("server", ["plain", "go"])
def test_a_run_that_is_over_is_freed_by_counting(server: str) -> None:
    page, plan = handler_named("page"), replace(scenario(), server=server)
    World(plan, page).play()
    gc.collect()
    gc.disable()
    try:
        World(plan, page).play()
        left = gc.collect()
    finally:
        gc.enable()

    assert 0 == left


def test_the_choices_of_a_run_are_a_script_that_plays_it_again() -> None:
    first = played(Act("cancels-promise"), seed=7)
    again = World(first.script, nothing, serve).play()

    assert first.trace == again.trace
    assert first.choices == again.choices


def test_another_seed_gives_another_order() -> None:
    assert played(seed=1).trace != played(seed=2).trace


def test_the_trace_is_the_same_under_any_hash_seed() -> None:
    program = (
        "from tests.sim.world.test_world import *;"
        "import hashlib;"
        "run = played(Act('reconnects'), Act('makes-noise'), seed=5);"
        "print(hashlib.sha256(run.trace.to_json().encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert 1 == len(digests)


@pytest.mark.parametrize("kind", ["stream slot", "promised identifier", "task"])
def test_what_was_counted_is_given_back(kind: str) -> None:
    events = account(played(Act("stalled")), kind)

    assert events.count("acquired") == events.count("released") > 0


def test_a_slot_is_held_from_the_request_to_the_end_of_the_answer() -> None:
    """Two requests with two promises each: six streams count, promises only once answered."""
    book = ledger.examine(played().trace)

    assert 6 == book.accounts["stream slot"].acquired
    assert 4 == book.accounts["promised identifier"].acquired
    assert () == book.findings


def test_request_bodies_are_octets_of_both_windows_until_credited() -> None:
    post = Act("other-method", {"method": "POST", "body_octets": 100})
    sizes = [
        (event.kind, event.stream, event.size)
        for event in played(post, path="/", requests=1).trace
        if isinstance(event, ResourceEvent) and event.resource.kind == "window octets"
    ]

    assert ("acquired", 0, 100) in sizes
    assert ("acquired", 1, 100) in sizes
    assert sorted(s for k, s, _ in sizes if k == "acquired") == sorted(
        s for k, s, _ in sizes if k == "released"
    )


def test_an_end_that_is_kept_shows_by_what_it_keeps() -> None:
    kept: list[object] = []
    vanished = Act("vanishes", {"after": "pushed response"})
    world = World(scenario(Act("stalled"), vanished), nothing, keeping(kept))

    leaks = ledger.examine(world.play().trace).findings

    assert {"stream slot", "promised identifier"} == {
        leak.resource.kind for leak in leaks if leak.resource is not None
    }
    assert all("an item of a list" in leak.holder for leak in leaks)


def test_a_handler_that_waits_for_ever_is_said_to() -> None:
    async def waits(stream: int, path: str) -> None:
        await asyncio.Event().wait()

    run = World(scenario(requests=1, path="/"), waits, serve).play()

    assert "busy" == run.outcome.ending
    assert not run.outcome.quiet
    assert "server 0 stream 1 waits for" in run.outcome.waiting[0]
    assert ["never_quiet"] == [each.rule for each in liveness.examine(run.trace)][:1]


def test_a_handler_that_never_stops_ends_at_the_bounds_of_each_phase() -> None:
    async def spins(stream: int, path: str) -> None:
        while True:
            await asyncio.sleep(0)

    bounded = replace(scenario(requests=1), bounds=Bounds(steps_max=500))
    run = World(bounded, spins, serve).play()

    assert "steps" == run.outcome.ending
    assert 3 * 500 == run.outcome.steps, "each of the three phases has its own"
    assert any("too many steps" in text for text in notes(run))


async def pings_and_pongs(stream: int, path: str) -> None:
    """Two timers for ever, each set by the other."""
    ping, pong = asyncio.Event(), asyncio.Event()

    async def answers(heard: asyncio.Event, said: asyncio.Event) -> None:
        while True:
            await heard.wait()
            heard.clear()
            asyncio.get_running_loop().call_later(0.001, said.set)

    ping.set()
    async with asyncio.TaskGroup() as group:
        group.create_task(answers(ping, pong))
        group.create_task(answers(pong, ping))


async def polls(stream: int, path: str) -> None:
    while True:
        await asyncio.sleep(0)


@pytest.mark.parametrize("spins", [pings_and_pongs, polls])
def test_what_spins_gets_no_more_steps_for_many_requests(spins: object) -> None:
    assert callable(spins)
    bounds = Bounds(steps_max=3_000)
    run = World(replace(scenario(requests=20), bounds=bounds), spins, serve).play()

    assert "steps" == run.outcome.ending
    assert run.outcome.steps <= 3 * bounds.steps_max
    assert ["never_quiet"] == [each.rule for each in liveness.examine(run.trace)][:1]


def _streaming(octets: int | None) -> Run:
    """Twenty requests, each answered by so many octets, without an end if None."""

    async def streams(w: ResponseWriter, r: Request) -> None:
        left = octets
        while left is None or left > 0:
            await w.write(bytes(10_000))
            left = None if left is None else left - 10_000

    plan = ClientPlan(requests=(RequestPlan(),) * 20)
    return World(Scenario(clients=(plan,), bounds=Bounds(steps_max=3_000)), streams).play()


def test_much_work_gets_as_many_steps_as_there_are_exchanges_that_wait_for_it() -> None:
    run = _streaming(octets=1_000_000)

    assert run.outcome.quiet
    assert run.outcome.steps > 3 * run.scenario.bounds.steps_max


def test_an_answer_without_end_comes_to_the_limit_of_all() -> None:
    run = _streaming(octets=None)

    assert "steps" == run.outcome.ending
    assert run.outcome.steps <= (1 + QUIET_TURNS_MAX + 1) * run.scenario.bounds.steps_max
    assert ["never_quiet"] == [each.rule for each in liveness.examine(run.trace)][:1]


def test_background_work_of_a_handler_is_a_task_that_is_left_over() -> None:
    background: list[asyncio.Task[bool]] = []

    async def starts(stream: int, path: str) -> None:
        background.append(asyncio.create_task(asyncio.Event().wait()))

    run = World(scenario(requests=1, path="/"), starts, serve).play()
    survivors = [
        event.chain
        for event in run.trace
        if isinstance(event, ResourceEvent) and event.kind == "held"
    ]

    assert 2 <= len(survivors)
    assert any("it waits for Event.wait" in chain[0] for chain in survivors)


def test_what_nobody_caught_is_told() -> None:
    async def fails(stream: int, path: str) -> None:
        raise KeyError("unheard")

    assert any("unheard" in error for error in _run(fails).outcome.errors)


def _run(handler: object) -> Run:
    assert callable(handler)
    return World(scenario(requests=1, path="/"), handler, serve).play()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("nobody", "no handler 'nobody'"),
        ("no_such_module:handler", "module 'no_such_module' cannot be imported"),
        ("asyncio:no_such_name", "module 'asyncio' has no 'no_such_name'"),
        ("sys:path", "is list, not a handler"),
    ],
)
def test_a_name_that_leads_nowhere_is_one_sentence(name: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence) as refused:
        handler_named(name)

    assert "\n" not in str(refused.value)
