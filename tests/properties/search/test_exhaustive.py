"""Every schedule is tried, and the reduction leaves out no outcome."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from h2proof.properties.search.exhaustive import Explored, explore_all, outcome_of
from h2proof.sim.handlers.protocol import Request, ResponseWriter
from h2proof.sim.scenario import Act, ClientPlan, RequestPlan, Scenario
from h2proof.sim.scheduler import Schedule, Scripted, Seeded, explore
from h2proof.sim.world import Run, World, handler_named


def world_of(handler: Any) -> Any:
    def make(scenario: Scenario, schedule: Schedule) -> World:
        return World(scenario, handler, schedule=schedule)

    return make


async def short(w: ResponseWriter, r: Request) -> None:
    await w.write_header(200)


def explored(scenario: Scenario, handler: Any = short, **options: Any) -> Explored:
    return explore_all(scenario, world_of(handler), **options)


PROOFS = Path(__file__).resolve().parents[3] / "docs" / "proofs.md"
"""Quotes what an exploration says of itself."""

ONE = Scenario(server="plain", schedule="fifo")
TWO = Scenario(
    server="plain", schedule="fifo", clients=(ClientPlan((RequestPlan("/a"), RequestPlan("/b"))),)
)


@pytest.mark.slow
def test_the_reduction_leaves_out_no_outcome() -> None:
    """At the smallest bound, one request, where every schedule can be played."""
    make = world_of(short)
    every = {outcome_of(run) for _, run in explore(lambda script: make(ONE, script).play())}

    assert every == _reduced(ONE)


@pytest.mark.parametrize("scenario", [ONE, TWO], ids=["one request", "two requests"])
def test_random_schedules_end_as_the_reduced_ones_do(scenario: Scenario) -> None:
    make = world_of(short)
    random = {outcome_of(make(scenario, Seeded(seed)).play()) for seed in range(200)}

    assert random <= _reduced(scenario)


def _reduced(scenario: Scenario) -> set[object]:
    """How the runs ended that a reduced exploration played to their end."""
    outcomes: set[object] = set()

    class Kept(World):
        def play(self) -> Run:
            run = super().play()
            outcomes.add(outcome_of(run))
            return run

    result = explore_all(scenario, lambda each, schedule: Kept(each, short, schedule=schedule))
    assert result.complete
    return outcomes


def test_a_race_between_two_requests_is_found() -> None:
    """A handler that is wrong only if the second request comes in between its two steps."""

    def racy() -> Any:
        busy: list[str] = []

        async def handler(w: ResponseWriter, r: Request) -> None:
            busy.append(r.path)
            await asyncio.sleep(0)
            if busy[-1] != r.path:
                raise RuntimeError("somebody came in between")
            await w.write_header(200)

        return handler

    result = explore_all(TWO, lambda each, schedule: World(each, racy(), schedule=schedule))

    assert result.complete
    assert {"handler_panicked"} == {each.finding.rule for each in result.failures}


def test_fewer_turns_out_of_order_are_fewer_schedules() -> None:
    none, one = (explored(TWO, deviations_max=most) for most in (0, 1))

    assert 1 == none.schedules
    assert none.schedules < one.schedules + one.cut


def test_a_search_that_was_ended_says_so() -> None:
    result = explored(TWO, schedules_max=3)

    assert not result.complete
    assert "not all schedules" in str(result)


def test_the_sentence_can_be_quoted() -> None:
    assert str(explored(ONE)).startswith("In every schedule of this scenario nothing was found: ")


def test_a_script_plays_the_same_run_again() -> None:
    first = World(ONE, short, schedule=Scripted((1, 0, 1))).play()
    second = World(ONE, short, schedule=Scripted((1, 0, 1))).play()

    assert first.trace == second.trace


@pytest.mark.slow
def test_two_promises_one_cancelled_one_stall() -> None:
    """Every schedule, in about ten seconds; random ones end in no other way."""
    scenario = Scenario(
        handler="caddy",
        clients=(ClientPlan(acts=(Act("cancels-promise"), Act("stalled"))),),
        options={"resources": "/a /b", "links": "", "body_octets": 10, "resource_octets": 10},
        schedule="fifo",
    )
    outcomes: set[object] = set()
    handler = handler_named("caddy")

    class Kept(World):
        def play(self) -> Run:
            run = super().play()
            outcomes.add(outcome_of(run))
            return run

    result = explore_all(scenario, lambda each, schedule: Kept(each, handler, schedule=schedule))
    random = {
        outcome_of(World(scenario, handler, schedule=Seeded(seed)).play()) for seed in range(300)
    }

    assert result.complete
    assert () == result.failures
    assert len(outcomes) == result.outcomes
    assert random <= outcomes
    assert " ".join(str(result).split()) in " ".join(PROOFS.read_text("utf-8").split())
