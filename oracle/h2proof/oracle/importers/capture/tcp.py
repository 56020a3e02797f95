"""TCP: the octets of each direction in order, with what their sender had seen when it sent them.

Octets are handed on once, the first copy, when all before them are there. A segment that is ahead
waits; so does one whose acknowledgment number is ahead of what the file shows of the other side,
for then the file's order is wrong or packets are missing, and the number is right. What does not
come in time is given up: it is lost, and counted, and what waited goes on in the order in which it
was captured. Positions count the octets of a direction from 0.

Knows nothing of what the octets mean.
"""

from bisect import insort
from typing import Final, Literal, NamedTuple, Protocol

from h2proof.oracle.importers.capture.held import Held

FIN: Final = 0x01
SYN: Final = 0x02
RST: Final = 0x04
ACK: Final = 0x10

UNKNOWN: Final = -1
"""Stands for an acknowledgment number that tells nothing."""

PATIENCE_PACKETS: Final = 64
"""So many packets of the connection may pass before octets that the other side has acknowledged,
but the file does not show, are given up."""
SEGMENTS_MAX: Final = 8192
"""So many segments of a direction may wait."""

_LAST: Final = 1 << 62
_MASK: Final = 0xFFFFFFFF
_HALF: Final = 0x80000000

EndHow = Literal["fin", "rst"]


class Consumer(Protocol):
    """What is given the octets of one direction."""

    def octets(
        self, data: bytes, position: int, packet: int, at: int, acknowledged: int, committed: int
    ) -> None:
        """The next octets, from `position` on, known from `packet` on.

        `acknowledged` is the position in the other direction up to which their sender had received
        (or UNKNOWN); `committed` is the first packet that shows that they had been sent.
        """

    def lost(self, octets: int, packet: int, at: int) -> None:
        """The next octets are missing; this was noticed at `packet`."""

    def end(self, how: EndHow, packet: int, at: int) -> None:
        """The sender ended its octets."""


class Waiting(NamedTuple):
    """A segment that waits: its octets, `missing` ones that the capture cut off, what it shows."""

    position: int
    packet: int
    at: int
    reach: int
    committed: int
    data: bytes
    missing: int


