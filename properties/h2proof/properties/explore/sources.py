"""Where something to look at comes from: a scenario played, a text, a file."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from h2proof.oracle import importers
from h2proof.oracle.importers import Options
from h2proof.properties.explore.seen import Seen
from h2proof.properties.search.exhaustive import Explored, explore_all
from h2proof.sim import notation
from h2proof.sim.clients import CLIENTS
from h2proof.sim.handlers import Handler, HandlerModel
from h2proof.sim.naming import no_such
from h2proof.sim.scenario import Act, ClientPlan, Param, RequestPlan, Scenario
from h2proof.sim.world import World, handler_named, server_named
from h2proof.sim.world import play as play_scenario

AnyHandler = str | Handler | HandlerModel


def play(
    handler: AnyHandler | Scenario,
    *behaviours: str | Act,
    requests: Sequence[str | RequestPlan] = ("/",),
    server: str = "go",
    options: Mapping[str, Param] | None = None,
    seed: int | None = None,
) -> Seen:
    """Play one client against a handler, and look at what happened.

    `handler` is a row of HANDLERS, `package.module:callable`, a handler, or a whole Scenario (then
    nothing else counts). `behaviours` are rows of CLIENTS, or Acts; without any the client is
    polite. `requests` are paths, all asked for at once, or RequestPlans. Without `seed` everything
    comes first in first out.
    """
    if isinstance(handler, Scenario):
        run = play_scenario(handler)
        return Seen(run.trace, handler.handler, run)
    scenario = _scenario(handler, behaviours, requests, server, options, seed)
    run = World(scenario, _handler(handler), server_named(server).serve).play()
    told = " and ".join(act.behaviour for act in scenario.clients[0].acts) or "a polite client"
    name = scenario.handler or getattr(handler, "__name__", "handler")
    return Seen(run.trace, f"{name}, {told}", run)


def every_schedule(
    handler: AnyHandler,
    *behaviours: str | Act,
    requests: Sequence[str | RequestPlan] = ("/",),
    server: str = "go",
    options: Mapping[str, Param] | None = None,
    deviations_max: int | None = 1,
) -> Explored:
    """Play the same in every order that differs from first in first out by so many turns.

    None is every order there is, which only very small scenarios bear.
    """
    scenario = _scenario(handler, behaviours, requests, server, options, None)
    found, serve = _handler(handler), server_named(server).serve
    return explore_all(
        scenario,
        lambda each, schedule: World(each, found, serve, schedule),
        deviations_max=deviations_max,
    )


def _scenario(
    handler: AnyHandler,
    behaviours: Sequence[str | Act],
    requests: Sequence[str | RequestPlan],
    server: str,
    options: Mapping[str, Param] | None,
    seed: int | None,
) -> Scenario:
    plans = tuple(RequestPlan(each) if isinstance(each, str) else each for each in requests)
    return Scenario(
        handler=handler if isinstance(handler, str) else "",
        server=server,
        clients=(ClientPlan(plans, tuple(_act(each) for each in behaviours)),),
        options=dict(options or {}),
        seed=seed or 0,
        schedule="fifo" if seed is None else "seeded",
    )


def _handler(handler: AnyHandler) -> Handler | HandlerModel:
    return handler_named(handler) if isinstance(handler, str) else handler


def _act(behaviour: str | Act) -> Act:
    act = behaviour if isinstance(behaviour, Act) else Act(behaviour)
    if act.behaviour not in CLIENTS:
        raise ValueError(no_such("behaviour", act.behaviour, CLIENTS))
    return act


def parse(text: str) -> Seen:
    """One trace in the notation."""
    [titled] = notation.parse(text)
    return Seen(titled.trace, titled.title)


def read(file: str | Path) -> list[Seen]:
    """The connections of a capture, log or trace; CannotRead says in one sentence why not."""
    return [
        Seen(each.trace, each.title or f"{Path(file).name}, connection {each.number}")
        for each in importers.read(file, Options(keep_data=True))
    ]
