"""What one endpoint can hold after a prefix of its own frames and a prefix of its peer's.

A view is a function of the two prefixes alone, in whatever order they were folded in: sums are
never clipped, closed streams are facts, acknowledgments are counts. Late delivery rests on that
(a test folds prefixes in all orders). It knows what can happen to an endpoint; which frame makes
what happen is for `effects` to say, and whether a frame is legal for the rules. What the peer does
can be undone.
"""

from collections.abc import Iterator
from itertools import islice
from struct import Struct
from typing import Final

from h2proof.oracle.replay.grids import IDLE, SKIPPED
from h2proof.oracle.replay.sent import Sent
from h2proof.oracle.replay.settings import (
    ANY_VALUE,
    HEADER_TABLE_SIZE,
    INITIAL,
    INITIAL_WINDOW_SIZE,
    RANGES,
    TABLE_SIZE_DEFAULT,
    UNLIMITED,
    UNSAID,
    WINDOW_DEFAULT,
    WINDOW_MAX,
    Settings,
    in_range,
)
from h2proof.oracle.replay.streams import (
    CLOSED,
    GOT_END,
    OPENED,
    RESERVED,
    SENT_END,
    Stream,
    Target,
    Tombs,
    state_of,
)
from h2proof.oracle.replay.undo import Undo
from h2proof.sim.trace import Sender

UNKNOWN_STATE: Final = -1


