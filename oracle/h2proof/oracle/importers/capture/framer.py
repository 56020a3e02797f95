"""The octets of one direction become frames: where they begin and end, and what their sender knew.

Content of DATA is not kept unless asked for. A hole costs what it hides: inside a payload the
frame's length still tells where the next one begins; a hidden header makes the framer look for the
next place where frames begin (`plausible`).
"""

from __future__ import annotations  # `array` takes no type argument at run time before 3.12

from array import array
from bisect import bisect_right
from struct import Struct
from typing import Final

from h2proof.oracle.importers.capture.builder import (
    FRAME_WEIGHT,
    ORDINARY,
    ORDINARY_WEIGHT,
    Builder,
    Frame,
)
from h2proof.oracle.importers.capture.plausible import first_frame
from h2proof.oracle.importers.capture.tcp import UNKNOWN, EndHow
from h2proof.oracle.importers.imported import Gap
from h2proof.sim.codec import HEADER_LENGTH, PREFACE, FrameHeader
from h2proof.sim.trace import Sender

_HEADER: Final = Struct(">HBBBL").unpack_from
_STREAM_BITS: Final = 0x7FFFFFFF
_PADDED: Final = 0x08
_SEARCH_OCTETS_MAX: Final = 128 << 10
_GARBAGE_OCTETS_MAX: Final = 4096

_Chunk = tuple[bytes, int, int, int, int, int]
"""The arguments of `octets`."""


