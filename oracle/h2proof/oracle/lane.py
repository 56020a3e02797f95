"""The clear lane: ordinary frames, taken as legal without asking any rule.

A frame that passes is looked at in the index alone; of a HEADERS the block is decoded, once. What
it does to its sender's view happens here, and it waits in the peer's inbox as a single number. The
lane makes no finding and knows no rule: whatever is not plainly ordinary is left to the rules as if
it had not been looked at. With the lane closed every verdict is the same; a test compares the two.

Where an ordinary frame shows that its sender must have had an ordinary frame of the peer, the lane
delivers up to that one, as the search of `delivery` would.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from h2proof.oracle.delivery import (
    ANY_SETTINGS,
    CARRIES,
    CREDITS,
    ENDS,
    OPENS,
    PINGS,
    PROMISES,
    SETS,
    VAIN_STEPS_EACH,
    lifting,
)
from h2proof.oracle.replay.reading import read
from h2proof.oracle.replay.sections import Lines, lines_of
from h2proof.oracle.replay.sent import (
    DATA,
    HEADERS,
    PING,
    PUSH_PROMISE,
    SETTINGS,
    WINDOW_UPDATE,
    Section,
    Sent,
)
from h2proof.oracle.replay.streams import (
    GOT_END,
    OPENED,
    RESERVED,
    RESETS,
    SENT_END,
    Stream,
    Target,
)
from h2proof.oracle.replay.view import (
    ENABLE_PUSH,
    HEADER_TABLE_SIZE,
    INITIAL_WINDOW_SIZE,
    MAX_CONCURRENT_STREAMS,
    MAX_HEADER_LIST_SIZE,
    WINDOW_DEFAULT,
    WINDOW_MAX,
    View,
)
from h2proof.sim.codec import STREAM_MAX
from h2proof.sim.fields import SAFE_AND_CACHEABLE
from h2proof.sim.frames import ACK, END_HEADERS, END_STREAM
from h2proof.sim.trace import NOTHING, Trace

if TYPE_CHECKING:
    from h2proof.oracle.party import Party

_FRAME_SIZE_MIN: Final = 16_384
_SETTINGS_MAX: Final = 96
"""Octets of a SETTINGS frame that may be ordinary."""
_MEMO_MAX: Final = 256
_MAY_SEND: Final = OPENED | SENT_END
_STARTS: Final = OPENED | RESERVED | SENT_END | RESETS
_METHODS: Final = (b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"PATCH")

# -- what waits: the place of a frame in the trace, and above all what its delivery does, as a code --

_CODE_BITS: Final = 5
_CODE: Final = (1 << _CODE_BITS) - 1
_DATA, _RESPONSE, _CREDIT, _ACK, _PING, _SETTINGS, _PROMISE, _REQUEST = 0, 2, 4, 6, 8, 10, 12, 16
"""Of DATA, responses and requests the next code says END_STREAM too; a request's says the method."""

_KEYS: Final[dict[int, tuple[int, ...]]] = {
    _DATA: (CARRIES,),
    _DATA + 1: (CARRIES, ENDS),
    _RESPONSE: (OPENS,),
    _RESPONSE + 1: (OPENS, ENDS),
    _ACK: (),
    _PING: (PINGS,),
    _PROMISE: (PROMISES,),
    **{_REQUEST + 2 * place: (OPENS,) for place in range(len(_METHODS))},
    **{_REQUEST + 2 * place + 1: (OPENS, ENDS) for place in range(len(_METHODS))},
}
"""What a waiting frame may lift; SETTINGS and WINDOW_UPDATE say it themselves."""

_OPENING: Final = frozenset(code for code in _KEYS if code >= _REQUEST)
_ENDING: Final = frozenset(code for code in _KEYS if code & 1)
_PINGING: Final = frozenset((_PING,))
_SETTING: Final = frozenset((_SETTINGS,))
_NONE: Final[frozenset[int]] = frozenset()

_GENEROUS: Final = {HEADER_TABLE_SIZE: 0, MAX_CONCURRENT_STREAMS: 100, MAX_HEADER_LIST_SIZE: 0}
"""Settings with the value from which on nobody has to look at them."""


