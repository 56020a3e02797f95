"""Schedules choose, choices replay, and every order can be had."""

import asyncio
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from h2proof.sim.clock import VirtualLoop
from h2proof.sim.scheduler import Fifo, Label, Point, Schedule, Scripted, Seeded, explore


def order_of(schedule: Schedule, tasks: int = 3, steps: int = 1) -> tuple[str, tuple[int, ...]]:
    """The order in which tasks, each with some steps, say their letter; and the choices made."""
    loop = VirtualLoop(schedule)
    said: list[str] = []

    async def say(letter: str) -> None:
        for _ in range(steps):
            said.append(letter)
            await asyncio.sleep(0)

    for number in range(tasks):
        letter = "abcdef"[number]
        loop.create_task(say(letter), name=letter)
    loop.advance()
    return "".join(said), tuple(loop.choices)


def test_first_in_first_out_makes_no_choices() -> None:
    assert ("abcabc", ()) == order_of(Fifo(), steps=2)


def test_seeds_reach_every_order_of_three_tasks() -> None:
    orders = {order_of(Seeded(seed))[0] for seed in range(100)}

    assert {"".join(each) for each in permutations("abc")} == orders


def test_the_same_seed_gives_the_same_order() -> None:
    assert order_of(Seeded(7), 5, 4) == order_of(Seeded(7), 5, 4)
    assert order_of(Seeded(7), 5, 4) != order_of(Seeded(8), 5, 4)


@given(st.integers(0, 1000), st.integers(1, 5), st.integers(1, 4))
def test_choices_replay_any_run(seed: int, tasks: int, steps: int) -> None:
    said, choices = order_of(Seeded(seed), tasks, steps)

    assert (said, choices) == order_of(Scripted(choices), tasks, steps)


@given(st.lists(st.integers(0, 20), max_size=30))
def test_any_list_of_integers_is_a_script_and_its_choices_replay_it(script: list[int]) -> None:
    said, choices = order_of(Scripted(script), 4, 3)

    assert (said, choices) == order_of(Scripted(choices), 4, 3)
    assert {"a": 3, "b": 3, "c": 3, "d": 3} == {letter: said.count(letter) for letter in "abcd"}


def test_an_empty_script_is_first_in_first_out() -> None:
    assert order_of(Fifo(), 4, 3)[0] == order_of(Scripted(()), 4, 3)[0]


def test_exploring_gives_every_interleaving_once() -> None:
    # two tasks of three steps each (two letters and the end): 6! / (3! 3!) orders of steps
    runs = list(explore(lambda schedule: order_of(schedule, 2, 2)[0]))

    assert 20 == len(runs)
    assert 20 == len({script for script, _ in runs})
    assert {"aabb", "abab", "abba", "baab", "baba", "bbaa"} == {said for _, said in runs}


def test_exploring_less_is_the_caller_s_reduction() -> None:
    def first_only(points: object, place: int) -> tuple[int, ...]:
        return (0,)

    assert 1 == len(list(explore(lambda schedule: order_of(schedule, 3, 3), first_only)))


def test_points_say_what_could_have_been_chosen() -> None:
    schedule = Scripted((1,), watch=True)

    order_of(schedule, 2)

    assert Point((Label("resume", "a"), Label("resume", "b")), 1) == schedule.points[0]


def test_labels_say_what_a_step_is() -> None:
    loop = VirtualLoop(schedule := Scripted((), watch=True))

    async def read() -> None:
        waiter = loop.waiter("client's octets", "deliver")
        loop.call_soon(waiter.set_result, None)
        await waiter

    async def sleep() -> None:
        await asyncio.sleep(1)

    for name in ("a", "b"):
        loop.create_task(read(), name=name)
        loop.create_task(sleep(), name=f"{name} sleeps")
    loop.advance()

    labels = {str(label) for point in schedule.points for label in point.labels}
    assert {
        "resume a",
        "resume b",
        "resume a sleeps",
        "resume b sleeps",
        "call Future.set_result",
        "deliver a: client's octets",
        "deliver b: client's octets",
    } <= labels
