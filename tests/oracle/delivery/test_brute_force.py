"""Greedy delivery finds the same first violation as a search over every assignment."""

from random import Random

import pytest
from tests.oracle.delivery.alphabet import FEW, STEPS, Step, longer, trace_of
from tests.oracle.delivery.brute_force import first_violation

from h2proof.oracle import judge


def first_found(steps: tuple[Step, ...]) -> int | None:
    """The place of the first frame that the judge calls a violation."""
    return min((each.event for each in judge(trace_of(steps)).violations), default=None)


def compare_all(each_max: int, alphabet: tuple[Step, ...]) -> int:
    """Compare on every connection up to this length per side; how many there were.

    A connection with a violation is not made longer: what comes behind the first is not compared.
    """
    compared = 0
    open_ends: list[tuple[Step, ...]] = [()]
    while open_ends:
        for steps in longer(open_ends.pop(), each_max, alphabet):
            expected = first_violation(steps)

            assert expected == first_found(steps), steps
            compared += 1
            if expected is None:
                open_ends.append(steps)
    return compared


def compare_sampled(count: int, each_max: int, seed: int) -> None:
    """Compare on random connections that stay legal as long as chance allows."""
    chance = Random(seed)
    for _ in range(count):
        steps: tuple[Step, ...] = ()
        while True:
            choices = list(longer(steps, each_max))
            if not choices:
                break
            longer_ones = (chance.choice(choices) for _ in range(6))
            found = next((each for each in longer_ones if first_violation(each) is None), None)
            if found is None:
                steps = chance.choice(choices)
                break
            steps = found

        assert first_violation(steps) == first_found(steps), steps


def test_two_frames_each_over_a_small_alphabet() -> None:
    assert 1000 < compare_all(2, FEW)


def test_samples_of_four_frames_each() -> None:
    compare_sampled(60, 4, seed=1)


@pytest.mark.slow
def test_two_frames_each_over_the_whole_alphabet() -> None:
    assert 20_000 < compare_all(2, STEPS)


@pytest.mark.slow
def test_three_frames_each_over_a_small_alphabet() -> None:
    assert 50_000 < compare_all(3, FEW)


@pytest.mark.slow
def test_many_samples_of_four_frames_each() -> None:
    compare_sampled(20_000, 4, seed=2)
