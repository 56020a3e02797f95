"""Kinds of frames whose delivery lifts objections: what rules ask for and waiting frames offer.

A kind is a number, for some with a stream or a setting above it.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from h2proof.oracle.replay.sent import (
    DATA,
    HEADERS,
    HOLE,
    PING,
    PUSH_PROMISE,
    RIGHT,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    Sent,
)

OPENS, PROMISES, CREDITS, SETS, ENDS, CARRIES, PINGS, IS_WRONG, LEAVES_HOLE = range(1, 10)
_SHIFT: Final = 4


def lifting(kind: int, which: int = 0) -> int:
    """The key of a kind of frames; `which` is the stream of CREDITS, the setting of SETS."""
    return which << _SHIFT | kind


ANY_SETTINGS: Final = lifting(SETS)


def keys_of(sent: Sent) -> Iterator[int]:
    """What a frame may lift: every effect of its delivery that can remove an objection."""
    kind = sent.type
    if kind == DATA:
        yield CARRIES
        if sent.ends_stream:
            yield ENDS
    elif kind == WINDOW_UPDATE:
        yield lifting(CREDITS, sent.stream)
    elif kind == HEADERS:
        yield OPENS
        if sent.ends_stream:
            yield ENDS
    elif kind == SETTINGS:
        if not sent.is_ack:
            yield from keys_of_settings(sent.settings)
    elif kind == RST_STREAM:
        yield ENDS
    elif kind == PUSH_PROMISE:
        yield PROMISES
    elif kind == PING:
        if not sent.is_ack:
            yield PINGS
    elif kind == HOLE:
        yield LEAVES_HOLE
    if sent.wrong != RIGHT:
        yield IS_WRONG


@lru_cache(256)
def keys_of_settings(settings: tuple[tuple[int, int], ...]) -> tuple[int, ...]:
    """What the delivery of SETTINGS may lift."""
    named = {lifting(SETS, identifier): None for identifier, _ in settings}
    return (ANY_SETTINGS, *named)
