"""Two directions of frames become one trace.

Frames stand in the order of the packet in which their header was complete, for a receiver may
react to a header, while an event needs the whole payload. So a frame that is still coming in holds
back what was seen behind it.
"""

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final, Literal

from h2proof.oracle.importers.capture.held import Held
from h2proof.oracle.importers.imported import Gap
from h2proof.sim.codec import FrameHeader, write_header
from h2proof.sim.trace import (
    ConnectionInfo,
    CutEvent,
    CutHow,
    OctetsEvent,
    PrefaceEvent,
    Sender,
    Trace,
)

ORDINARY: Final = frozenset({0, 8})
"""DATA and WINDOW_UPDATE, of which a judge keeps next to nothing."""
ORDINARY_WEIGHT: Final = 120
"""Octets that a frame costs in the index of a trace."""
FRAME_WEIGHT: Final = 400
"""The same with what a judge may have to keep of it until the other side is seen to know it."""


class Frame:
    """A frame whose header is known and whose payload is still coming in."""

    __slots__ = ("at", "begins", "header", "kept", "knew", "lost", "packet", "sender", "state")

    def __init__(
        self,
        sender: Sender,
        header: FrameHeader,
        kept: bytearray,
        at: int,
        begins: int,
        knew: int | None,
    ) -> None:
        self.sender: Sender = sender
        self.header = header
        self.kept = kept
        self.at = at
        self.begins = begins
        self.knew = knew
        self.packet = 0
        self.state: Literal["coming", "whole", "truncated"] = "coming"
        self.lost = 0
        """Octets of the payload that are missing."""

    def write(self, trace: Trace) -> None:
        """Append the frame, or what there is of it."""
        if self.state == "truncated":
            octets = write_header(self.header) + self.kept
            trace.loose_octets(self.sender, octets, at=self.at, packet=self.packet)
            return
        if self.lost and self.header.type:  # of DATA only the content is missing
            trace.cut(self.sender, "lost", self.lost, at=self.at, packet=self.packet)
        trace.add_frame(
            self.sender,
            self.header,
            self.kept,
            at=self.at,
            packet=self.packet,
            begins=self.begins,
            knew=self.knew,
        )


class Builder:
    """The trace of one connection while it grows."""

    __slots__ = ("_queue", "gaps", "keep_data", "trace", "traces", "weight")

    def __init__(self, info: ConnectionInfo, *, keep_data: bool, traces: Held) -> None:
        self.trace = Trace((info,))
        self.keep_data = keep_data
        self.traces = traces
        """Counts the octets of this trace among those of all unfinished ones."""
        self.weight = 0
        """This trace's part of them."""
        self.gaps: list[Gap] = []
        self._queue: deque[Frame | Callable[[], object]] = deque()

    def grow(self, octets: int) -> bool:
        """Count octets of the trace; False if it may not grow any more."""
        self.weight += octets
        self.traces.take(octets)
        return not self.traces.full

    def whole(
        self,
        sender: Sender,
        header: FrameHeader,
        payload: bytes,
        at: int,
        packet: int,
        knew: int | None,
    ) -> None:
        """A frame that was whole in the packet of its header."""
        write = self.trace.add_frame
        if self._queue:
            self._queue.append(
                partial(
                    write, sender, header, payload, at=at, packet=packet, begins=packet, knew=knew
                )
            )
        else:
            write(sender, header, payload, at=at, packet=packet, begins=packet, knew=knew)

    def begin(self, frame: Frame) -> None:
        """A frame whose payload is still coming in; call `flush` when its state has changed."""
        self._queue.append(frame)

    def flush(self) -> None:
        """Append to the trace what no longer waits for a payload."""
        queue = self._queue
        while queue:
            first = queue[0]
            if isinstance(first, Frame):
                if first.state == "coming":
                    return
                first.write(self.trace)
            else:
                first()
            queue.popleft()

    def preface(self, at: int, packet: int) -> None:
        """The client's preface was complete."""
        self._later(partial(self.trace.preface, at=at, packet=packet))

    def loose(self, sender: Sender, octets: bytes, at: int, packet: int) -> None:
        """Octets that make no frame."""
        self._later(partial(self.trace.loose_octets, sender, octets, at=at, packet=packet))

    def cut(self, sender: Sender, how: CutHow, octets: int | None, at: int, packet: int) -> None:
        """The end of a direction, a hole in it, or a start that was not seen."""
        self._later(partial(self.trace.cut, sender, how, octets, at=at, packet=packet))

    def _later(self, write: Callable[[], object]) -> None:
        self._queue.append(write)
        self.flush()

    @property
    def complete(self) -> bool:
        """Seen from the preface to the end of the transport, without a hole."""
        return not self.gaps and is_complete(self.trace)


def is_complete(trace: Trace) -> bool:
    """Whether a trace of one connection has the preface, the transport's end, and no hole.

    An end inside a frame is a hole too.
    """
    kinds = {row[0] for row in trace.rows if not isinstance(row, int)}
    if PrefaceEvent not in kinds or OctetsEvent in kinds:
        return False
    ends = {(cut.how, cut.sender) for cut in trace.events(CutEvent)}
    if any(how in ("lost", "late") for how, _ in ends):
        return False
    return any(how == "rst" for how, _ in ends) or len(ends) == 2
