"""One world: the clients of a scenario, a server with a handler, pipes between them, one clock.

A run has a hostile phase, in which the clients do what their acts say and calls fail, and two
quiet phases: the faults stop, windows open, pipes have room, bodies end; then the clients leave and the
connections close. After each, when nothing moves any more, everything that is still held is written into the
trace with the chain of its holders. A run ends at its bounds and never hangs. It judges nothing.
"""

import asyncio
import gc
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Final

from h2proof.sim.clients import CLIENTS, Behaviour, Client, Part
from h2proof.sim.clock import Stop, VirtualLoop
from h2proof.sim.connection import Connection
from h2proof.sim.endpoint import Peer
from h2proof.sim.handlers.model import HandlerModel
from h2proof.sim.handlers.protocol import Handler
from h2proof.sim.naming import no_such
from h2proof.sim.options import check as check_options
from h2proof.sim.pipe import Transport, connect
from h2proof.sim.resources import Register
from h2proof.sim.scenario import ClientPlan, Scenario
from h2proof.sim.scheduler import FIFO, Schedule, Scripted, Seeded
from h2proof.sim.side import Side, Stage
from h2proof.sim.trace import ConnectionInfo, NoteEvent, Trace
from h2proof.sim.world.accounts import Watched
from h2proof.sim.world.faults import CallFaults, faulty
from h2proof.sim.world.holders import Survivors
from h2proof.sim.world.named import handler_named, server_named
from h2proof.sim.world.outcome import Ending, Outcome, Run

FAULTS_STOP: Final = "faults stop"
"""The note at the end of the hostile phase."""
QUIET: Final = "quiet"
"""The note when all has come to rest: first with the connections open, then with all closed."""
NOT_QUIET: Final = "not quiet"
"""Stands in its place, with who waits for whom behind it, when it has not."""
CLIENTS_LEAVE: Final = "clients leave"
"""The note between the two."""
UNCAUGHT: Final = "uncaught"
"""The note of an error that nobody caught, the error behind it."""

QUIET_TURNS_MAX: Final = 10
"""Times `steps_max` that a quiet phase has at most, see `Bounds`."""

Serve = Callable[[Side], Coroutine[Any, Any, None]]


