"""How blocked handlers and streams come to their end: I8, I21, I22."""

from collections.abc import Iterator
from typing import Final

from h2proof.oracle.invariants.invariant import Breach
from h2proof.oracle.invariants.story import NEVER, Story
from h2proof.sim.errors import ErrorCode
from h2proof.sim.frames import FrameType

HARMLESS: Final = frozenset(
    kind.value for kind in (FrameType.WINDOW_UPDATE, FrameType.RST_STREAM, FrameType.PRIORITY)
)
"""Frames that may still be on their way when a stream is closed (RFC 9113 §5.1)."""


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
    for connection in story.connections.values():
        places = [*connection.arrived, NEVER][1:]
        for sent, arrived, following in zip(
            connection.arrivals, connection.arrived, places, strict=True
        ):
            stream = story.streams.get((connection.number, sent.stream))
            if stream is None or not stream.associated or sent.type not in HARMLESS:
                continue
            if stream.closed >= arrived:
                continue
            for answer, code in connection.server_goaways:
                if arrived < answer < following and code:
                    message = f"{sent} on a closed promised stream ended the connection"
                    yield Breach(answer, message, (("it arrived", arrived),), sent.stream)
            for life in story.lives.values():
                lasting = life.held and life.resource.kind != "task"
                if life.stream == sent.stream and arrived < life.acquired < following and lasting:
                    message = f"{sent} on a closed promised stream left {life.resource} behind"
                    yield Breach(life.held[0][0], message, (("it arrived", arrived),), sent.stream)


def torn_down_while_idle(story: Story) -> Iterator[Breach]:
    """I22: a stream that owes the client nothing is not reset for being idle."""
    queued = [life for life in story.of_kinds("queued frame") if life.by in ("DATA", "HEADERS")]
    for stream in story.streams.values():
        event, code = stream.resets.get("server", (NEVER, 0))
        if code != ErrorCode.INTERNAL_ERROR or stream.panic or stream.handler_started > event:
            continue
        owed = any(
            (life.connection, life.stream) == (stream.connection, stream.id)
            and life.acquired < event < life.ended
            for life in queued
        )
        if not owed and stream.handler_ended > event:
            message = f"stream {stream.id} was reset while nothing was owed on it"
            yield Breach(event, message, (), stream.id)
