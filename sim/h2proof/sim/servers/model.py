"""What a row of SERVERS says: a server's name, how it serves a connection, and what it rests on."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from h2proof.sim.handlers.model import RestsOn

if TYPE_CHECKING:
    from h2proof.sim.side import Side


@dataclass(frozen=True, slots=True)
class ServerModel:
    """A server between a connection and a handler; `serve` runs for one connection."""

    name: str
    sentence: str
    rests_on: RestsOn
    source: str
    serve: "Callable[[Side], Coroutine[Any, Any, None]]"
