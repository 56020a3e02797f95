"""One endpoint of an HTTP/2 connection (RFC 9113): octets and calls in, notices and octets out.

A coordinator. It cuts octets into frames for `incoming`, and turns each call of its owner into
frames after asking the machines (`streams`, `messages`, `settings`, `flow`, `push`, `extensions`)
whether the RFC allows it. A call that it does not allow raises `IllegalSend` before anything has
changed. No socket, clock or chance is known here, nor what any frame means.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from h2proof.sim.codec import (
    HEADER_LENGTH,
    PREFACE,
    STREAM_MAX,
    encode,
    header_fields,
    header_octets,
    raw,
)
from h2proof.sim.core import Core
from h2proof.sim.errors import ErrorCode, IllegalSend, connection_error
from h2proof.sim.extensions import check_priority_update, check_unknown
from h2proof.sim.fields import Malformed
from h2proof.sim.frames import (
    END_STREAM,
    AltSvc,
    Data,
    Dependency,
    FrameType,
    Origin,
    Ping,
    Priority,
    PriorityUpdate,
    RstStream,
    Unknown,
)
from h2proof.sim.hpack import FieldLine, Fields
from h2proof.sim.incoming import LAST_TYPE, ROWS, fruitless, misplaced, oversized
from h2proof.sim.limits import Limits
from h2proof.sim.messages import UNKNOWN, Step, request_step, response_step, trailers_step
from h2proof.sim.notices import DataReceived, Notice
from h2proof.sim.push import check_may_push, check_promised
from h2proof.sim.settings import (
    ENABLE_CONNECT_PROTOCOL,
    INITIAL_WINDOW_SIZE,
    MAX_CONCURRENT_STREAMS,
    check_priorities_kept,
    legal_announcement,
)
from h2proof.sim.streams import HALF_CLOSED_REMOTE, IDLE, SEND, Role, State, Stream
from h2proof.sim.upgrade import UPGRADED_STREAM, Upgrade, read_settings_field

PROMISED_OCTETS: Final = 4
"""What the promised stream's identifier takes of a PUSH_PROMISE."""
INCREMENT_OCTETS: Final = 4
RECEIVING: Final = (State.OPEN, State.HALF_CLOSED_LOCAL)
"""The states in which content may still come."""
LIMITS: Final = Limits()

DATA: Final = FrameType.DATA.value
HEADERS: Final = FrameType.HEADERS.value
PUSH_PROMISE: Final = FrameType.PUSH_PROMISE.value
WINDOW_UPDATE: Final = FrameType.WINDOW_UPDATE.value

_DATA: Final = SEND["DATA"], SEND["DATA_ES"]
_HEADERS: Final = SEND["HEADERS"], SEND["HEADERS_ES"]
"""Where they may be sent, without END_STREAM and with it."""


