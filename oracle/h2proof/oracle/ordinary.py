"""Ordinary frames that wait: each is one number, which says where it is and what it will do.

The number is the frame's place in the trace's columns, and below it a code for the effect of its
delivery. That is the effect which `replay.effects` has for the frame itself; tests compare them.
Which frames are ordinary is for the lane to say.
"""

from collections.abc import Callable
from functools import lru_cache
from struct import Struct
from typing import Final, NamedTuple

from h2proof.oracle.lifting import (
    CARRIES,
    CREDITS,
    ENDS,
    OPENS,
    PINGS,
    PROMISES,
    keys_of_settings,
    lifting,
)
from h2proof.oracle.replay.settings import Settings
from h2proof.oracle.replay.streams import GOT_END, GOT_RESET, OPENED, RESERVED, SENT_END, Target
from h2proof.oracle.replay.view import View
from h2proof.sim.codec import STREAM_MAX
from h2proof.sim.trace import DeliveredEvent, Trace

METHODS: Final = (b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"PATCH")
"""Of ordinary requests."""

CODE_BITS: Final = 5
CODE: Final = (1 << CODE_BITS) - 1
CARRIED, ANSWERED, CREDITED, SET, LIMITED, ACKNOWLEDGED = 0, 2, 4, 5, 6, 7
PINGED, PASSED, PROMISED, LEFT, RESET, ASKED = 8, 9, 10, 11, 12, 13
"""Of DATA, responses and requests the next code says END_STREAM too; a request's says the method.

SETTINGS are SET or, if they may forbid what was allowed, LIMITED; PASSED does nothing.
"""

KEYS: Final[tuple[tuple[int, ...] | None, ...]] = (
    (CARRIES,),
    (CARRIES, ENDS),
    (OPENS,),
    (OPENS, ENDS),
    None,
    None,
    None,
    (),
    (PINGS,),
    (),
    (PROMISES,),
    (),
    (ENDS,),
    *((OPENS,), (OPENS, ENDS)) * len(METHODS),
)
"""By code what a waiting frame may lift; SETTINGS and WINDOW_UPDATE say it themselves."""

OPENING: Final = frozenset(range(ASKED, len(KEYS)))
ENDING: Final = frozenset(code for code, keys in enumerate(KEYS) if keys and ENDS in keys)
PINGING: Final = frozenset((PINGED,))
SETTING: Final = frozenset((SET, LIMITED))
LIMITING: Final = frozenset((LIMITED,))

_SETTING: Final = Struct(">HL")
_TWO: Final = Struct(">LL")


class Promise(NamedTuple):
    """What a waiting PUSH_PROMISE says."""

    stream: int
    method: bytes | None
    target: Target


@lru_cache(256)
def settings_in(payload: bytes) -> Settings:
    """What a SETTINGS frame says; to be asked with whole settings, few of them."""
    return tuple(_SETTING.iter_unpack(payload))


class OrdinaryFrames:
    """What there is to tell of the ordinary frames of a connection by their numbers."""

    __slots__ = ("_trace", "columns", "event", "length", "promises", "stream", "told")

    def __init__(self, trace: Trace) -> None:
        columns = self.columns = trace.columns
        self.event, self.stream, self.length = columns.event, columns.stream, columns.length
        self.told = trace.told
        self._trace = trace
        self.promises: dict[int, Promise] = {}
        """By their places in the trace, as long as they wait."""

    def keys(self, entry: int) -> tuple[int, ...]:
        """What its delivery may lift."""
        keys = KEYS[entry & CODE]
        if keys is not None:
            return keys
        place = entry >> CODE_BITS
        if entry & CODE == CREDITED:
            return (lifting(CREDITS, self.stream[place]),)
        return keys_of_settings(self.settings(place))

    def number(self, place: int) -> int:
        """The first four octets: an increment, an error code, a promised stream."""
        start = self.columns.offset[place]
        return int.from_bytes(self.columns.octets[start : start + 4], "big")

    def opaque(self, place: int) -> bytes:
        """What a PING carries."""
        start = self.columns.offset[place]
        return bytes(self.columns.octets[start : start + 8])

    def leaving(self, place: int) -> tuple[int, int]:
        """The last stream of a GOAWAY, with the reserved bit, and its code."""
        last, code = _TWO.unpack_from(self.columns.octets, self.columns.offset[place])
        return last, code

    def settings(self, place: int) -> Settings:
        """What a SETTINGS frame says."""
        start = self.columns.offset[place]
        return settings_in(bytes(self.columns.octets[start : start + self.length[place]]))

    def delivered_at(self, event: int) -> int:
        """The frame's event that a delivery of the trace is about."""
        delivery = self._trace[event]
        assert isinstance(delivery, DeliveredEvent)
        return delivery.frame_event


