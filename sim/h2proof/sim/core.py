"""What a connection remembers, and the few things that every part of it does.

`Core` holds the machines and writes frames; what arrives is handled in `incoming`, what the owner
asks for in `connection`. How a fault is answered is decided here, once for all: a connection error
by GOAWAY, a stream error by RST_STREAM where the stream's state allows one (RFC 9113 §5.4).
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from h2proof.sim.blocks import BlockBuffer
from h2proof.sim.codec import HEADER_LENGTH, STREAM_MAX, encode, header_octets, raw
from h2proof.sim.errors import ErrorCode, Fault, IllegalSend, connection_error
from h2proof.sim.extensions import Priorities
from h2proof.sim.flow import Flow
from h2proof.sim.frames import (
    END_HEADERS,
    AnyFrame,
    FrameType,
    GoAway,
    RstStream,
    Settings,
    WindowUpdate,
)
from h2proof.sim.hpack import FieldDecoder, FieldEncoder
from h2proof.sim.limits import Limits
from h2proof.sim.notices import ConnectionFailed, Notice, SettingPairs, StreamFailed
from h2proof.sim.settings import (
    ANNOUNCEMENTS,
    DEFAULTS,
    ENABLE_CONNECT_PROTOCOL,
    HEADER_TABLE_SIZE,
    INITIAL_WINDOW_SIZE,
    MAX_CONCURRENT_STREAMS,
    MAX_FRAME_SIZE,
    MAX_HEADER_LIST_SIZE,
    OwnSettings,
    PeerSettings,
)
from h2proof.sim.streams import (
    ENDED,
    IDLE,
    RESERVED_LOCAL,
    RESET_SENT,
    SKIPPED,
    Counts,
    Role,
    State,
    Stream,
    Streams,
)

_NO_ERROR: Final = ErrorCode.NO_ERROR.value


class Core:
    """One endpoint's memory. Its owner may read every attribute, and writes none."""

    __slots__ = (
        "block",
        "cleartext",
        "closed",
        "decoder",
        "encoder",
        "extended_connect",
        "failed",
        "flow",
        "fruitless",
        "goaway_received",
        "goaway_sent",
        "greeted",
        "limits",
        "local_settings",
        "notices",
        "octets",
        "output",
        "own",
        "payload_max",
        "peer",
        "peer_role",
        "peer_settings",
        "preface_left",
        "priorities",
        "promised_state",
        "resets",
        "role",
        "section_octets_max",
        "skipped",
        "state",
        "streams",
        "streams_max",
    )

    def __init__(self, role: Role, limits: Limits, *, cleartext: bool) -> None:
        self.role: Role = role
        self.peer_role: Role = "server" if role == "client" else "client"
        self.promised_state = RESERVED_LOCAL
        """What a promise makes of the promised stream; some servers know no reserved state."""
        self.limits = limits
        self.cleartext = cleartext
        self.streams = Streams(role, reset_streams_known_max=limits.reset_streams_known_max)
        self.state: Callable[[int], State] = self.streams.state
        """The state of any stream, idle and closed ones included."""
        self.flow = Flow()
        self.own = OwnSettings()
        self.local_settings = self.own.in_force
        """What the peer has acknowledged; a missing identifier has no limit."""
        self.peer = PeerSettings()
        self.peer_settings = self.peer.in_force
        """What the peer announced; a missing identifier has no limit."""
        self.encoder = FieldEncoder()
        self.decoder = FieldDecoder(list_octets_max=limits.field_expansion_octets_max)
        self.octets = b""
        """What has come of a frame that is not complete."""
        self.skipped = 0
        """So many octets more of a frame that is too long."""
        self.payload_max = DEFAULTS[MAX_FRAME_SIZE]
        self.block = BlockBuffer(limits)
        self.priorities = Priorities()
        self.notices: list[Notice] = []
        self.preface_left = b""
        """What a server still waits for of the client's 24 octets."""
        self.greeted = False
        """Whether the peer's first SETTINGS frame came."""
        self.goaway_sent: int | None = None
        """The last stream that this endpoint acts on, once it has said so."""
        self.goaway_received: int | None = None
        self.fruitless = 0
        """Frames in a row that moved nothing (see `Limits`)."""
        self.resets = 0
        """Streams that the peer reset, less those that ended since."""
        self.failed = False
        """True after GOAWAY with an error code: nothing can be sent any more."""
        self.closed = False
        """True: close the transport once the output is flushed.

        After an error; after GOAWAY with an error code; after any other GOAWAY as soon as no stream
        is live and none that the peer may still open would be acted on (§6.8).
        """
        self.extended_connect = False
        """Whether the peer may have been told that it can use extended CONNECT (RFC 8441 §3)."""
        self.section_octets_max = limits.field_section_octets_max
        """The largest field section that is taken, announced or not."""
        self.streams_max = limits.streams_max
        """How many streams of the peer may be active."""
        self.output: list[bytes] = []
        """What is to be sent and was not handed out yet; the same object for life."""

    # -- what others may read --

    @property
    def frame_octets(self) -> int:
        """Octets of an unfinished frame."""
        return len(self.octets)

    @property
    def block_octets(self) -> int:
        """Octets of an unfinished field block."""
        return self.block.octets

    def counts(self) -> Counts:
        """How many streams count for what, as kept; `recount` computes the same."""
        return self.streams.counts()

    def recount(self) -> Counts:
        """The counters computed from the streams."""
        return self.streams.recount()

    # -- what every part does --

    def write(self, frame: AnyFrame) -> None:
        """One frame goes out; `IllegalSend` where a field, or the peer, has no room for it."""
        self._put(_octets(frame))

    def announce(self, values: SettingPairs) -> None:
        """SETTINGS with these legal values goes out."""
        self._put(_settings_octets(values))
        self.own.announce(values)
        self.bind_settings(values)

    def _put(self, octets: bytes) -> None:
        if len(octets) - HEADER_LENGTH > self.peer.frame_octets_max:
            reason = f"a frame of {len(octets) - HEADER_LENGTH} octets is more than the peer allows"
            raise IllegalSend("RFC9113-4.1-01", reason)
        self.output.append(octets)

    def write_block(self, kind: int, flags: int, stream: int, content: bytes) -> None:
        """A field block goes out, in as many frames as the peer's SETTINGS_MAX_FRAME_SIZE asks.

        `content` is the block, behind what else the first frame carries.
        """
        step = self.peer.frame_octets_max
        size = len(content)
        if size <= step:
            flags |= END_HEADERS
            head = header_octets(size >> 8, size & 0xFF, kind, flags, stream)
            self.output.append(head + content)
            return
        self.output.append(raw(kind, flags, stream, content[:step]))
        for start in range(step, size, step):
            end = start + step
            flags = END_HEADERS if end >= size else 0
            self.output.append(raw(FrameType.CONTINUATION, flags, stream, content[start:end]))

    def give_back(self, octets: int) -> None:
        """Octets of DATA that nobody will read: credited at once, lest the window leak (§6.9)."""
        if octets:
            self.flow.credit(None, octets)
            self.write(WindowUpdate(0, octets))

    def move(self, stream: Stream, state: State) -> None:
        """A stream changes its state."""
        self.streams.move(stream, state)
        if self.resets and state is ENDED:
            self.resets -= 1
        if self.goaway_sent is not None:
            self._close_if_done(self.goaway_sent)

    def bind_settings(self, values: SettingPairs) -> None:
        """Own settings were announced or acknowledged: tell the machines what now holds."""
        own, flow = self.own, self.flow
        for identifier, _ in values:
            if identifier == MAX_FRAME_SIZE:
                self.payload_max = own.most(identifier)
            elif identifier == HEADER_TABLE_SIZE:
                # a table that the peer had to make smaller in between is signalled as well (§4.3.1)
                self.decoder.table_size_max = own.in_force[identifier]
                self.decoder.table_size_max = own.most(identifier)
            elif identifier == INITIAL_WINDOW_SIZE:
                flow.receive_initial = own.in_force[identifier]
                flow.receive_initial_most = own.most(identifier)
            elif identifier == ENABLE_CONNECT_PROTOCOL:
                self.extended_connect = own.latest[identifier] != 0
            elif identifier == MAX_HEADER_LIST_SIZE:
                most = self.limits.field_section_octets_max
                self.section_octets_max = min(most, own.latest[identifier])
            elif identifier == MAX_CONCURRENT_STREAMS:
                most = self.limits.streams_max
                self.streams_max = min(most, own.in_force.get(identifier, most))

    def obey(self, values: SettingPairs) -> Fault | None:
        """The peer's settings are in force, one after the other (§6.5.3)."""
        for identifier, value in values:
            if identifier == INITIAL_WINDOW_SIZE:
                fault = self.flow.set_send_initial(value, self.streams.live.values())
                if fault is not None:
                    return fault
            elif identifier == HEADER_TABLE_SIZE:
                most = self.limits.encoder_table_octets_max
                self.encoder.table_size_max = min(value, most)
        self.peer.apply(values)
        return None

    def beyond_goaway(self, stream: int) -> bool:
        """True for the peer's streams that a GOAWAY of this endpoint said it ignores (§6.8)."""
        last = self.goaway_sent
        return last is not None and stream > last and not self.streams.is_own(stream)

    def answer(self, fault: Fault) -> None:
        """Do to the connection or the stream what the fault asks for (§5.4)."""
        if fault.scope == "connection":
            self._fail(fault)
        elif not self.beyond_goaway(fault.stream):
            self._fail_stream(fault)

    def end(self, code: int, last: int, debug: bytes = b"") -> None:
        """GOAWAY goes out; with an error code nothing is read or sent from here on."""
        self._put(_goaway_octets(last, code, debug))
        self.goaway_sent = last
        self.failed = self.failed or code != _NO_ERROR
        self._close_if_done(last)

    def _close_if_done(self, last: int) -> None:
        """The connection closes where `closed` says so, and keeps nothing unfinished."""
        if self.failed or (not self.streams.live and last <= self.streams.theirs.highest):
            self.closed = True
            self.octets = b""
            self.skipped = 0
            self.block.clear()
            self.preface_left = b""

    def _fail(self, fault: Fault) -> None:
        announced = STREAM_MAX if self.goaway_sent is None else self.goaway_sent
        self.end(fault.code, min(announced, self.streams.theirs.highest))
        self.notices.append(ConnectionFailed(fault))

    def _fail_stream(self, fault: Fault) -> None:
        stream = self.streams.live.get(fault.stream)
        if stream is not None:
            self.move(stream, RESET_SENT)
        else:
            state = self.streams.state(fault.stream)
            if state is RESET_SENT:
                return  # the one error that is reported for a stream has been reported (§5.4)
            if state is IDLE or state is SKIPPED:
                # a stream that was never used cannot be reset (§6.4)
                self._fail(connection_error(fault.code, fault.requirement, fault.reason))
                return
            self.streams.reset_closed(fault.stream)
        self.write(RstStream(fault.stream, fault.code))
        self.notices.append(StreamFailed(fault.stream, fault))


def _octets(frame: AnyFrame) -> bytes:
    try:
        return encode(frame)
    except ValueError as error:
        raise IllegalSend("RFC9113-4.1-07", str(error)) from None


@lru_cache(ANNOUNCEMENTS)
def _settings_octets(values: SettingPairs) -> bytes:
    return _octets(Settings(values))


@lru_cache(ANNOUNCEMENTS)
def _goaway_octets(last: int, code: int, debug: bytes) -> bytes:
    return _octets(GoAway(last, code, debug))
