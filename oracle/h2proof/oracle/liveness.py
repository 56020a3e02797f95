"""What must finish once the faults have stopped, has finished when all is quiet.

Reads the milestones of a run. A "not quiet" names who waits for whom; where all is said to be
quiet, each whole request that reached the server has its answer, and each promise too, unless a
reset or the connection's end took that duty away. A capture has no milestones, so nothing is late
in it: a delay is never judged by time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from h2proof.oracle.found import found, shape
from h2proof.oracle.milestones import reached
from h2proof.oracle.verdict import Because, Finding
from h2proof.sim.frames import FrameType
from h2proof.sim.trace import CutEvent, DeliveredEvent, NoteEvent, Trace

NEVER_QUIET: Final = "never_quiet"
NEVER_FINISHED: Final = "never_finished"

SENTENCES: Final = {
    NEVER_QUIET: "Once the faults have stopped, everything comes to rest within the run's bound.",
    NEVER_FINISHED: "Once all is quiet, each request that arrived has its whole answer.",
}
"""The truth behind each rule name of this file."""

END_STREAM: Final = 0x1
END_HEADERS: Final = 0x4


def examine(trace: Trace) -> tuple[Finding, ...]:
    """Who still waits, and what was never answered, in the order of the trace. Linear."""
    if not any(isinstance(slot, NoteEvent) for slot in trace.slots):
        return ()
    watch = _Watch(trace)
    findings: list[Finding] = []
    asked = left = False
    for slot in trace.slots:
        if isinstance(slot, int):
            watch.frame(slot)
        elif isinstance(slot, DeliveredEvent):
            watch.delivered(slot)
        elif isinstance(slot, CutEvent):
            watch.over.add(slot.connection)
        elif isinstance(slot, NoteEvent) and (seen := reached(slot)) is not None:
            left = left or seen.milestone == "clients leave"
            if seen.milestone == "not quiet":
                found_now = _never_quiet(trace, slot, seen.detail, watch.faults_stopped)
                if all(each.fingerprint != found_now.fingerprint for each in findings):
                    findings.append(found_now)  # who waits at both moments is told once
            elif seen.milestone == "faults stop":
                watch.faults_stopped = slot.index
            elif seen.milestone == "quiet" and not asked and not left:
                asked = True
                findings += watch.unfinished(slot)
    return tuple(findings)


def _never_quiet(trace: Trace, note: NoteEvent, detail: str, since: int | None) -> Finding:
    waits = [each for each in (part.strip() for part in detail.split(";")) if each]
    facts = [] if since is None else [Because("here the faults stopped", since)]
    facts += [Because(each, note.index) for each in waits]
    told = waits[0] if waits else "something never stops"
    more = f", and {len(waits) - 1} more" if len(waits) > 1 else ""
    return found(
        NEVER_QUIET,
        trace,
        note.index,
        f"the run did not come to rest within its bound: {told}{more}",
        facts,
        like=shape(sorted(set(waits))[:1]),
    )


@dataclass(slots=True)
class _Open:
    """What is owed on one connection: by stream, the place in the columns of what asked for it."""

    requests: dict[int, int] = field(default_factory=dict)
    promises: dict[int, int] = field(default_factory=dict)
    blocks: dict[int, int] = field(default_factory=dict)
    """Streams whose END_STREAM came with a field block that has not ended."""
    settled: set[int] = field(default_factory=set)

    def settle(self, stream: int) -> None:
        self.requests.pop(stream, None)
        self.promises.pop(stream, None)
        self.blocks.pop(stream, None)
        self.settled.add(stream)


class _Watch:
    """Requests that arrived whole and promises that were made, less what ended them."""

    def __init__(self, trace: Trace) -> None:
        self.over: set[int] = set()
        """Connections that were closed or are going away: nothing more is owed there."""
        self.faults_stopped: int | None = None
        self._trace = trace
        self._open: dict[int, _Open] = {}

    def frame(self, place: int) -> None:
        columns = self._trace.columns
        kind, stream = columns.type[place], columns.stream[place]
        connection = columns.connection[place]
        if kind == FrameType.GOAWAY:
            self.over.add(connection)
        elif kind == FrameType.RST_STREAM:
            self._of(connection).settle(stream)
        elif columns.sender[place]:
            self._served(connection, kind, stream, columns.flags[place], place)

    def _served(self, connection: int, kind: int, stream: int, flags: int, place: int) -> None:
        if kind in (FrameType.DATA, FrameType.HEADERS) and flags & END_STREAM:
            self._of(connection).settle(stream)
        elif kind == FrameType.PUSH_PROMISE:
            promised = int.from_bytes(self._promised(place), "big") & 0x7FFFFFFF
            self._of(connection).promises[promised] = place

    def _promised(self, place: int) -> bytes:
        padded = self._trace.columns.flags[place] & 0x8
        return self._trace.payload_at(place)[1:5] if padded else self._trace.payload_at(place)[:4]

    def delivered(self, event: DeliveredEvent) -> None:
        place = self._trace.slots[event.frame_event]
        if not isinstance(place, int) or self._trace.columns.sender[place]:
            return
        columns = self._trace.columns
        owed = self._of(event.connection)
        kind, stream, flags = columns.type[place], columns.stream[place], columns.flags[place]
        if stream in owed.settled:
            return  # answered or reset before the request was whole
        if kind == FrameType.CONTINUATION and flags & END_HEADERS and stream in owed.blocks:
            owed.requests[stream] = owed.blocks.pop(stream)
        elif kind == FrameType.DATA and flags & END_STREAM:
            owed.requests[stream] = place
        elif kind == FrameType.HEADERS and flags & END_STREAM:
            (owed.requests if flags & END_HEADERS else owed.blocks)[stream] = place

    def _of(self, connection: int) -> _Open:
        return self._open.setdefault(connection, _Open())

    def unfinished(self, note: NoteEvent) -> Iterator[Finding]:
        for connection, owed in self._open.items():
            if connection in self.over:
                continue
            for stream, place in sorted(owed.requests.items()):
                yield self._never_finished(note, "the request on", stream, place)
            for stream, place in sorted(owed.promises.items()):
                yield self._never_finished(note, "the promise of", stream, place)

    def _never_finished(self, note: NoteEvent, what: str, stream: int, place: int) -> Finding:
        frame = self._trace.frame_at(place)
        return found(
            NEVER_FINISHED,
            self._trace,
            frame.index,
            f"{what} stream {stream} was never answered to its end, and nobody works on it",
            [
                Because(f"{what} stream {stream} stands here", frame.index, frame.packet),
                Because("then all was quiet, with the connection open", note.index),
            ],
            stream=stream,
            like=what.split()[1],
        )
