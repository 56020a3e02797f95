"""Legal runs, seen from anywhere on the path: nobody is ever blamed, and nothing is unknown.

Both endpoints are ours and legal, the clients use every legal behaviour, settings of all kinds.
With the deliveries the verdict is exact; without them the run is a capture taken at the client, at
the server, or anywhere between, each frame at a moment of its own.
"""

from collections import Counter
from dataclasses import replace
from random import Random
from typing import Final

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tests.oracle.judge.moved import moved

from h2proof.oracle import Verdict, judge
from h2proof.properties.strategies import bulk_scenarios
from h2proof.sim.frames import FrameType, Settings, type_name
from h2proof.sim.scenario import Act, Scenario
from h2proof.sim.trace import FrameEvent, Trace
from h2proof.sim.world import play

PLACES: Final = ("client", "server", "middle", "anywhere")
VALUES: Final = (
    (1, 0),
    (1, 100),
    (1, 8192),
    (2, 0),
    (3, 1),
    (3, 100),
    (4, 10),
    (4, 100_000),
    (5, 20_000),
    (6, 1000),
    (8, 1),
    (9, 1),
)
SLOW_RUNS: Final = 2500
"""Each is seen from four places."""
MET_MIN: Final = 100
FEATURES: Final = (
    *(f"setting {identifier}" for identifier in (1, 2, 3, 4, 5, 6, 8, 9)),
    "PUSH_PROMISE",
    "GOAWAY",
    "RST_STREAM",
    "PING",
    "WINDOW_UPDATE",
)


def blamed(verdict: Verdict) -> list[str]:
    """What is said against frames; accounts have judges of their own."""
    return [
        f"{each.actor} {each.rule}: {each.message}"
        for each in verdict.violations
        if each.resource is None and each.requirements
    ]


def see_from_everywhere(scenario: Scenario, chance: Random) -> Trace:
    """Play a scenario and judge it, exactly and as captures."""
    trace = play(scenario).trace

    exact = judge(trace)

    assert [] == blamed(exact)
    assert 0 == exact.frames_unknown
    for connection in range(len(trace.connections)):
        for place in PLACES:
            verdict = judge(moved(trace, connection, chance, place))

            assert [] == blamed(verdict), place
            assert 0 == verdict.frames_unknown
    return trace


def with_more(scenario: Scenario, value: tuple[int, int], behaviour: str) -> Scenario:
    """The scenario with one more setting and one more act of its first client."""
    first, *rest = scenario.clients
    acts = (*first.acts, Act(behaviour))
    more = replace(first, settings=(*first.settings, value), acts=acts)
    return replace(scenario, clients=(more, *rest))


LEGAL: Final = st.builds(
    with_more,
    bulk_scenarios(handler="caddy", legal=True),
    st.sampled_from(VALUES),
    st.sampled_from(("polite", "resets-request", "cancels-promise", "makes-noise")),
)


@given(LEGAL, st.randoms(use_true_random=False))
@hypothesis_settings(max_examples=15, suppress_health_check=list(HealthCheck))
def test_a_legal_run_is_innocent_from_wherever_it_is_seen(
    scenario: Scenario, chance: Random
) -> None:
    see_from_everywhere(scenario, chance)


@pytest.mark.slow
def test_many_legal_runs_are_innocent_and_meet_every_feature() -> None:
    met: Counter[str] = Counter()

    @given(LEGAL, st.randoms(use_true_random=False))
    @hypothesis_settings(
        max_examples=SLOW_RUNS,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    def see(scenario: Scenario, chance: Random) -> None:
        met.update(features(see_from_everywhere(scenario, chance)))

    see()

    print(dict(met))
    assert {} == {name: met[name] for name in FEATURES if met[name] < MET_MIN}


def features(trace: Trace) -> set[str]:
    """Settings and frame types that a run has."""
    found: set[str] = set()
    for event in trace:
        if not isinstance(event, FrameEvent):
            continue
        if event.type == FrameType.SETTINGS:
            frame = event.frame
            if isinstance(frame, Settings):
                found.update(f"setting {identifier}" for identifier, _ in frame.values)
        else:
            found.add(type_name(event.type))
    return found


@given(bulk_scenarios(handler="caddy"), st.randoms(use_true_random=False))
@hypothesis_settings(max_examples=15, suppress_health_check=list(HealthCheck))
def test_whom_a_capture_blames_the_whole_run_blames_too(scenario: Scenario, chance: Random) -> None:
    trace = play(scenario).trace
    exact = {(each.connection, each.actor) for each in judge(trace).violations}

    for connection in range(len(trace.connections)):
        for place in PLACES:
            found = judge(moved(trace, connection, chance, place)).violations

            assert {(connection, each.actor) for each in found} <= exact