class Framer:
    """One direction of an HTTP/2 connection; a `Consumer` of octets in order.

    `fixed` says that all octets of a chunk are known at the chunk's end (a TLS record), else each
    is known by itself.
    """

    __slots__ = (
        "_acknowledged",
        "_begins",
        "_builder",
        "_chunks",
        "_fixed",
        "_frame",
        "_garbage",
        "_keep",
        "_known",
        "_mode",
        "_need",
        "_partial",
        "_searched",
        "_sought",
        "_starts",
        "peer",
        "sender",
    )

    peer: Framer

    def __init__(self, sender: Sender, builder: Builder, mode: str, *, fixed: bool = False) -> None:
        self.sender: Sender = sender
        self._builder = builder
        self._mode = mode
        """ "preface", "frames", "garbage" (no preface where one must be), "search", "stopped"."""
        self._fixed = fixed
        self._partial = b""
        self._frame: Frame | None = None
        self._need = 0
        """Octets of the frame's payload that are still to come."""
        self._keep = 0
        """How many of its next octets are kept."""
        self._known: array[int] = array("q")
        """For each frame the position at which it is known."""
        self._begins: array[int] = array("Q")
        """For each frame the packet in which its header was complete."""
        self._acknowledged = 0
        """How many frames the other side has acknowledged."""
        self._chunks: list[_Chunk] = []
        """What is searched for frames, and below where each chunk starts in it."""
        self._starts: list[int] = []
        self._sought = bytearray()
        self._searched = 0
        self._garbage = 0

    # -- octets --

    def octets(
        self, data: bytes, position: int, packet: int, at: int, acknowledged: int, committed: int
    ) -> None:
        """The next octets of this direction (see `tcp.Consumer`)."""
        size = len(data)
        offset = 0
        need = self._need
        if need:
            if need > size:
                self._need = need - size
                if self._keep:
                    self._collect(data[:size])
                return
            offset = need
            self._finish(data[:need] if self._keep else b"", packet)
            if offset == size:
                return
        if self._mode != "frames":
            rest = data[offset:] if offset else data
            self._unframed(rest, position + offset, packet, at, acknowledged, committed)
            return
        if self._partial:
            held = len(self._partial)
            data = self._partial + (data[offset:] if offset else data)
            position += offset - held
            size, offset = len(data), 0
            self._partial = b""
        builder = self._builder
        keep_data = builder.keep_data
        end_position = position + size
        weight = 0
        while size - offset >= HEADER_LENGTH:
            high, low, kind, flags, word = _HEADER(data, offset)
            length = high << 8 | low
            start = offset + HEADER_LENGTH
            knew = self._knew(acknowledged, committed)
            self._known.append(end_position if self._fixed else position + start)
            self._begins.append(packet)
            header = FrameHeader(length, kind, flags, word & _STREAM_BITS, word > _STREAM_BITS)
            kept = length if kind or keep_data else 1 if flags & _PADDED and length else 0
            weight += (ORDINARY_WEIGHT if kind in ORDINARY else FRAME_WEIGHT) + kept
            offset = start + length
            if offset <= size:
                payload = data[start : start + kept]
                builder.whole(self.sender, header, payload, at, packet, knew)
                continue
            here = data[start : start + kept]
            self._frame = Frame(self.sender, header, bytearray(here), at, packet, knew)
            self._keep = kept - len(here)
            self._need = offset - size
            builder.begin(self._frame)
            offset = size
        if offset < size:
            self._partial = data[offset:]
        if weight and not builder.grow(weight):
            self._stop(packet, at)

    def _knew(self, acknowledged: int, committed: int) -> int | None:
        """How many frames of the peer can have been known; None for all that are in the trace."""
        peer = self.peer
        known = peer._known
        seen = len(known)
        count = seen
        if acknowledged != UNKNOWN:
            count = peer._acknowledged
            while count < seen and known[count] <= acknowledged:
                count += 1
            peer._acknowledged = count
        if seen and committed < peer._begins[-1]:
            count = min(count, bisect_right(peer._begins, committed))
        return count if count < seen else None

    def _collect(self, data: bytes) -> None:
        frame = self._frame
        assert frame is not None
        frame.kept += data[: self._keep]
        self._keep = max(0, self._keep - len(data))

    def _finish(self, data: bytes, packet: int) -> None:
        frame = self._frame
        assert frame is not None
        if data:
            self._collect(data)
        frame.packet = packet
        frame.state = "whole"
        self._frame, self._need, self._keep = None, 0, 0
        self._builder.flush()

    # -- octets that are not yet, or never, frames --

    def _unframed(
        self, data: bytes, position: int, packet: int, at: int, acknowledged: int, committed: int
    ) -> None:
        if self._mode == "preface":
            data = self._partial + data
            position -= len(self._partial)
            self._partial = b""
            if len(data) < len(PREFACE):
                self._partial = data
                return
            self._builder.preface(at, packet)
            self._mode = "frames"
            rest = data[len(PREFACE) :]
            if rest:
                self.octets(rest, position + len(PREFACE), packet, at, acknowledged, committed)
        elif self._mode == "search":
            self._chunks.append((data, position, packet, at, acknowledged, committed))
            self._starts.append(len(self._sought))
            self._sought += data
            self._search()
        elif self._mode == "garbage":
            self._loose(data, at, packet)
        else:
            self._garbage += len(data)

    def _loose(self, data: bytes, at: int, packet: int) -> None:
        room = _GARBAGE_OCTETS_MAX - self._garbage
        self._garbage += len(data)
        if room > 0:
            self._builder.loose(self.sender, data[:room], at, packet)

    def _search(self, *, ended: bool = False) -> None:
        """Look for frames behind a hole or a late start; go on from where they begin."""
        octets, starts, chunks = self._sought, self._starts, self._chunks
        size = len(octets)
        place, certain = first_frame(octets, self._searched, starts, ended=ended)
        if not certain and not ended and size <= _SEARCH_OCTETS_MAX:
            self._searched = place
            return
        if not certain:
            place = size if ended else max(place, 1)
        which = bisect_right(starts, place) - 1 if place < size else len(chunks)
        self._sought, self._starts, self._chunks, self._searched = bytearray(), [], [], 0
        if place:
            _, _, packet, at, _, _ = chunks[min(which, len(chunks) - 1)]
            self._hole(place, packet, at, "frames could not be told apart")
        if certain:
            self._mode = "frames"
        for index in range(which, len(chunks)):
            data, position, packet, at, acknowledged, committed = chunks[index]
            skip = max(0, place - starts[index])
            if skip < len(data):
                self.octets(data[skip:], position + skip, packet, at, acknowledged, committed)

    # -- what is missing --

    def _hole(self, octets: int, packet: int, at: int, reason: str) -> None:
        self._builder.cut(self.sender, "lost", octets, at, packet)
        self._builder.gaps.append(Gap(reason, octets, self.sender, packet))

    def lost(self, octets: int, packet: int, at: int) -> None:
        """The next octets are missing."""
        if self._need:
            octets = self._lost_payload(octets, packet)
            if not octets:
                return
        if self._mode in ("garbage", "stopped"):
            self._garbage += octets
            return
        if self._chunks:
            self._search(ended=True)
            if self._need:
                self.lost(octets, packet, at)
                return
        octets += len(self._partial)
        self._partial = b""
        self._mode = "search"
        self._hole(octets, packet, at, "not in the capture")

    def _lost_payload(self, octets: int, packet: int) -> int:
        """Take lost octets off the payload that is coming in; how many lie behind it."""
        frame = self._frame
        assert frame is not None
        inside = min(octets, self._need)
        frame.lost += inside
        self._keep = 0
        what = (
            "content of DATA, not in the capture" if not frame.header.type else "not in the capture"
        )
        self._builder.gaps.append(Gap(what, inside, self.sender, packet))
        self._need -= inside
        if not self._need:
            self._finish(b"", packet)
        return octets - inside

    def _stop(self, packet: int, at: int) -> None:
        """The limit on traces is reached: what follows is counted only, in both directions."""
        for framer in (self, self.peer):
            framer._abandon(packet, at)
            framer._mode = "stopped"

    def _abandon(self, packet: int, at: int) -> None:
        """What is unfinished will never be whole."""
        if self._chunks:
            self._search(ended=True)
        if self._frame is not None:
            self._frame.state = "truncated"
            self._frame.packet = packet
            self._frame, self._need, self._keep = None, 0, 0
            self._builder.flush()
        if self._partial:
            self._builder.loose(self.sender, self._partial, at, packet)
            self._partial = b""

    def end(self, how: EndHow, packet: int, at: int) -> None:
        """The sender's octets end."""
        self.finish(packet, at)
        self._builder.cut(self.sender, how, None, at, packet)

    def finish(self, packet: int, at: int) -> None:
        """Nothing more will come; called once more without effect."""
        self._abandon(packet, at)
        if self._mode == "stopped" and self._garbage:
            self._hole(self._garbage, packet, at, "beyond the limit on the size of a trace")
            self._garbage = 0
