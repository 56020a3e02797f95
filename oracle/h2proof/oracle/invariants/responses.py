"""What pushing must not do to the response, the request, or other requests: I15 to I17, I20."""

from collections.abc import Iterator
from typing import Final

from h2proof.oracle.invariants.invariant import Breach
from h2proof.oracle.invariants.story import (
    ENABLE_PUSH,
    MAX_CONCURRENT_STREAMS,
    NEVER,
    UNLIMITED,
    ConnectionStory,
    Story,
    StreamStory,
)
from h2proof.sim.hpack import Fields
from h2proof.sim.links import parse_rfc8288

SECOND_NS: Final = 1_000_000_000
PARSE_PANIC: Final = "runtime error: slice bounds out of range"
PUSH_ERRORS: Final = (
    "http2: recursive push not allowed",
    "http2: push would exceed peer's SETTINGS_MAX_CONCURRENT_STREAMS",
    "feature not supported",
)


def bad_link_hurts(story: Story) -> Iterator[Breach]:
    """I15: one bad link neither kills the response nor keeps the others from being pushed."""
    wrapped = story.by_stream("wrapper")
    for key, stream in story.streams.items():
        if PARSE_PANIC in stream.panic:
            message = f"a parser's panic killed the response on stream {stream.id}: {stream.panic}"
            yield Breach(stream.handler_ended, message, (), stream.id)
        elif not stream.associated and key in wrapped:
            yield from _suppressed(story.connection(stream.connection), stream)


def _suppressed(connection: ConnectionStory, stream: StreamStory) -> Iterator[Breach]:
    """A good link behind a bad one that nobody promised, where a push handler was at work."""
    paths = {
        dict(each.request).get(b":path")
        for each in connection.promises
        if each.associated == stream.id
    }
    for response in stream.responses:
        if not _wants_more(connection, response.event):
            continue
        bad = ""
        for target, good in _judged_links(response.fields):
            if bad and good and target not in paths:
                named = target.decode("latin-1")
                message = f"{named} was not promised, because of {bad} before it"
                yield Breach(response.event, message, (), stream.id)
                return
            if not good:
                bad = target.decode("latin-1") or "an empty target"


def _wants_more(connection: ConnectionStory, event: int) -> bool:
    """Whether the client would have taken one more promise."""
    allowed = connection.setting(MAX_CONCURRENT_STREAMS, event, UNLIMITED)
    return bool(connection.setting(ENABLE_PUSH, event, 1)) and len(connection.promises) < allowed


def _judged_links(fields: Fields) -> Iterator[tuple[bytes, bool]]:
    """Targets in their order, and whether each is a path that a push takes.

    Left out are links that nobody should push: marked `nopush`, or of another host. What is
    rejected counts as bad, by its reason.
    """
    for name, value in fields:
        if name != b"link":
            continue
        parsed = parse_rfc8288(value, needs_relation=False)
        for rejection in parsed.rejected:
            yield rejection.reason.encode(), False
        for link in parsed.links:
            local = link.target.startswith(b"/") and not link.target.startswith(b"//")
            if local and not link.nopush:
                yield link.target, True
            elif not local and b":" not in link.target and not link.target.startswith(b"//"):
                yield link.target, False


def push_delays_the_response(story: Story) -> Iterator[Breach]:
    """I16: a push that cannot be made holds nothing up, and its failure fails nothing."""
    for life in story.of_kinds("queued frame"):
        owner = story.owner(life)
        if life.by != "PUSH_PROMISE" or owner is None or owner.first_frame < life.acquired:
            continue
        waited = story.at(min(life.ended, story.faults_stop)) - story.at(life.acquired)
        if waited >= SECOND_NS:
            message = f"stream {owner.id} waits {waited} ns for a promise before its own header"
            yield Breach(life.acquired, message, (), owner.id, life.resource)
    for stream in story.streams.values():
        if any(text in stream.panic for text in PUSH_ERRORS):
            message = f"a refused push killed the response on stream {stream.id}"
            yield Breach(stream.handler_ended, message, (), stream.id)


def request_changed(story: Story) -> Iterator[Breach]:
    """I17: preparing pushes leaves the request as it came.

    Looked at where a push handler was at work: what other handlers change is their affair.
    """
    wrapped = {(life.connection, life.stream) for life in story.of_kinds("wrapper")}
    for key, stream in story.streams.items():
        if stream.changed and key in wrapped:
            message = f"the request's {stream.changed} changed while pushes were prepared"
            yield Breach(stream.handler_ended, message, (), stream.id)


def promises_starve_requests(story: Story) -> Iterator[Breach]:
    """I20: the client's own request is served, however many promised streams stall."""
    for stream in story.streams.values():
        until = min(stream.handler_started, stream.reset_known, story.faults_stop)
        if stream.associated or stream.requested >= until or until == NEVER:
            continue
        waited = story.at(until) - story.at(stream.requested)
        if waited < SECOND_NS:
            continue
        stalled = [
            each
            for each in story.connection(stream.connection).promises
            if each.handler_ended < until <= each.closed
        ]
        if stalled:
            message = (
                f"the request on stream {stream.id} waited {waited} ns for its handler while "
                f"{len(stalled)} promised streams were stalled"
            )
            facts = (("the first of them was promised", stalled[0].promised),)
            yield Breach(stream.requested, message, facts, stream.id)
