"""Every stream of one connection: the live ones as objects, the closed ones as five octets.

A stream that closes leaves its identifier and one octet of fate behind, in the order in which its
initiator used identifiers; so a million closed streams are two flat arrays, and a late frame on
the first is judged like one on the last. Identifiers that were skipped are the gaps.
"""

from array import array
from bisect import bisect_left
from collections import deque
from typing import Final, Literal, NamedTuple

from h2proof.sim.errors import ErrorCode, Fault, IllegalSend, connection_error, stream_error
from h2proof.sim.messages import Message
from h2proof.sim.streams.grids import RECEIVE, SEND
from h2proof.sim.streams.states import ENDED, IDLE, RESET_SENT, SKIPPED, TURNS, Cell, State

Role = Literal["client", "server"]

Event = Literal[
    "HEADERS",
    "HEADERS_ES",
    "DATA",
    "DATA_ES",
    "RST_STREAM",
    "WINDOW_UPDATE",
    "PROMISE_ON",
    "PROMISE_OF",
    "PRIORITY_UPDATE",
]
"""The rows of the grids."""

_STATES: Final = tuple(State)
_LIVE: Final = IDLE.value
"""The fate of a stream that is still in `Streams.live`."""
_BEGINNINGS: Final = TURNS[IDLE]


class Stream:
    """One live stream. Window credit is kept relative to the initial window (see `flow`)."""

    __slots__ = (
        "id",
        "incoming",
        "method",
        "outgoing",
        "place",
        "receive_credit",
        "send_credit",
        "state",
    )

    def __init__(self, identifier: int, state: State, place: int) -> None:
        self.id = identifier
        self.state = state
        self.place = place
        self.send_credit = self.receive_credit = 0
        self.incoming = Message()
        self.outgoing = Message()
        self.method = b""
        """The request's method, for what the response may be depends on it."""


class Identifiers:
    """The identifiers that one initiator has used, and what became of each stream."""

    __slots__ = ("_used", "fates", "highest")

    def __init__(self) -> None:
        self.highest = 0
        self.fates = bytearray()
        """How each stream that was used is closed, by its place; 0 for a live one."""
        self._used = array("I")

    def use(self, identifier: int) -> int:
        """Take the next identifier, above all others; its place is where its fate will stand."""
        assert identifier > self.highest
        self.highest = identifier
        self._used.append(identifier)
        place = len(self.fates)
        self.fates.append(_LIVE)
        return place

    def place(self, identifier: int) -> int | None:
        """Where the identifier stands; None if it was never used."""
        used = self._used
        place = bisect_left(used, identifier)
        if identifier <= self.highest and used and used[place] == identifier:
            return place
        return None

    def state(self, identifier: int) -> State:
        """The state of a stream that is not live."""
        if identifier > self.highest:
            return IDLE
        place = self.place(identifier)
        return SKIPPED if place is None else _STATES[self.fates[place]]


class Counts(NamedTuple):
    """How many streams count for what; `Streams.recount` computes the same from the streams."""

    own_active: int
    their_active: int
    reserved: int


