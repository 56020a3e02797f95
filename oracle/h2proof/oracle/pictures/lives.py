"""Streams from their first frame to their last, for drawing: what happened to each, and where."""

from dataclasses import dataclass, field

from h2proof.sim.frames import END_STREAM, FrameType, PushPromise
from h2proof.sim.trace import FrameEvent, Trace


@dataclass(slots=True)
class Life:
    """One stream: the events of its first and last frame, and its marks (event, what)."""

    stream: int
    begin: int
    end: int
    marks: list[tuple[int, str]] = field(default_factory=list)


def lives(trace: Trace, connection: int = 0) -> list[Life]:
    """The streams of a connection in the order in which they appear."""
    found: dict[int, Life] = {}
    for event in trace.frames():
        if event.connection == connection:
            for stream, mark in _marks(event, found):
                life = found.setdefault(stream, Life(stream, event.index, event.index))
                life.end = event.index
                if mark:
                    life.marks.append((event.index, mark))
    return list(found.values())


def _marks(event: FrameEvent, known: dict[int, Life]) -> list[tuple[int, str]]:
    """The streams that a frame touches, each with what it does to the stream."""
    touched: list[tuple[int, str]] = []
    if event.stream and event.type not in (FrameType.PRIORITY, FrameType.PRIORITY_UPDATE):
        mark = ""
        if event.type == FrameType.RST_STREAM:
            mark = "RST_STREAM"
        elif event.type == FrameType.HEADERS and event.stream not in known:
            mark = "opened by HEADERS"
        touched.append((event.stream, mark))
        if event.type in (FrameType.HEADERS, FrameType.DATA) and event.flags & END_STREAM:
            touched.append((event.stream, f"{event.sender}'s END_STREAM"))
    if event.type == FrameType.PUSH_PROMISE and not event.elided:
        frame = event.frame
        if isinstance(frame, PushPromise):
            touched.append((frame.promised, "promised"))
    return touched
