"""Who holds a survivor, read from the object graph: each kind of holder by its words."""

import asyncio
import gc
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from types import CoroutineType
from typing import Any

import pytest

from h2proof.sim.clock import VirtualLoop
from h2proof.sim.resources import Pool, Register
from h2proof.sim.trace import ResourceEvent, Trace
from h2proof.sim.world.holders import Chain, Holders, write_held

KEPT: list[object] = []
BY_NAME: dict[str, object] = {}


class Wrapper:
    """Something that can be held."""


class Slotted:
    __slots__ = ("writer",)

    def __init__(self, writer: object) -> None:
        self.writer = writer


@pytest.fixture(autouse=True)
def _no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    KEPT.clear()
    BY_NAME.clear()
    yield
    KEPT.clear()
    BY_NAME.clear()
    gc.enable()


def in_a_list(obj: object) -> object:
    KEPT.append(obj)
    return None


def in_a_dict(obj: object) -> object:
    BY_NAME["writer"] = obj
    return None


def in_an_attribute(obj: object) -> object:
    holder = Wrapper()
    holder.inner = obj  # type: ignore[attr-defined]  # that is how it is held
    KEPT.append(holder)
    return None


def in_a_slot(obj: object) -> object:
    KEPT.append(Slotted(obj))
    return None


def in_a_closure(obj: object) -> object:
    def use() -> object:
        return obj

    KEPT.append(use)
    return None


def in_a_bound_method(obj: object) -> object:
    KEPT.append(Slotted(obj).__init__)  # type: ignore[misc]  # any bound method will do
    return None


def in_a_deque(obj: object) -> object:
    KEPT.append(deque([obj]))
    return None


def in_a_partial(obj: object) -> object:
    KEPT.append(partial(print, obj))
    return None


def in_a_class(obj: object) -> object:
    Slotted.last = obj  # type: ignore[attr-defined]  # that is how it is held
    return None


MODULE = __name__
CASES: list[tuple[Callable[[object], object], Chain]] = [
    (in_a_list, ("an item of a list", f"KEPT of module {MODULE}")),
    (in_a_dict, ("entry writer of a dict", f"BY_NAME of module {MODULE}")),
    (in_an_attribute, ("inner of a Wrapper", "an item of a list", f"KEPT of module {MODULE}")),
    (in_a_slot, ("writer of a Slotted", "an item of a list", f"KEPT of module {MODULE}")),
    (
        in_a_closure,
        (
            "variable obj of in_a_closure.<locals>.use",
            "an item of a list",
            f"KEPT of module {MODULE}",
        ),
    ),
    (
        in_a_bound_method,
        (
            "writer of a Slotted",
            "method Slotted.__init__",
            "an item of a list",
            f"KEPT of module {MODULE}",
        ),
    ),
    (in_a_deque, ("an item of a deque", "an item of a list", f"KEPT of module {MODULE}")),
]


def chain_of(hold: Callable[[object], object]) -> Chain:
    wrapper = Wrapper()
    hold(wrapper)
    return Holders().chain(wrapper)


@pytest.mark.parametrize(("hold", "expected"), CASES, ids=[hold.__name__ for hold, _ in CASES])
def test_each_kind_of_holder_has_its_words(
    hold: Callable[[object], object], expected: Chain
) -> None:
    assert expected == chain_of(hold)


@pytest.mark.parametrize(("hold", "expected"), CASES, ids=[hold.__name__ for hold, _ in CASES])
def test_it_does_not_matter_how_old_the_holders_are(
    hold: Callable[[object], object], expected: Chain
) -> None:
    wrapper = Wrapper()
    hold(wrapper)
    gc.collect()

    assert expected == Holders().chain(wrapper)


def test_nobody_is_said_to_hold_what_nobody_holds() -> None:
    assert () == chain_of(lambda _: None)


def test_what_holds_only_itself_is_a_cycle() -> None:
    def cycle(obj: Any) -> None:
        obj.itself = [obj]

    assert "nothing else: they hold each other in a cycle" == chain_of(cycle)[-1]


def test_a_task_that_waits_holds_its_locals() -> None:
    loop = VirtualLoop()
    wrappers = [Wrapper()]

    async def handler() -> None:
        writer = wrappers.pop()
        await asyncio.Event().wait()
        del writer

    async def middleware() -> None:
        await handler()

    task = loop.create_task(middleware(), name="server 0 stream 1")
    loop.advance()
    (coroutine,) = (
        each
        for each in gc.get_objects()
        # by type: to ask other libraries' objects anything runs their code
        if type(each) is CoroutineType and each.__name__ == "handler"
    )
    frame = coroutine.cr_frame
    assert frame is not None
    names = frame.f_locals
    wrapper = names["writer"]
    if isinstance(names, dict):  # before Python 3.13 it is a copy, which would be a holder too
        names.clear()
    del frame, coroutine, names

    chain = Holders().chain(wrapper)

    where = "test_a_task_that_waits_holds_its_locals.<locals>"
    assert f"local writer of {where}.handler" == chain[0]
    assert "task server 0 stream 1" == chain[-1]
    assert not task.done()
    task.cancel()
    loop.advance()


def test_asking_is_no_use_of_what_is_leased() -> None:
    trace = Trace()
    pool: Pool[Wrapper] = Pool(Register(trace), "wrapper", Wrapper)
    lease = pool.take()
    KEPT.append(lease)
    before = len(trace)

    Holders().chain(lease._object)

    assert before == len(trace)


def test_a_cycle_through_a_traceback_is_released_for_the_collector() -> None:
    """Any other cycle is its owner's doing, and stays."""
    trace = Trace()
    register = Register(trace)
    by_traceback, by_itself = Wrapper(), Wrapper()
    by_itself.holder = by_itself  # type: ignore[attr-defined]

    def fail(wrapper: Wrapper) -> None:
        try:
            raise ValueError(str(wrapper))
        except ValueError as error:
            wrapper.holder = error  # type: ignore[attr-defined]

    fail(by_traceback)
    tangled = register.track(by_traceback, "wrapper")
    cycle = register.track(by_itself, "wrapper")
    del by_traceback, by_itself
    write_held(trace, register)

    kinds = {event.resource: event.kind for event in trace if isinstance(event, ResourceEvent)}
    assert "released" == kinds[tangled.resource]
    assert "held" == kinds[cycle.resource]