class View:
    """One endpoint, as far as frames show it."""

    __slots__ = (
        "_undo",
        "acks_got",
        "acks_sent",
        "answered",
        "answered_event",
        "blind",
        "block_stream",
        "client",
        "counting",
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
        "tombs",
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
        self.tombs = Tombs()
        """Those that are."""
        self.high_mine = self.high_theirs = 0
        """The highest identifier that either side has opened or reserved."""
        self.high_event_mine = self.high_event_theirs = -1
        self.promised: dict[int, None] = {}
        """The peer's promised streams that are not closed."""
        self.counting: dict[int, None] = {}
        """Own streams that count against the peer's limit."""
        self.own_settings: dict[int, tuple[int, int]] = {}
        """Identifier → value and event, as last sent."""
        self.peer_settings = dict(INITIAL)
        """The same, as last delivered, or as they are at the start."""
        self.settings_sent: list[tuple[int, Settings]] = []
        self.settings_got: list[tuple[int, Settings]] = []
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
        self.table_size = TABLE_SIZE_DEFAULT
        """The table size the own encoder chose last."""
        self.table_limit_acked = TABLE_SIZE_DEFAULT
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
        self._undo: Undo | None = None
        """What is remembered of the deliveries of a search."""

    # -- questions --

    def is_mine(self, stream: int) -> bool:
        """True if this endpoint is the one that may initiate the stream."""
        return bool(stream & 1) == self.client

    def state(self, stream: int) -> int:
        """The state of a stream above 0, as `grids` numbers them; UNKNOWN_STATE if not known."""
        mine = self.is_mine(stream)
        facts = self.facts(stream)
        if facts:
            return state_of(facts, mine=mine)
        if self.blind:
            return UNKNOWN_STATE
        return IDLE if stream > (self.high_mine if mine else self.high_theirs) else SKIPPED

    def facts(self, stream: int) -> int:
        """What is known of a stream; 0 for one that was never used."""
        live = self.streams.get(stream)
        return self.tombs.facts(stream) if live is None else live.facts

    def stops(self, stream: int) -> tuple[int, int]:
        """The own event and the peer's event that ended or reset a stream; -1 where none did."""
        live = self.streams.get(stream)
        return self.tombs.stops(stream) if live is None else (live.stop, live.peer_stop)

    def setting(self, identifier: int) -> int:
        """The value of the peer that was delivered last, or the initial one."""
        return self.peer_settings.get(identifier, UNSAID)[0]

    def setting_event(self, identifier: int) -> int:
        """The event of that value; -1 for an initial one."""
        return self.peer_settings.get(identifier, UNSAID)[1]

    @property
    def active(self) -> int:
        """Own streams that are open or half-closed."""
        return len(self.counting)

    def active_streams(self, count: int) -> Iterator[Stream]:
        """Up to so many of them, the oldest first."""
        return (self.streams[stream] for stream in islice(self.counting, count))

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

    def answers_without_content(self, live: Stream, status: int | None) -> bool:
        """True if this head of a message is defined to have no content behind it."""
        if self.client:
            return False
        return live.method == b"HEAD" or status in (204, 304)

    # -- what the endpoint does --

    def start_upgraded(self, method: bytes | None, settings: bytes) -> None:
        """Stream 1 is the request that was upgraded, half-closed from the start (RFC 7540 §3.2).

        Its HTTP2-Settings are in force from the start and are not acknowledged.
        """
        values = {
            identifier: (value, -1)
            for identifier, value in Struct(">HL").iter_unpack(settings[: len(settings) // 6 * 6])
            if in_range(identifier, value)
        }
        if self.client:
            live = self.open_own(1, OPENED | SENT_END, -1)
            live.heads, live.final = 1, True
            self.own_settings.update(values)
            self.window_start = values.get(INITIAL_WINDOW_SIZE, (WINDOW_DEFAULT, -1))[0]
        else:
            live = self.open_theirs(1, OPENED | GOT_END, -1)
            self.peer_settings.update(values)
            self.table_limit_acked = self.setting(HEADER_TABLE_SIZE)
        live.method = method

    def open_own(self, stream: int, facts: int, event: int) -> Stream:
        """A new stream of its own, opened or promised."""
        live = self.streams[stream] = Stream(stream, facts, event)
        self.high_mine, self.high_event_mine = stream, event
        if facts & OPENED:
            self.counting[stream] = None
            if self.prioritized:
                self.prioritized.pop(stream, None)
        return live

    def fulfil(self, live: Stream) -> None:
        """The own promised stream is used."""
        live.facts |= OPENED
        self.counting[live.id] = None

    def answer(self, stream: int, event: int) -> None:
        """A response, or a part of it, is sent."""
        if stream & 1 and stream > self.answered:
            self.answered, self.answered_event = stream, event

    def end(self, live: Stream, event: int) -> None:
        """END_STREAM on a stream that is not closed."""
        live.facts |= SENT_END
        if live.stop < 0:
            live.stop = event
        if CLOSED[live.facts]:
            self._bury(live)

    def stop(self, stream: int, fact: int, event: int) -> None:
        """END_STREAM or RST_STREAM on any stream."""
        live = self.streams.get(stream)
        if live is None:
            self._note_on_tomb(stream, fact)
            return
        live.facts |= fact
        if live.stop < 0:
            live.stop = event
        if CLOSED[live.facts]:
            self._bury(live)

    def set_own(self, settings: Settings, event: int) -> None:
        """SETTINGS."""
        self.settings_sent.append((event, settings))
        for identifier, value in settings:
            self.own_settings[identifier] = value, event
            if identifier == INITIAL_WINDOW_SIZE and value <= WINDOW_MAX:
                self.window_start = value

    def acknowledge(self, event: int) -> None:
        """An acknowledgment of the next SETTINGS."""
        if self.acks_sent >= len(self.settings_got):
            return
        _, values = self.settings_got[self.acks_sent]
        self.acks_sent += 1
        for identifier, value in values:
            if identifier != HEADER_TABLE_SIZE:
                continue
            self.table_limit_acked = value
            if value < min(self.table_size, UNLIMITED if self.due is None else self.due):
                self.due, self.due_event = value, event

    def answer_ping(self, opaque: bytes) -> None:
        """An acknowledgment of a PING."""
        owed, event = self.pings_owed.get(opaque, (0, -1))
        if owed > 1:
            self.pings_owed[opaque] = owed - 1, event
        else:
            self.pings_owed.pop(opaque, None)

    def go_away(self, last: int, code: int, event: int) -> None:
        """GOAWAY."""
        if self.goaway_sent is None or last <= self.goaway_sent[1]:
            self.goaway_sent = event, last, code

    def grant(self, live: Stream, octets: int) -> None:
        """Credit for a stream."""
        live.granted += octets
        self.generous[live.id] = None

    # -- what its peer does --

    def begin_undo(self) -> None:
        """From here on what the peer does is remembered."""
        self._undo = Undo(self)

    def commit(self) -> None:
        """It stands."""
        self._undo = None

    def undo(self) -> None:
        """Take back what the peer did since `begin_undo`."""
        undo, self._undo = self._undo, None
        if undo is not None:
            undo.take_back()

    def open_theirs(self, stream: int, facts: int, event: int) -> Stream:
        """A new stream of the peer's, opened or promised."""
        if self._undo is not None:
            self._undo.entry(self.streams, stream)
        live = self.streams[stream] = Stream(stream, facts, event)
        self.high_theirs, self.high_event_theirs = stream, event
        if facts & RESERVED:
            if self._undo is not None:
                self._undo.entry(self.promised, stream)
            self.promised[stream] = None
        if stream in self.spoken:
            live.heads, live.final = 1, True
        return live

    def got_promise(self, stream: int, event: int) -> None:
        """A stream is promised to this client."""
        if stream > self.high_theirs:
            self.open_theirs(stream, RESERVED | SENT_END, event)

    def got_promised_request(self, stream: int, method: bytes | None, target: Target) -> None:
        """What is promised on a stream."""
        live = self.streams.get(stream)
        if live is not None and live.method is None:
            if self._undo is not None:
                self._undo.stream(live)
            live.method, live.target = method, target

    def got_request(self, stream: int, event: int) -> None:
        """HEADERS of a client on a new stream, which may be the peer's or nobody's."""
        if stream > self.high_theirs and stream & 1 and not self.blind and not self.client:
            self.open_theirs(stream, OPENED, event)

    def got_opening(self, live: Stream) -> None:
        """HEADERS on a promised stream: the response begins."""
        if self._undo is not None:
            self._undo.stream(live)
        live.facts |= OPENED

    def got_method(self, live: Stream, method: bytes | None, *, websocket: bool = False) -> None:
        """What a request asks for."""
        if self._undo is not None:
            self._undo.stream(live)
        live.method, live.websocket = method, websocket

    def got_tunnel(self, live: Stream) -> None:
        """CONNECT is answered with success."""
        if self._undo is not None:
            self._undo.stream(live)
        live.tunnel = True

    def got_data(self, stream: int, octets: int) -> None:
        """DATA, padding included."""
        self.granted -= octets
        live = self.streams.get(stream)
        if live is not None:
            if self._undo is not None:
                self._undo.stream(live)
            live.granted -= octets

    def got_stop(self, stream: int, fact: int, event: int) -> None:
        """END_STREAM or RST_STREAM."""
        live = self.streams.get(stream)
        if live is None:
            self._note_on_tomb(stream, fact)
            return
        if self._undo is not None:
            self._undo.stream(live)
        live.facts |= fact
        if live.peer_stop < 0:
            live.peer_stop = event
        if CLOSED[live.facts]:
            self._bury(live)

    def got_settings(self, settings: Settings, event: int) -> None:
        """SETTINGS."""
        if self._undo is not None:
            self._undo.end(self.settings_got)
        self.settings_got.append((event, settings))
        for identifier, value in settings:
            low, high = RANGES.get(identifier, ANY_VALUE)
            if low <= value <= high:
                if self._undo is not None:
                    self._undo.entry(self.peer_settings, identifier)
                self.peer_settings[identifier] = value, event

    def got_ping(self, opaque: bytes, event: int) -> None:
        """PING."""
        if self._undo is not None:
            self._undo.entry(self.pings_owed, opaque)
        owed, _ = self.pings_owed.get(opaque, (0, -1))
        self.pings_owed[opaque] = owed + 1, event

    def got_goaway(self, last: int, code: int, event: int) -> None:
        """GOAWAY."""
        if self.goaway_got is None:
            self.goaway_got = event, last, code

    def got_credit(self, stream: int, octets: int) -> None:
        """WINDOW_UPDATE."""
        if not stream:
            self.credit += octets
            return
        live = self.streams.get(stream)
        if live is not None:
            if self._undo is not None:
                self._undo.stream(live)
            live.credit += octets

    def mark(self, stream: int, event: int) -> None:
        """A violation names a stream: processed or ignored, it may be done."""
        if self._undo is not None:
            self._undo.entry(self.marks, stream)
        self.marks.setdefault(stream, event)
        if stream in self.counting:
            if self._undo is not None:
                self._undo.entry(self.counting, stream)
            del self.counting[stream]  # the most lenient count

    # -- closed streams --

    def _note_on_tomb(self, stream: int, fact: int) -> None:
        known = self.tombs.facts(stream)
        if known and not known & fact:
            if self._undo is not None:
                self._undo.tomb(self.tombs, stream)
            self.tombs.put(stream, known | fact)

    def _bury(self, live: Stream) -> None:
        stream, undo = live.id, self._undo
        if undo is not None:
            undo.tomb(self.tombs, stream)
            for table in (self.streams, self.counting, self.generous, self.promised):
                if stream in table:
                    undo.entry(table, stream)
        self.tombs.bury(live)
        del self.streams[stream]
        if stream in self.counting:
            del self.counting[stream]
        elif stream in self.promised:
            del self.promised[stream]
        if stream in self.generous:
            del self.generous[stream]

    # -- what is missing --

    def lose_sight(self) -> None:
        """From here the own state is not known: octets of this endpoint are missing."""
        self.blind = True
        self.streams.clear()
        self.counting.clear()
        self.generous.clear()
        self.promised.clear()
        self.tombs = Tombs()
        self.lock = self.due = self.block_stream = None
