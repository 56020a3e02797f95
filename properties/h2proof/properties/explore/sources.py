"""Where something to look at comes from: a scenario played, a text, a file."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from h2proof.oracle import importers
from h2proof.oracle.importers import Options
from h2proof.properties.explore.seen import Seen
from h2proof.sim import notation
from h2proof.sim.clients import CLIENTS
from h2proof.sim.handlers import Handler, HandlerModel
from h2proof.sim.scenario import Act, ClientPlan, Param, RequestPlan, Scenario
from h2proof.sim.world import World
from h2proof.sim.world import play as play_scenario


def play(
    handler: str | Scenario | Handler | HandlerModel,
    *behaviours: str | Act,
    requests: Sequence[str] = ("/",),
    server: str = "go",
    options: Mapping[str, Param] | None = None,
    seed: int | None = None,
) -> Seen:
    """Play one client against a handler, and look at what happened.

    `handler` is a row of HANDLERS, `package.module:callable`, a handler, or a whole Scenario (then
    nothing else counts). `behaviours` are rows of CLIENTS, or Acts; without any the client is
    polite. Without `seed` everything comes first in first out.
    """
    if isinstance(handler, Scenario):
        run = play_scenario(handler)
        return Seen(run.trace, handler.handler, run)
    acts = tuple(_act(each) for each in behaviours)
    scenario = Scenario(
        handler=handler if isinstance(handler, str) else "",
        server=server,
        clients=(ClientPlan(tuple(RequestPlan(path) for path in requests), acts),),
        options=dict(options or {}),
        seed=seed or 0,
        schedule="fifo" if seed is None else "seeded",
    )
    named = play_scenario(scenario) if isinstance(handler, str) else World(scenario, handler).play()
    name = handler if isinstance(handler, str) else getattr(handler, "__name__", "handler")
    told = " and ".join(act.behaviour for act in acts) or "a polite client"
    return Seen(named.trace, f"{name}, {told}", named)


def _act(behaviour: str | Act) -> Act:
    act = behaviour if isinstance(behaviour, Act) else Act(behaviour)
    if act.behaviour not in CLIENTS:
        raise ValueError(f"no behaviour {act.behaviour!r}; there are {', '.join(CLIENTS)}")
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
