"""What a judgement is: findings, what could not be known, and both together.

A `Finding` is data first: who did what, which requirements that breaks, the facts it follows from,
each with its event, and the least set of events that show it. Text comes last and elsewhere. What
only follows from a finding hangs under it as a consequence: one cause, one finding. Nothing here
knows how a judgement is reached.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from h2proof.sim.trace import Resource, Sender

Outcome = Literal["ok", "violation", "unknown"]
Level = Literal["MUST", "SHOULD", "ADVICE"]
"""MUST stands for every entry of the inventory that obliges: MUST, MUST_NOT, ERROR, RULE, ..."""
Scope = Literal["connection", "stream", "none"]


@dataclass(frozen=True, slots=True)
class Because:
    """A fact that a finding rests on. `event` is its place in the trace, None for a general fact.

    `packet` is the packet in which the event ends (a line, for text), None where there is none.
    """

    text: str
    event: int | None = None
    packet: int | None = None

    def __str__(self) -> str:
        if self.packet is not None:
            return f"{self.text} (packet {self.packet})"
        return self.text if self.event is None else f"{self.text} (event {self.event})"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a party sent, or failed to send, against a requirement."""

    verdict: Literal["violation", "advice"]
    """A violation breaks an obligation; advice is what only a SHOULD or good sense speaks for."""
    actor: Sender
    rule: str
    requirements: tuple[str, ...]
    level: Level
    connection: int
    event: int
    """Index in the trace; for a missing reaction the event that it should have answered."""
    packet: int | None
    """The packet in which the frame ends."""
    frame_index: int | None
    stream: int
    scope: Scope
    expected: tuple[str, ...]
    """What the peer may answer: `connection:CODE`, `stream:CODE`, `http-4xx`, `close`, ..."""
    message: str
    because: tuple[Because, ...]
    witnesses: tuple[int, ...]
    """Indices of the fewest events of the trace that show it, in order, `event` among them."""
    fingerprint: str
    """Equal over captures for equal misdeeds: rule, actor, frame type, role of the stream."""
    consequences: tuple["Finding", ...] = ()
    """Findings of the same party that only follow from this one."""
    resource: Resource | None = None
    """What was held, released or used wrongly; None for a finding about frames."""
    holder: tuple[str, ...] = ()
    """Who holds it, from the nearest holder to a root; empty where nothing is known to."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Why some frames of a party could not be judged fully, said once for each cause."""

    reason: str
    """A stable name: `late start`, `octets lost`, `field table lost`, `search limit`, ..."""
    message: str
    connection: int
    actor: Sender
    """Whose frames could not be judged."""
    count: int
    """How many frames."""
    event: int
    """The first event that it concerns."""
    packet: int | None = None
    frame_index: int | None = None
    stream: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the judge says about a trace: findings and unknowns in the order of their events."""

    findings: tuple[Finding, ...] = ()
    unknowns: tuple[Unknown, ...] = ()
    frames_judged: int = 0
    """Frames looked at, all connections together."""
    frames_unknown: int = 0
    """Those of them of which something could not be judged."""

    @property
    def violations(self) -> tuple[Finding, ...]:
        """The findings that break an obligation."""
        return tuple(each for each in self.findings if each.verdict == "violation")

    @property
    def outcome(self) -> Outcome:
        """`violation` if there is one, else `unknown` if frames could not be judged, else `ok`."""
        if any(each.verdict == "violation" for each in self.findings):
            return "violation"
        return "unknown" if self.unknowns else "ok"

    def of_connection(self, number: int) -> "Verdict":
        """The part that concerns one connection; its frame counts stay those of the whole."""
        return Verdict(
            tuple(each for each in self.findings if each.connection == number),
            tuple(each for each in self.unknowns if each.connection == number),
            self.frames_judged,
            self.frames_unknown,
        )

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from h2proof.oracle.pictures.verdicts import verdict_bundle  # only a notebook asks

        return verdict_bundle(self)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)
