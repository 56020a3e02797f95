"""asyncio on virtual time: its own primitives unchanged, nothing waited for in earnest."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextvars import ContextVar

import pytest

from h2proof.sim.clock import OUTSIDE, SECOND_NS, NoOutside, VirtualLoop
from h2proof.sim.scheduler import Fifo, Schedule, Scripted, Seeded

SCHEDULES: list[Callable[[], Schedule]] = [
    Fifo,
    lambda: Seeded(1),
    lambda: Seeded(2),
    lambda: Scripted((2, 0, 1, 1, 3, 0, 2)),
]


@pytest.fixture(params=range(len(SCHEDULES)), ids=["fifo", "seed 1", "seed 2", "script"])
def loop(request: pytest.FixtureRequest) -> VirtualLoop:
    return VirtualLoop(SCHEDULES[request.param]())


async def say(said: list[str], text: str, after: float) -> str:
    await asyncio.sleep(after)
    said.append(text)
    return text


async def gathered() -> object:
    said: list[str] = []
    results = await asyncio.gather(say(said, "b", 2), say(said, "a", 1))
    return results, said


async def grouped() -> object:
    said: list[str] = []
    async with asyncio.TaskGroup() as group:
        group.create_task(say(said, "b", 2))
        group.create_task(say(said, "a", 1))
    return said


async def a_group_that_fails() -> object:
    said: list[str] = []

    async def fail() -> None:
        await asyncio.sleep(1)
        raise LookupError("no")

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(say(said, "never", 2))
            group.create_task(fail())
    except* LookupError:
        said.append("failed")
    return said


async def a_timeout() -> object:
    try:
        async with asyncio.timeout(5):
            await asyncio.sleep(10)
    except TimeoutError:
        return "timed out", asyncio.get_running_loop().time()
    return "slept"


async def no_timeout() -> object:
    async with asyncio.timeout(5):
        await asyncio.sleep(3)
    return asyncio.get_running_loop().time()


async def waited_for() -> object:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), 7)
    return asyncio.get_running_loop().time()


async def queued() -> object:
    queue: asyncio.Queue[int] = asyncio.Queue(1)

    async def produce() -> None:
        for number in range(5):
            await queue.put(number)

    task = asyncio.create_task(produce())
    got = [await queue.get() for _ in range(5)]
    await task
    return got


async def locked() -> object:
    lock = asyncio.Lock()
    inside = 0
    most = 0

    async def enter() -> None:
        nonlocal inside, most
        async with lock:
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(1)
            inside -= 1

    await asyncio.gather(*(enter() for _ in range(4)))
    return most, asyncio.get_running_loop().time()


async def an_event() -> object:
    event = asyncio.Event()
    asyncio.get_running_loop().call_later(3, event.set)
    await event.wait()
    return asyncio.get_running_loop().time()


async def a_condition() -> object:
    condition = asyncio.Condition()
    items: list[int] = []

    async def consume() -> int:
        async with condition:
            await condition.wait_for(lambda: bool(items))
            return items.pop()

    task = asyncio.create_task(consume())
    await asyncio.sleep(1)
    async with condition:
        items.append(7)
        condition.notify()
    return await task


async def a_semaphore() -> object:
    semaphore = asyncio.Semaphore(2)

    async def enter() -> None:
        async with semaphore:
            await asyncio.sleep(1)

    await asyncio.gather(*(enter() for _ in range(6)))
    return asyncio.get_running_loop().time()


async def waited() -> object:
    said: list[str] = []
    tasks = [asyncio.create_task(say(said, str(each), each)) for each in (3, 1, 2)]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    return [task.result() for task in done], len(pending)


async def as_completed() -> object:
    said: list[str] = []
    return [await each for each in asyncio.as_completed([say(said, str(n), n) for n in (3, 1, 2)])]


async def shielded() -> object:
    said: list[str] = []
    inner = asyncio.create_task(say(said, "whole", 2))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(inner), 1)
    await inner
    return said


async def a_barrier() -> object:
    barrier = asyncio.Barrier(3)

    async def meet(after: float) -> float:
        await asyncio.sleep(after)
        await barrier.wait()
        return asyncio.get_running_loop().time()

    return await asyncio.gather(meet(1), meet(2), meet(3))


async def cancelled() -> object:
    said: list[str] = []

    async def clean() -> None:
        try:
            await asyncio.sleep(10)
        finally:
            await asyncio.sleep(1)
            said.append("cleaned")

    task = asyncio.create_task(clean())
    await asyncio.sleep(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    return said, asyncio.get_running_loop().time()


CASES: list[tuple[Callable[[], Awaitable[object]], object]] = [
    (gathered, (["b", "a"], ["a", "b"])),
    (grouped, ["a", "b"]),
    (a_group_that_fails, ["failed"]),
    (a_timeout, ("timed out", 5.0)),
    (no_timeout, 3.0),
    (waited_for, 7.0),
    (queued, [0, 1, 2, 3, 4]),
    (locked, (1, 4.0)),
    (an_event, 3.0),
    (a_condition, 7),
    (a_semaphore, 3.0),
    (waited, (["1"], 2)),
    (as_completed, ["1", "2", "3"]),
    (shielded, ["whole"]),
    (a_barrier, [3.0, 3.0, 3.0]),
    (cancelled, (["cleaned"], 2.0)),
]


@pytest.mark.parametrize(("case", "expected"), CASES, ids=[case.__name__ for case, _ in CASES])
def test_asyncio_runs_unchanged_under_every_schedule(
    loop: VirtualLoop, case: Callable[[], Awaitable[object]], expected: object
) -> None:
    assert expected == loop.run_until_complete(case())
    assert [] == loop.errors


def test_a_year_of_sleep_takes_no_time(loop: VirtualLoop) -> None:
    began = time.monotonic()

    loop.run_until_complete(asyncio.sleep(365 * 86_400))

    assert 365 * 86_400 * SECOND_NS == loop.now_ns
    assert time.monotonic() - began < 5


def test_time_is_an_integer_of_nanoseconds() -> None:
    loop = VirtualLoop()
    seen: list[int] = []
    for ns in (3, 1, 2_000_000_001):
        loop.call_at_ns(ns, lambda: seen.append(loop.now_ns))

    stop = loop.advance()

    assert [1, 3, 2_000_000_001] == seen
    assert stop == "idle"


def test_timers_of_one_instant_fire_in_the_order_in_which_they_were_set(loop: VirtualLoop) -> None:
    seen: list[int] = []
    for number in range(5):
        loop.call_at_ns(10, seen.append, number)

    loop.advance()

    assert [0, 1, 2, 3, 4] == seen


def test_plain_callbacks_keep_their_order(loop: VirtualLoop) -> None:
    seen: list[int] = []
    for number in range(5):
        loop.call_soon(seen.append, number)

    loop.advance()

    assert [0, 1, 2, 3, 4] == seen


def test_a_cancelled_callback_does_not_run(loop: VirtualLoop) -> None:
    seen: list[str] = []
    loop.call_soon(seen.append, "cancelled").cancel()
    loop.call_later(1, seen.append, "cancelled too").cancel()
    loop.call_soon(seen.append, "kept")

    loop.advance()

    assert ["kept"] == seen
    assert 0 == loop.now_ns


def test_time_stands_at_the_bound_when_a_timer_lies_behind_it() -> None:
    loop = VirtualLoop()
    loop.call_at_ns(100, int)

    assert "time" == loop.advance(until_ns=50)
    assert 50 == loop.now_ns
    assert "idle" == loop.advance(until_ns=100)
    assert 100 == loop.now_ns


def test_steps_are_bounded_and_an_endless_task_does_not_hang(loop: VirtualLoop) -> None:
    async def spin() -> None:
        while True:
            await asyncio.sleep(0)

    loop.create_task(spin())

    assert "steps" == loop.advance(steps_max=500)
    assert 500 == loop.steps


def test_polling_takes_time_once_it_has_gone_on_for_long() -> None:
    loop = VirtualLoop()
    done: list[int] = []
    loop.call_later(1, done.append, 1)

    async def poll() -> float:
        while not done:
            await asyncio.sleep(0)
        return loop.time()

    assert 1.0 == loop.run_until_complete(poll())


def test_what_can_never_finish_is_said_and_not_waited_for() -> None:
    loop = VirtualLoop()

    async def stuck() -> None:
        await asyncio.Event().wait()

    with pytest.raises(RuntimeError, match=r"still waits: task\.1 waits for Event\.wait"):
        loop.run_until_complete(stuck())


def test_waiting_says_who_waits_for_what() -> None:
    loop = VirtualLoop()

    async def wait() -> None:
        await loop.waiter("credit on stream 3")

    loop.create_task(wait(), name="server 0 stream 3")
    loop.advance()

    assert ["server 0 stream 3 waits for credit on stream 3"] == loop.waiting()


def test_tasks_without_a_name_are_called_after_their_maker() -> None:
    loop = VirtualLoop()
    names: list[str] = []

    async def name(children: int) -> None:
        task = asyncio.current_task()
        assert task is not None
        names.append(task.get_name())
        for _ in range(children):
            await asyncio.create_task(name(children - 1))

    loop.create_task(name(2), name="root")
    loop.advance()

    assert ["root", "root.1", "root.1.1", "root.2", "root.2.1"] == names


def test_a_name_may_stand_in_its_place_and_only_living_tasks_are_told_each_time() -> None:
    loop = VirtualLoop()

    async def wait(seconds: int) -> None:
        await asyncio.sleep(seconds)

    for seconds in (3, 1, 2):
        loop.create_task(wait(seconds), f"for {seconds}")
    told = []
    for second in range(4):
        loop.advance(until_ns=second * SECOND_NS)
        told.append([task.get_name() for task in loop.tasks()])

    assert [["for 3", "for 1", "for 2"], ["for 3", "for 2"], ["for 3"], []] == told


def test_an_error_nobody_catches_is_kept_as_a_sentence() -> None:
    loop = VirtualLoop()

    def fail() -> None:
        raise LookupError("nothing there")

    async def fail_later() -> None:
        raise LookupError("nothing there either")

    loop.call_soon(fail)
    loop.create_task(fail_later(), name="unloved")
    loop.advance()

    assert [
        "a callback failed: LookupError: nothing there",
        "Task exception was never retrieved in unloved: LookupError: nothing there either",
    ] == loop.errors


def test_context_variables_go_with_each_task() -> None:
    loop = VirtualLoop(Seeded(3))
    which: ContextVar[int] = ContextVar("which", default=0)
    seen: list[tuple[int, int]] = []

    async def use(number: int) -> None:
        which.set(number)
        await asyncio.sleep(number)
        seen.append((number, which.get()))

    for number in (1, 2, 3):
        loop.create_task(use(number))
    loop.advance()

    assert [(1, 1), (2, 2), (3, 3)] == seen
    assert 0 == which.get()


def test_an_abandoned_generator_is_finished() -> None:
    loop = VirtualLoop()
    said: list[str] = []

    async def count() -> AsyncIterator[int]:
        try:
            for number in range(3):
                yield number
        finally:
            await asyncio.sleep(1)
            said.append("finished")

    async def take_one() -> None:
        generator = count()
        async for _ in generator:
            break
        del generator
        await asyncio.sleep(5)

    loop.run_until_complete(take_one())

    assert ["finished"] == said


def test_it_runs_inside_a_running_loop_and_leaves_that_as_it_was() -> None:
    async def outer() -> tuple[float, bool]:
        around = asyncio.get_running_loop()
        virtual = VirtualLoop()
        virtual.call_later(60, int)
        virtual.advance()
        return virtual.time(), asyncio.get_running_loop() is around

    assert (60.0, True) == asyncio.run(outer())


def test_a_step_cannot_advance_its_own_loop() -> None:
    loop = VirtualLoop()
    loop.call_soon(loop.advance)

    loop.advance()

    assert 1 == len(loop.errors)
    assert "running already" in loop.errors[0]


@pytest.mark.parametrize("name", OUTSIDE)
def test_the_outside_is_refused_with_a_sentence(name: str) -> None:
    with pytest.raises(NoOutside, match=f"{name} was called, but a run in virtual time has no"):
        getattr(VirtualLoop(), name)()


def test_threads_are_refused_with_a_sentence() -> None:
    with pytest.raises(NoOutside, match="run_in_executor"):
        VirtualLoop().run_until_complete(asyncio.to_thread(int))


def test_sockets_are_refused_with_a_sentence() -> None:
    with pytest.raises(NoOutside, match="create_connection"):
        VirtualLoop().run_until_complete(asyncio.open_connection("localhost", 80))


def test_nothing_of_the_interface_is_left_to_not_implemented() -> None:
    silent = {
        name
        for name, value in vars(asyncio.AbstractEventLoop).items()
        if callable(value) and not name.startswith("_")
    }

    missing = {
        name
        for name in silent
        if getattr(VirtualLoop, name) is getattr(asyncio.AbstractEventLoop, name)
    }

    assert set() == missing
