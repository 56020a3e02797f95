"""The queues of ready steps against a walk over everything that is ready; and what they cost."""

import asyncio
from collections.abc import Callable
from contextvars import copy_context
from random import Random

from h2proof.sim.clock import VirtualLoop
from h2proof.sim.clock.ready import AnyStep, Ready
from h2proof.sim.scheduler import Seeded, Step


def _walk(ready: list[AnyStep]) -> list[AnyStep]:
    """What may be next, found the slow way: of each owner the first that is not cancelled."""
    owners: dict[object, AnyStep] = {}
    for step in ready:
        if not step._cancelled:
            owner = getattr(step.callback, "__self__", None)
            owners.setdefault(owner if isinstance(owner, asyncio.Task) else None, step)
    return list(owners.values())


async def _nothing() -> None:
    pass


def test_heads_are_those_that_a_walk_over_all_ready_steps_finds() -> None:
    loop = VirtualLoop()
    tasks = [loop.create_task(_nothing(), name=str(number)) for number in range(4)]
    callbacks: list[Callable[..., object]] = [print, *(task.done for task in tasks)]
    for seed in range(200):
        random, fast, slow = Random(seed), Ready(), list[AnyStep]()
        for _ in range(60):
            if random.random() < 0.6 or not slow:
                step = Step(random.choice(callbacks), (), copy_context())
                fast.append(step)
                slow.append(step)
            elif random.random() < 0.3:
                random.choice(slow).cancel()
            else:
                expected = _walk(slow)
                fast.sweep()
                assert expected == fast.heads
                taken = fast.pop(random.randrange(len(expected)) if expected else 0)
                assert (taken in expected) == bool(expected)
                slow.remove(taken)
            assert len(slow) == len(fast) == len(list(fast))
    loop.advance()


def test_thousands_of_ready_callbacks_cost_one_look_each() -> None:
    loop = VirtualLoop(Seeded(1))
    looks = 0

    def look() -> None:
        nonlocal looks
        looks += 1

    for _ in range(50_000):
        loop.call_soon(look)
    assert "idle" == loop.advance()
    assert 50_000 == looks
    assert [] == loop.choices
