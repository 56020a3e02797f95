"""Counts what is on the wire of each connection of a trace; judges nothing."""

from typing import Final

from h2proof.oracle.reports.checked import Counts
from h2proof.sim.frames import END_STREAM, PADDED, FrameType
from h2proof.sim.trace import Trace

_DATA: Final = FrameType.DATA.value
_HEADERS: Final = FrameType.HEADERS.value
_RST_STREAM: Final = FrameType.RST_STREAM.value
_PUSH_PROMISE: Final = FrameType.PUSH_PROMISE.value
_GOAWAY: Final = FrameType.GOAWAY.value
_SERVER: Final = 1
_STREAM_BITS: Final = 0x7FFFFFFF


def count(trace: Trace) -> list[Counts]:
    """The counts of each connection of the trace, in their order."""
    tallies = [_Tally() for _ in trace.connections]
    for tally, info in zip(tallies, trace.connections, strict=True):
        if info.transport == "h2c-upgrade":
            tally.opened.add(1)
    columns = trace.columns
    rows = zip(
        columns.connection, columns.type, columns.stream, columns.sender, columns.flags, strict=True
    )
    for place, (connection, kind, stream, sender, flags) in enumerate(rows):
        tally = tallies[connection]
        tally.frames += 1
        if kind == _DATA:
            if flags & END_STREAM and sender == _SERVER:
                tally.ended.add(stream)
        elif kind == _HEADERS:
            if sender != _SERVER:  # a server's HEADERS answers, or needs a promise to open
                tally.opened.add(stream)
            elif flags & END_STREAM:
                tally.ended.add(stream)
        elif kind == _RST_STREAM:
            tally.resets += 1
        elif kind == _GOAWAY:
            tally.goaways += 1
        elif kind == _PUSH_PROMISE and sender == _SERVER:
            tally.promises += 1
            tally.promised.add(_promised(trace.payload_at(place), flags))
    return [tally.counts() for tally in tallies]


def _promised(payload: bytes, flags: int) -> int:
    start = 1 if flags & PADDED else 0
    return int.from_bytes(payload[start : start + 4], "big") & _STREAM_BITS


class _Tally:
    """The counters of one connection."""

    __slots__ = ("ended", "frames", "goaways", "opened", "promised", "promises", "resets")

    def __init__(self) -> None:
        self.frames = self.resets = self.goaways = self.promises = 0
        self.opened: set[int] = set()
        self.promised: set[int] = set()
        self.ended: set[int] = set()
        """Streams whose END_STREAM the server sent."""

    def counts(self) -> Counts:
        """What was counted; stream 0 is no stream."""
        return Counts(
            self.frames,
            len((self.opened | self.promised) - {0}),
            self.promises,
            len((self.promised & self.ended) - {0}),
            self.resets,
            self.goaways,
        )