class Direction:
    """One direction of a connection."""

    __slots__ = (
        "_held",
        "_reset",
        "_stuck",
        "_told",
        "acknowledged",
        "at",
        "connection",
        "consumer",
        "ended",
        "fin",
        "known",
        "next",
        "packet",
        "peer",
        "pending",
        "sequence",
        "started",
    )

    consumer: Consumer
    peer: "Direction"

    def __init__(self, connection: "TcpConnection", held: Held) -> None:
        self.connection = connection
        self.known = False
        """Whether any sequence number was seen."""
        self.started = False
        """Whether the start was seen, so that position 0 is the sender's first octet."""
        self.next = 0
        """The position up to which the octets were handed on."""
        self.sequence = 0
        """The sequence number of the octet at `next`."""
        self.acknowledged = 0
        """The position that the other side has acknowledged."""
        self.packet = 0
        """The highest packet whose octets were handed on: all before `next` are known from it on."""
        self.at = 0
        self.fin: int | None = None
        self.ended = False
        self.pending: list[Waiting] = []
        self._reset: tuple[int, int] | None = None
        self._told: EndHow | None = None
        self._stuck = 0
        self._held = held

    def begin(self, sequence: int, *, started: bool) -> None:
        """Count positions from this sequence number on."""
        self.known = True
        self.started = started
        self.sequence = sequence & _MASK

    def receive(
        self,
        sequence: int,
        acknowledgment: int,
        flags: int,
        octets: bytes,
        start: int,
        end: int,
        missing: int,
        packet: int,
        at: int,
    ) -> None:
        """One segment: payload from `start` to `end`, and `missing` octets behind it cut off."""
        peer = self.peer
        if flags & SYN or not self.known:
            sequence = self._first(sequence, acknowledgment, flags)
        reach = UNKNOWN
        if flags & ACK and peer.known:
            reach = peer.next + ((acknowledgment - peer.sequence + _HALF) & _MASK) - _HALF
            peer.acknowledged = reach
        if end > start or missing:
            if (
                sequence == self.sequence
                and reach <= peer.next
                and not self.pending
                and not missing
                and not self.ended
            ):
                position = self.next
                self.next = position + end - start
                self.sequence = (sequence + end - start) & _MASK
                if packet > self.packet:
                    self.packet = packet
                    self.at = at
                self.consumer.octets(octets[start:end], position, self.packet, at, reach, packet)
                if peer.pending or self.fin is not None:
                    self.connection.go_on()
            else:
                self._keep(sequence, reach, octets[start:end], missing, packet, at)
        if flags & (FIN | RST):
            self._closing(sequence + end - start + missing, flags, packet, at)
        if self.pending or peer.pending or peer.acknowledged > peer.next:
            self._lose_patience()
            peer._lose_patience()

    def _first(self, sequence: int, acknowledgment: int, flags: int) -> int:
        """Settle where the positions start; the sequence number of the segment's first octet."""
        if not flags & SYN:
            self.begin(sequence, started=False)
            return sequence
        sequence = (sequence + 1) & _MASK
        if not self.known:
            self.begin(sequence, started=True)
        if flags & ACK and not self.peer.known:
            self.peer.begin(acknowledgment, started=True)
        return sequence

    # -- segments that wait --

    def _keep(
        self, sequence: int, reach: int, data: bytes, missing: int, packet: int, at: int
    ) -> None:
        position = self._position(sequence)
        if self.ended or position + len(data) + missing <= self.next:
            return  # a copy of octets that were handed on
        committed = _LAST if reach > self.peer.settled else packet
        insort(self.pending, Waiting(position, packet, at, reach, committed, data, missing))
        self._held.take(len(data))
        self.connection.go_on()
        while self.pending and (self._held.full or len(self.pending) > SEGMENTS_MAX):
            self._give_up()

    def _position(self, sequence: int) -> int:
        return self.next + ((sequence - self.sequence + _HALF) & _MASK) - _HALF

    @property
    def settled(self) -> int:
        """The highest position that can be acknowledged: the end of the octets counts as one."""
        return self.next + (self.fin is None or self.fin == self.next)

    def due(self) -> bool:
        """Whether the first segment that waits can go on."""
        first = self.pending[0]
        return first.position <= self.next and first.reach <= self.peer.settled

    def hand_on(self) -> None:
        """Let the first segment that waits go on."""
        segment = self.pending.pop(0)
        data = segment.data
        self._held.give(len(data))
        if self.ended:
            return
        committed = segment.committed
        if self.pending and self.pending[0].committed < committed:
            committed = self.pending[0].committed  # something later of the same sender came before
        if segment.packet > self.packet:
            self.packet, self.at = segment.packet, segment.at
        old = self.next - segment.position
        if old < len(data):
            start = self.next
            self._advance(len(data) - old)
            fresh = data[old:] if old else data
            self.consumer.octets(fresh, start, self.packet, self.at, segment.reach, committed)
        self._lose(segment.position + len(data) + segment.missing)

    def _advance(self, octets: int) -> None:
        self.next += octets
        self.sequence = (self.sequence + octets) & _MASK
        self._stuck = 0

    def _lose(self, position: int) -> None:
        """Count all octets before this position as lost."""
        octets = position - self.next
        if octets > 0:
            self._advance(octets)
            self.consumer.lost(octets, self.packet, self.at)

    # -- giving up --

    def _behind(self) -> bool:
        """Whether the other side has acknowledged octets that the file does not show."""
        return self.acknowledged > self.settled

    @property
    def _held_back(self) -> bool:
        """Whether the next octets are at hand, and wait for what their sender has acknowledged."""
        return bool(self.pending) and self.pending[0].position <= self.next

    def _lose_patience(self) -> None:
        if self._held_back or self._behind():
            self._stuck += 1
            if self._stuck > PATIENCE_PACKETS:
                self._give_up()

    def _give_up(self) -> None:
        """Count the octets up to the next ones at hand as lost, and let everything go on."""
        self._stuck = 0
        peer = self.peer
        if self._held_back:
            if peer._behind() and not peer._held_back:
                peer._give_up()
                return
            # an acknowledgment of octets that never came, or each side's waits for the other's
            self.pending[0] = self.pending[0]._replace(reach=UNKNOWN)
        elif self.pending and not self.next < self.acknowledged < self.pending[0].position:
            self._lose(self.pending[0].position)
        else:
            self._lose(self.acknowledged)
        self.connection.go_on()

    # -- the end --

    def _closing(self, sequence: int, flags: int, packet: int, at: int) -> None:
        if flags & RST:
            if self._reset is None:
                self._reset = (packet, at)
        elif self.fin is None:
            self.fin = max(self._position(sequence & _MASK), self.next)
            if self.fin == self.next and packet > self.packet:
                self.packet, self.at = packet, at
        self.end_if_due()

    def end_if_due(self) -> None:
        """Tell the consumer of the end once all octets before it were handed on."""
        if self.pending or self._told == "rst":
            return
        if self.fin is not None and self.next >= self.fin and not self.ended:
            self.ended = True
            self._told = "fin"
            self.consumer.end("fin", self.packet, self.at)
        if self._reset is not None:  # behind a FIN too: it ends the other direction
            self.ended = True
            self._told = "rst"
            self.consumer.end("rst", *self._reset)

    @property
    def was_reset(self) -> bool:
        """Whether the sender reset the connection."""
        return self._reset is not None

    def settle(self) -> bool:
        """No more segments will come: give up what is missing; False when there is nothing."""
        if self.pending or self._behind():
            self._give_up()
            return True
        if self.fin is not None and self.next < self.fin and self._reset is None:
            self._lose(self.fin)
        self.end_if_due()
        return False


class TcpConnection:
    """Two directions; `first` is that of the packet that was seen first."""

    __slots__ = ("first", "held", "key", "number", "second")

    def __init__(self, number: int, key: bytes, held: Held) -> None:
        self.number = number
        self.key = key
        self.held = held
        self.first = Direction(self, held)
        self.second = Direction(self, held)
        self.first.peer = self.second
        self.second.peer = self.first

    def go_on(self) -> None:
        """Hand on all segments that no longer have to wait, in the order of the capture."""
        first, second = self.first, self.second
        while True:
            one = first.pending and first.due()
            two = second.pending and second.due()
            if one and two:
                one = first.pending[0].packet < second.pending[0].packet
            if one:
                first.hand_on()
            elif two:
                second.hand_on()
            else:
                break
        first.end_if_due()
        second.end_if_due()

    @property
    def over(self) -> bool:
        """Whether both sides ended, or one of them by a reset."""
        first, second = self.first, self.second
        return first.was_reset or second.was_reset or (first.ended and second.ended)

    def finish(self) -> None:
        """No more packets of this connection will come."""
        while self.first.settle() or self.second.settle():
            pass