def _is_generous(settings: tuple[tuple[int, int], ...]) -> bool:
    return all(number in _GENEROUS and value >= _GENEROUS[number] for number, value in settings)


class Promise(NamedTuple):
    """What a waiting PUSH_PROMISE says."""

    stream: int
    method: bytes | None
    target: Target


class OrdinaryFrames:
    """What the lane lets pass waits as a number; this tells what there is to tell of it."""

    __slots__ = ("_columns", "_settings", "_trace", "promises")

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._columns = trace.columns
        self._settings: dict[bytes, tuple[tuple[int, int], ...]] = {}
        self.promises: dict[int, Promise] = {}
        """By their places in the trace."""

    def read(self, entry: int) -> Sent:
        """The frame itself, with what is kept of its field block."""
        sent = read(self._trace, entry >> _CODE_BITS)
        code = entry & _CODE
        if sent.type in (HEADERS, PUSH_PROMISE):
            section = sent.section = Section(sent)
            sent.frame = None
            if code >= _REQUEST:
                section.method = _METHODS[code - _REQUEST >> 1]
            elif code == _PROMISE:
                _, section.method, section.target = self.promises[entry >> _CODE_BITS]
        return sent

    def event(self, entry: int) -> int:
        """Its event."""
        return self._columns.event[entry >> _CODE_BITS]

    def keys(self, entry: int) -> tuple[int, ...]:
        """What its delivery may lift."""
        keys = _KEYS.get(entry & _CODE)
        if keys is not None:
            return keys
        place = entry >> _CODE_BITS
        if entry & _CODE == _CREDIT:
            return (lifting(CREDITS, self._columns.stream[place]),)
        return keys_of_settings(self.settings(place))

    def credit(self, entry: int) -> int:
        """The increment of a WINDOW_UPDATE."""
        start = self._columns.offset[entry >> _CODE_BITS]
        return int.from_bytes(self._trace.octets[start : start + 4], "big")

    def settings(self, place: int) -> tuple[tuple[int, int], ...]:
        """What a SETTINGS frame says."""
        payload = bytes(self._trace.payload_at(place))
        known = self._settings.get(payload)
        if known is None:
            known = read(self._trace, place).settings
            if len(self._settings) < _MEMO_MAX:
                self._settings[payload] = known
        return known


def keys_of_settings(settings: tuple[tuple[int, int], ...]) -> tuple[int, ...]:
    """What the delivery of a SETTINGS frame may lift."""
    named = {lifting(SETS, identifier): None for identifier, _ in settings}
    return (ANY_SETTINGS, *named)


