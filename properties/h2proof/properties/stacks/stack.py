"""What a row of STACKS is."""

from collections.abc import Callable
from dataclasses import dataclass

from h2proof.sim.endpoint import Endpoint
from h2proof.sim.trace import Sender


@dataclass(frozen=True, slots=True)
class Stack:
    """An implementation as endpoints: `make` gives a new one, for one connection.

    `answers` says that it is a whole server: it announces MAX_CONCURRENT_STREAMS, answers every
    complete request, and resets a malformed one.
    """

    name: str
    sentence: str
    role: Sender
    make: Callable[[], Endpoint]
    answers: bool = False