class Connection(Core):
    """An endpoint of one connection.

    `settings` are announced in the first frame (identifier → value; ValueError for illegal ones).
    `limits` are policy, beyond the RFC. `upgrade` makes it begin behind an HTTP/1.1 upgrade, and
    `cleartext` says that the connection is not TLS (ORIGIN is then ignored, RFC 8336 §2.2). With
    `reserves` false a promised stream counts as half-closed (remote) from its promise on, as in
    servers that know no reserved state; the client's HEADERS on it is a connection error still.
    """

    __slots__ = ()

    def __init__(
        self,
        role: Role,
        *,
        settings: Mapping[int, int] | None = None,
        limits: Limits | None = None,
        upgrade: Upgrade | None = None,
        cleartext: bool = False,
        reserves: bool = True,
    ) -> None:
        if role not in ("client", "server"):
            raise ValueError(f"the role is {role!r}; give 'client' or 'server'")
        cleartext = cleartext or upgrade is not None
        super().__init__(role, LIMITS if limits is None else limits, cleartext=cleartext)
        if not reserves:
            self.promised_state = HALF_CLOSED_REMOTE
        values = legal_announcement(settings, role, self.own) if settings else ()
        if upgrade is not None:
            self._upgrade(upgrade)
        if role == "client":
            self.output.append(PREFACE)
        else:
            self.preface_left = PREFACE
        self.announce(values)

    def __repr__(self) -> str:
        state = "closed" if self.closed else f"{len(self.streams.live)} live streams"
        return f"<Connection {self.role}: {state}>"

    # -- the endpoint --

    def receive(self, data: bytes) -> list[Notice]:
        """Take octets in any chunking, and tell what happened, in the order of the octets.

        Raises nothing, whatever they are: a fault of the peer is answered, and is a notice.
        """
        octets = self.octets + data
        if self.preface_left:
            octets = self._take_preface(octets)
        rows, size = ROWS[self.role], len(octets)
        offset = self._skip(size) if self.skipped else 0
        while (start := offset + HEADER_LENGTH) <= size and not self.closed:
            high, low, kind, flags, word = header_fields(octets, offset)
            length = high << 8 | low
            stream = word & STREAM_MAX
            row = rows[kind] if kind <= LAST_TYPE else None
            fault = None
            if length > self.payload_max:
                # the header is answered at once (§4.2), and the payload is never held
                self.skipped = length
                offset = start + self._skip(size - start)
                fault = oversized(self, row, kind, flags, stream, length)
            elif start + length > size:
                break
            else:
                offset = start + length
                if self.block.stream or not self.greeted or (row and row.on_stream is (not stream)):
                    fault = misplaced(self, row, kind, flags, stream)
                if fault is None:
                    self.fruitless += 1
                    if row is not None:
                        fault = row.receiver(self, flags, stream, length, octets[start:offset])
                    if fault is None and self.fruitless > self.limits.fruitless_frames_max:
                        fault = fruitless(self)
            if fault is not None:
                self.answer(fault)
        if not self.closed:
            self.octets = octets[offset:] if offset < size else b""
        told, self.notices = self.notices, []
        return told

    def receive_stepwise(self, data: bytes) -> Iterator[Notice]:
        """As `receive`, but the owner can act on a notice before the next frame is looked at.

        What it then sends does not depend on the chunks in which the octets came. The iterator has
        to be run to its end before the next octets are given.
        """
        start = 0
        while start < len(data) and not self.closed:
            end = start + self._octets_due()
            yield from self.receive(data[start:end])
            start = end

    def take_output(self) -> bytes:
        """The octets to send; each is handed out once."""
        octets = b"".join(self.output)
        self.output.clear()
        return octets

    # -- what holds at present --

    def send_window(self, stream: int) -> int:
        """Octets of DATA, padding included, that may be sent now; 0 on a stream not live.

        For stream 0: what the connection's window leaves.
        """
        if not stream:
            return self.flow.send
        live = self.streams.live.get(stream)
        return 0 if live is None else self.flow.send_window(live)

    def receive_window(self, stream: int) -> int:
        """Octets that the peer may still send; negative after a lowered setting, 0 if not live."""
        if not stream:
            return self.flow.receive
        live = self.streams.live.get(stream)
        return 0 if live is None else self.flow.receive_window(live)

    def may_push(self, stream: int) -> bool:
        """True where `push` on this stream would fail for its fields at most."""
        try:
            self._check_open()
            self._check_push(stream)
        except IllegalSend:
            return False
        return True

    # -- calls --

    def send_headers(
        self, stream: int | None, fields: Iterable[FieldLine], *, end_stream: bool = False
    ) -> int:
        """Send a field section: a request, an interim or final response, trailers.

        None opens a client's next stream. Gives the stream's identifier.
        """
        if self.closed:
            raise _closed()
        streams = self.streams
        identifier = streams.next_identifier if stream is None else stream
        section = tuple(fields)
        live = streams.live.get(identifier)
        if live is None or (cell := _HEADERS[end_stream][live.state]).kind != "take":
            cell = streams.send("HEADERS_ES" if end_stream else "HEADERS", identifier)
        if live is None or live.state.reserved:
            self._check_room(identifier, opens=live is None)
        step = self._step(live, section, end_stream)
        block = self.encoder.encode(section)
        if live is None:
            assert cell.next is not None
            live = streams.open(identifier, cell.next)
            live.method = step.method
            self.priorities.opened(identifier)
        elif cell.next is not None:
            self.move(live, cell.next)
        outgoing = live.outgoing
        outgoing.phase, outgoing.left = step.phase, step.left
        if step.phase == "tunnel":
            live.incoming.phase = "tunnel"
        self.write_block(HEADERS, END_STREAM if end_stream else 0, identifier, block)
        return identifier

    def send_data(
        self, stream: int, data: bytes, *, end_stream: bool = False, padding: int | None = None
    ) -> None:
        """Send content, in frames of the peer's size; `padding` octets in each, 0 to 255.

        Beyond `send_window` it raises, for blocking is its owner's matter.
        """
        if self.closed:
            raise _closed()
        live = self.streams.live.get(stream)
        if live is None or (cell := _DATA[end_stream][live.state]).kind != "take":
            cell = self.streams.send("DATA_ES" if end_stream else "DATA", stream)
            live = self.streams.live[stream]
        outgoing = live.outgoing
        size = octets = len(data)
        if outgoing.left != UNKNOWN and (why := outgoing.check_data(size, end_stream)):
            raise IllegalSend(why.requirement, why.reason)
        if padding is None and size <= self.peer.frame_octets_max:
            flags = END_STREAM if end_stream else 0
            written = header_octets(size >> 8, size & 0xFF, DATA, flags, stream) + data
        else:
            frames = self._data_frames(stream, data, end_stream, padding)
            octets += 0 if padding is None else len(frames) * (1 + padding)
            written = b"".join([encode(frame) for frame in frames])
        if not self.flow.spend(live, octets):
            reason = f"{octets} octets of DATA in a window of {self.flow.send_window(live)}"
            raise IllegalSend("RFC9113-6.9.1-01", reason, "wait for WINDOW_UPDATE")
        self.output.append(written)
        if outgoing.left != UNKNOWN:
            outgoing.left -= size
        if cell.next is not None:
            self.move(live, cell.next)

    def push(self, stream: int, fields: Iterable[FieldLine], *, promised: int | None = None) -> int:
        """Promise the response to the request `fields` on a client's stream (§8.4).

        It takes the next identifier, or a higher one if `promised` says so.
        """
        if self.closed:
            raise _closed()
        self._check_push(stream)
        section = tuple(fields)
        step = check_promised(section)
        if promised is None:
            promised = self.streams.next_identifier
        else:
            self.streams.send("PROMISE_OF", promised)
            self._check_identifier(promised)
        live = self.streams.open(promised, self.promised_state)
        live.method = step.method
        block = self.encoder.encode(section)
        self.write_block(PUSH_PROMISE, 0, stream, promised.to_bytes(PROMISED_OCTETS) + block)
        return promised

    def reset(self, stream: int, code: int = ErrorCode.CANCEL) -> None:
        """End a stream at once by RST_STREAM (§6.4); `code` is any 32-bit number.

        REFUSED_STREAM says that nothing was done, which a server cannot say behind its response.
        """
        self._check_open()
        cell = self.streams.send("RST_STREAM", stream)
        live = self.streams.live[stream]
        answered = self.role == "server" and live.outgoing.phase != "head"
        if answered and code == ErrorCode.REFUSED_STREAM:
            reason = f"REFUSED_STREAM for stream {stream}, which was answered"
            raise IllegalSend("RFC9113-8.7-05", reason, "give another code")
        self.write(RstStream(stream, code))
        assert cell.next is not None
        self.move(live, cell.next)

    def goaway(
        self, code: int = ErrorCode.NO_ERROR, *, last: int | None = None, debug: bytes = b""
    ) -> None:
        """Announce the end (§6.8). Streams of the peer above `last` will be ignored.

        Without `last` it is the highest stream the peer used. 2^31-1 starts a graceful end, to be
        followed by another GOAWAY. Any code but NO_ERROR closes the connection.
        """
        self._check_open()
        used = self.streams.theirs.highest
        final = used if last is None else last
        if final < used:
            reason = f"stream {used} may have been acted on, but the last one is to be {final}"
            raise IllegalSend("RFC9113-6.8-07", reason)
        if self.goaway_sent is not None and final > self.goaway_sent:
            reason = f"the last stream rises from {self.goaway_sent} to {final}"
            raise IllegalSend("RFC9113-6.8-10", reason)
        self.end(code, final, debug)

    def ping(self, payload: bytes = bytes(8)) -> None:
        """Ask for an answer; eight octets (§6.7)."""
        self._check_open()
        if len(payload) != 8:
            raise IllegalSend("RFC9113-6.7-01", f"a PING of {len(payload)} octets", "give 8")
        self.write(Ping(payload))

    def update_settings(self, values: Mapping[int, int]) -> None:
        """Announce settings; the peer has to obey them once it acknowledges (§6.5)."""
        self._check_open()
        pairs = legal_announcement(values, self.role, self.own)
        check_priorities_kept(values, self.own)
        window = values.get(INITIAL_WINDOW_SIZE)
        if window is not None:
            self.flow.check_receive_initial(window, self.streams.live.values())
        self.announce(pairs)

    def credit(self, stream: int, octets: int) -> None:
        """Let the peer send so many octets more; stream 0 is the connection (§6.9)."""
        if self.closed:
            raise _closed()
        live = None
        if stream:
            self.streams.send("WINDOW_UPDATE", stream)
            live = self.streams.live[stream]
        self.flow.credit(live, octets)
        self.output.append(raw(WINDOW_UPDATE, 0, stream, octets.to_bytes(INCREMENT_OCTETS)))

    def return_credit(self, content: DataReceived) -> None:
        """Credit back all that a DATA took: to the connection, and to its stream if more may come."""
        octets = content.flow_controlled_length
        if not octets or self.closed:
            return
        self.credit(0, octets)
        if self.state(content.stream) in RECEIVING:
            self.credit(content.stream, octets)

    def prioritize(self, stream: int, value: bytes) -> None:
        """Tell the server a priority, as the Priority field value (PRIORITY_UPDATE, RFC 9218)."""
        self._check_open()
        check_priority_update(self.role, self.streams, stream)
        idle = self.state(stream) is IDLE
        most = self.peer.in_force.get(MAX_CONCURRENT_STREAMS, STREAM_MAX)
        if idle and not self.priorities.room_for(stream, self.streams.own_active, most):
            reason = f"more than {most} streams would be open or have a priority"
            raise IllegalSend("RFC9218-7.1-05", reason)
        self.write(PriorityUpdate(stream, value))
        if idle:
            self.priorities.remember(stream)

    def depend(self, stream: int, dependency: Dependency) -> None:
        """Send the deprecated PRIORITY, allowed in every state of a stream (§6.3)."""
        self._check_open()
        self._check_identifier(stream)
        if not stream:
            raise IllegalSend("RFC9113-6.3-01", "PRIORITY on stream 0")
        self.write(Priority(stream, dependency))

    def offer(self, stream: int, value: bytes, *, origin: bytes = b"") -> None:
        """Offer an alternative service: for an origin on stream 0, else the stream's (ALTSVC)."""
        self._check_server("RFC7838-4-05", "ALTSVC")
        if bool(stream) == bool(origin):
            requirement = "RFC7838-4-07" if stream else "RFC7838-4-06"
            raise IllegalSend(requirement, "stream 0 needs an origin, and no other stream has one")
        self._check_identifier(stream)
        self.write(AltSvc(stream, origin, value))

    def claim(self, origins: Iterable[bytes]) -> None:
        """Tell the client for which origins this server answers (ORIGIN, RFC 8336)."""
        self._check_server("RFC8336-2.2-01", "ORIGIN")
        self.write(Origin(tuple(origins)))

    def send_unknown(self, frame: Unknown) -> None:
        """Send a frame of a type that no RFC known here defines (§5.5)."""
        self._check_open()
        self._check_identifier(frame.stream)
        check_unknown(frame)
        self.write(frame)

    # -- checks, which change nothing --

    def _check_open(self) -> None:
        if self.closed:
            raise _closed()

    def _check_server(self, requirement: str, name: str) -> None:
        self._check_open()
        if self.role == "client":
            raise IllegalSend(requirement, f"{name} is a server's frame")

    def _check_push(self, stream: int) -> None:
        leaving = self.goaway_received is not None
        check_may_push(self.role, self.streams, self.peer, stream, leaving=leaving)
        self._check_identifier(self.streams.next_identifier)

    def _check_identifier(self, identifier: int) -> None:
        if not 0 <= identifier <= STREAM_MAX:
            reason = f"{identifier} is no stream identifier"
            raise IllegalSend("RFC9113-5.1.1-09", reason, "open a new connection if all are used")

    def _check_room(self, identifier: int, *, opens: bool) -> None:
        """May one stream more become active (§5.1.2), and, if it is idle, be opened (§6.8)?"""
        most = self.peer.in_force.get(MAX_CONCURRENT_STREAMS)
        if most is not None and self.streams.own_active >= most:
            reason = f"{self.streams.own_active} streams are active where the peer allows {most}"
            raise IllegalSend("RFC9113-5.1.2-02", reason, "wait until one ends")
        if opens:
            self._check_identifier(identifier)
            if self.goaway_received is not None:
                raise IllegalSend("RFC9113-6.8-03", "the peer sent GOAWAY", "open a new connection")

    def _step(self, live: Stream | None, fields: Fields, end_stream: bool) -> Step:
        """What the section will be in its message; `IllegalSend` where it may not come."""
        if live is None:
            extended = bool(self.peer.in_force[ENABLE_CONNECT_PROTOCOL])
            step = request_step(fields, end_stream, extended)
        elif self.role == "client":
            step = trailers_step(live.outgoing, fields, end_stream)
        else:
            step = response_step(live.outgoing, live.method, fields, end_stream)
        if type(step) is Malformed:
            raise IllegalSend(step.requirement, step.reason)
        return step

    # -- frames --

    def _data_frames(
        self, stream: int, data: bytes, end_stream: bool, padding: int | None
    ) -> list[Data]:
        step, pad = self.peer.frame_octets_max, None
        if padding is not None:
            if not 0 <= padding <= 255:
                raise IllegalSend("RFC9113-6.1-07", f"{padding} octets of padding", "give 0 to 255")
            step, pad = step - 1 - padding, bytes(padding)
        if len(data) <= step:
            return [Data(stream, data, end_stream, pad)]
        pieces = [data[start : start + step] for start in range(0, len(data), step)]
        last = len(pieces) - 1
        return [
            Data(stream, piece, end_stream and number == last, pad)
            for number, piece in enumerate(pieces)
        ]

    # -- the beginning --

    def _octets_due(self) -> int:
        """How many octets complete at most one frame, or what else is waited for."""
        held = len(self.octets)
        if self.preface_left:
            return len(self.preface_left)
        if self.skipped:
            return self.skipped
        if held < HEADER_LENGTH:
            return HEADER_LENGTH - held
        return HEADER_LENGTH + int.from_bytes(self.octets[:3]) - held

    def _skip(self, octets: int) -> int:
        """How many of so many octets belong to the frame that is too long."""
        skipped = min(self.skipped, octets)
        self.skipped -= skipped
        return skipped

    def _take_preface(self, data: bytes) -> bytes:
        """A server compares the client's first octets; what is left of the data are frames."""
        expected = self.preface_left
        common = min(len(data), len(expected))
        if data[:common] != expected[:common]:
            reason = "the client's first octets are not the connection preface"
            self.answer(connection_error(ErrorCode.PROTOCOL_ERROR, "RFC9113-3.4-09", reason))
            return b""
        self.preface_left = expected[common:]
        return data[common:]

    def _upgrade(self, upgrade: Upgrade) -> None:
        """Stream 1 is the request that asked for HTTP/2; its client has ended it (RFC 7540 §3.2)."""
        values = read_settings_field(upgrade.settings)
        if self.role == "server":
            self.obey(values)
            stream = self.streams.open(UPGRADED_STREAM, State.HALF_CLOSED_REMOTE)
            request = stream.incoming
        else:
            self.own.apply(values)
            self.bind_settings(values)
            stream = self.streams.open(UPGRADED_STREAM, State.HALF_CLOSED_LOCAL)
            request = stream.outgoing
        request.phase = "content"
        stream.method = upgrade.method


def _closed() -> IllegalSend:
    return IllegalSend("RFC9113-5.4.1-02", "the connection is closed")
