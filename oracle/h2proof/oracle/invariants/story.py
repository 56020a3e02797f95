"""A run retold stream by stream: the facts that lifecycle invariants are about, each with its event.

One pass over a trace. It tells what was on the wire, what had reached the other side by then, what
handlers did, and which resources belonged to whom. What should have happened is not known here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from h2proof.sim.errors import ErrorCode
from h2proof.sim.frames import (
    Continuation,
    Data,
    GoAway,
    Headers,
    PushPromise,
    RstStream,
    Settings,
)
from h2proof.sim.hpack import FieldDecoder, Fields
from h2proof.sim.trace import (
    CutEvent,
    DeliveredEvent,
    FrameEvent,
    NoteEvent,
    Resource,
    ResourceEvent,
    Sender,
    Trace,
)

NEVER: Final = 1 << 62
"""Stands for the event that did not come."""
ENABLE_PUSH: Final = 2
MAX_CONCURRENT_STREAMS: Final = 3
UNLIMITED: Final = 2**32 - 1

_STREAM_OF_TASK: Final = re.compile(r"server (\d+) stream (\d+)$")


@dataclass(slots=True)
class Life:
    """One generation of a resource: its events."""

    resource: Resource
    connection: int
    stream: int
    by: str
    acquired: int
    released: list[int] = field(default_factory=list)
    used_late: list[int] = field(default_factory=list)
    """Uses behind the first release."""
    held: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)
    """Where it was still held when nothing moved any more, and by whom."""

    @property
    def ended(self) -> int:
        """Its first release, or NEVER."""
        return self.released[0] if self.released else NEVER


@dataclass(slots=True)
class Response:
    """One field section of a response."""

    event: int
    fields: Fields


@dataclass(slots=True)
class StreamStory:
    """What happened on one stream."""

    connection: int
    id: int
    associated: int = 0
    """The stream it was promised on; 0 if the client opened it."""
    promised: int = NEVER
    request: Fields = ()
    requested: int = NEVER
    """The request's arrival at the server."""
    responses: list[Response] = field(default_factory=list)
    first_frame: int = NEVER
    """The server's first frame on it."""
    ended: dict[Sender, int] = field(default_factory=dict)
    """Each side's END_STREAM."""
    resets: dict[Sender, tuple[int, int]] = field(default_factory=dict)
    """Each side's first RST_STREAM, and its code."""
    reset_known: int = NEVER
    """The arrival of the client's RST_STREAM."""
    end_known: int = NEVER
    """The arrival of the client's END_STREAM."""
    handler_started: int = NEVER
    handler_ended: int = NEVER
    panic: str = ""
    changed: str = ""
    """The request's fields that its handler changed."""

    @property
    def closed(self) -> int:
        """When the server knew it closed: reset either way, or ended by both."""
        both = NEVER
        if "server" in self.ended and (self.end_known < NEVER or self.associated):
            both = max(self.ended["server"], 0 if self.associated else self.end_known)
        return min(self.reset_known, self.resets.get("server", (NEVER, 0))[0], both)

    @property
    def over(self) -> int:
        """Closed, and the handler done."""
        return max(self.closed, self.handler_ended)


@dataclass(slots=True)
class ConnectionStory:
    """What happened on one connection, apart from its streams."""

    number: int
    promises: list[StreamStory] = field(default_factory=list)
    client_settings: list[tuple[int, dict[int, int]]] = field(default_factory=list)
    """Each SETTINGS of the client at its arrival."""
    goaway_known: int = NEVER
    """The arrival of the client's GOAWAY."""
    server_goaways: list[tuple[int, int]] = field(default_factory=list)
    """Each GOAWAY of the server with its code."""
    cut: int = NEVER
    arrivals: list[FrameEvent] = field(default_factory=list)
    arrived: list[int] = field(default_factory=list)
    """The client's frames, and where each arrived."""

    def setting(self, identifier: int, before: int, default: int) -> int:
        """The client's value of a setting as the server knew it before an event."""
        value = default
        for arrived, values in self.client_settings:
            if arrived < before:
                value = values.get(identifier, value)
        return value


