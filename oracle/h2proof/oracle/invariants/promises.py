"""Promises on the wire: I9, I11, I12 in two readings, I13, I14, I18, I19."""

from collections import Counter
from collections.abc import Callable, Iterator

from h2proof.oracle.invariants.invariant import Breach
from h2proof.oracle.invariants.story import (
    CANCELS,
    ENABLE_PUSH,
    MAX_CONCURRENT_STREAMS,
    NEVER,
    UNLIMITED,
    ConnectionStory,
    Story,
    StreamStory,
)
from h2proof.sim.links import parse_caddy


def _promises(story: Story) -> Iterator[tuple[ConnectionStory, StreamStory, StreamStory]]:
    """Each promise with its connection and its associated stream."""
    for connection in story.connections.values():
        for promised in connection.promises:
            yield connection, promised, story.associated_of(promised)


def dies_with_the_associated(story: Story) -> Iterator[Breach]:
    """I9: a reset of the associated stream is none of a promised one."""
    for _, promised, associated in _promises(story):
        ended, code = promised.resets.get("server", (NEVER, 0))
        if associated.reset_known < ended < promised.reset_known and code in CANCELS:
            facts = (("the client reset the associated stream", associated.reset_known),)
            message = f"promised stream {promised.id} was cancelled with stream {associated.id}"
            yield Breach(ended, message, facts, promised.id)


def promised_in_vain(story: Story) -> Iterator[Breach]:
    """I11: none where it cannot be wanted any more, and no identifier is skipped or used again."""
    for connection, promised, associated in _promises(story):
        event = promised.promised
        for reason, since in _hindrances(connection, associated, event):
            if since < event:
                message = f"stream {promised.id} was promised although {reason}"
                yield Breach(event, message, ((reason, since),), promised.id)
    for connection in story.connections.values():
        expected = 2
        for promised in connection.promises:
            if promised.id != expected:
                message = f"stream {promised.id} was promised where {expected} was next"
                yield Breach(promised.promised, message, (), promised.id)
            expected = promised.id + 2


def _hindrances(
    connection: ConnectionStory, associated: StreamStory, event: int
) -> Iterator[tuple[str, int]]:
    yield "its associated stream was closed", associated.closed
    yield "the client had sent GOAWAY", connection.goaway_known
    if not connection.setting(ENABLE_PUSH, event, 1):
        off = [at for at, values in connection.client_settings if values.get(ENABLE_PUSH) == 0]
        yield "the client had turned push off", off[-1]


def too_many_at_the_promise(story: Story) -> Iterator[Breach]:
    """I12 as Go reads it: a promised stream counts from its promise."""
    for connection, promised, _ in _promises(story):
        yield from _crowded(connection, promised, promised.promised, lambda each: each.promised)


def too_many_at_the_response(story: Story) -> Iterator[Breach]:
    """I12 as nghttp2 reads it: a promised stream counts from its response's header.

    A limit that was lowered after the promise does not bind it: existing promises may go on.
    """
    for connection, promised, _ in _promises(story):
        event = _responded(promised)
        then = connection.setting(MAX_CONCURRENT_STREAMS, promised.promised, UNLIMITED)
        now = connection.setting(MAX_CONCURRENT_STREAMS, event, UNLIMITED)
        if event < NEVER and now >= then:
            yield from _crowded(connection, promised, event, _responded)


def _crowded(
    connection: ConnectionStory,
    promised: StreamStory,
    event: int,
    counts_from: Callable[[StreamStory], int],
) -> Iterator[Breach]:
    most = connection.setting(MAX_CONCURRENT_STREAMS, event, UNLIMITED)
    others = sum(
        counts_from(each) < event < _closed(each)
        for each in connection.promises
        if each is not promised
    )
    if others >= most:
        message = f"stream {promised.id} makes {others + 1} where the client allows {most}"
        yield Breach(event, message, (), promised.id)


def _responded(stream: StreamStory) -> int:
    return stream.responses[0].event if stream.responses else NEVER


def _closed(stream: StreamStory) -> int:
    return min(
        stream.reset_known,
        stream.ended.get("server", NEVER),
        stream.resets.get("server", (NEVER, 0))[0],
    )


def promised_too_late(story: Story) -> Iterator[Breach]:
    """I13: before every frame of the promised stream, and before the associated stream's end."""
    for _, promised, associated in _promises(story):
        event = promised.promised
        if promised.first_frame < event:
            message = f"stream {promised.id} had a frame before its promise"
            yield Breach(event, message, (("that frame", promised.first_frame),), promised.id)
        end = associated.ended.get("server", NEVER)
        if end < event:
            message = f"stream {promised.id} was promised after stream {associated.id} had ended"
            yield Breach(event, message, (("its END_STREAM", end),), promised.id)


def link_pushed_twice(story: Story) -> Iterator[Breach]:
    """I14: a link of the response is pushed once.

    A target that is configured as well may be promised once for that: so twice is too often only
    where the response names it once and nothing else does.
    """
    for stream in story.streams.values():
        named = Counter(link for response in stream.responses for link in links_of(response.fields))
        last: dict[bytes, StreamStory] = {}
        times: Counter[bytes] = Counter()
        for promised in story.connection(stream.connection).promises:
            if promised.associated == stream.id:
                path = dict(promised.request).get(b":path", b"")
                times[path] += 1
                last[path] = promised
        for path, count in times.items():
            if named[path] and count > named[path]:
                message = f"{path.decode('latin-1')} was promised {count} times for one link"
                yield Breach(last[path].promised, message, (), last[path].id)


def links_of(fields: tuple[tuple[bytes, bytes], ...]) -> Iterator[bytes]:
    """The targets of a section's Link fields, as a lenient parser reads them."""
    for name, value in fields:
        if name == b"link":
            yield from (link.target for link in parse_caddy(value).links)


def for_another_origin(story: Story) -> Iterator[Breach]:
    """I18: a promise is for the origin of its request."""
    for _, promised, associated in _promises(story):
        mine, own = dict(promised.request), dict(associated.request)
        for name in (b":scheme", b":authority"):
            if own.get(name) and mine.get(name) != own[name]:
                host = mine.get(name, b"").decode("latin-1")
                message = f"stream {promised.id} was promised for {host}, which nobody asked for"
                yield Breach(promised.promised, message, (), promised.id)
                break


def promised_by_a_promise(story: Story) -> Iterator[Breach]:
    """I19: a promised request triggers no promise."""
    for _, promised, associated in _promises(story):
        if associated.associated:
            message = f"stream {promised.id} was promised on promised stream {associated.id}"
            yield Breach(promised.promised, message, (), promised.id)
