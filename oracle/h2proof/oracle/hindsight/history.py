"""What the peer of an accuser had sent by the time of a claim.

The frames of a connection in the form in which one asks whether they were innocent: the facts of
each, and what the accuser itself had done by then. Only connections on which somebody claims a
fault are looked at. What is innocent is not known here.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from h2proof.oracle.hindsight.claims import Claim
from h2proof.sim.frames import (
    END_STREAM,
    AnyFrame,
    Continuation,
    FrameType,
    GoAway,
    Headers,
    PushPromise,
    RstStream,
    Settings,
)
from h2proof.sim.hpack import (
    FieldDecoder,
    Fields,
    Representation,
    Undecodable,
    representations,
)
from h2proof.sim.trace import DeliveredEvent, FrameEvent, Trace

LOOKED_BACK: Final = 64
"""How many frames of the peer before a claim are asked whether they can be meant."""


@dataclass(slots=True)
class Seen:
    """A frame of the peer with what is known of it, and of its stream when it was sent."""

    event: FrameEvent
    frame: AnyFrame | None
    """None where the payload is not there."""
    fields: Fields | None = None
    """The field section that it completes."""
    items: tuple[Representation, ...] = ()
    """The instructions of the block that it completes."""
    ended: bool = False
    """The peer had ended its side of the stream before."""
    reset: bool = False
    """The accuser had reset the stream, somewhere in the trace before."""


@dataclass(slots=True)
class History:
    """What a claim can be about: the peer's frames, the latest first, and the accuser's doings."""

    role: int
    """Of the accuser: 0 the client, 1 the server."""
    frames: list[Seen] = field(default_factory=list)
    settings: list[tuple[int, int]] = field(default_factory=list)
    """Settings that the accuser had sent."""
    unacknowledged: int = 0
    """How many SETTINGS frames of the accuser the peer had not acknowledged."""
    peer_settings: list[tuple[int, int]] = field(default_factory=list)
    goaway_last: int | None = None
    had_reset: bool = False
    """The accuser had reset the stream of its claim before."""
    statuses: list[bytes] = field(default_factory=list)
    """The status codes that the accuser had answered with."""


def histories(trace: Trace, claimed: Iterable[Claim]) -> Mapping[Claim, History]:
    """What had gone by before each claim; one pass over the connections that have any."""
    due = {claim.event: claim for claim in claimed}
    sides = {(claim.connection, sender): _Side() for claim in due.values() for sender in (0, 1)}
    found: dict[Claim, History] = {}
    columns = trace.columns
    for row in trace.rows:
        if not isinstance(row, int):
            if row[0] is DeliveredEvent and isinstance(place := trace.rows[row[3]], int):
                side = sides.get((row[2], columns.sender[place]))
                if side is not None:
                    side.arrived = (side.arrived or 0) + 1
            continue
        sender = columns.sender[row]
        own = sides.get((columns.connection[row], sender))
        if own is None:
            continue
        event = trace.frame_at(row)
        other = sides[event.connection, 1 - sender]
        if event.index in due:
            found[due[event.index]] = _history(due[event.index], own, other)
        own.take(event, other)
    return found


def walk(trace: Trace, connection: int) -> Iterator[Seen | int]:
    """The frames of one connection with their fields, and the events of those delivered, in order."""
    sides, columns = (_Side(), _Side()), trace.columns
    for row in trace.rows:
        if isinstance(row, int):
            if columns.connection[row] == connection:
                sender = columns.sender[row]
                yield sides[sender].take(trace.frame_at(row), sides[1 - sender])
        elif row[0] is DeliveredEvent and row[2] == connection:
            yield row[3]


def statuses(trace: Trace, connection: int) -> Iterator[tuple[FrameEvent, int]]:
    """The status codes that a server answers with, and their frames."""
    for seen in walk(trace, connection):
        if isinstance(seen, Seen) and seen.event.sender == "server":
            status = dict(seen.fields or ()).get(b":status", b"")
            if status.isdigit():
                yield seen.event, int(status)


class _Side:
    """One party of a connection: what it has sent so far."""

    def __init__(self) -> None:
        self.frames: list[Seen] = []
        self.arrived: int | None = None
        """How many of them have reached the other side; None where the trace does not tell."""
        self.settings: list[tuple[int, int]] = []
        self.sets = self.acks = 0
        """SETTINGS frames and acknowledgments sent."""
        self.goaway_last: int | None = None
        self.statuses: list[bytes] = []
        self.ended: set[int] = set()
        self.reset: set[int] = set()
        self._decoder = FieldDecoder()
        self._block = b""

    def take(self, event: FrameEvent, other: "_Side") -> Seen:
        frame = None if event.elided else event.frame
        stream = event.stream
        seen = Seen(event, frame, ended=stream in self.ended, reset=stream in other.reset)
        self.frames.append(seen)
        if isinstance(frame, Headers | PushPromise | Continuation):
            self._fields(seen, frame)
        elif isinstance(frame, Settings):
            self.settings += frame.values
            self.sets += not frame.ack
            self.acks += frame.ack
        elif isinstance(frame, RstStream):
            self.reset.add(stream)
        elif isinstance(frame, GoAway):
            self.goaway_last = frame.last
        if event.type <= FrameType.HEADERS and event.flags & END_STREAM:
            self.ended.add(stream)
        return seen

    def _fields(self, seen: Seen, frame: Headers | PushPromise | Continuation) -> None:
        self._block = (b"" if not isinstance(frame, Continuation) else self._block) + frame.fragment
        if not frame.end_headers:
            return
        block, self._block = self._block, b""
        fields = self._decoder.decode(block)
        if isinstance(fields, Undecodable):
            return
        seen.fields, seen.items = fields, tuple(representations(block))
        self.statuses += [value for name, value in fields if name == b":status"]


def _history(claim: Claim, own: _Side, peer: _Side) -> History:
    known = peer.frames if peer.arrived is None else peer.frames[: peer.arrived]
    return History(
        claim.sender,
        known[: -LOOKED_BACK - 1 : -1],
        list(own.settings),
        own.sets - peer.acks,
        list(peer.settings),
        own.goaway_last,
        claim.stream in own.reset,
        list(own.statuses),
    )