@dataclass(slots=True)
class Story:
    """A whole run."""

    trace: Trace
    streams: dict[tuple[int, int], StreamStory] = field(default_factory=dict)
    connections: dict[int, ConnectionStory] = field(default_factory=dict)
    lives: dict[Resource, Life] = field(default_factory=dict)
    faults_stop: int = NEVER
    quiet: int = NEVER
    """The first moment at which all had come to rest, or should have."""

    def stream(self, connection: int, identifier: int) -> StreamStory:
        """The story of a stream; a new one if nothing was heard of it."""
        key = connection, identifier
        if key not in self.streams:
            self.streams[key] = StreamStory(connection, identifier)
        return self.streams[key]

    def connection(self, number: int) -> ConnectionStory:
        """The story of a connection."""
        if number not in self.connections:
            self.connections[number] = ConnectionStory(number)
        return self.connections[number]

    def owner(self, life: Life) -> StreamStory | None:
        """The stream a resource belongs to; None for a connection's or a run's."""
        return self.streams.get((life.connection, life.stream)) if life.stream else None

    def at(self, event: int) -> int:
        """When an event was, in virtual nanoseconds; at the end for one that never came."""
        return self.trace[min(event, len(self.trace) - 1)].at

    def associated_of(self, promised: StreamStory) -> StreamStory:
        """The stream a promised one was promised on."""
        return self.stream(promised.connection, promised.associated)

    def by_stream(self, *kinds: str) -> "dict[tuple[int, int], list[Life]]":
        """The lives of resources of these kinds, by connection and stream."""
        found: dict[tuple[int, int], list[Life]] = {}
        for life in self.of_kinds(*kinds):
            found.setdefault((life.connection, life.stream), []).append(life)
        return found

    def of_kinds(self, *kinds: str) -> Iterator[Life]:
        """The lives of resources of these kinds."""
        return (life for life in self.lives.values() if life.resource.kind in kinds)


def tell(trace: Trace) -> Story:
    """The story of a trace."""
    teller = _Teller(trace)
    for event in trace:
        teller.take(event)
    return teller.story


