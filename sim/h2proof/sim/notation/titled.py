"""What a text in the notation holds: traces with titles, and what the judge must say of them."""

from dataclasses import dataclass, replace
from typing import NamedTuple

from h2proof.sim.trace import AnyEvent, CutEvent, FrameEvent, OctetsEvent, PrefaceEvent, Trace


class Expected(NamedTuple):
    """`! rule` behind a line: the judge must find `rule` at event `event`."""

    event: int
    rule: str


@dataclass(frozen=True, slots=True)
class Titled:
    """One trace of a text; `lines` has the number of the line of each event, from 1."""

    title: str
    trace: Trace
    expected: tuple[Expected, ...] = ()
    lines: tuple[int, ...] = ()

    def numbered(self) -> Trace:
        """The trace with its line numbers as packets, where the text names no packets."""
        result = Trace(tuple(self.trace.connections))
        for event, line in zip(self.trace, self.lines, strict=True):
            result.append(_on_line(event, line))
        return result


def _on_line(event: AnyEvent, line: int) -> AnyEvent:
    if isinstance(event, FrameEvent | PrefaceEvent | OctetsEvent | CutEvent):
        return event if event.packet is not None else replace(event, packet=line)
    return event
