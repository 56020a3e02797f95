"""The clear lane: ordinary frames, taken as legal without asking any rule.

A frame that passes is looked at in the index alone; of a HEADERS the block is decoded, once. What
it does to its sender's view happens here, and it waits for the peer as a single number. The lane
makes no finding and knows no rule: whatever is not plainly ordinary is left to the rules as if it
had not been looked at. With the lane closed every verdict is the same; a test compares the two.

Where a frame is ordinary only if its sender has had more than it must have had so far, `evidence`
says whether it shows that.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from h2proof.oracle.delivery import LateDelivery
from h2proof.oracle.evidence import Evidence
from h2proof.oracle.heads import Head, head_of, head_of_few
from h2proof.oracle.ordinary import (
    ACKNOWLEDGED,
    ANSWERED,
    ASKED,
    CARRIED,
    CODE_BITS,
    CREDITED,
    LEFT,
    LIMITED,
    METHODS,
    PASSED,
    PINGED,
    PROMISED,
    RESET,
    SET,
    OrdinaryFrames,
    Promise,
)
from h2proof.oracle.replay.sent import (
    DATA,
    GOAWAY,
    HEADERS,
    PING,
    PRIORITY,
    PUSH_PROMISE,
    RST_STREAM,
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
    NO_RFC7540_PRIORITIES,
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
)
from h2proof.sim.codec import STREAM_MAX
from h2proof.sim.errors import ErrorCode
from h2proof.sim.fields import SAFE_AND_CACHEABLE
from h2proof.sim.frames import ACK, END_HEADERS, END_STREAM, PRIORITY_FLAG

if TYPE_CHECKING:
    from h2proof.oracle.party import Party

FRAME_SIZE_MIN: Final = 16_384
MAY_SEND: Final = OPENED | SENT_END
_SETTINGS_MAX: Final = 96
"""Octets of a SETTINGS frame that may be ordinary."""
_BLOCK_SMALL: Final = 256
"""Octets of a field block that may be like others."""
_PRIORITY_OCTETS: Final = 5
_TELLING: Final = frozenset((ErrorCode.COMPRESSION_ERROR, ErrorCode.CONNECT_ERROR))
"""Codes of which it matters where they are said."""
_STARTS: Final = OPENED | RESERVED | SENT_END | RESETS
_NO: Final = -1
"""In place of a code: the frame is not ordinary."""

_GENEROUS: Final = {HEADER_TABLE_SIZE: 0, MAX_CONCURRENT_STREAMS: 100, MAX_HEADER_LIST_SIZE: 0}
"""Settings with the value from which on nobody has to look at them."""
_LIMITING: Final = (INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE)
"""Settings that are ordinary in their range, but may forbid what was allowed."""


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
        "_evidence",
        "_flags",
        "_hand_on",
        "_kept",
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

    def __init__(self, party: Party, ordinary: OrdinaryFrames) -> None:
        columns = ordinary.columns
        self._type, self._flags, self._stream = columns.type, columns.flags, columns.stream
        self._length, self._kept, self._offset = columns.length, columns.kept, columns.offset
        self._event = columns.event
        self._octets, self._told = columns.octets, ordinary.told
        self._party, self._client = party, party.view.client
        self._view, self._blocks = party.view, party.blocks
        self._ordinary = ordinary
        late = party.delivery
        self._evidence = Evidence(party, late) if type(late) is LateDelivery else None
        self._hand_on = party.peer.delivery.append_ordinary

    def take(self, place: int) -> None:
        """Take a frame: here if it is ordinary, else through all rules."""
        kind, view, party = self._type[place], self._view, self._party
        take = _TAKE.get(kind)
        if (
            take is not None
            and view.lock is None
            and not view.blind
            and (view.first_event >= 0 or self._may_begin(place))
        ):
            code = take(self, place)
            if code >= 0:
                event = party.last_event = self._event[place]
                party.frames_real += 1
                if view.first_event < 0:
                    view.first_event = event
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
            or 0 <= live.announced < live.octets + length
            or (flags and live.octets + length < live.announced)
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
        had = self._evidence
        if opaque not in view.pings_owed and not (had and had.of_ping(place, opaque)):
            return _NO
        view.answer_ping(opaque)
        return PASSED

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
        had = self._evidence
        if view.acks_sent >= len(view.settings_got) and not (had and had.of_settings(place)):
            return _NO
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

    # -- RST_STREAM and PRIORITY --

    def _reset(self, place: int) -> int:
        """The end of a stream that is not closed, with a code that nobody has to look at."""
        view, stream = self._view, self._stream[place]
        live = view.streams.get(stream)
        whole = self._length[place] == 4 == self._kept[place]
        if live is None or self._flags[place] or not whole:
            return _NO
        code = self._ordinary.number(place)
        if code in _TELLING or (code == ErrorCode.REFUSED_STREAM and live.final):
            return _NO
        if code == ErrorCode.NO_ERROR and live.websocket:
            return _NO
        view.stop(stream, SENT_RESET, self._event[place])
        return RESET

    def _priority(self, place: int) -> int:
        whole = self._length[place] == 5 == self._kept[place]
        if not self._stream[place] or self._flags[place] or not whole or self._is_unwanted():
            return _NO
        return PASSED

    def _is_unwanted(self) -> bool:
        """Whether the peer has said that it looks at no priorities."""
        said = self._view.settings_got
        return self._client and bool(said) and (NO_RFC7540_PRIORITIES, 1) in said[0][1]

    # -- HEADERS and PUSH_PROMISE --

    def _head(self, place: int) -> int:
        """A whole HEADERS that opens a request, or begins a final response, as usual.

        It has nothing that any rule would want to look at: no padding, plain fields.
        """
        stream, flags = self._stream[place], self._flags[place]
        start = 0
        if flags & ~END_STREAM != END_HEADERS:
            if flags & ~(END_STREAM | PRIORITY_FLAG) != END_HEADERS or self._is_unwanted():
                return _NO
            start = _PRIORITY_OCTETS
        if self._client:
            if stream <= self._view.high_mine or not stream & 1:
                return _NO
        elif not stream:
            return _NO
        head = self._read_head(place, start)
        if head is None:
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
        block = bytes(self._octets[offset + start : offset + length])
        if block[0] & 0xE0 == 0x20:  # a size update
            return None
        fields = blocks.ahead = blocks.decode(block)
        if type(fields) is tuple:
            return head_of_few(fields) if length < _BLOCK_SMALL else head_of(fields)
        return None

    def _request(self, place: int, stream: int, ends: int, head: Head) -> int:
        view = self._view
        if head.asks < 0 or view.goaway_got is not None or (ends and head.length > 0):
            return _NO
        for promised in view.promised:
            if view.streams[promised].target == head.target:
                return _NO
        full = len(view.counting) >= view.peer_settings[MAX_CONCURRENT_STREAMS][0]
        if full and not (self._evidence and self._evidence.of_room(place)):
            return _NO
        event = self._event[place]
        live = view.open_own(stream, OPENED, event)
        live.heads, live.final = 1, True
        live.method, live.announced = METHODS[head.asks], head.length
        if ends:
            view.end(live, event)
        return ASKED + 2 * head.asks + ends

    def _response(self, place: int, stream: int, ends: int, head: Head) -> int:
        if not head.status:
            return _NO
        view = self._view
        live = view.streams.get(stream)
        lacks = ends and head.length > 0  # content, unless the request is known not to get any
        if live is None and self._evidence and not lacks:
            live = self._evidence.of_request(place, stream)
        if live is None or live.final or live.method not in METHODS:
            return _NO
        bare = head.bare or live.method == b"HEAD"
        if lacks and not bare:
            return _NO
        event = self._event[place]
        if stream & 1:
            if live.facts & MAY_SEND != OPENED:
                return _NO
            view.answer(stream, event)
        else:
            full = len(view.counting) >= view.peer_settings[MAX_CONCURRENT_STREAMS][0]
            if full or live.facts & _STARTS != RESERVED:
                return _NO
            view.fulfil(live)
        live.heads += 1
        live.final = True
        live.announced = 0 if bare else head.length
        if ends:
            view.end(live, event)
        return ANSWERED | ends

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
        live = view.streams.get(stream)
        if live is None and self._evidence:
            live = self._evidence.of_request(place, stream)
        if live is None or live.links or live.facts & MAY_SEND != OPENED:
            return _NO
        reserved = view.open_own(promised, RESERVED | GOT_END, self._event[place])
        reserved.method, reserved.target = method, head.target
        self._ordinary.promises[place] = Promise(promised, method, head.target)
        self._blocks.ahead = None
        return PROMISED


_TAKE: Final[dict[int, Callable[[Lane, int], int]]] = {
    DATA: Lane._data,
    HEADERS: Lane._head,
    SETTINGS: Lane._settings,
    PUSH_PROMISE: Lane._promise,
    PRIORITY: Lane._priority,
    RST_STREAM: Lane._reset,
    PING: Lane._ping,
    GOAWAY: Lane._leave,
    WINDOW_UPDATE: Lane._credit,
}
"""By type: the code under which an ordinary frame waits; `_NO` has done nothing."""
