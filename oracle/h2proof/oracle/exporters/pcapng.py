"""The exporter of captures: each connection as TCP over IP, whole, for Wireshark and for us.

One packet holds at most one event; its acknowledgment number says how many frames of the other side
its sender can have known, so a capture judges as the trace did. A trace that begins behind the
preface, as short texts do, gets the preface and the SETTINGS that it leaves out. A hole stays a
hole, a late start has no handshake. Payloads that were not kept cannot be written.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from struct import pack
from typing import Final

from h2proof.oracle.exporters import Titled
from h2proof.oracle.exporters.merging import merged
from h2proof.oracle.exporters.segments import ACK, FIN, PSH, RST, SYN, End, ends_of, segment
from h2proof.oracle.exporters.upgrading import RESPONSE, request_octets
from h2proof.sim.codec import PREFACE, encode
from h2proof.sim.frames import Settings
from h2proof.sim.trace import (
    AnyEvent,
    CutEvent,
    DeliveredEvent,
    FrameEvent,
    OctetsEvent,
    PrefaceEvent,
    Sender,
    Trace,
)

SEGMENT_MAX: Final = 16_384
_RAW_IP: Final = 101
_NANOSECONDS: Final = 9
_FIRST: Final = 1000
"""The sequence number of each SYN."""
_TIME_MAX: Final = (1 << 64) - 1
_HOLE: Final = 1
"""Octets of a hole of which nobody knows the size."""


def export(traces: Sequence[Titled], *, redact: bool = True) -> bytes:
    """A pcapng file of raw IP packets; ValueError where octets of the trace are not known."""
    trace = merged(traces)
    connections = [_Connection(number, trace) for number in range(len(trace.connections))]
    blocks = [_section(), _interface()]
    for event in trace:
        blocks += connections[event.connection].packets(event)
    return b"".join(blocks)


# --- blocks of pcapng ----------------------------------------------------------------------------


def _block(kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    length = len(body) + 12
    return pack("<LL", kind, length) + body + pack("<L", length)


def _section() -> bytes:
    return _block(0x0A0D0D0A, pack("<LHHq", 0x1A2B3C4D, 1, 0, -1))


def _interface() -> bytes:
    resolution = pack("<HHB3xHH", 9, 1, _NANOSECONDS, 0, 0)
    return _block(1, pack("<HHL", _RAW_IP, 0, 0) + resolution)


def _packet(at: int, octets: bytes) -> bytes:
    when = min(max(0, at), _TIME_MAX)
    head = pack("<LLLLL", 0, when >> 32, when & 0xFFFFFFFF, len(octets), len(octets))
    return _block(6, head + octets)


# --- one connection ------------------------------------------------------------------------------


@dataclass(slots=True)
class _Side:
    """One direction: what was written, and where each of its frames ends."""

    end: End
    position: int = 0
    base: int = 0
    """Where the events of the trace begin, behind what was left out of it."""
    ends: list[int] = field(default_factory=list)
    arrived: int = 0
    """Frames that deliveries have handed to the other side."""


class _Connection:
    """Turns the events of one connection into packets, in order."""

    def __init__(self, number: int, trace: Trace) -> None:
        self._trace = trace
        self._info = trace.connections[number]
        client, server = ends_of(number, self._info)
        self._sides: dict[Sender, _Side] = {"client": _Side(client), "server": _Side(server)}
        mine = [event for event in trace if event.connection == number]
        self._late = any(isinstance(event, CutEvent) and event.how == "late" for event in mine)
        self._whole = any(_seen_whole(event) for event in mine)
        self._delivers = any(isinstance(event, DeliveredEvent) for event in mine)
        self._begun = False

    def packets(self, event: AnyEvent) -> Iterator[bytes]:
        """The packets of one event; in front of the first the handshake and what was left out."""
        if isinstance(event, DeliveredEvent):
            self._arrive(event.frame_event)
            return
        if isinstance(event, PrefaceEvent | OctetsEvent | FrameEvent | CutEvent):
            if not self._begun:
                self._begun = True
                yield from self._opening(event.at)
            yield from self._on_wire(event)

    def _arrive(self, place: int) -> None:
        frame = self._trace[place] if 0 <= place < len(self._trace) else None
        if isinstance(frame, FrameEvent):
            self._sides[frame.sender].arrived += 1

    def _on_wire(
        self, event: PrefaceEvent | OctetsEvent | FrameEvent | CutEvent
    ) -> Iterator[bytes]:
        match event:
            case PrefaceEvent():
                yield from self._send(event.sender, PREFACE, event.at)
            case OctetsEvent():
                yield from self._send(event.sender, event.octets, event.at)
            case FrameEvent():
                yield from self._frame(event)
            case CutEvent():
                yield from self._cut(event)

    def _frame(self, event: FrameEvent) -> Iterator[bytes]:
        if event.elided:
            raise ValueError(
                f"the payload of frame {event.frame_index} is not known, so no capture can hold it"
            )
        peer = self._sides[_other(event.sender)]
        knew = peer.arrived if event.knew is None and self._delivers else event.knew
        yield from self._send(event.sender, event.octets, event.at, knew)
        side = self._sides[event.sender]
        side.ends.append(side.position)

    def _opening(self, at: int) -> Iterator[bytes]:
        if self._late:
            return
        yield self._segment("client", SYN, b"", at)
        yield self._segment("server", SYN | ACK, b"", at)
        yield self._segment("client", ACK, b"", at)
        if self._info.transport == "h2c-upgrade":
            yield from self._send("client", request_octets(self._info), at)
            yield from self._send("server", RESPONSE, at)
        if not self._whole:
            yield from self._left_out(at)
        for side in self._sides.values():
            side.base = side.position

    def _left_out(self, at: int) -> Iterator[bytes]:
        """The preface, and the SETTINGS and acknowledgments of both sides."""
        greeting, thanks = encode(Settings()), encode(Settings(ack=True))
        yield from self._send("client", PREFACE + greeting, at)
        yield from self._send("server", greeting + thanks, at)
        yield from self._send("client", thanks, at)

    def _cut(self, event: CutEvent) -> Iterator[bytes]:
        side = self._sides[event.sender]
        if event.how == "lost":
            side.position += _HOLE if event.octets is None else event.octets
        elif event.how != "late":
            yield self._segment(
                event.sender, (FIN if event.how == "fin" else RST) | ACK, b"", event.at
            )

    # -- segments --

    def _send(
        self, sender: Sender, octets: bytes, at: int, knew: int | None = None
    ) -> Iterator[bytes]:
        for start in range(0, len(octets), SEGMENT_MAX):
            part = octets[start : start + SEGMENT_MAX]
            yield self._segment(sender, PSH | ACK, part, at, knew)

    def _segment(
        self, sender: Sender, flags: int, octets: bytes, at: int, knew: int | None = None
    ) -> bytes:
        side, peer = self._sides[sender], self._sides[_other(sender)]
        sequence = _FIRST if flags & SYN else _FIRST + 1 + side.position
        acknowledged = _FIRST + 1 + _reach(peer, knew) if flags & ACK else 0
        side.position += len(octets)
        return _packet(at, segment(side.end, peer.end, sequence, acknowledged, flags, octets))


def _seen_whole(event: AnyEvent) -> bool:
    """Whether this shows that nothing was left out: a preface, or a frame seen in a packet."""
    from_capture = isinstance(event, FrameEvent) and event.begins is not None
    return from_capture or isinstance(event, PrefaceEvent)


def _other(sender: Sender) -> Sender:
    return "server" if sender == "client" else "client"


def _reach(peer: _Side, knew: int | None) -> int:
    """The position in the peer's octets up to which they were received."""
    if knew is None or knew > len(peer.ends):
        return peer.position
    return peer.ends[knew - 1] if knew else peer.base
