"""Whom a schedule may choose, against a walk over everything that is ready; and what it costs."""

import asyncio
from collections.abc import Callable, Sequence
from contextvars import Context
from random import Random
from typing import cast

import pytest

from h2proof.sim.clock import VirtualLoop
from h2proof.sim.clock.agenda import AnyStep
from h2proof.sim.scheduler import Fifo, Schedule, Seeded, Timer


def _walk(ready: Sequence[AnyStep]) -> list[AnyStep]:
    """What may be next, found the slow way: of each owner the first that is not cancelled."""
    owners: dict[object, AnyStep] = {}
    for step in ready:
        if not step.cancelled():
            owner = getattr(step.callback, "__self__", None)
            owners.setdefault(owner if isinstance(owner, asyncio.Task) else None, step)
    return list(owners.values())


async def _nothing() -> None:
    pass


class Stir:
    """A loop on which each step asks for others and cancels some, at random.

    It keeps its own list of what is ready, in the order of getting ready, and looks at each choice
    that a schedule is offered and at each step that is run.
    """

    def __init__(self, seed: int, tasks: Sequence[asyncio.Task[None]]) -> None:
        self.loop = VirtualLoop(self)
        self.ran = 0
        self._random = Random(seed)
        self._callbacks: list[Callable[..., object]] = [int, *(task.done for task in tasks)]
        self._ready: list[AnyStep] = []
        self._set: list[Timer] = []
        for _ in range(10):
            self._ask()

    def choose(self, candidates: Sequence[AnyStep]) -> int:
        """Any of the candidates, which are those of the slow walk."""
        self._fire()
        assert _walk(self._ready) == list(candidates)
        return self._random.randrange(len(candidates))

    def _ask(self) -> None:
        callback, step = self._random.choice(self._callbacks), cast("AnyStep", None)

        class Told:
            """Stands in the place of a context."""

            def run(told, callback: Callable[..., object]) -> None:
                callback()
                self._run(step)

        context = cast("Context", Told())
        if self._random.random() < 0.5:
            step = self.loop.call_soon(callback, context=context)
            self._ready.append(step)
        else:
            at_ns = self.loop.now_ns + self._random.randrange(3)
            step = self.loop.call_at_ns(at_ns, callback, context=context)
            self._set.append(step)

    def _fire(self) -> None:
        now_ns = self.loop.now_ns
        due = sorted((timer for timer in self._set if timer.at_ns <= now_ns), key=Timer.when)
        self._set = [timer for timer in self._set if timer.at_ns > now_ns]
        self._ready += [timer for timer in due if not timer.cancelled()]

    def _run(self, step: AnyStep) -> None:
        self._fire()
        heads = _walk(self._ready)
        assert step in heads or (step.cancelled() and not heads)
        self._ready.remove(step)
        self.ran += 1
        if self.ran < 100:
            for _ in range(self._random.randrange(3)):
                self._ask()
        if self._random.random() < 0.2 and (pending := self._ready + self._set):
            self._random.choice(pending).cancel()


def test_heads_are_those_that_a_walk_over_all_ready_steps_finds() -> None:
    host = VirtualLoop()
    tasks = [host.create_task(_nothing(), name=str(number)) for number in range(3)]
    for seed in range(100):
        stir = Stir(seed, tasks)

        assert "idle" == stir.loop.advance()
        assert [] == stir.loop.errors
        assert stir.loop.steps == stir.ran
        assert ((), ()) == stir.loop.pending()
    host.advance()


def test_first_in_first_out_runs_in_order_what_asked_for_a_step() -> None:
    host, loop = VirtualLoop(), VirtualLoop(Fifo())
    task = host.create_task(_nothing())
    ran: list[int] = []

    class Told:
        def __init__(self, number: int) -> None:
            self.number = number

        def run(self, callback: Callable[..., object]) -> None:
            ran.append(self.number)

    steps = [
        loop.call_soon((int, task.done)[number % 3 == 0], context=cast("Context", Told(number)))
        for number in range(9)
    ]
    steps[4].cancel()
    loop.advance()

    assert list(range(9)) == ran
    host.advance()


@pytest.mark.parametrize("schedule", [Fifo(), Seeded(1)], ids=["fifo", "seeded"])
def test_thousands_of_ready_callbacks_cost_one_look_each(schedule: Schedule) -> None:
    loop = VirtualLoop(schedule)
    looks = 0

    def look() -> None:
        nonlocal looks
        looks += 1

    for _ in range(50_000):
        loop.call_soon(look)
    assert "idle" == loop.advance()
    assert 50_000 == looks
    assert [] == loop.choices


def test_timers_that_were_cancelled_do_not_move_the_clock() -> None:
    loop = VirtualLoop()
    for at_ns in (3, 5, 7, 5):
        timer = loop.call_at_ns(at_ns, int)
        if at_ns != 5:
            timer.cancel()
    loop.advance()

    assert 5 == loop.now_ns
    assert 2 == loop.steps
