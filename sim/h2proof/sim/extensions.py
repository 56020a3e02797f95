"""Frames that RFC 9113 does not define: ALTSVC (RFC 7838), ORIGIN (RFC 8336), PRIORITY_UPDATE.

ALTSVC and ORIGIN are never an error: what does not concern its receiver is ignored. PRIORITY_UPDATE
(RFC 9218) concerns a server only, and the streams it names before they are open are counted. What
an alternative service or a priority is used for is not known here.
"""

from heapq import heappop, heappush
from typing import Final

from h2proof.sim.errors import ErrorCode, Fault, IllegalSend, connection_error
from h2proof.sim.frames import DEFINED_FLAGS, AltSvc, FrameType, Origin, PriorityUpdate, Unknown
from h2proof.sim.notices import AltSvcReceived, OriginReceived, PriorityUpdated
from h2proof.sim.streams import Role, State, Streams

ORIGIN_FLAGS: Final = 0x0F
"""An ORIGIN frame with one of these is ignored by whoever does not know the flag (RFC 8336 §2.2)."""


def alternative(frame: AltSvc) -> AltSvcReceived | None:
    """What an ALTSVC says to a client; None where it has to be ignored (RFC 7838 §4)."""
    if bool(frame.stream) == bool(frame.origin):
        return None
    return AltSvcReceived(frame.stream, frame.origin, frame.value)


def origin_set(frame: Origin, *, cleartext: bool) -> OriginReceived | None:
    """What an ORIGIN says to a client; None where it has to be ignored (RFC 8336 §2.2)."""
    if frame.stream or frame.undefined_flags & ORIGIN_FLAGS or cleartext:
        return None
    return OriginReceived(frame.origins)


class Priorities:
    """The client's streams that were given a priority before they were opened (RFC 9218 §7.1)."""

    __slots__ = ("_heap", "_idle")

    def __init__(self) -> None:
        self._idle: set[int] = set()
        self._heap: list[int] = []

    def __len__(self) -> int:
        return len(self._idle)

    def receive(
        self, frame: PriorityUpdate, streams: Streams, streams_max: int
    ) -> PriorityUpdated | Fault | None:
        """What a server makes of the frame; None where the stream needs no priority any more."""
        target = frame.prioritized
        if not target:
            reason = "PRIORITY_UPDATE for stream 0"
            return connection_error(ErrorCode.PROTOCOL_ERROR, "RFC9218-7.1-10", reason)
        state = streams.state(target)
        if state is State.IDLE and streams.is_own(target):
            reason = f"PRIORITY_UPDATE for the push stream {target}, which is idle"
            return connection_error(ErrorCode.PROTOCOL_ERROR, "RFC9218-7.1-09", reason)
        cell = streams.receive("PRIORITY_UPDATE", target)
        assert not isinstance(cell, Fault), "a server has no such cell here"
        if cell is None:
            return None
        if state is State.IDLE and (fault := self._name(target, streams.their_active, streams_max)):
            return fault
        return PriorityUpdated(target, frame.value)

    def opened(self, identifier: int) -> None:
        """A request left idle, and with it every lower stream of the client."""
        while self._heap and self._heap[0] <= identifier:
            self._idle.discard(heappop(self._heap))

    def room_for(self, target: int, active: int, streams_max: int) -> bool:
        """May one more idle stream be named, beside those and the active ones (§7.1)?"""
        return target in self._idle or len(self._idle) + active < streams_max

    def remember(self, target: int) -> None:
        """An idle stream was named."""
        if target not in self._idle:
            self._idle.add(target)
            heappush(self._heap, target)

    def _name(self, target: int, active: int, streams_max: int) -> Fault | None:
        if self.room_for(target, active, streams_max):
            self.remember(target)
            return None
        reason = f"more than {streams_max} streams are open or have a priority"
        return connection_error(ErrorCode.PROTOCOL_ERROR, "RFC9218-7.1-06", reason)


def refuse_priority_update() -> Fault:
    """Servers send no PRIORITY_UPDATE (RFC 9218 §7.1)."""
    reason = "a server sent PRIORITY_UPDATE"
    return connection_error(ErrorCode.PROTOCOL_ERROR, "RFC9218-7.1-12", reason)


def check_priority_update(role: Role, streams: Streams, target: int) -> None:
    """`IllegalSend` unless this endpoint may send PRIORITY_UPDATE for the stream."""
    if role == "server":
        raise IllegalSend("RFC9218-7.1-11", "a server sends no PRIORITY_UPDATE")
    if not target:
        raise IllegalSend("RFC9218-7.1-10", "PRIORITY_UPDATE for stream 0")
    if streams.state(target) is State.IDLE and not streams.is_own(target):
        raise IllegalSend("RFC9218-7.1-08", f"the push stream {target} is idle")
    streams.send("PRIORITY_UPDATE", target)


def check_unknown(frame: Unknown) -> None:
    """`IllegalSend` unless the frame is of a type that this endpoint gives no meaning to."""
    if frame.type in DEFINED_FLAGS:
        name = FrameType(frame.type).name
        raise IllegalSend("RFC9113-5.5-04", f"{name} is no unknown type", "use its own method")