class Streams:
    """The look-up from identifier to stream, for an endpoint of one role."""

    __slots__ = (
        "_forget_after",
        "_reset",
        "live",
        "next_identifier",
        "own",
        "own_active",
        "own_parity",
        "reserved",
        "their_active",
        "theirs",
    )

    def __init__(self, role: Role, *, reset_streams_known_max: int | None = None) -> None:
        self.live: dict[int, Stream] = {}
        self.own_parity = 1 if role == "client" else 0
        self.next_identifier = 2 - self.own_parity
        """The lowest identifier that this endpoint may use next (§5.1.1)."""
        self.own = Identifiers()
        self.theirs = Identifiers()
        self.own_active = 0
        self.their_active = 0
        self.reserved = 0
        self._forget_after = reset_streams_known_max
        self._reset: deque[int] = deque()

    def is_own(self, identifier: int) -> bool:
        """True if this endpoint is the initiator of such a stream (§5.1.1)."""
        return identifier & 1 == self.own_parity

    def state(self, identifier: int) -> State:
        """The state of any stream at all; stream 0 is none."""
        stream = self.live.get(identifier)
        if stream is not None:
            return stream.state
        used = self.own if identifier & 1 == self.own_parity else self.theirs
        return used.state(identifier)

    def receive(self, event: Event, identifier: int) -> Cell | Fault | None:
        """What a frame of the peer does to a stream: the cell to follow, or the fault it earns.

        None where it is ignored.
        """
        stream = self.live.get(identifier)
        if stream is not None:
            state = stream.state
        else:
            used = self.own if identifier & 1 == self.own_parity else self.theirs
            state = IDLE if identifier > used.highest else used.state(identifier)
        cell = RECEIVE[event][state]
        if cell.kind == "ignore":
            return None
        if cell.kind != "take":
            return _fault(cell, event, identifier, state)
        parity = identifier & 1
        if state is IDLE and (
            parity == self.own_parity or (parity == 1) is (event == "PROMISE_OF")
        ):
            return self._unexpected(event, identifier)
        return cell

    def _unexpected(self, event: Event, identifier: int) -> Fault:
        """Only its initiator takes a stream out of idle, each side in its own way (§5.1.1)."""
        requirement = "RFC9113-5.1.1-05" if self.is_own(identifier) else "RFC9113-5.1-05"
        if event == "PROMISE_OF":
            requirement = "RFC9113-6.6-17"
        reason = f"{event} on stream {identifier}, an unexpected identifier"
        return connection_error(ErrorCode.PROTOCOL_ERROR, requirement, reason)

    def send(self, event: Event, identifier: int) -> Cell:
        """The cell to follow for a frame of this endpoint; `IllegalSend` where none may be sent."""
        stream = self.live.get(identifier)
        state = self.state(identifier) if stream is None else stream.state
        cell = SEND[event][state]
        if cell.kind == "prohibited":
            raise IllegalSend(cell.requirement, _sentence(event, identifier, state))
        parity = identifier & 1
        if state is IDLE and (
            parity != self.own_parity or (parity == 1) is (event == "PROMISE_OF")
        ):
            reason = f"this endpoint cannot use the idle stream {identifier} for {event}"
            raise IllegalSend("RFC9113-5.1.1-01", reason, "see next_identifier")
        return cell

    def open(self, identifier: int, state: State) -> Stream:
        """A stream leaves idle; the lower idle ones of its initiator are thereby closed."""
        own = identifier & 1 == self.own_parity
        used = self.own if own else self.theirs
        stream = self.live[identifier] = Stream(identifier, state, used.use(identifier))
        active, reserved, _ = _BEGINNINGS[state]
        if own:
            self.next_identifier = identifier + 2
            self.own_active += active
        else:
            self.their_active += active
        self.reserved += reserved
        return stream

    def move(self, stream: Stream, state: State) -> None:
        """The stream changes its state; closed streams lose their object."""
        active, reserved, closed = TURNS[stream.state][state]
        stream.state = state
        own = stream.id & 1 == self.own_parity
        if own:
            self.own_active += active
        else:
            self.their_active += active
        self.reserved += reserved
        if closed:
            del self.live[stream.id]
            (self.own if own else self.theirs).fates[stream.place] = state
            if state is RESET_SENT:
                self._remember(stream.id)

    def reset_closed(self, identifier: int) -> None:
        """RST_STREAM went out for a stream that was closed already."""
        used = self.own if self.is_own(identifier) else self.theirs
        place = used.place(identifier)
        if place is not None:
            used.fates[place] = RESET_SENT
            self._remember(identifier)

    def counts(self) -> Counts:
        """The counters as kept."""
        return Counts(self.own_active, self.their_active, self.reserved)

    def recount(self) -> Counts:
        """The counters computed from the streams."""
        active = [stream.id for stream in self.live.values() if stream.state.active]
        own = sum(map(self.is_own, active))
        reserved = sum(stream.state.reserved for stream in self.live.values())
        return Counts(own, len(active) - own, reserved)

    def _remember(self, identifier: int) -> None:
        """Keep a reset stream known as reset, at the cost of the oldest (`Limits`)."""
        if self._forget_after is None:
            return
        self._reset.append(identifier)
        if len(self._reset) > self._forget_after:
            forgotten = self._reset.popleft()
            used = self.own if self.is_own(forgotten) else self.theirs
            place = used.place(forgotten)
            assert place is not None
            used.fates[place] = ENDED


def _fault(cell: Cell, event: Event, identifier: int, state: State) -> Fault:
    reason = _sentence(event, identifier, state)
    if cell.kind == "connection":
        return connection_error(cell.code, cell.requirement, reason)
    return stream_error(identifier, cell.code, cell.requirement, reason)


def _sentence(event: Event, identifier: int, state: State) -> str:
    return f"{event} on stream {identifier}, which is {state.phrase}"
