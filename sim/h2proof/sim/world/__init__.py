"""The world: a scenario and a handler in, a trace and an outcome out.

`play` plays a scenario with the handler and server that it names, `World` with those it is given.
Nothing is judged here; what a run means is read from its trace.
"""

from h2proof.sim.world.holders import write_held
from h2proof.sim.world.named import handler_named, imported, server_named
from h2proof.sim.world.outcome import Ending, Outcome, Run
from h2proof.sim.world.world import UNCAUGHT, World, play, schedule_of

__all__ = [
    "UNCAUGHT",
    "Ending",
    "Outcome",
    "Run",
    "World",
    "handler_named",
    "imported",
    "play",
    "schedule_of",
    "server_named",
    "write_held",
]