class Lane:
    """One party's lane. `passes` is all there is to ask."""

    __slots__ = (
        "_blocks",
        "_event",
        "_flags",
        "_inbox",
        "_kept",
        "_knew",
        "_length",
        "_octets",
        "_offset",
        "_ordinary",
        "_party",
        "_peer_inbox",
        "_stream",
        "_told",
        "_type",
        "_view",
    )

    def __init__(self, trace: Trace, party: Party) -> None:
        columns = trace.columns
        self._type, self._flags, self._stream = columns.type, columns.flags, columns.stream
        self._length, self._kept, self._offset = columns.length, columns.kept, columns.offset
        self._event, self._knew = columns.event, columns.knew
        self._octets, self._told = trace.octets, trace.told
        self._party = party
        self._view, self._blocks = party.view, party.blocks
        self._inbox = party.delivery.inbox
        self._peer_inbox = party.peer.delivery.inbox
        self._ordinary = party.ordinary

    def passes(self, place: int) -> bool:
        """True if the frame was ordinary and has been taken; False: nothing has happened."""
        take = _TAKE.get(self._type[place])
        view = self._view
        if take is None or view.lock is not None or view.blind or view.first_event < 0:
            return False
        return take(self, place)

    def _pass(self, place: int, kind: int, code: int) -> None:
        """A frame was taken: count it, and hand it on."""
        party = self._party
        party.frames += 1
        party.frames_real += 1
        party.last_event = self._event[place]
        party.delivery.budget += VAIN_STEPS_EACH
        party.findings.done_right(kind)
        self._peer_inbox.append_ordinary(place << _CODE_BITS | code, _KEYS[code])

    # -- DATA and WINDOW_UPDATE --

    def _data(self, place: int) -> bool:
        view = self._view
        live = view.streams.get(self._stream[place])
        flags = self._flags[place]
        length = self._length[place]
        if (
            live is None
            or flags & ~END_STREAM
            or live.facts & _MAY_SEND != OPENED
            or not live.final
            or (live.announced >= 0 and not _fits(live, length, flags))
            or length > _FRAME_SIZE_MIN
            or length > WINDOW_DEFAULT + view.credit
            or length > view.setting(INITIAL_WINDOW_SIZE) + live.credit
        ):
            return False
        view.credit -= length
        live.credit -= length
        live.octets += length
        if flags:
            view.end_own(live, self._event[place])
        self._pass(place, DATA, _DATA | flags)
        return True

    def _credit(self, place: int) -> bool:
        view = self._view
        stream = self._stream[place]
        if self._flags[place] or self._length[place] != 4 or self._kept[place] != 4:
            return False
        start = self._offset[place]
        increment = int.from_bytes(self._octets[start : start + 4], "big")
        if not 0 < increment <= WINDOW_MAX:
            return False
        if not stream:
            if WINDOW_DEFAULT + view.granted + increment > WINDOW_MAX:
                return False
            view.granted += increment
        else:
            live = view.streams.get(stream)
            if live is None or not live.facts & OPENED or live.facts & GOT_END:
                return False
            if view.window_start + live.granted + increment > WINDOW_MAX:
                return False
            view.grant(live, increment)
        party = self._party
        party.count(self._event[place])
        party.findings.done_right(WINDOW_UPDATE)
        self._peer_inbox.append_credit(place << _CODE_BITS | _CREDIT, stream, increment)
        return True

    # -- PING and SETTINGS --

    def _ping(self, place: int) -> bool:
        flags = self._flags[place]
        whole = self._length[place] == 8 == self._kept[place]
        if self._stream[place] or flags & ~ACK or not whole:
            return False
        if not flags:
            self._pass(place, PING, _PING)
            return True
        opaque = self._opaque(place)
        view = self._view
        if opaque not in view.pings_owed and not self._deliver_ping(place, opaque):
            return False
        view.answer_ping(opaque)
        self._pass(place, PING, _ACK)
        return True

    def _deliver_ping(self, place: int, opaque: bytes) -> bool:
        """The peer's first waiting PING, if it is this one."""
        count = self._first(place, PINGS, _PINGING)
        if not count or self._opaque(self._waiting(count)) != opaque:
            return False
        self._deliver(count, place)
        return True

    def _opaque(self, place: int) -> bytes:
        start = self._offset[place]
        return bytes(self._octets[start : start + 8])

    def _settings(self, place: int) -> bool:
        flags, length = self._flags[place], self._length[place]
        if self._stream[place] or flags & ~ACK or place in self._told:
            return False
        return self._acknowledge(place) if flags else self._set(place, length)

    def _set(self, place: int, length: int) -> bool:
        if length % 6 or length > _SETTINGS_MAX or self._kept[place] != length:
            return False
        settings = self._ordinary.settings(place)
        if not _is_generous(settings):
            return False
        event = self._event[place]
        self._view.set_own(settings, event)
        party = self._party
        party.count(event)
        party.findings.done_right(SETTINGS)
        entry = place << _CODE_BITS | _SETTINGS
        self._peer_inbox.append_ordinary(entry, keys_of_settings(settings))
        return True

    def _acknowledge(self, place: int) -> bool:
        view = self._view
        if self._length[place]:
            return False
        if view.acks_sent >= len(view.settings_got):
            count = self._first(place, ANY_SETTINGS, _SETTING)
            if not count:
                return False
            self._deliver(count, place)
        event = self._event[place]
        view.acknowledge(event)
        self._party.acknowledged.append(event)
        self._pass(place, SETTINGS, _ACK)
        return True

    # -- HEADERS --

    def _head(self, place: int) -> bool:
        """A whole HEADERS that opens a request, or begins a final response, as usual.

        It has nothing that any rule would want to look at: no padding, no priority, plain fields.
        """
        view = self._view
        stream, flags = self._stream[place], self._flags[place]
        if flags & ~END_STREAM != END_HEADERS:
            return False
        if stream <= view.high_mine or not stream & 1 if view.client else not stream:
            return False
        lines = self._lines(place, 0)
        take = self._request if view.client else self._response
        if lines is None or not take(place, stream, flags & END_STREAM, lines):
            return False
        self._blocks.passed()
        return True

    def _lines(self, place: int, start: int) -> Lines | None:
        """The plain field lines of a whole block that begins so far into the payload, or None."""
        blocks, length = self._blocks, self._length[place]
        if (
            not start < length <= _FRAME_SIZE_MIN
            or self._kept[place] != length
            or self._view.due is not None
            or blocks.lost
            or blocks.opener is not None
            or place in self._told
            or self._stream[place] in self._party.duties.served
        ):
            return None
        offset = self._offset[place]
        fields = blocks.read_ahead(bytes(self._octets[offset + start : offset + length]))
        if fields is None:
            return None
        lines = lines_of(fields)
        usual = lines.plain and lines.twice is None and lines.late is None
        return lines if usual else None

    def _request(self, place: int, stream: int, ends: int, lines: Lines) -> bool:
        view = self._view
        if view.promised or view.goaway_got is not None or not _asks_as_usual(lines):
            return False
        if ends and lines.length >= 0:
            return False
        if view.active >= view.setting(MAX_CONCURRENT_STREAMS) and not self._make_room(place):
            return False
        method = lines.pseudos[b":method"] or b""
        event = self._event[place]
        live = view.open_own(stream, method, lines.length, event)
        if ends:
            view.end_own(live, event)
        self._pass(place, HEADERS, _REQUEST + 2 * _METHODS.index(method) | ends)
        return True

    def _make_room(self, place: int) -> bool:
        """One more stream may be open: the peer's first waiting END_STREAM closes one."""
        view = self._view
        if view.active > view.setting(MAX_CONCURRENT_STREAMS):
            return False
        count = self._first(place, ENDS, _ENDING, _SETTING)
        if not count:
            return False
        stream = self._stream[self._waiting(count)]
        if not stream & 1 or not view.facts(stream) & SENT_END or stream not in view.streams:
            return False
        self._deliver(count, place)
        return True

    def _response(self, place: int, stream: int, ends: int, lines: Lines) -> bool:
        view = self._view
        status = lines.pseudos.get(b":status")
        if len(lines.pseudos) != 1 or status is None or not _is_final(status):
            return False
        if ends and lines.length >= 0:
            return False
        live = view.streams.get(stream) or self._deliver_request(place, stream)
        if live is None or not self._may_answer(live):
            return False
        event = self._event[place]
        view.answer(live, int(status), lines.length, event)
        if ends:
            view.end_own(live, event)
        self._pass(place, HEADERS, _RESPONSE | ends)
        return True

    def _deliver_request(self, place: int, stream: int) -> Stream | None:
        """The peer's first waiting request, if it is this one."""
        view = self._view
        if not stream & 1 or stream <= view.high_theirs or stream in view.spoken:
            return None
        count = self._first(place, OPENS, _OPENING)
        if not count or self._stream[self._waiting(count)] != stream:
            return None
        self._deliver(count, place)
        return view.streams[stream]

    def _promise(self, place: int) -> bool:
        """A whole PUSH_PROMISE of a safe request, with the same plain fields."""
        view, stream = self._view, self._stream[place]
        start = self._offset[place]
        promised = int.from_bytes(self._octets[start : start + 4], "big")
        if (
            view.client
            or self._flags[place] != END_HEADERS
            or not stream & 1
            or promised & 1
            or not view.high_mine < promised <= STREAM_MAX
            or view.goaway_got is not None
            or not view.setting(ENABLE_PUSH)
        ):
            return False
        lines = self._lines(place, 4)
        if lines is None or lines.length >= 0 or not _asks_as_usual(lines):
            return False
        method = lines.pseudos[b":method"]
        if method not in SAFE_AND_CACHEABLE:
            return False
        live = view.streams.get(stream) or self._deliver_request(place, stream)
        if live is None or live.links or live.facts & _MAY_SEND != OPENED:
            return False
        reserved = view.promise(promised, self._event[place])
        get = lines.pseudos.get
        target = get(b":scheme"), get(b":authority"), get(b":path")
        reserved.method, reserved.target = method, target
        self._party.peer.ordinary.promises[place] = Promise(promised, method, target)
        self._pass(place, PUSH_PROMISE, _PROMISE)
        self._blocks.passed()
        return True

    def _may_answer(self, live: Stream) -> bool:
        """The request is known, and nothing has been said to it yet."""
        view = self._view
        if live.final or live.method not in _METHODS:
            return False
        if live.id & 1:
            return live.facts & _MAY_SEND == OPENED
        if live.facts & _STARTS != RESERVED:
            return False
        return view.active < view.setting(MAX_CONCURRENT_STREAMS)

    # -- what its sender must have had --

    def _first(
        self, place: int, key: int, wanted: frozenset[int], never: frozenset[int] = _NONE
    ) -> int:
        """How many waiting frames go up to the first of these kinds; 0 if the lane cannot tell.

        `key` is what they may lift: if nothing that waits may, there is nothing to look for.
        It tells only if nothing but ordinary frames stand before, its sender can have had them, and
        no violation or gap of the peer's excuses anything.
        """
        party, view, inbox = self._party, self._view, self._inbox
        if party.exact or view.holed >= 0 or view.marked >= 0 or view.marks:
            return 0
        if key not in inbox.counts:
            return 0
        most = len(inbox)
        knew = self._knew[place]
        if knew != NOTHING and not party.peer.holes:
            most = min(most, knew - inbox.base)
        most = min(most, party.delivery.budget)
        entries, head = inbox.entries, inbox.head
        for number in range(head, head + most):
            entry = entries[number]
            if not isinstance(entry, int) or entry & _CODE in never:
                return 0
            if entry & _CODE in wanted:
                return number - head + 1
        return 0

    def _waiting(self, count: int) -> int:
        """The place of the last of so many waiting frames."""
        entry = self._inbox.entries[self._inbox.head + count - 1]
        assert isinstance(entry, int)
        return entry >> _CODE_BITS

    def _deliver(self, count: int, place: int) -> None:
        """Deliver so many ordinary frames, which the frame at `place` shows to have come."""
        view, inbox = self._view, self._inbox
        for entry in inbox.entries[inbox.head : inbox.head + count]:
            assert isinstance(entry, int)
            self._effect(view, entry >> _CODE_BITS, entry & _CODE)
        self._party.delivery.forced(count, self._event[place])

    def _effect(self, view: View, place: int, code: int) -> None:
        """What the delivery of one ordinary frame does; `View.deliver` would do the same."""
        stream, event = self._stream[place], self._event[place]
        if code >= _REQUEST:
            view.got_request(stream, _METHODS[code - _REQUEST >> 1], event)
        elif code <= _DATA + 1:
            view.got_data(stream, self._length[place])
        elif code <= _RESPONSE + 1:
            view.got_response(stream)
        elif code == _PING:
            view.got_ping(self._opaque(place), event)
        elif code == _SETTINGS:
            view.got_settings(self._ordinary.settings(place), event)
        elif code == _CREDIT:
            view.got_credit(stream, self._ordinary.credit(place << _CODE_BITS))
        elif code == _PROMISE:
            promise = self._ordinary.promises.pop(place)
            view.got_promise(promise.stream, event)
            view.got_promised_request(*promise)
        elif self._type[place] == SETTINGS:
            view.got_acknowledgment()
        if code & 1:
            view.got_end(stream, event)


