"""The clear lane: ordinary frames, taken as legal without asking any rule.

A frame that passes is looked at in the index alone; of a HEADERS the block is decoded, once. What
it does to its sender's view happens here, and it waits for the peer as a single number. The lane
makes no finding and knows no rule: whatever is not plainly ordinary is left to the rules as if it
had not been looked at. With the lane closed every verdict is the same; a test compares the two.

Where an ordinary frame shows that its sender must have had an ordinary frame of the peer, the lane
delivers up to that one, as the search of `delivery` would.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from h2proof.oracle.delivery import LateDelivery
from h2proof.oracle.heads import Head, head_of, head_of_few
from h2proof.oracle.lifting import ANY_SETTINGS, ENDS, OPENS, PINGS
from h2proof.oracle.ordinary import (
    ACKNOWLEDGED,
    ANSWERED,
    ASKED,
    CARRIED,
    CODE,
    CODE_BITS,
    CREDITED,
    ENDING,
    LEFT,
    LIMITED,
    METHODS,
    OPENING,
    PINGED,
    PINGING,
    PONGED,
    PROMISED,
    SET,
    SETTING,
    OrdinaryFrames,
    Promise,
)
from h2proof.oracle.replay.sent import (
    DATA,
    GOAWAY,
    HEADERS,
    PING,
    PUSH_PROMISE,
    SETTINGS,
    WINDOW_UPDATE,
)
from h2proof.oracle.replay.settings import (
    ENABLE_PUSH,
    HEADER_TABLE_SIZE,
    INITIAL_WINDOW_SIZE,
    MAX_CONCURRENT_STREAMS,
    MAX_FRAME_SIZE,
    MAX_HEADER_LIST_SIZE,
    WINDOW_DEFAULT,
    WINDOW_MAX,
    Settings,
    in_range,
)
from h2proof.oracle.replay.streams import (
    GOT_END,
    OPENED,
    RESERVED,
    RESETS,
    SENT_END,
    SENT_RESET,
    Stream,
)
from h2proof.sim.codec import STREAM_MAX
from h2proof.sim.fields import SAFE_AND_CACHEABLE
from h2proof.sim.frames import ACK, END_HEADERS, END_STREAM
from h2proof.sim.trace import NOTHING, Trace

if TYPE_CHECKING:
    from h2proof.oracle.party import Party

FRAME_SIZE_MIN: Final = 16_384
MAY_SEND: Final = OPENED | SENT_END
_SETTINGS_MAX: Final = 96
"""Octets of a SETTINGS frame that may be ordinary."""
_BLOCK_SMALL: Final = 256
"""Octets of a field block that may be like others."""
_STARTS: Final = OPENED | RESERVED | SENT_END | RESETS
_NO: Final = -1
"""In place of a code: the frame is not ordinary."""

_GENEROUS: Final = {HEADER_TABLE_SIZE: 0, MAX_CONCURRENT_STREAMS: 100, MAX_HEADER_LIST_SIZE: 0}
"""Settings with the value from which on nobody has to look at them."""
_LIMITING: Final = (INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE)
"""Settings that are ordinary in their range, but may forbid what was allowed."""
_HINDERING: Final = frozenset((LIMITED, LEFT))
"""What may make a frame of its receiver's illegal."""


def is_generous(settings: Settings) -> bool:
    """Nobody has to look at these settings."""
    return all(number in _GENEROUS and value >= _GENEROUS[number] for number, value in settings)


@lru_cache(256)
def _kind_of_settings(settings: Settings, client: bool) -> int:
    """SET, LIMITED or not ordinary, for a connection on which no stream has had credit."""
    if is_generous(settings):
        return SET
    for number, value in settings:
        limiting = number in _LIMITING or (number == ENABLE_PUSH and client)
        if number not in _GENEROUS and not limiting:
            return _NO
        if value < _GENEROUS.get(number, 0) or not in_range(number, value):
            return _NO
    return LIMITED


