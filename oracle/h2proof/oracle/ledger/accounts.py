"""What an account is: a kind of resource with its steps, its lives, and who survived of it.

Counts are of things, octets are modelled, times are virtual nanoseconds. How events become
accounts is not known here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from h2proof.sim.trace import Resource

POOLED: Final = "pooled "
"""How the account of the objects that wait in a pool begins; the rest is the kind of its leases."""

Standing = Literal["leak", "stall", "connection", "pool"]
"""Why a survivor is live when all is quiet; only the first is a fault."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What an account counts, for how long one of it may rightly live, and what it weighs.

    `lasts`: as long as its stream and that stream's handler; as its connection, if it belongs to no
    stream; or as the peer may still go on with it, which is as long as its connection in any case.
    `octets` says which fact gives the modelled size; empty where only the count is kept.
    """

    unit: str
    lasts: Literal["stream", "connection", "peer"]
    sentence: str
    octets: str = ""


KINDS: Final[Mapping[str, Kind]] = {
    "wrapper": Kind(
        "object",
        "stream",
        "what a push handler puts between a handler and the real writer",
        "the fields of the original's struct, counted in words of eight octets",
    ),
    "layer writer": Kind(
        "object", "stream", "what another layer puts there", "an interface and a word or two"
    ),
    "response writer": Kind(
        "object", "stream", "what the server hands to a handler", "a pointer, or its own fields"
    ),
    "writer state": Kind(
        "object",
        "stream",
        "what a response writer points to while its handler runs",
        "a buffer of 4,096 octets and the struct around it",
    ),
    "request context": Kind(
        "object",
        "stream",
        "what a server derives for one request",
        "a context, and an entry for each value in it",
    ),
    "header map": Kind(
        "object",
        "stream",
        "what a push handler prepares for promised requests",
        "a map, and its names and values",
    ),
    "stream slot": Kind("stream", "stream", "counts against MAX_CONCURRENT_STREAMS"),
    "promised identifier": Kind("stream", "stream", "a promise whose stream is not closed"),
    "queued frame": Kind(
        "frame", "stream", "written by a handler, not by the transport", "the octets of the frame"
    ),
    "field block buffer": Kind(
        "buffer", "peer", "a field block that waits for its end", "the octets that wait"
    ),
    "window octets": Kind(
        "octet", "stream", "received, and not credited back", "flow-controlled octets"
    ),
    "timer": Kind("timer", "connection", "a deadline that has not come"),
    "task": Kind("task", "connection", "something that runs or waits"),
}
"""The accounts that a world keeps; a kind that is not here lasts as long as its stream."""

OTHER: Final = Kind("object", "stream", "whatever a handler tracks")


class Step(NamedTuple):
    """An account after an event: how many are live, and their modelled octets together."""

    event: int
    at: int
    live: int
    octets: int


@dataclass(slots=True)
class Account:
    """One kind of resource over a whole trace. Octets are modelled; times are nanoseconds.

    `unmatched` counts releases of what was not live: they change nothing else.
    """

    kind: str
    acquired: int = 0
    released: int = 0
    live: int = 0
    octets: int = 0
    peak: int = 0
    peak_event: int | None = None
    peak_octets: int = 0
    octet_ns: int = 0
    """Octets held times nanoseconds, over the whole trace."""
    unmatched: int = 0
    steps: list[Step] = field(default_factory=list)

    def live_at(self, event: int) -> int:
        """How many were live behind the event with this index."""
        live = 0
        for step in self.steps:
            if step.event > event:
                break
            live = step.live
        return live

    def acquire(self, event: int, at: int, octets: int) -> None:
        """One more is live since an event."""
        self.acquired += 1
        self.live += 1
        if self.live > self.peak:
            self.peak, self.peak_event = self.live, event
        self._step(event, at, octets)

    def release(self, event: int, at: int, octets: int) -> None:
        """One less is live since an event."""
        self.released += 1
        self.live -= 1
        self._step(event, at, -octets)

    def pass_time(self, until_ns: int) -> None:
        """Count what is held from the last step on until a time."""
        if self.steps:
            self.octet_ns += self.octets * (until_ns - self.steps[-1].at)

    def _step(self, event: int, at: int, octets: int) -> None:
        self.pass_time(at)
        self.octets += octets
        self.peak_octets = max(self.peak_octets, self.octets)
        self.steps.append(Step(event, at, self.live, self.octets))


class Life(NamedTuple):
    """One resource from its acquisition to its release; None where it was not seen released."""

    resource: Resource
    connection: int
    stream: int
    size: int
    acquired: int
    acquired_ns: int
    since: int | None
    """The place in the trace's columns of the last frame before it on its stream, or connection."""
    released: int | None = None
    released_ns: int | None = None

    def octet_ns(self, begin_ns: int, end_ns: int) -> int:
        """Octets times nanoseconds that it was held between two times."""
        last = end_ns if self.released_ns is None else min(end_ns, self.released_ns)
        return self.size * max(0, last - max(begin_ns, self.acquired_ns))


@dataclass(frozen=True, slots=True)
class Survivor:
    """What was live when all was quiet: with its holders, from the nearest to a root."""

    life: Life
    moment: int
    """The event of the note that says all is quiet, or will never be."""
    held: int
    """The event that names its holders; the moment itself where none does."""
    chain: tuple[str, ...]
    standing: Standing

    @property
    def root(self) -> str:
        """What keeps it in the end; empty where nothing is known to."""
        return self.chain[-1] if self.chain else ""


@dataclass(frozen=True, slots=True)
class Retention:
    """Octet-nanoseconds that one root, or nobody any more, kept things of one kind.

    `running` of them while the handler of the stream ran, `after` it had returned.
    """

    kind: str
    root: str
    running: int
    after: int
