"""How blocked handlers and streams come to their end: I8, I21, I22."""

from collections.abc import Iterable, Iterator
from typing import Final

from h2proof.oracle.invariants.invariant import Breach
from h2proof.oracle.invariants.story import NEVER, ConnectionStory, Life, Story
from h2proof.sim.errors import ErrorCode
from h2proof.sim.frames import Priority, RstStream, WindowUpdate
from h2proof.sim.trace import FrameEvent

OWED: Final = frozenset({"DATA", "HEADERS"})
"""Queued frames that a client waits for."""


def never_released(story: Story) -> Iterator[Breach]:
    """I8: who is blocked on a client is released when the stream or the connection closes."""
    for stream in story.streams.values():
        cut = story.connection(stream.connection).cut
        released = min(stream.closed, cut)
        if stream.handler_started < released < story.quiet and stream.handler_ended > story.quiet:
            message = f"the handler of stream {stream.id} still waits, although that is closed"
            facts = (("the stream was closed", stream.closed), ("the connection was cut", cut))
            if story.quiet < NEVER:
                yield Breach(story.quiet, message, facts, stream.id)


def late_frame_hurts(story: Story) -> Iterator[Breach]:
    """I21: late frames on closed promised streams are answered by nothing, and leave nothing."""
    lasting = story.by_stream(*{life.resource.kind for life in story.lives.values() if life.held})
    for connection in story.connections.values():
        places = [*connection.arrived, NEVER][1:]
        for sent, arrived, following in zip(
            connection.arrivals, connection.arrived, places, strict=True
        ):
            stream = story.streams.get((connection.number, sent.stream))
            if stream is None or not stream.associated:
                continue
            if stream.closed < arrived and _is_harmless(sent):
                left = lasting.get((connection.number, sent.stream), ())
                yield from _effects(connection, sent, (arrived, following), left)


def _is_harmless(sent: FrameEvent) -> bool:
    """Well-formed, and such as may still be on its way when a stream is closed (RFC 9113 §5.1)."""
    frame = sent.frame
    if isinstance(frame, WindowUpdate):
        return frame.increment > 0
    return isinstance(frame, RstStream | Priority)


def _effects(
    connection: ConnectionStory, sent: FrameEvent, between: tuple[int, int], left: Iterable[Life]
) -> Iterator[Breach]:
    """What happened between a frame's arrival and the next one's."""
    arrived, following = between
    for answer, code in connection.server_goaways:
        if arrived < answer < following and code:
            message = f"{sent} on a closed promised stream ended the connection"
            yield Breach(answer, message, (("it arrived", arrived),), sent.stream)
    for life in left:
        if arrived < life.acquired < following and life.held:
            message = f"{sent} on a closed promised stream left {life.resource} behind"
            yield Breach(life.held[0][0], message, (("it arrived", arrived),), sent.stream)


def torn_down_while_idle(story: Story) -> Iterator[Breach]:
    """I22: a stream that owes the client nothing is not reset for being idle."""
    queued = story.by_stream("queued frame")
    for key, stream in story.streams.items():
        event, code = stream.resets.get("server", (NEVER, 0))
        if code != ErrorCode.INTERNAL_ERROR or stream.panic or stream.handler_started > event:
            continue
        owed = any(
            life.by in OWED and life.acquired < event < life.ended for life in queued.get(key, ())
        )
        if not owed and stream.handler_ended > event:
            message = f"stream {stream.id} was reset while nothing was owed on it"
            yield Breach(event, message, (), stream.id)
