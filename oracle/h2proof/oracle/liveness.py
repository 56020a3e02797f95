"""What must finish once the faults have stopped, has finished when all is quiet.

Reads the milestones of a run. A "not quiet" names who waits for whom; where all is said to be
quiet, each whole request that reached the server has its answer, and each promise too, unless a
reset or the connection's end took that duty away. A capture has no milestones, so nothing is late
in it: a delay is never judged by time.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Final

from h2proof.oracle.found import found, shape
from h2proof.oracle.milestones import Reached, milestones
from h2proof.oracle.verdict import Because, Finding
from h2proof.sim.frames import END_HEADERS, END_STREAM, PADDED, FrameType
from h2proof.sim.trace import CutEvent, DeliveredEvent, FrameColumns, Trace

NEVER_QUIET: Final = "never_quiet"
NEVER_FINISHED: Final = "never_finished"

SENTENCES: Final = {
    NEVER_QUIET: "Once the faults have stopped, everything comes to rest within the run's bound.",
    NEVER_FINISHED: "Once all is quiet, each request that arrived has its whole answer.",
}
"""The truth behind each rule name of this file."""

_DATA, _HEADERS, _RST_STREAM, _PUSH_PROMISE, _GOAWAY, _CONTINUATION = (
    FrameType.DATA.value,
    FrameType.HEADERS.value,
    FrameType.RST_STREAM.value,
    FrameType.PUSH_PROMISE.value,
    FrameType.GOAWAY.value,
    FrameType.CONTINUATION.value,
)
_ENDING: Final = frozenset((_DATA, _HEADERS))
"""The types that may say END_STREAM."""


def examine(
    trace: Trace, notes: Sequence[tuple[int, Reached]] | None = None
) -> tuple[Finding, ...]:
    """Who still waits, and what was never answered, in the order of the trace. Linear.

    `notes` are the milestones of the trace, by their events, from a caller who has them already.
    """
    findings: list[Finding] = []
    since: int | None = None
    asked = False
    for note, seen in milestones(trace) if notes is None else notes:
        milestone = seen.milestone
        if milestone == "not quiet":
            waits = _never_quiet(trace, note, seen.detail, since)
            if all(each.fingerprint != waits.fingerprint for each in findings):
                findings.append(waits)  # who waits at both moments is told once
        elif milestone == "faults stop":
            since = note
        elif milestone == "quiet" and not asked:
            asked = True
            findings += _unfinished(trace, note)
        elif milestone == "clients leave":
            asked = True  # what they leave behind is not owed
    return tuple(findings)


def _never_quiet(trace: Trace, note: int, detail: str, since: int | None) -> Finding:
    waits = [each for each in (part.strip() for part in detail.split(";")) if each]
    facts = [] if since is None else [Because("here the faults stopped", since)]
    facts += [Because(each, note) for each in waits]
    told = waits[0] if waits else "something never stops"
    more = f", and {len(waits) - 1} more" if len(waits) > 1 else ""
    return found(
        NEVER_QUIET,
        trace,
        note,
        f"the run did not come to rest within its bound: {told}{more}",
        facts,
        like=shape(sorted(set(waits))[:1]),
    )


Stream = tuple[int, int]
"""A connection and a stream of it."""
Places = dict[Stream, int]
"""The places of frames in the columns of their trace."""


def _unfinished(trace: Trace, note: int) -> Iterator[Finding]:
    """What is owed at a note: answers to requests, and to promises."""
    asked, promised, settled = _said(trace, note)
    if not promised and asked <= settled:
        return
    over = _over(trace, note)
    requests = _arrived(trace, note, settled)
    for what, owed in (("the request on", requests), ("the promise of", promised)):
        for (connection, stream), place in sorted(owed.items()):
            if connection not in over:
                yield _never_finished(trace, note, what, stream, place)


def _said(trace: Trace, note: int) -> tuple[set[Stream], Places, set[Stream]]:
    """Where a client has said END_STREAM, what a server has promised, and what settles both.

    A server's END_STREAM settles a stream, and a reset by either side.
    """
    columns = trace.columns
    flags, senders, streams = columns.flags, columns.sender, columns.stream
    asked: set[Stream] = set()
    promised: Places = {}
    settled: set[Stream] = set()
    before = bisect_left(columns.event, note)
    for place, kind in enumerate(columns.type[:before]):
        if kind in _ENDING:
            if not flags[place] & END_STREAM:
                continue
            stream = columns.connection[place], streams[place]
            if not senders[place]:
                asked.add(stream)
                continue
        elif kind == _RST_STREAM:
            stream = columns.connection[place], streams[place]
        else:
            if kind == _PUSH_PROMISE and senders[place]:
                promised[columns.connection[place], _promised(columns, place)] = place
            continue
        settled.add(stream)
        if stream in promised:
            del promised[stream]
    return asked, promised, settled


def _promised(columns: FrameColumns, place: int) -> int:
    start = columns.offset[place]
    end = start + columns.kept[place]
    start += 1 if columns.flags[place] & PADDED else 0
    return int.from_bytes(columns.octets[start : min(start + 4, end)], "big") & 0x7FFFFFFF


def _over(trace: Trace, note: int) -> set[int]:
    """Connections that are closed, or going away, at a note: nothing is owed there."""
    going = {
        frame.connection for frame in trace.frames() if frame.type == _GOAWAY and frame.index < note
    }
    return going | {cut.connection for cut in trace.events(CutEvent) if cut.index < note}


def _arrived(trace: Trace, note: int, settled: set[Stream]) -> Places:
    """The requests that had arrived whole at a note, but for those on settled streams."""
    columns = trace.columns
    whole: Places = {}
    blocks: Places = {}
    """Where END_STREAM came with a field block that has not ended."""
    for event in trace.events(DeliveredEvent):
        place = trace.rows[event.frame_event]
        if event.index > note or not isinstance(place, int) or columns.sender[place]:
            continue
        kind, flags = columns.type[place], columns.flags[place]
        stream = event.connection, columns.stream[place]
        if stream in settled:
            continue
        if kind == _CONTINUATION and flags & END_HEADERS and stream in blocks:
            whole[stream] = blocks.pop(stream)
        elif kind == _DATA and flags & END_STREAM:
            whole[stream] = place
        elif kind == _HEADERS and flags & END_STREAM:
            (whole if flags & END_HEADERS else blocks)[stream] = place
    return whole


def _never_finished(trace: Trace, note: int, what: str, stream: int, place: int) -> Finding:
    frame = trace.frame_at(place)
    return found(
        NEVER_FINISHED,
        trace,
        frame.index,
        f"{what} stream {stream} was never answered to its end, and nobody works on it",
        [
            Because(f"{what} stream {stream} stands here", frame.index, frame.packet),
            Because("then all was quiet, with the connection open", note),
        ],
        stream=stream,
        like=what.split()[1],
    )
