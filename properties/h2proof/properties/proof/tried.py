"""What a proof tries: which clients, which behaviours, schedules and faults, on which subjects.

The plan is the same for every subject, so that what one shows and another does not is the
subject's doing. It holds no expectation: what comes out is for the search to find.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from h2proof.sim.clients import CLIENTS, Behaviour
from h2proof.sim.handlers import HANDLERS, PR7778
from h2proof.sim.naming import no_such
from h2proof.sim.scenario import Act, Bounds, ClientPlan, Param, RequestPlan, Scenario

KEPT: Final = "-kept"
"""The chain in which a layer keeps the writer; what a handler makes of that is the question."""
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {"pr7778": PR7778}
"""Names that stand for several handlers."""
PAIR: Final = ("caddy", "caddy-c1")
"""What is proved without being told: the handler of the origin, and its pooled version."""
SEEDS: Final = 1
"""Seeded schedules for each behaviour, besides first in first out."""

OPTIONS: Final[Mapping[str, Param]] = {
    "resources": "/style.css",
    "links": "</app.js>; rel=preload; as=script",
    "body_octets": 33_000,
    "resource_octets": 500,
}
"""A page of which two need more than a connection's first window; a resource, and a Link."""
BOUNDS: Final = Bounds(hostile_ns=2_000_000_000)
"""A client that lacks something keeps lacking it for two seconds of virtual time."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One way to be treated: a behaviour with its parameters, under one schedule."""

    behaviour: str
    params: tuple[tuple[str, Param], ...]
    scenario: Scenario


def subjects_of(names: tuple[str, ...]) -> tuple[str, ...]:
    """The handlers to try: each name or group, and of each stage its chain that keeps the writer."""
    single = [each for name in names for each in GROUPS.get(name, (name,))]
    subjects: list[str] = []
    for name in single:
        subjects.append(name)
        if name + KEPT in HANDLERS:
            subjects.append(name + KEPT)
    return tuple(dict.fromkeys(subjects))


def base(subject: str, server: str = "go", seed: int = 0) -> Scenario:
    """Two clients: one asks politely and is done; the other comes 5 ms later and asks twice."""
    return Scenario(
        handler=subject,
        server=server,
        clients=(
            ClientPlan(),
            ClientPlan(requests=(RequestPlan(), RequestPlan()), at_ns=5_000_000),
        ),
        options=OPTIONS,
        seed=seed,
        schedule="fifo",
        bounds=BOUNDS,
    )


def trials(
    subject: str,
    server: str,
    seed: int,
    seeds: int = SEEDS,
    behaviours: Collection[str] = tuple(CLIENTS),
) -> Iterator[Trial]:
    """Every behaviour and every variant of it, first in first out; the behaviour itself under
    seeded schedules too."""
    plain = base(subject, server, seed)
    for name in behaviours:
        behaviour = behaviour_named(name)
        for params in ({}, *behaviour.variants):
            scenario = with_act(plain, Act(name, params))
            told = tuple(params.items())
            yield Trial(name, told, scenario)
            for number in range(seeds if not params else 0):
                yield Trial(name, told, seeded(scenario, seed + number))


def behaviour_named(name: str) -> Behaviour:
    """A row of CLIENTS; ValueError with one sentence."""
    if name not in CLIENTS:
        raise ValueError(no_such("behaviour", name, CLIENTS))
    return CLIENTS[name]


def with_act(scenario: Scenario, act: Act) -> Scenario:
    """The scenario with its last client behaving so."""
    *others, last = scenario.clients
    return replace(scenario, clients=(*others, replace(last, acts=(*last.acts, act))))


def seeded(scenario: Scenario, seed: int) -> Scenario:
    """The scenario under the schedule of a seed."""
    return replace(scenario, schedule="seeded", seed=seed)


def small(subject: str, server: str = "go") -> Scenario:
    """Two promises, one of them cancelled, by a client that gives no credit: for all schedules."""
    return Scenario(
        handler=subject,
        server=server,
        clients=(ClientPlan(acts=(Act("cancels-promise"), Act("stalled"))),),
        options={"resources": "/a /b", "links": "", "body_octets": 10, "resource_octets": 10},
        schedule="fifo",
    )
