"""What the world gives to those who play in it: a stage for each run, a side for each connection.

A `Stage` is made once a run: a handler is built on it, so pools and caches live as long as the
run. A `Side` is made for each connection: a server model is given one, asks it for the server's
end of HTTP/2, and serves. Neither knows what a server or a handler does with it.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import field
from typing import Any, Protocol

from h2proof.sim.clock import VirtualLoop
from h2proof.sim.endpoint import Peer
from h2proof.sim.pipe import Transport
from h2proof.sim.resources import Register
from h2proof.sim.scenario import Param, Scenario
from h2proof.sim.values import value


class Note(Protocol):
    """Writes a milestone into the trace; connection and stream where it belongs to one."""

    def __call__(self, text: str, connection: int = 0, stream: int = 0) -> None: ...


class MakeEndpoint(Protocol):
    """Makes an end of HTTP/2: first SETTINGS, and options by the names of `Connection`'s."""

    def __call__(self, settings: Mapping[int, int] | None = None, **options: Any) -> Peer: ...


@value(frozen=True, slots=True)
class Stage:
    """What a handler is built on, once a run. `options` are the scenario's."""

    loop: VirtualLoop
    register: Register
    options: Mapping[str, Param] = field(default_factory=dict)
    ends: list[Callable[[], Awaitable[object]]] = field(default_factory=list)
    shared: dict[str, Any] = field(default_factory=dict)
    """What all connections of a run share, by name: a server's process-wide pools."""

    def at_end(self, last: Callable[[], Awaitable[object]]) -> None:
        """Have something awaited when all clients have left, before the run is over."""
        self.ends.append(last)


@value(frozen=True, slots=True)
class Side:
    """What a server model is given for one connection.

    `handler` is the built handler, its calls going wrong where the scenario says so. `note` wants
    `connection` and `stream` for "handler returned" and "handler panicked: ...".
    """

    loop: VirtualLoop
    transport: Transport
    register: Register
    handler: Callable[..., Awaitable[object]]
    scenario: Scenario
    connection: int
    note: Note
    endpoint: MakeEndpoint
    """The server's end of this connection; the accounts of what it counts are the world's."""
    stage: Stage
