"""The trace that is being read, and what one line of it says."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from h2proof.sim.notation.sides import Side, Sides
from h2proof.sim.notation.titled import Expected, Titled
from h2proof.sim.notation.words import Refused
from h2proof.sim.trace import ConnectionInfo, Sender, Trace

WHO: Final[dict[str, Sender]] = {"C": "client", "S": "server"}


class Said(NamedTuple):
    """One line behind its time: who (`C`, `S` or `*`), on which connection, and its segments."""

    who: str
    connection: int
    parts: Sequence[str]

    @property
    def name(self) -> str:
        """The first word: the name of a frame, or of what else happened."""
        return self.parts[0].split(" ", 1)[0]

    @property
    def sender(self) -> Sender:
        """Whose line it is; KeyError for nobody's."""
        return WHO[self.who]


@dataclass(slots=True)
class Open:
    """What goes on from line to line: the trace so far, the time, the field blocks."""

    title: str
    trace: Trace = field(default_factory=Trace)
    expected: list[Expected] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    at: int = 0
    declared: int = 0
    """How many connections were declared by lines of their own; -1: that there is none."""
    sides: Sides = field(default_factory=Sides)

    @property
    def empty(self) -> bool:
        """Whether nothing was said yet."""
        return not self.lines and not self.declared

    def closed(self) -> Titled:
        """The trace as it stands."""
        return Titled(self.title, self.trace, tuple(self.expected), tuple(self.lines))

    def side(self, said: Said) -> Side:
        """The direction that a line is about."""
        return self.sides(said.connection, said.sender)

    def connect(self, connection: int) -> None:
        """Refuse a connection that is not there; one more than were seen is a new one."""
        known = len(self.trace.connections)
        if connection < known:
            return
        if self.declared or connection > known:
            raise Refused(f"connection #{connection} is not declared; the last one is #{known - 1}")
        self.trace.connect(ConnectionInfo())