class World:
    """A scenario on stage; `play` may be called once.

    `handler` is a row of HANDLERS or any handler of that shape; `serve` a server model's, the one
    that the scenario names if it is None. ValueError with one sentence where an option, a behaviour
    or a server of the scenario makes no sense.
    """

    def __init__(
        self,
        scenario: Scenario,
        handler: HandlerModel | Callable[..., Any],
        serve: Serve | None = None,
        schedule: Schedule | None = None,
    ) -> None:
        row = handler if isinstance(handler, HandlerModel) else None
        check_options(scenario.options, row.options if row is not None else ())
        self._collects = row is not None and row.collects
        if self._collects:
            gc.freeze()  # so that collecting looks at this run only
        self.scenario = scenario
        self.trace = Trace(())
        self.loop = VirtualLoop(schedule if schedule is not None else schedule_of(scenario))
        self.register = Register(self.trace, self.loop)
        self.stage = Stage(self.loop, self.register, scenario.options)
        self._faults = CallFaults(scenario.faults, self.loop)
        self._handler = self._built(handler)
        self._serve = serve if serve is not None else server_named(scenario.server).serve
        self._transports: list[Transport] = []
        self._recording = True
        self._out_of_steps = False
        self._clients = [
            Client(number, plan, acts_of(plan), self.loop, partial(self._connect, number))
            for number, plan in enumerate(scenario.clients)
        ]
        self.loop.on_task = self._watch_task
        self.loop.on_error = self._uncaught

    def play(self) -> Run:
        """All phases; the collector is off meanwhile, so that only counting releases anything."""
        with CollectorOff():
            try:
                return self._play()
            finally:
                self._strike()
                if self._collects:
                    gc.unfreeze()

    def _play(self) -> Run:
        loop = self.loop
        self._hostile_phase()
        quiet_ns = loop.now_ns
        self.note(FAULTS_STOP)
        self._faults.stop()
        for transport in self._transports:
            transport.ease()
        for client in self._clients:
            client.calm()
        waiting = self._settle(open_=True)
        self.note(CLIENTS_LEAVE)
        for client in self._clients:
            client.leave()
        if self.stage.ends:
            loop.create_task(self._end_all(), "the stage's end")
        waiting_closed = self._settle(open_=False)
        ending: Ending = "busy" if waiting or waiting_closed else "quiet"
        outcome = Outcome(
            ending="steps" if self._out_of_steps else ending,
            waiting=waiting,
            waiting_closed=waiting_closed,
            errors=tuple(loop.errors),
            steps=loop.steps,
            quiet_ns=quiet_ns,
            ended_ns=loop.now_ns,
            faults_met=self._faults.met,
        )
        return Run(self.trace, outcome, self.scenario, tuple(loop.choices))

    def _hostile_phase(self) -> None:
        """Until all clients have what they asked for; as long as it may last if one has not."""
        loop, hostile_ns = self.loop, self.scenario.bounds.hostile_ns
        for client in self._clients:
            if client.plan.at_ns:
                loop.call_at_ns(client.plan.at_ns, client.begin)
            else:
                client.begin()
        stop = self._advance(hostile_ns)
        if stop == "idle" and not all(client.content for client in self._clients):
            loop.now_ns = max(loop.now_ns, hostile_ns)

    def _advance(self, until_ns: int) -> Stop:
        return self.loop.advance(until_ns=until_ns, steps_max=self.scenario.bounds.steps_max)

    def _settle(self, *, open_: bool) -> tuple[str, ...]:
        """Let everything come to rest; write down who still waits, and what is held."""
        stop = self._come_to_rest()
        waiting = tuple(self.loop.waiting(resting=not open_))
        if stop == "steps":
            waiting = (*waiting, "too many steps: something never stops")
            self._out_of_steps = True
        if self._collects:
            gc.collect()
        survivors = Survivors(
            self.register, roots=(self._handler, self.stage), collected=self._collects
        )
        survivors.release_tangled()
        self.note(f"{NOT_QUIET}: {'; '.join(waiting)}" if waiting else QUIET)
        survivors.write(self.trace, at=self.loop.now_ns)
        return waiting

    def _come_to_rest(self) -> Stop:
        """In turns, one for each exchange that is open, as long as frames arrive in them."""
        until_ns = self.loop.now_ns + self.scenario.bounds.quiet_ns
        open_ = sum([client.open_exchanges for client in self._clients])
        turns = min(open_, QUIET_TURNS_MAX)
        before, stop = self._arrived, self._advance(until_ns)
        while stop == "steps" and turns > 1 and self._arrived > before:
            turns, before, stop = turns - 1, self._arrived, self._advance(until_ns)
        return stop

    @property
    def _arrived(self) -> int:
        """Frames that came to the other side, on all connections."""
        return sum([each.incoming.delivered for each in self._transports])

    async def _end_all(self) -> None:
        for last in self.stage.ends:
            await last()

    # -- what the clients and the server are given --

    def note(self, text: str, connection: int = 0, stream: int = 0) -> None:
        """A milestone of the run."""
        if self._recording:
            self.trace.written.append((NoteEvent, self.loop.now_ns, connection, text, stream))

    def _built(self, handler: HandlerModel | Callable[..., Any]) -> Handler:
        built = handler.build(self.stage) if isinstance(handler, HandlerModel) else handler
        return faulty(built, self._faults) if self.scenario.faults else built

    def _connect(self, client: int, settings: Mapping[int, int]) -> tuple[Transport, Peer]:
        """A new connection for a client, with a server at its other end."""
        scenario = self.scenario
        info = ConnectionInfo(client=f"client {client}", server=scenario.server)
        number = self.trace.connect(info)
        near, far = connect(self.loop, self.trace, number, scenario.upward, scenario.downward)
        self._transports += (near, far)
        side = Side(
            self.loop,
            far,
            self.register,
            self._handler,
            scenario,
            number,
            self.note,
            partial(Watched, self.register, number),
            self.stage,
        )
        self.loop.create_task(self._serve(side), f"server {number}")
        return near, Connection("client", settings=settings)

    def _watch_task(self, task: "asyncio.Task[Any]", name: str) -> None:
        """What runs for the server is one of the things that can be left over."""
        if not name.startswith("client "):
            self.register.track(task, "task", 0, 0, 0, name)

    def _uncaught(self, error: str) -> None:
        self.note(f"{UNCAUGHT}: {error}")

    def _strike(self) -> None:
        """Take the stage down without a trace: what still waits is closed, not cancelled."""
        self._recording = False
        self.loop.on_task = self.loop.on_error = None
        self._clients.clear()  # they know how to connect, and so the world
        self.register.mute()
        for transport in self._transports:
            transport.discard()
        self.loop.set_exception_handler(lambda loop, context: None)
        for task in self.loop.tasks():
            with suppress(BaseException):  # a handler may do anything when it is closed
                task.get_coro().close()
            vars_of_task: Any = task
            vars_of_task._log_destroy_pending = False
        self.loop.close()


def play(scenario: Scenario, schedule: Schedule | None = None) -> Run:
    """Play a scenario with the handler and the server that it names.

    ValueError with one sentence where a name leads nowhere, or a behaviour or parameter is unknown.
    """
    return World(scenario, handler_named(scenario.handler), schedule=schedule).play()


def schedule_of(scenario: Scenario) -> Schedule:
    """The schedule that the scenario's data describe."""
    if scenario.schedule == "seeded":
        return Seeded(scenario.seed)
    return FIFO if scenario.schedule == "fifo" else Scripted(scenario.schedule)


def acts_of(plan: ClientPlan) -> tuple[tuple[Behaviour, Part], ...]:
    """The plan's acts with their behaviours; ValueError for one that CLIENTS does not have."""
    acts = []
    for act in plan.acts:
        if act.behaviour not in CLIENTS:
            raise ValueError(no_such("behaviour", act.behaviour, CLIENTS))
        behaviour = CLIENTS[act.behaviour]
        acts.append((behaviour, behaviour.part(act)))
    return tuple(acts)


class CollectorOff:
    """No collector during a run, for its runs would free objects at chance moments.

    What was young before is aged first, so that the young are those that the run has made.
    """

    def __enter__(self) -> None:
        self._was_on = gc.isenabled()
        gc.collect(0)
        gc.disable()

    def __exit__(self, *_: object) -> None:
        if self._was_on:
            gc.enable()
