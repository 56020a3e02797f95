"""What one endpoint can hold after a prefix of its own frames and a prefix of its peer's.

A view is a function of the two prefixes alone, in whatever order they were folded in: sums are
never clipped, closed streams are facts, acknowledgments are counts. Late delivery rests on that
(a test folds prefixes in all orders). `send` and `deliver` take a frame as if it were legal, apart
from what a proven violation may not do; deliveries can be undone. Whether a frame is legal is for
the rules to say.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from struct import Struct
from typing import Any, Final

from h2proof.oracle.replay.grids import IDLE, SKIPPED
from h2proof.oracle.replay.sent import (
    CONTINUATION,
    DATA,
    GOAWAY,
    HEADERS,
    HOLE,
    PING,
    PRIORITY_UPDATE,
    PUSH_PROMISE,
    RIGHT,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    WRONG_ON_CONNECTION,
    Section,
    Sent,
)
from h2proof.oracle.replay.streams import (
    GOT_END,
    GOT_RESET,
    OPENED,
    RESERVED,
    SENT_END,
    SENT_RESET,
    Stream,
    Target,
    Tombs,
    is_closed,
    state_of,
)
from h2proof.sim.trace import Sender

WINDOW_DEFAULT: Final = 65_535
WINDOW_MAX: Final = 0x7FFFFFFF
UNKNOWN_STATE: Final = -1
UNLIMITED: Final = 1 << 62
_SUCCESS: Final = range(200, 300)

HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE = 1, 2, 3, 4
MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE = 5, 6
ENABLE_CONNECT_PROTOCOL, NO_RFC7540_PRIORITIES = 8, 9

DEFAULTS: Final = {
    HEADER_TABLE_SIZE: 4096,
    ENABLE_PUSH: 1,
    MAX_CONCURRENT_STREAMS: UNLIMITED,
    INITIAL_WINDOW_SIZE: WINDOW_DEFAULT,
    MAX_FRAME_SIZE: 16_384,
    MAX_HEADER_LIST_SIZE: UNLIMITED,
    ENABLE_CONNECT_PROTOCOL: 0,
    NO_RFC7540_PRIORITIES: 0,
}
"""Initial values (RFC 9113 §6.5.2, RFC 8441 §3, RFC 9218 §2.1)."""

RANGES: Final = {
    ENABLE_PUSH: (0, 1),
    INITIAL_WINDOW_SIZE: (0, WINDOW_MAX),
    MAX_FRAME_SIZE: (16_384, 16_777_215),
    ENABLE_CONNECT_PROTOCOL: (0, 1),
    NO_RFC7540_PRIORITIES: (0, 1),
}
"""What a value may be; a setting that is not here may have any."""


def in_range(identifier: int, value: int) -> bool:
    """True if the setting may have this value."""
    low, high = RANGES.get(identifier, (0, 0xFFFFFFFF))
    return low <= value <= high


class View:
    """One endpoint, as far as frames show it."""

    __slots__ = (
        "_active",
        "_log",
        "acks_got",
        "acks_sent",
        "answered",
        "answered_event",
        "blind",
        "block_stream",
        "client",
        "credit",
        "due",
        "due_event",
        "first_event",
        "generous",
        "goaway_got",
        "goaway_sent",
        "granted",
        "high_event_mine",
        "high_event_theirs",
        "high_mine",
        "high_theirs",
        "holed",
        "in_the_clear",
        "lock",
        "marked",
        "marks",
        "own_settings",
        "peer_settings",
        "pings_owed",
        "preface_due",
        "prefaced",
        "prioritized",
        "promised",
        "role",
        "settings_got",
        "settings_sent",
        "spoken",
        "streams",
        "table_limit_acked",
        "table_size",
        "tombs_mine",
        "tombs_theirs",
        "window_start",
    )

    def __init__(self, role: Sender) -> None:
        self.role: Sender = role
        self.client = role == "client"
        self.blind = False
        """Its state is not known: the capture joined late, or octets of its own are missing."""
        self.prefaced = False
        """The start of the connection was seen, prefaces included."""
        self.preface_due = True
        """The client's 24 octets have not come yet; only meant where `prefaced`."""
        self.first_event = -1
        """Its first frame."""
        self.streams: dict[int, Stream] = {}
        """The streams that are not closed."""
        self.tombs_mine, self.tombs_theirs = Tombs(), Tombs()
        self.high_mine = self.high_theirs = 0
        """The highest identifier that either side has opened or reserved."""
        self.high_event_mine = self.high_event_theirs = -1
        self.promised: dict[int, None] = {}
        """The peer's promised streams that are not closed."""
        self._active: dict[int, None] = {}
        """Own streams that count against the peer's limit."""
        self.own_settings: dict[int, tuple[int, int]] = {}
        """Identifier → value and event, as last sent."""
        self.peer_settings: dict[int, tuple[int, int]] = {}
        """The same, as last delivered."""
        self.settings_sent: list[tuple[int, tuple[tuple[int, int], ...]]] = []
        self.settings_got: list[tuple[int, tuple[tuple[int, int], ...]]] = []
        """Every SETTINGS frame, acknowledgments aside: event and values."""
        self.acks_sent = self.acks_got = 0
        self.pings_owed: dict[bytes, tuple[int, int]] = {}
        """Payload → how often delivered less how often sent back, and the latest event."""
        self.credit = 0
        """Connection window of the peer: WINDOW_UPDATE delivered less DATA sent."""
        self.granted = 0
        """Own connection window: WINDOW_UPDATE sent less DATA delivered."""
        self.window_start = WINDOW_DEFAULT
        """The INITIAL_WINDOW_SIZE sent last."""
        self.goaway_sent: tuple[int, int, int] | None = None
        """Event, last stream and code of the latest one."""
        self.goaway_got: tuple[int, int, int] | None = None
        """The same of the first one delivered."""
        self.lock: Sent | None = None
        """The own frame whose field block is not complete."""
        self.block_stream: Stream | None = None
        """The stream on which that block is."""
        self.table_size = DEFAULTS[HEADER_TABLE_SIZE]
        """The table size the own encoder chose last."""
        self.table_limit_acked = DEFAULTS[HEADER_TABLE_SIZE]
        """The peer's HEADER_TABLE_SIZE that was acknowledged last."""
        self.due: int | None = None
        """The own next block has to begin with a size update not above this."""
        self.due_event = -1
        self.marked = -1
        """The peer's violation with connection scope that was delivered first."""
        self.marks: dict[int, int] = {}
        """Streams that a delivered violation names."""
        self.holed = -1
        """Frames of the peer are missing from here."""
        self.answered = 0
        """The highest stream of the peer on which this endpoint has sent a response."""
        self.answered_event = -1
        self.in_the_clear = False
        """The connection is known not to be under TLS."""
        self.generous: dict[int, None] = {}
        """Streams for which this endpoint has sent credit."""
        self.spoken: dict[int, None] = {}
        """Streams on which an own message began before they were there: an excused answer."""
        self.prioritized: dict[int, None] = {}
        """Own idle streams that a PRIORITY_UPDATE named."""
        self._log: list[tuple[Callable[..., object], tuple[Any, ...]]] | None = None

    # -- questions --

    def is_mine(self, stream: int) -> bool:
        """True if this endpoint is the one that may initiate the stream."""
        return bool(stream & 1) == self.client

    def state(self, stream: int) -> int:
        """The state of a stream above 0, as `grids` numbers them; UNKNOWN_STATE if not known."""
        live = self.streams.get(stream)
        mine = self.is_mine(stream)
        if live is not None:
            return state_of(live.facts, mine=mine)
        facts = (self.tombs_mine if mine else self.tombs_theirs).facts(stream)
        if facts:
            return state_of(facts, mine=mine)
        if self.blind:
            return UNKNOWN_STATE
        return IDLE if stream > (self.high_mine if mine else self.high_theirs) else SKIPPED

    def facts(self, stream: int) -> int:
        """What is known of a stream; 0 for one that was never used."""
        live = self.streams.get(stream)
        if live is not None:
            return live.facts
        return (self.tombs_mine if self.is_mine(stream) else self.tombs_theirs).facts(stream)

    def stops(self, stream: int) -> tuple[int, int]:
        """The own event and the peer's event that ended or reset a stream; -1 where none did."""
        live = self.streams.get(stream)
        if live is not None:
            return live.stop, live.peer_stop
        return (self.tombs_mine if self.is_mine(stream) else self.tombs_theirs).stops(stream)

    def setting(self, identifier: int) -> int:
        """The value of the peer that was delivered last, or the initial one."""
        got = self.peer_settings.get(identifier)
        return DEFAULTS.get(identifier, 0) if got is None else got[0]

    def setting_event(self, identifier: int) -> int:
        """The event of that value; -1 for an initial one."""
        got = self.peer_settings.get(identifier)
        return -1 if got is None else got[1]

    @property
    def active(self) -> int:
        """Own streams that are open or half-closed."""
        return len(self._active)

    def active_streams(self, count: int) -> Iterator[Stream]:
        """Up to so many of them, the oldest first."""
        return (self.streams[stream] for stream in islice(self._active, count))

    @property
    def window(self) -> int:
        """Octets that the connection window of the peer leaves."""
        return WINDOW_DEFAULT + self.credit

    def stream_window(self, stream: Stream) -> int:
        """Octets that the peer's window on a stream leaves; may be negative."""
        return self.setting(INITIAL_WINDOW_SIZE) + stream.credit

    def table_limit(self) -> int:
        """The most that the peer's HEADER_TABLE_SIZE allows.

        A value counts from its acknowledgment on (RFC 9113 §4.3.1), a higher one may be used as
        soon as it was delivered: its sender cannot tell.
        """
        limit = self.table_limit_acked
        for _, values in self.settings_got[self.acks_sent :]:
            for identifier, value in values:
                if identifier == HEADER_TABLE_SIZE:
                    limit = max(limit, value)
        return limit

    # -- deliveries can be undone --

    def begin_undo(self) -> None:
        """From here deliveries are remembered."""
        self._log = []

    def commit(self) -> None:
        """The deliveries stand."""
        self._log = None

    def undo(self) -> None:
        """Take back the deliveries since `begin_undo`."""
        log, self._log = self._log, None
        for revert, arguments in reversed(log or ()):
            revert(*arguments)

    def _set(self, target: Any, name: str, value: Any) -> None:
        if self._log is not None:
            self._log.append((setattr, (target, name, getattr(target, name))))
        setattr(target, name, value)

    def _put(self, target: dict[Any, Any], key: Any, value: Any) -> None:
        if self._log is not None:
            if key in target:
                self._log.append((target.__setitem__, (key, target[key])))
            else:
                self._log.append((target.pop, (key,)))
        target[key] = value

    def _drop(self, target: dict[Any, Any], key: Any) -> None:
        if key in target:
            if self._log is not None:
                self._log.append((target.__setitem__, (key, target[key])))
            del target[key]

    def _append(self, target: list[Any], value: Any) -> None:
        if self._log is not None:
            self._log.append((target.pop, ()))
        target.append(value)

    # -- streams --

    def _note(self, stream: int, facts: int, event: int, *, peer: bool) -> None:
        """Add facts to a stream, and bury it if that closes it."""
        live = self.streams.get(stream)
        if live is None:
            self._note_on_tomb(stream, facts)
            return
        stop = "peer_stop" if peer else "stop"
        fresh = getattr(live, stop) < 0
        if self._log is not None:
            self._set(live, "facts", live.facts | facts)
            if fresh:
                self._set(live, stop, event)
        else:  # the same, for every stream comes here twice
            live.facts |= facts
            if fresh:
                setattr(live, stop, event)
        if is_closed(live.facts):
            self._bury(live)

    def _note_on_tomb(self, stream: int, facts: int) -> None:
        tombs = self.tombs_mine if self.is_mine(stream) else self.tombs_theirs
        known = tombs.facts(stream)
        if known and known | facts != known:
            if self._log is not None:
                self._log.append((tombs.put, (stream, known)))
            tombs.put(stream, known | facts)

    def _bury(self, live: Stream) -> None:
        tombs = self.tombs_mine if self.is_mine(live.id) else self.tombs_theirs
        if self._log is not None:
            self._log.append((tombs.put, (live.id, 0)))
        tombs.bury(live)
        self._drop(self.streams, live.id)
        self._drop(self._active, live.id)
        self._drop(self.generous, live.id)
        self._drop(self.promised, live.id)

    def _open(self, stream: int, facts: int, event: int) -> Stream:
        live = Stream(stream, facts, event)
        if stream in self.spoken:
            live.heads, live.final = 1, True
        self._put(self.streams, stream, live)
        if self.is_mine(stream):
            self._set(self, "high_mine", stream)
            self._set(self, "high_event_mine", event)
            if facts & OPENED:
                self._put(self._active, stream, None)
        else:
            self._set(self, "high_theirs", stream)
            self._set(self, "high_event_theirs", event)
            if facts & RESERVED:
                self._put(self.promised, stream, None)
        return live

    def start_upgraded(self, method: bytes | None, settings: bytes) -> None:
        """Stream 1 is the request that was upgraded, half-closed from the start (RFC 7540 §3.2).

        Its HTTP2-Settings are in force from the start and are not acknowledged.
        """
        end = SENT_END if self.client else GOT_END
        live = self._open(1, OPENED | end, -1)
        live.method = method
        live.heads = int(self.client)
        live.final = self.client
        values = {
            identifier: (value, -1)
            for identifier, value in Struct(">HL").iter_unpack(settings[: len(settings) // 6 * 6])
            if in_range(identifier, value)
        }
        if self.client:
            self.own_settings.update(values)
            self.window_start = values.get(INITIAL_WINDOW_SIZE, (WINDOW_DEFAULT, -1))[0]
        else:
            self.peer_settings.update(values)
            self.table_limit_acked = self.setting(HEADER_TABLE_SIZE)

    # -- own frames --

    def send(self, sent: Sent) -> None:
        """Take an own frame, as if it were legal."""
        if self.first_event < 0:
            self.first_event = sent.event
        if sent.fault is None:
            take = _SEND.get(sent.type)
            if take is not None:
                take(self, sent)

    def end_own(self, live: Stream, event: int) -> None:
        """The own END_STREAM on a stream that is not closed."""
        self._note(live.id, SENT_END, event, peer=False)

    def _send_data(self, sent: Sent) -> None:
        self.credit -= sent.length
        live = self.streams.get(sent.stream)
        if live is not None:
            live.credit -= sent.length
            if sent.content < 0:
                live.announced = -1
            live.octets += sent.content
        if sent.ends_stream:
            self._note(sent.stream, SENT_END, sent.event, peer=False)

    def _send_headers(self, sent: Sent) -> None:
        stream = sent.stream
        live = self.streams.get(stream)
        if live is None and self.client and stream & 1 and stream > self.high_mine:
            if not self.blind:
                live = self._open(stream, OPENED, sent.event)
                self.prioritized.pop(stream, None)
        elif live is not None and not live.facts & OPENED and self.is_mine(stream):
            self._fulfil(live)
        elif live is None and not self.is_mine(stream):
            self.spoken[stream] = None
        self.block_stream = live
        if sent.ends_headers:
            self._send_section(sent)
        else:
            self.lock = sent
        if sent.ends_stream:
            self._note(stream, SENT_END, sent.event, peer=False)

    def _fulfil(self, live: Stream) -> None:
        """The own promised stream is used."""
        live.facts |= OPENED
        self._active[live.id] = None

    def open_own(self, stream: int, method: bytes, length: int, event: int) -> Stream:
        """A client's plain request, its field block whole; `length` is its content's, or -1."""
        live = self._open(stream, OPENED, event)
        self.prioritized.pop(stream, None)
        live.heads, live.method, live.final, live.announced = 1, method, True, length
        return live

    def answer(self, live: Stream, status: int, length: int, event: int) -> None:
        """A server's plain final response, likewise, to a request that is not CONNECT."""
        if not live.facts & OPENED:
            self._fulfil(live)
        self._answered(live.id, event)
        live.heads += 1
        live.final = True
        live.announced = 0 if self.answers_without_content(live, status) else length

    def _answered(self, stream: int, event: int) -> None:
        if stream & 1 and stream > self.answered:
            self.answered, self.answered_event = stream, event

    def _send_continuation(self, sent: Sent) -> None:
        if self.lock is None or self.lock.stream != sent.stream or not sent.ends_headers:
            return
        self.lock = None
        self._send_section(sent)

    def _send_section(self, sent: Sent) -> None:
        """The own field block is complete."""
        self.due, section = None, sent.section
        if section is None:
            return
        if section.updates:
            self.table_size = section.updates[-1]
        live, self.block_stream = self.block_stream, None
        if section.promises:
            promised = self.streams.get(section.opener.value)
            if promised is not None:
                promised.method, promised.target = section.method, section.target
            return
        if not self.client:
            self._answered(sent.stream, sent.event)
        if live is None:
            return
        live.heads += 1
        if self.client and live.heads == 1:
            live.method, live.websocket = section.method, section.protocol == b"websocket"
        live.links += section.links
        if live.final:
            return
        if self.client or section.status is None or section.status >= 200:
            live.final = True
            live.announced = -1 if section.length is None else section.length
            if self.answers_without_content(live, section.status):
                live.announced = 0
            elif not self.client and live.method == b"CONNECT" and section.status in _SUCCESS:
                live.announced, live.tunnel = -1, True

    def answers_without_content(self, live: Stream, status: int | None) -> bool:
        """True if this head of a message is defined to have no content behind it."""
        if self.client:
            return False
        return live.method == b"HEAD" or status in (204, 304)

    def _send_rst_stream(self, sent: Sent) -> None:
        self._note(sent.stream, SENT_RESET, sent.event, peer=False)

    def _send_settings(self, sent: Sent) -> None:
        if sent.is_ack:
            self.acknowledge(sent.event)
        else:
            self.set_own(sent.settings, sent.event)

    def set_own(self, settings: tuple[tuple[int, int], ...], event: int) -> None:
        """Own SETTINGS."""
        self.settings_sent.append((event, settings))
        for identifier, value in settings:
            self.own_settings[identifier] = value, event
            if identifier == INITIAL_WINDOW_SIZE and value <= WINDOW_MAX:
                self.window_start = value

    def acknowledge(self, event: int) -> None:
        """The own acknowledgment of the next SETTINGS."""
        if self.acks_sent >= len(self.settings_got):
            return
        _, values = self.settings_got[self.acks_sent]
        self.acks_sent += 1
        for identifier, value in values:
            if identifier != HEADER_TABLE_SIZE:
                continue
            self.table_limit_acked = value
            if value < min(self.table_size, self._due_or_max()):
                self.due, self.due_event = value, event

    def _due_or_max(self) -> int:
        return UNLIMITED if self.due is None else self.due

    def _send_push_promise(self, sent: Sent) -> None:
        promised = sent.value
        if not self.client and promised and not promised & 1 and promised > self.high_mine:
            self.promise(promised, sent.event)
        self.block_stream = self.streams.get(sent.stream)
        if sent.ends_headers:
            self._send_section(sent)
        else:
            self.lock = sent

    def promise(self, stream: int, event: int) -> Stream:
        """A server's stream is promised; what on it is for the field block to tell."""
        return self._open(stream, RESERVED | GOT_END, event)

    def _send_ping(self, sent: Sent) -> None:
        if sent.is_ack:
            self.answer_ping(sent.opaque)

    def answer_ping(self, opaque: bytes) -> None:
        """The own acknowledgment of a PING."""
        owed, event = self.pings_owed.get(opaque, (0, -1))
        if owed > 1:
            self.pings_owed[opaque] = owed - 1, event
        else:
            self.pings_owed.pop(opaque, None)

    def _send_goaway(self, sent: Sent) -> None:
        if self.goaway_sent is None or sent.value <= self.goaway_sent[1]:
            self.goaway_sent = sent.event, sent.value, sent.code

    def _send_window_update(self, sent: Sent) -> None:
        if not sent.stream:
            self.granted += sent.value
            return
        live = self.streams.get(sent.stream)
        if live is not None:
            self.grant(live, sent.value)

    def grant(self, live: Stream, octets: int) -> None:
        """Own credit for a stream."""
        live.granted += octets
        self.generous[live.id] = None

    def _send_priority_update(self, sent: Sent) -> None:
        named = sent.value
        if self.client and named & 1 and named > self.high_mine:
            self.prioritized[named] = None

    # -- frames of the peer --

    def deliver(self, sent: Sent) -> None:
        """Take a frame of the peer, as if it were legal but for what a violation may not do."""
        if sent.wrong != RIGHT:
            self._mark(sent)
        if sent.type == HOLE:
            if self.holed < 0:
                self._set(self, "holed", sent.event)
        elif sent.fault is None:
            take = _DELIVER.get(sent.type)
            if take is not None:
                take(self, sent)

    def _mark(self, sent: Sent) -> None:
        if sent.wrong == WRONG_ON_CONNECTION:
            if self.marked < 0:
                self._set(self, "marked", sent.event)
            return
        for stream in named_streams(sent):
            if stream not in self.marks:
                self._put(self.marks, stream, sent.event)
            # processed or ignored, it may be done: the most lenient count
            self._drop(self._active, stream)

    def _may_change(self, sent: Sent) -> bool:
        """False for a violation on a stream that this endpoint initiated."""
        return sent.wrong == RIGHT or not self.is_mine(sent.stream)

    def _deliver_data(self, sent: Sent) -> None:
        self.got_data(sent.stream, sent.length)
        if sent.ends_stream and self._may_change(sent):
            self.got_end(sent.stream, sent.event)

    def got_data(self, stream: int, octets: int) -> None:
        """DATA of the peer, padding included."""
        self._set(self, "granted", self.granted - octets)
        live = self.streams.get(stream)
        if live is not None:
            self._set(live, "granted", live.granted - octets)

    def got_end(self, stream: int, event: int) -> None:
        """END_STREAM of the peer."""
        self._note(stream, GOT_END, event, peer=True)

    def got_request(self, stream: int, method: bytes, event: int) -> None:
        """A client's plain request on a new stream."""
        if stream > self.high_theirs and not self.blind:
            self._set(self._open(stream, OPENED, event), "method", method)

    def _deliver_headers(self, sent: Sent) -> None:
        stream = sent.stream
        if not self._may_change(sent):
            return
        live = self.streams.get(stream)
        if live is None and not self.client and stream & 1 and stream > self.high_theirs:
            if not self.blind:
                self._open(stream, OPENED, sent.event)
        elif live is not None:
            self._got_first_head(live)
        if sent.section is not None:
            self._read_section(sent.section, sent)
        if sent.ends_stream:
            self.got_end(stream, sent.event)

    def _got_first_head(self, live: Stream) -> None:
        """HEADERS of the peer; on a promised stream they begin the response."""
        if not live.facts & OPENED and not self.is_mine(live.id):
            self._set(live, "facts", live.facts | OPENED)

    def got_response(self, stream: int) -> None:
        """A server's plain final response to a request that is not CONNECT."""
        live = self.streams.get(stream)
        if live is not None:
            self._got_first_head(live)

    def _deliver_continuation(self, sent: Sent) -> None:
        if sent.section is not None and self._may_change(sent):
            self._read_section(sent.section, sent)

    def _read_section(self, section: Section, sent: Sent) -> None:
        """What the peer's block says about the stream, if it is still there."""
        if section.promises:
            self.got_promised_request(section.opener.value, section.method, section.target)
            return
        live = self.streams.get(sent.stream)
        if live is None:
            return
        if not self.client and live.method is None and section.method is not None:
            self._set(live, "method", section.method)
            self._set(live, "websocket", section.protocol == b"websocket")
        elif self.client and live.method == b"CONNECT" and section.status in _SUCCESS:
            self._set(live, "tunnel", True)

    def _deliver_rst_stream(self, sent: Sent) -> None:
        if self._may_change(sent):
            self._note(sent.stream, GOT_RESET, sent.event, peer=True)

    def _deliver_settings(self, sent: Sent) -> None:
        if sent.is_ack:
            self.got_acknowledgment()
        else:
            self.got_settings(sent.settings, sent.event)

    def got_acknowledgment(self) -> None:
        """SETTINGS ACK of the peer."""
        self._set(self, "acks_got", self.acks_got + 1)

    def got_settings(self, settings: tuple[tuple[int, int], ...], event: int) -> None:
        """SETTINGS of the peer."""
        self._append(self.settings_got, (event, settings))
        for identifier, value in settings:
            if in_range(identifier, value):
                self._put(self.peer_settings, identifier, (value, event))

    def _deliver_push_promise(self, sent: Sent) -> None:
        promised = sent.value
        if self.client and promised and not promised & 1:
            self.got_promise(promised, sent.event)
        if sent.section is not None:
            self._read_section(sent.section, sent)

    def got_promise(self, stream: int, event: int) -> None:
        """A stream is promised to this client."""
        if stream > self.high_theirs:
            self._open(stream, RESERVED | SENT_END, event)

    def got_promised_request(self, stream: int, method: bytes | None, target: Target) -> None:
        """What is promised on a stream."""
        live = self.streams.get(stream)
        if live is not None and live.method is None:
            self._set(live, "method", method)
            self._set(live, "target", target)

    def _deliver_ping(self, sent: Sent) -> None:
        if not sent.is_ack:
            self.got_ping(sent.opaque, sent.event)

    def got_ping(self, opaque: bytes, event: int) -> None:
        """A PING of the peer."""
        owed, _ = self.pings_owed.get(opaque, (0, -1))
        self._put(self.pings_owed, opaque, (owed + 1, event))

    def _deliver_goaway(self, sent: Sent) -> None:
        if self.goaway_got is None:
            self._set(self, "goaway_got", (sent.event, sent.value, sent.code))

    def _deliver_window_update(self, sent: Sent) -> None:
        self.got_credit(sent.stream, sent.value)

    def got_credit(self, stream: int, octets: int) -> None:
        """WINDOW_UPDATE of the peer."""
        target = self.streams.get(stream) if stream else self
        if target is not None:
            self._set(target, "credit", target.credit + octets)

    # -- what is missing --

    def lose_sight(self) -> None:
        """From here the own state is not known: octets of this endpoint are missing."""
        self.blind = True
        self.streams.clear()
        self._active.clear()
        self.generous.clear()
        self.promised.clear()
        self.tombs_mine, self.tombs_theirs = Tombs(), Tombs()
        self.lock = self.due = self.block_stream = None


def named_streams(sent: Sent) -> tuple[int, ...]:
    """The streams that a frame names: in its header, and the promised or prioritized one."""
    if sent.type in (PUSH_PROMISE, PRIORITY_UPDATE):
        return sent.stream, sent.value
    return (sent.stream,)


_SEND: Final[dict[int, Callable[[View, Sent], None]]] = {
    DATA: View._send_data,
    HEADERS: View._send_headers,
    RST_STREAM: View._send_rst_stream,
    SETTINGS: View._send_settings,
    PUSH_PROMISE: View._send_push_promise,
    PING: View._send_ping,
    GOAWAY: View._send_goaway,
    WINDOW_UPDATE: View._send_window_update,
    CONTINUATION: View._send_continuation,
    PRIORITY_UPDATE: View._send_priority_update,
}

_DELIVER: Final[dict[int, Callable[[View, Sent], None]]] = {
    DATA: View._deliver_data,
    HEADERS: View._deliver_headers,
    RST_STREAM: View._deliver_rst_stream,
    SETTINGS: View._deliver_settings,
    PUSH_PROMISE: View._deliver_push_promise,
    PING: View._deliver_ping,
    GOAWAY: View._deliver_goaway,
    WINDOW_UPDATE: View._deliver_window_update,
    CONTINUATION: View._deliver_continuation,
}