_TAKE: Final[dict[int, Callable[[Lane, int], bool]]] = {
    DATA: Lane._data,
    HEADERS: Lane._head,
    SETTINGS: Lane._settings,
    PUSH_PROMISE: Lane._promise,
    PING: Lane._ping,
    WINDOW_UPDATE: Lane._credit,
}


def _is_final(status: bytes) -> bool:
    return len(status) == 3 and status.isdigit() and status >= b"200"


_NEEDED: Final = frozenset((b":method", b":scheme", b":path"))
_ALLOWED: Final = _NEEDED | {b":authority"}
_SCHEMES: Final = frozenset((b"http", b"https"))


def _asks_as_usual(lines: Lines) -> bool:
    """A request for a path, with nothing about its pseudo-header fields to look at."""
    pseudos = lines.pseudos
    return (
        _NEEDED <= pseudos.keys() <= _ALLOWED
        and pseudos[b":method"] in _METHODS
        and pseudos[b":scheme"] in _SCHEMES
        and (pseudos[b":path"] or b"").startswith(b"/")
        and _is_plain_authority(pseudos.get(b":authority", b"-"))
    )


def _is_plain_authority(authority: bytes | None) -> bool:
    return bool(authority) and b"@" not in (authority or b"")


def _fits(live: Stream, octets: int, ends: int) -> bool:
    """So much more content is what the message has announced."""
    total = live.octets + octets
    return total == live.announced if ends else total <= live.announced


