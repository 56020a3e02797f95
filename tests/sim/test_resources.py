"""Resources are watched from outside: who holds, who lets go, who comes too late."""

import gc
from collections.abc import Iterator
from dataclasses import replace

import pytest

from h2proof.sim.resources import REMEMBERED, Pool, Register, touch
from h2proof.sim.trace import Resource, ResourceEvent, Trace


class Thing:
    value = 7


@pytest.fixture(autouse=True)
def _no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


def history(trace: Trace) -> list[tuple[str, str]]:
    return [
        (event.kind, str(event.resource)) for event in trace if isinstance(event, ResourceEvent)
    ]


def test_an_object_is_released_when_nothing_refers_to_it() -> None:
    trace = Trace()
    register = Register(trace)
    thing = Thing()
    register.track(thing, "wrapper", stream=1, size=80)
    keeper = [thing]
    del thing

    assert ["wrapper#1"] == [str(holding.resource) for holding in register.live]

    keeper.clear()

    assert () == register.live
    assert [("acquired", "wrapper#1"), ("released", "wrapper#1")] == history(trace)


def test_a_cycle_keeps_its_object_live() -> None:
    trace = Trace()
    register = Register(trace)
    thing = Thing()
    thing.itself = thing  # type: ignore[attr-defined]
    register.track(thing, "wrapper")
    del thing

    assert 1 == len(register.live)


def test_a_pool_hands_out_the_last_one_first_under_a_new_generation() -> None:
    trace = Trace()
    pool = Pool(Register(trace), "wrapper", Thing)
    first, second = pool.take(), pool.take()
    pool.put(first)
    pool.put(second)
    third = pool.take()

    assert 7 == third.value
    assert [
        ("acquired", "pooled wrapper#1"),
        ("acquired", "wrapper#1"),
        ("acquired", "pooled wrapper#2"),
        ("acquired", "wrapper#2"),
        ("released", "wrapper#1"),
        ("released", "wrapper#2"),
        ("acquired", "wrapper#2.2"),
        ("used", "wrapper#2.2"),
    ] == history(trace)


def test_a_stale_lease_is_recorded_under_its_own_generation_and_still_acts() -> None:
    trace = Trace()
    pool = Pool(Register(trace), "wrapper", Thing)
    stale = pool.take()
    pool.put(stale)
    pool.take()

    assert 7 == stale.value
    assert ("used", "wrapper#1") == history(trace)[-1]


def test_a_touch_is_recorded_like_an_attribute_that_is_asked_for() -> None:
    trace = Trace()
    lease = Pool(Register(trace), "wrapper", Thing).take(connection=2, stream=5)

    assert lease.value == touch(lease, "value").value

    asked, touched = list(trace.events(ResourceEvent))[-2:]
    assert replace(asked, index=touched.index) == touched


def test_an_object_put_back_twice_is_handed_out_twice() -> None:
    trace = Trace()
    pool = Pool(Register(trace), "wrapper", Thing)
    lease = pool.take()
    pool.put(lease)
    pool.put(lease)
    pool.take()
    pool.take()

    assert [
        ("acquired", "wrapper#1"),
        ("released", "wrapper#1"),
        ("released", "wrapper#1"),
        ("acquired", "wrapper#1.2"),
        ("acquired", "wrapper#1.3"),
    ] == [entry for entry in history(trace) if not entry[1].startswith("pooled")]


def test_counted_things_are_numbered_by_kind() -> None:
    trace = Trace()
    register = Register(trace)
    slot = register.acquire("stream slot", stream=1)
    register.acquire("timer")
    register.release(slot)

    assert [
        ("acquired", "stream slot#1"),
        ("acquired", "timer#1"),
        ("released", "stream slot#1"),
    ] == history(trace)


def test_numbers_go_on_behind_those_that_are_remembered() -> None:
    register = Register(Trace())
    things = [register.acquire("timer") for _ in range(2 * REMEMBERED)]

    assert [Resource("timer", number + 1) for number in range(2 * REMEMBERED)] == [
        thing.resource for thing in things
    ]


def test_what_was_let_go_is_released_once_by_whoever_comes_first() -> None:
    """Its object's end and a late return are told apart, whichever account is asked."""
    trace = Trace()
    register = Register(trace)
    thing = Thing()
    slot = register.acquire("slot", size=5)
    register.acquire("slot")
    register.let_go(slot, thing)

    assert ["slot#1", "slot#2"] == [str(holding.resource) for holding in register.live]
    assert thing is register.live[0]()

    register.release(slot)
    del thing
    register.release(slot)

    sizes = [event.size for event in trace.events(ResourceEvent) if event.kind == "released"]
    assert [5, 0] == sizes
    assert ["slot#2"] == [str(holding.resource) for holding in register.live]


def test_a_register_that_is_muted_lets_go_of_everything() -> None:
    trace = Trace()
    register = Register(trace)
    slot, thing = register.acquire("slot"), Thing()
    register.mute()
    register.let_go(slot, thing)
    register.release(slot)

    assert () == register.live
    assert [("acquired", "slot#1")] == history(trace)
