"""The same seed gives the same smallest case, in any process; and what the properties cost."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from h2proof.properties import ledger, strategies
from h2proof.properties.targets import model_of, play
from h2proof.sim.handlers.protocol import Request, ResponseWriter
from h2proof.sim.scenario import Scenario

pytest_plugins = ["pytester"]

PROGRAM = """
from h2proof.properties import Broken, check_endpoint, check_handler, check_link_parser
from h2proof.sim.links import PARSERS
from h2proof.sim import responder

class Wrong:
    def __init__(self):
        self.inner = responder()
    def receive(self, data):
        return [] if len(data) == 1 else self.inner.receive(data)
    def take_output(self):
        return self.inner.take_output()
    @property
    def closed(self):
        return self.inner.closed

for check, target in (
    (check_handler, "caddy-c1-kept"),
    (check_link_parser, PARSERS["caddy-d-loose"]),
    (check_endpoint, Wrong),
):
    try:
        check(target, seed=5, examples=60)
    except Broken as broken:
        print(broken, broken.fingerprint, broken.replay)
"""


def printed(hash_seed: str, folder: Path) -> str:
    """What the program prints in a process of its own, with an empty example database."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=folder,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_the_same_seed_gives_the_same_smallest_case_under_another_hash_seed(
    tmp_path: Path,
) -> None:
    one, other = printed("1", tmp_path), printed("2", tmp_path)

    assert 3 == one.count("replay")
    assert one == other


FAILING = """
import pytest
from h2proof.properties import check_handler

@pytest.mark.h2proof(seed=3, examples=20)
@pytest.mark.parametrize("name", ["caddy-c1-kept", "caddy-kept"])
def test_it(name):
    check_handler(name)
"""


@pytest.mark.slow
def test_the_same_case_alone_in_parallel_and_at_the_second_time(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(FAILING)
    runs = [pytester.runpytest_subprocess(*flags) for flags in ((), ("-n", "2"), ("--lf",))]

    told = [sorted(line for line in run.outlines if line.startswith("E  ")) for run in runs]
    assert told[0]
    assert told[0] == told[1] == told[2]


# --- costs ----------------------------------------------------------------------------------------


def rate(strategy: st.SearchStrategy[object], examples: int = 400) -> float:
    """Examples a second of a property that does nothing."""

    @hypothesis_settings(
        max_examples=examples,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def nothing(_: object) -> None:
        """No test at all."""

    begun = time.perf_counter()
    nothing()
    return examples / (time.perf_counter() - begun)


@pytest.mark.slow
def test_bulk_scenarios_come_at_half_the_rate_of_integers_at_least() -> None:
    pairs = [(rate(st.integers()), rate(strategies.bulk_scenarios())) for _ in range(5)]
    best = max(scenarios / integers for integers, scenarios in pairs)

    print(f"bulk scenarios: {best:.2f} of the rate of st.integers()")
    assert best >= 0.5


class Thing:
    """Something to be tracked."""


async def tracks(w: ResponseWriter, r: Request) -> None:
    ledger.track(Thing(), "thing")
    await w.write(b"x")


async def tracks_nothing(w: ResponseWriter, r: Request) -> None:
    Thing()
    await w.write(b"x")


def seconds(call: Callable[[], object], times: int = 60) -> float:
    """The wall time of some calls."""
    begun = time.perf_counter()
    for _ in range(times):
        call()
    return time.perf_counter() - begun


@pytest.mark.slow
def test_tracking_costs_less_than_a_tenth_of_a_scenario() -> None:
    scenario = Scenario(schedule="fifo")
    with_it, without = model_of(tracks), model_of(tracks_nothing)
    pairs = [
        (seconds(lambda: play(with_it, scenario)), seconds(lambda: play(without, scenario)))
        for _ in range(7)
    ]
    more = min(tracked for tracked, _ in pairs) / min(plain for _, plain in pairs) - 1

    print(f"tracking adds {more:.1%} to a scenario")
    assert more < 0.1


@pytest.mark.slow
def test_the_plugin_costs_less_than_a_twentieth_of_an_empty_run(tmp_path: Path) -> None:
    def version(*flags: str) -> None:
        command = [sys.executable, "-m", "pytest", "--version", *flags]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)

    pairs = [
        (seconds(version, 3), seconds(lambda: version("-p", "no:h2proof"), 3)) for _ in range(5)
    ]
    more = min(mine for mine, _ in pairs) / min(plain for _, plain in pairs) - 1

    print(f"the plugin adds {more:.1%} to pytest --version")
    assert more < 0.05