# -- what their delivery does --

_Effect = Callable[[OrdinaryFrames, View, int], None]


def _carried(frames: OrdinaryFrames, view: View, place: int) -> None:
    view.got_data(frames.stream[place], frames.length[place])


def _carried_to_the_end(frames: OrdinaryFrames, view: View, place: int) -> None:
    stream = frames.stream[place]
    view.got_data(stream, frames.length[place])
    view.got_stop(stream, GOT_END, frames.event[place])


def _answered(frames: OrdinaryFrames, view: View, place: int) -> None:
    live = view.streams.get(frames.stream[place])
    if live is not None and not live.facts & OPENED:
        view.got_opening(live)


def _answered_to_the_end(frames: OrdinaryFrames, view: View, place: int) -> None:
    _answered(frames, view, place)
    view.got_stop(frames.stream[place], GOT_END, frames.event[place])


def _credited(frames: OrdinaryFrames, view: View, place: int) -> None:
    view.got_credit(frames.stream[place], frames.number(place))


def _set(frames: OrdinaryFrames, view: View, place: int) -> None:
    view.got_settings(frames.settings(place), frames.event[place])


def _acknowledged(frames: OrdinaryFrames, view: View, place: int) -> None:
    view.acks_got += 1


def _pinged(frames: OrdinaryFrames, view: View, place: int) -> None:
    view.got_ping(frames.opaque(place), frames.event[place])


def _passed(frames: OrdinaryFrames, view: View, place: int) -> None:
    """Nothing changes."""


def _promised(frames: OrdinaryFrames, view: View, place: int) -> None:
    stream, method, target = frames.promises[place]
    if stream > view.high_theirs:
        live = view.open_theirs(stream, RESERVED | SENT_END, frames.event[place])
        live.method, live.target = method, target


def _left(frames: OrdinaryFrames, view: View, place: int) -> None:
    last, code = frames.leaving(place)
    view.got_goaway(last & STREAM_MAX, code, frames.event[place])


def _reset(frames: OrdinaryFrames, view: View, place: int) -> None:
    view.got_stop(frames.stream[place], GOT_RESET, frames.event[place])


def _asked(method: bytes) -> _Effect:
    def effect(frames: OrdinaryFrames, view: View, place: int) -> None:
        stream = frames.stream[place]
        if stream > view.high_theirs and not view.blind:
            view.open_theirs(stream, OPENED, frames.event[place]).method = method

    return effect


def _asked_wholly(method: bytes) -> _Effect:
    asked = _asked(method)

    def effect(frames: OrdinaryFrames, view: View, place: int) -> None:
        asked(frames, view, place)
        view.got_stop(frames.stream[place], GOT_END, frames.event[place])

    return effect


EFFECTS: Final[tuple[_Effect, ...]] = (
    _carried,
    _carried_to_the_end,
    _answered,
    _answered_to_the_end,
    _credited,
    _set,
    _set,
    _acknowledged,
    _pinged,
    _passed,
    _promised,
    _left,
    _reset,
    *(make(method) for method in METHODS for make in (_asked, _asked_wholly)),
)
"""By code."""
