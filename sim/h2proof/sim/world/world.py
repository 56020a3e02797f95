"""One world: the clients of a scenario, a server with a handler, pipes between them, one clock.

A run has a hostile phase, in which the clients do what their acts say and calls fail, and two
quiet phases: the faults stop, windows open, bodies end; then the clients leave and the connections
close. After each, when nothing moves any more, everything that is still held is written into the
trace with the chain of its holders. A run ends at its bounds and never hangs. It judges nothing.
"""

import gc
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

from h2proof.sim.clients import CLIENTS, Behaviour, Client, Part
from h2proof.sim.clock import Stop, VirtualLoop
from h2proof.sim.pipe import Transport, connect
from h2proof.sim.resources import Register
from h2proof.sim.scenario import ClientPlan, Scenario
from h2proof.sim.scheduler import FIFO, Schedule, Scripted, Seeded
from h2proof.sim.trace import ConnectionInfo, Resource, ResourceKind, Trace
from h2proof.sim.world.holders import Holders
from h2proof.sim.world.outcome import Ending, Outcome, Run

FAULTS_STOP: Final = "faults stop"
"""The note at the end of the hostile phase."""
QUIET: Final = "quiet"
"""The note when all has come to rest: first with the connections open, then with all closed."""
NOT_QUIET: Final = "not quiet"
"""Stands in its place, with who waits for whom behind it, when it has not."""
CLIENTS_LEAVE: Final = "clients leave"
"""The note between the two."""


@dataclass(frozen=True, slots=True)
class Side:
    """What a server model is given for one connection."""

    loop: VirtualLoop
    transport: Transport
    register: Register
    handler: Callable[..., Any]
    scenario: Scenario
    connection: int
    note: Callable[..., None]


Serve = Callable[[Side], Coroutine[Any, Any, None]]


class World:
    """A scenario on stage; `play` may be called once."""

    def __init__(
        self,
        scenario: Scenario,
        handler: Callable[..., Any],
        serve: Serve,
        schedule: Schedule | None = None,
    ) -> None:
        self.scenario = scenario
        self.trace = Trace(())
        self.loop = VirtualLoop(schedule if schedule is not None else schedule_of(scenario))
        self.register = Register(self._record)
        self._handler = handler
        self._serve = serve
        self._transports: list[Transport] = []
        self._recording = True
        self._clients = [
            Client(number, plan, acts_of(plan), self.loop, self._connector(number))
            for number, plan in enumerate(scenario.clients)
        ]

    def play(self) -> Run:
        """Both phases; the collector is off meanwhile, so that only counting releases anything."""
        with collector_off():
            try:
                return self._play()
            finally:
                self._strike()

    def _play(self) -> Run:
        bounds, loop = self.scenario.bounds, self.loop
        for client in self._clients:
            if client.plan.at_ns:
                loop.call_at_ns(client.plan.at_ns, client.begin)
            else:
                client.begin()
        stop = self._advance(bounds.hostile_ns)
        if stop == "idle" and not all(client.content for client in self._clients):
            loop.now_ns = max(loop.now_ns, bounds.hostile_ns)
        quiet_ns = loop.now_ns
        self.note(FAULTS_STOP)
        for client in self._clients:
            client.calm()
        waiting = self._settle(stop, open_=True)
        self.note(CLIENTS_LEAVE)
        for client in self._clients:
            client.leave()
        waiting_closed = self._settle(stop, open_=False)
        ending: Ending = "busy" if waiting or waiting_closed else "quiet"
        outcome = Outcome(
            "steps" if loop.steps >= bounds.steps_max else ending,
            waiting,
            waiting_closed,
            tuple(loop.errors),
            loop.steps,
            quiet_ns,
            loop.now_ns,
        )
        return Run(self.trace, outcome, self.scenario, tuple(loop.choices))

    def _advance(self, until_ns: int) -> Stop:
        left = self.scenario.bounds.steps_max - self.loop.steps
        return self.loop.advance(until_ns=until_ns, steps_max=max(0, left))

    def _settle(self, stop: Stop, *, open_: bool) -> tuple[str, ...]:
        """Let everything come to rest; write down who still waits, and what is held."""
        stop = self._advance(self.loop.now_ns + self.scenario.bounds.quiet_ns)
        waiting = tuple(self._waiting(open_=open_))
        if stop == "steps":
            waiting = (*waiting, "too many steps: something never stops")
        if waiting:
            self.note(f"{NOT_QUIET}: {'; '.join(waiting)}")
        else:
            self.note(QUIET)
        self._write_held()
        return waiting

    def _waiting(self, *, open_: bool) -> Iterator[str]:
        """Who waits although all is quiet: all but the readers of connections that are open."""
        for sentence in self.loop.waiting():
            if not (open_ and self._waits_rightly(sentence)):
                yield sentence

    def _waits_rightly(self, sentence: str) -> bool:
        return False

    def _write_held(self) -> None:
        live = self.register.live
        holders = None
        for holding in live:
            obj = holding.object() if holding.object is not None else None
            chain: tuple[str, ...] = ()
            if obj is not None:
                holders = holders or Holders()
                chain = holders.chain(obj)
            self.trace.resource(
                "held",
                holding.resource,
                at=self.loop.now_ns,
                connection=holding.connection,
                stream=holding.stream,
                size=holding.size,
                chain=chain,
            )
            del obj

    # -- what the clients and the server are given --

    def note(self, text: str, *, connection: int = 0, stream: int = 0) -> None:
        """A milestone of the run."""
        if self._recording:
            self.trace.note(text, at=self.loop.now_ns, connection=connection, stream=stream)

    def _connector(self, number: int) -> Callable[[], Transport]:
        return lambda: self._connect(number)

    def _connect(self, client: int) -> Transport:
        """A new connection for a client, with a server at its other end."""
        scenario = self.scenario
        info = ConnectionInfo(client=f"client {client}", server=scenario.server)
        number = self.trace.connect(info)
        near, far = connect(self.loop, self.trace, number, scenario.upward, scenario.downward)
        self._transports += (near, far)
        side = Side(
            self.loop, far, self.register, self._handler, scenario, number, self.note
        )
        self.loop.create_task(self._serve(side), name=f"server {number}")
        return near

    def _record(
        self,
        kind: ResourceKind,
        resource: Resource,
        *,
        connection: int = 0,
        stream: int = 0,
        by: str = "",
        size: int = 0,
    ) -> None:
        if self._recording:
            self.trace.resource(
                kind,
                resource,
                at=self.loop.now_ns,
                connection=connection,
                stream=stream,
                by=by,
                size=size,
            )

    def _strike(self) -> None:
        """Take the stage down without a trace: what still waits is closed, not cancelled."""
        self._recording = False
        for transport in self._transports:
            transport.discard()
        self.loop.set_exception_handler(lambda loop, context: None)
        for task in self.loop.tasks():
            with suppress(BaseException):
                task.get_coro().close()
            task._log_destroy_pending = False
        self.loop.close()


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
            raise ValueError(
                f"no behaviour {act.behaviour!r}; there are {', '.join(CLIENTS)}"
            )
        behaviour = CLIENTS[act.behaviour]
        acts.append((behaviour, behaviour.part(act)))
    return tuple(acts)


@contextmanager
def collector_off() -> Iterator[None]:
    """No collector during a run, for its runs would free objects at chance moments."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