class Glance(Enum):
    """What the first look at a frame says of the rules that could object to it."""

    NONE = "none"
    """It is as usual."""
    PEER = "peer"
    """It is, but for what its sender may not have heard of yet: rules about that, if any."""
    ANY = "any"


def glance(view: View, sent: Sent) -> Glance:
    """A look at a frame that was read, without a view of rules."""
    if (
        sent.fault is not None
        or sent.length > _FRAME_SIZE_MIN
        or view.lock is not None
        or view.blind
        or view.first_event < 0
    ):
        return Glance.ANY
    if sent.section is not None:
        return _glance_at_head(view, sent, sent.section)
    if sent.stream or sent.flags & ~ACK or sent.cut_off:
        return Glance.ANY
    return _glance_at_control(view, sent)


def _glance_at_head(view: View, sent: Sent, section: Section) -> Glance:
    """A whole HEADERS that opens a request, or begins a final response, as usual.

    It has nothing that any rule would want to look at: no padding, no priority, plain fields.
    """
    lines = section.lines
    if (
        sent.type != HEADERS
        or sent.flags & ~END_STREAM != END_HEADERS
        or not sent.stream & 1
        or section.updates
        or view.due is not None
        or lines is None
        or not lines.plain
        or lines.hidden
        or lines.length >= 0
        or lines.twice is not None
        or lines.late is not None
    ):
        return Glance.ANY
    if view.client:
        if sent.stream <= view.high_mine or view.promised or not _asks_as_usual(lines):
            return Glance.ANY
        may = view.goaway_got is None and view.active < view.setting(MAX_CONCURRENT_STREAMS)
        return Glance.NONE if may else Glance.PEER
    if section.status is None or section.status < 200 or len(lines.pseudos) != 1:
        return Glance.ANY
    live = view.streams.get(sent.stream)
    if live is None:
        return Glance.PEER if sent.stream > view.high_theirs else Glance.ANY
    usual = live.facts & _MAY_SEND == OPENED and not live.final
    return Glance.NONE if usual else Glance.ANY


def _glance_at_control(view: View, sent: Sent) -> Glance:
    """A PING, SETTINGS that limit nothing, and acknowledgments of what was delivered."""
    if sent.type == PING:
        known = not sent.flags or sent.opaque in view.pings_owed
        return Glance.NONE if known else Glance.PEER
    if sent.type != SETTINGS:
        return Glance.ANY
    if sent.flags:
        return Glance.NONE if view.acks_sent < len(view.settings_got) else Glance.PEER
    return Glance.NONE if _is_generous(sent.settings) else Glance.ANY