class Lane:
    """One party's lane: `take` is all there is to ask."""

    __slots__ = (
        "_blocks",
        "_client",
        "_event",
        "_flags",
        "_hand_on",
        "_kept",
        "_knew",
        "_late",
        "_length",
        "_octets",
        "_offset",
        "_ordinary",
        "_party",
        "_stream",
        "_told",
        "_type",
        "_view",
    )

    def __init__(self, trace: Trace, party: Party, ordinary: OrdinaryFrames) -> None:
        columns = trace.columns
        self._type, self._flags, self._stream = columns.type, columns.flags, columns.stream
        self._length, self._kept, self._offset = columns.length, columns.kept, columns.offset
        self._event, self._knew = columns.event, columns.knew
        self._octets, self._told = columns.octets, trace.told
        self._party, self._client = party, party.view.client
        self._view, self._blocks = party.view, party.blocks
        self._ordinary = ordinary
        self._late = party.delivery if isinstance(party.delivery, LateDelivery) else None
        self._hand_on = party.peer.delivery.append_ordinary

    def take(self, place: int) -> None:
        """Take a frame: here if it is ordinary, else through all rules."""
        kind, view, party = self._type[place], self._view, self._party
        if (
            kind in _TAKE
            and view.lock is None
            and not view.blind
            and (view.first_event >= 0 or self._may_begin(place))
        ):
            code = _TAKE[kind](self, place)
            if code >= 0:
                party.last_event = self._event[place]
                party.frames += 1
                party.frames_real += 1
                if view.first_event < 0:
                    view.first_event = party.last_event
                if party.findings.lasting:
                    party.findings.done_right(kind)
                self._hand_on(place << CODE_BITS | code)
                return
        party.take_at(place)

    def _may_begin(self, place: int) -> bool:
        """SETTINGS, which a client sends behind its preface."""
        view = self._view
        if self._client and view.prefaced and view.preface_due:
            return False
        return self._type[place] == SETTINGS and not self._flags[place]

    # -- DATA and WINDOW_UPDATE --

    def _data(self, place: int) -> int:
        view = self._view
        live = view.streams.get(self._stream[place])
        flags = self._flags[place]
        length = self._length[place]
        if (
            live is None
            or flags & ~END_STREAM
            or live.facts & MAY_SEND != OPENED
            or not live.final
            or (live.announced >= 0 and not _fits(live, length, flags))
            or length > FRAME_SIZE_MIN
            or length > WINDOW_DEFAULT + view.credit
            or length > view.peer_settings[INITIAL_WINDOW_SIZE][0] + live.credit
        ):
            return _NO
        view.credit -= length
        live.credit -= length
        live.octets += length
        if flags:
            view.end(live, self._event[place])
        return CARRIED | flags

    def _credit(self, place: int) -> int:
        view = self._view
        stream = self._stream[place]
        if self._flags[place] or self._length[place] != 4 or self._kept[place] != 4:
            return _NO
        increment = self._ordinary.number(place)
        if not 0 < increment <= WINDOW_MAX:
            return _NO
        if not stream:
            if WINDOW_DEFAULT + view.granted + increment > WINDOW_MAX:
                return _NO
            view.granted += increment
            return CREDITED
        live = view.streams.get(stream)
        if live is None or not live.facts & OPENED or live.facts & GOT_END:
            return _NO
        if view.window_start + live.granted + increment > WINDOW_MAX:
            return _NO
        view.grant(live, increment)
        return CREDITED

    # -- PING, SETTINGS and GOAWAY --

    def _ping(self, place: int) -> int:
        flags = self._flags[place]
        whole = self._length[place] == 8 == self._kept[place]
        if self._stream[place] or flags & ~ACK or not whole:
            return _NO
        if not flags:
            return PINGED
        opaque = self._ordinary.opaque(place)
        view = self._view
        if opaque not in view.pings_owed and not self._deliver_ping(place, opaque):
            return _NO
        view.answer_ping(opaque)
        return PONGED

    def _deliver_ping(self, place: int, opaque: bytes) -> bool:
        """The peer's first waiting PING, if it is this one."""
        count = self._first(place, PINGS, PINGING)
        if not count or self._ordinary.opaque(self._waiting(count)) != opaque:
            return False
        self._deliver(count, place)
        return True

    def _settings(self, place: int) -> int:
        flags, length = self._flags[place], self._length[place]
        if self._stream[place] or flags & ~ACK or place in self._told:
            return _NO
        if flags:
            return _NO if length else self._acknowledge(place)
        if length % 6 or length > _SETTINGS_MAX or self._kept[place] != length:
            return _NO
        view, settings = self._view, self._ordinary.settings(place)
        kind = _kind_of_settings(settings, self._client)
        if kind < 0 or (kind == LIMITED and view.generous):
            return _NO
        view.set_own(settings, self._event[place])
        return kind

    def _acknowledge(self, place: int) -> int:
        view = self._view
        if view.acks_sent >= len(view.settings_got):
            count = self._first(place, ANY_SETTINGS, SETTING)
            if not count:
                return _NO
            self._deliver(count, place)
        event = self._event[place]
        view.acknowledge(event)
        self._party.acknowledged.append(event)
        return ACKNOWLEDGED

    def _leave(self, place: int) -> int:
        """A first GOAWAY without an error, which names a stream that it may."""
        view = self._view
        if (
            self._stream[place]
            or self._flags[place]
            or not 8 <= self._length[place] <= FRAME_SIZE_MIN
            or self._kept[place] < 8
            or place in self._told
            or view.goaway_sent is not None
        ):
            return _NO
        last, code = self._ordinary.leaving(place)
        if code or last > STREAM_MAX or not self._may_leave(last):
            return _NO
        view.go_away(last, code, self._event[place])
        return LEFT

    def _may_leave(self, last: int) -> bool:
        """The highest stream there may be, or one of the peer's behind which nothing is open."""
        if last == STREAM_MAX or self._client:
            return last == STREAM_MAX or not last & 1
        view = self._view
        if last < view.answered:
            return False
        return not last or bool(last & 1 and view.facts(last) & (SENT_END | SENT_RESET))

    # -- HEADERS and PUSH_PROMISE --

    def _head(self, place: int) -> int:
        """A whole HEADERS that opens a request, or begins a final response, as usual.

        It has nothing that any rule would want to look at: no padding, no priority, plain fields.
        """
        stream, flags = self._stream[place], self._flags[place]
        if flags & ~END_STREAM != END_HEADERS:
            return _NO
        if self._client:
            if stream <= self._view.high_mine or not stream & 1:
                return _NO
        elif not stream:
            return _NO
        head = self._read_head(place, 0)
        if head is None or (flags & END_STREAM and head.length >= 0):
            return _NO
        take = self._request if self._client else self._response
        code = take(place, stream, flags & END_STREAM, head)
        if code >= 0:
            self._blocks.ahead = None
        return code

    def _read_head(self, place: int, start: int) -> Head | None:
        """What a whole plain block says that begins so far into the payload, or None."""
        blocks, length = self._blocks, self._length[place]
        if (
            not start < length <= FRAME_SIZE_MIN
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
        return head_of_few(fields) if length < _BLOCK_SMALL else head_of(fields)

    def _request(self, place: int, stream: int, ends: int, head: Head) -> int:
        view = self._view
        if head.asks < 0 or view.promised or view.goaway_got is not None:
            return _NO
        limit = view.peer_settings[MAX_CONCURRENT_STREAMS][0]
        if len(view.counting) >= limit and not self._make_room(place, limit):
            return _NO
        event = self._event[place]
        live = view.open_own(stream, OPENED, event)
        live.heads, live.final = 1, True
        live.method, live.announced = METHODS[head.asks], head.length
        if ends:
            view.end(live, event)
        return ASKED + 2 * head.asks | ends

    def _make_room(self, place: int, limit: int) -> bool:
        """One more stream may be open: the peer's first waiting END_STREAM closes one."""
        view = self._view
        if len(view.counting) > limit:
            return False
        count = self._first(place, ENDS, ENDING, SETTING | _HINDERING)
        if not count:
            return False
        stream = self._stream[self._waiting(count)]
        if not stream & 1 or not view.facts(stream) & SENT_END or stream not in view.streams:
            return False
        self._deliver(count, place)
        return True

    def _response(self, place: int, stream: int, ends: int, head: Head) -> int:
        if not head.status:
            return _NO
        view = self._view
        live = view.streams.get(stream) or self._deliver_request(place, stream)
        if live is None or not self._may_answer(live):
            return _NO
        event = self._event[place]
        if not live.facts & OPENED:
            view.fulfil(live)
        view.answer(stream, event)
        live.heads += 1
        live.final = True
        bare = view.answers_without_content(live, head.status)
        live.announced = 0 if bare else head.length
        if ends:
            view.end(live, event)
        return ANSWERED | ends

    def _may_answer(self, live: Stream) -> bool:
        """The request is known, and nothing has been said to it yet."""
        if live.final or live.method not in METHODS:
            return False
        if live.id & 1:
            return live.facts & MAY_SEND == OPENED
        if live.facts & _STARTS != RESERVED:
            return False
        view = self._view
        return len(view.counting) < view.peer_settings[MAX_CONCURRENT_STREAMS][0]

    def _promise(self, place: int) -> int:
        """A whole PUSH_PROMISE of a safe request, with the same plain fields."""
        view, stream = self._view, self._stream[place]
        promised = self._ordinary.number(place)
        if (
            view.client
            or self._flags[place] != END_HEADERS
            or not stream & 1
            or promised & 1
            or not view.high_mine < promised <= STREAM_MAX
            or view.goaway_got is not None
            or not view.peer_settings[ENABLE_PUSH][0]
        ):
            return _NO
        head = self._read_head(place, 4)
        if head is None or head.length >= 0 or head.asks < 0:
            return _NO
        method = METHODS[head.asks]
        if method not in SAFE_AND_CACHEABLE:
            return _NO
        live = view.streams.get(stream) or self._deliver_request(place, stream)
        if live is None or live.links or live.facts & MAY_SEND != OPENED:
            return _NO
        reserved = view.open_own(promised, RESERVED | GOT_END, self._event[place])
        reserved.method, reserved.target = method, head.target
        self._ordinary.promises[place] = Promise(promised, method, head.target)
        self._blocks.ahead = None
        return PROMISED

    def _deliver_request(self, place: int, stream: int) -> Stream | None:
        """The peer's first waiting request, if it is this one."""
        view = self._view
        if not stream & 1 or stream <= view.high_theirs or stream in view.spoken:
            return None
        count = self._first(place, OPENS, OPENING)
        if not count or self._stream[self._waiting(count)] != stream:
            return None
        self._deliver(count, place)
        return view.streams[stream]

    # -- what its sender must have had --

    def _first(
        self, place: int, key: int, wanted: frozenset[int], never: frozenset[int] = _HINDERING
    ) -> int:
        """How many waiting frames go up to the first of these kinds; 0 if the lane cannot tell.

        `key` is what they may lift: if nothing that waits may, there is nothing to look for.
        It tells only if nothing but ordinary frames stand before, its sender can have had them, and
        no violation or gap of the peer's excuses anything.
        """
        party, view, late = self._party, self._view, self._late
        if late is None or view.holed >= 0 or view.marked >= 0 or view.marks:
            return 0
        inbox = late.inbox
        if key not in inbox.counts:
            return 0
        most = len(inbox)
        knew = self._knew[place]
        if knew != NOTHING and not party.peer.holes:
            most = min(most, knew - inbox.base)
        most = min(most, late.budget(party.frames_real))
        entries, head = inbox.entries, inbox.head
        for number in range(head, head + most):
            entry = entries[number]
            if not isinstance(entry, int):
                return 0
            if entry & CODE in wanted:
                return number - head + 1
            if entry & CODE in never:
                return 0
        return 0

    def _waiting(self, count: int) -> int:
        """The place of the last of so many waiting frames."""
        assert self._late is not None
        inbox = self._late.inbox
        entry = inbox.entries[inbox.head + count - 1]
        assert isinstance(entry, int)
        return entry >> CODE_BITS

    def _deliver(self, count: int, place: int) -> None:
        """Deliver so many ordinary frames, which the frame at `place` shows to have come."""
        late = self._late
        assert late is not None
        for number in range(late.inbox.base, late.inbox.base + count):
            late.inbox.deliver(self._view, number)
        late.forced(count, self._event[place])


_TAKE: Final[dict[int, Callable[[Lane, int], int]]] = {
    DATA: Lane._data,
    HEADERS: Lane._head,
    SETTINGS: Lane._settings,
    PUSH_PROMISE: Lane._promise,
    PING: Lane._ping,
    GOAWAY: Lane._leave,
    WINDOW_UPDATE: Lane._credit,
}
"""By type: the code under which an ordinary frame waits; `_NO` has done nothing."""


def _fits(live: Stream, octets: int, ends: int) -> bool:
    """So much more content is what the message has announced."""
    total = live.octets + octets
    return total == live.announced if ends else total <= live.announced