class _Teller:
    def __init__(self, trace: Trace) -> None:
        self.story = Story(trace)
        self._decoders: dict[tuple[int, Sender], FieldDecoder] = {}
        self._blocks: dict[tuple[int, Sender], tuple[FrameEvent, list[bytes]]] = {}
        self._moving = False
        """Set where the run was cut off before it came to rest."""

    def take(self, event: object) -> None:
        match event:
            case FrameEvent():
                self._frame(event)
            case DeliveredEvent():
                self._delivered(event)
            case ResourceEvent():
                self._resource(event)
            case NoteEvent():
                self._note(event)
            case CutEvent():
                connection = self.story.connection(event.connection)
                connection.cut = min(connection.cut, event.index)

    # -- frames, as they are put on the wire --

    def _frame(self, event: FrameEvent) -> None:
        if event.elided:
            return
        frame = event.frame
        if event.sender == "server":
            self._server_frame(event)
        if isinstance(frame, Headers | PushPromise | Continuation):
            self._block(event, frame)
        if isinstance(frame, Headers | Data) and frame.end_stream:
            stream = self.story.stream(event.connection, event.stream)
            stream.ended.setdefault(event.sender, event.index)
        if isinstance(frame, RstStream):
            stream = self.story.stream(event.connection, event.stream)
            stream.resets.setdefault(event.sender, (event.index, int(frame.code)))
        if isinstance(frame, GoAway) and event.sender == "server":
            goaways = self.story.connection(event.connection).server_goaways
            goaways.append((event.index, int(frame.code)))

    def _server_frame(self, event: FrameEvent) -> None:
        if event.stream and event.type != PUSH_PROMISE:
            stream = self.story.stream(event.connection, event.stream)
            stream.first_frame = min(stream.first_frame, event.index)

    def _block(self, event: FrameEvent, frame: Headers | PushPromise | Continuation) -> None:
        key = event.connection, event.sender
        if isinstance(frame, Continuation):
            if key not in self._blocks:
                return
        else:
            self._blocks[key] = event, []
        opener, parts = self._blocks[key]
        parts.append(frame.fragment)
        if frame.end_headers:
            del self._blocks[key]
            decoder = self._decoders.setdefault(key, FieldDecoder())
            decoder.table_size_max = 1 << 16
            fields = decoder.decode(b"".join(parts))
            self._section(opener, event, fields if isinstance(fields, tuple) else ())

    def _section(self, opener: FrameEvent, last: FrameEvent, fields: Fields) -> None:
        frame, connection = opener.frame, opener.connection
        if isinstance(frame, PushPromise):
            if opener.sender == "client":
                return  # no promise: clients have none to make
            promised = self.story.stream(connection, frame.promised)
            promised.associated, promised.promised = opener.stream, opener.index
            promised.request = fields
            self.story.connection(connection).promises.append(promised)
        elif isinstance(frame, Headers):
            stream = self.story.stream(connection, opener.stream)
            if opener.sender == "server":
                stream.responses.append(Response(opener.index, fields))
            elif not stream.request:
                stream.request = fields

    # -- what has reached the server --

    def _delivered(self, event: DeliveredEvent) -> None:
        sent = self.story.trace[event.frame_event]
        if not isinstance(sent, FrameEvent) or sent.sender != "client" or sent.elided:
            return
        frame = sent.frame
        connection = self.story.connection(sent.connection)
        connection.arrivals.append(sent)
        connection.arrived.append(event.index)
        if sent.stream:
            self._arrived(self.story.stream(sent.connection, sent.stream), frame, event.index)
        if isinstance(frame, Settings) and not frame.ack:
            connection.client_settings.append((event.index, dict(frame.values)))
        if isinstance(frame, GoAway):
            connection.goaway_known = min(connection.goaway_known, event.index)

    def _arrived(self, stream: StreamStory, frame: object, event: int) -> None:
        if isinstance(frame, Headers):
            stream.requested = min(stream.requested, event)
        if isinstance(frame, Headers | Data) and frame.end_stream:
            stream.end_known = min(stream.end_known, event)
        if isinstance(frame, RstStream):
            stream.reset_known = min(stream.reset_known, event)

    # -- resources and notes --

    def _resource(self, event: ResourceEvent) -> None:
        if event.kind == "acquired":
            self.story.lives[event.resource] = Life(
                event.resource, event.connection, event.stream, event.by, event.index
            )
            started = _STREAM_OF_TASK.search(event.by) if event.resource.kind == "task" else None
            if started:
                stream = self.story.stream(int(started[1]), int(started[2]))
                stream.handler_started = min(stream.handler_started, event.index)
            return
        life = self.story.lives.get(event.resource)
        if life is None:
            return
        if event.kind == "released":
            life.released.append(event.index)
        elif event.kind == "held":
            if not self._moving:
                life.held.append((event.index, event.chain))
        elif life.released:
            life.used_late.append(event.index)

    def _note(self, event: NoteEvent) -> None:
        head, _, detail = event.text.partition(": ")
        if head == "faults stop":
            self.story.faults_stop = min(self.story.faults_stop, event.index)
        elif head in ("quiet", "not quiet"):
            self._moving = head == "not quiet" and "too many steps" in detail
            self.story.quiet = min(self.story.quiet, event.index)
        if not event.stream:
            return
        stream = self.story.stream(event.connection, event.stream)
        if head in ("handler returned", "handler panicked"):
            stream.handler_ended = min(stream.handler_ended, event.index)
            stream.panic = detail if head == "handler panicked" else stream.panic
        elif head == "request changed by its handler":
            stream.changed = detail


PUSH_PROMISE: Final = 5
CANCELS: Final = frozenset({int(ErrorCode.CANCEL), int(ErrorCode.REFUSED_STREAM)})
