"""What waits to be written, and in which order: Go's write scheduler (G34).

Resets go first; then streams in turn, one write each, as far as windows allow. A write answers its
handler by its waiter and `error`, never by an exception of the waiter: that would make a cycle with
the handler's frame. What becomes of a stream when something was written is not known here.
"""

from collections import deque
from itertools import chain
from typing import TYPE_CHECKING, ClassVar, Final

from h2proof.sim.endpoint import Peer
from h2proof.sim.errors import ErrorCode
from h2proof.sim.hpack import Fields

if TYPE_CHECKING:
    from h2proof.sim.scheduler import Waiter
    from h2proof.sim.servers.go.stream import Stream
    from h2proof.sim.trace import Resource

MAX_FRAME_SIZE: Final = 5
FRAME_DEFAULT: Final = 16_384


class Write:
    """Something to be written on a stream."""

    frame: ClassVar[str] = ""
    """The type of its frames."""
    __slots__ = ("__weakref__", "account", "ends", "error", "stream", "waiter")

    def __init__(self, stream: "Stream", *, ends: bool = False) -> None:
        self.stream = stream
        self.ends = ends
        """Whether it carries END_STREAM."""
        self.error = ""
        self.waiter: Waiter | None = None
        self.account: Resource | None = None

    @property
    def octets(self) -> int:
        """What it takes while it waits, as modelled."""
        return 0

    def ready(self, peer: Peer) -> bool:
        """Whether some of it could be written now."""
        return True

    def send(self, peer: Peer) -> bool:
        """Hand frames to the connection; False if some of it is left for later."""
        raise NotImplementedError


class HeadersWrite(Write):
    """A response's field section, interim or final."""

    frame: ClassVar[str] = "HEADERS"
    __slots__ = ("fields",)

    def __init__(self, stream: "Stream", fields: Fields, *, ends: bool = False) -> None:
        super().__init__(stream, ends=ends)
        self.fields = fields

    @property
    def octets(self) -> int:
        """Names and values."""
        return octets_of(self.fields)

    def send(self, peer: Peer) -> bool:
        """One field block."""
        peer.send_headers(self.stream.id, self.fields, end_stream=self.ends)
        return True


class DataWrite(Write):
    """Content; written in as many frames as windows and frame size make of it (G21)."""

    frame: ClassVar[str] = "DATA"
    __slots__ = ("_data", "_sent")

    def __init__(self, stream: "Stream", data: bytes, *, ends: bool = False) -> None:
        super().__init__(stream, ends=ends)
        self._data = data
        self._sent = 0

    @property
    def octets(self) -> int:
        """The caller's data, which is kept until all of it was consumed."""
        return len(self._data)

    def ready(self, peer: Peer) -> bool:
        """An empty frame needs no window."""
        return self._sent == len(self._data) or peer.send_window(self.stream.id) > 0

    def send(self, peer: Peer) -> bool:
        """One frame."""
        stream = self.stream.id
        room = min(peer.send_window(stream), peer.peer_settings.get(MAX_FRAME_SIZE, FRAME_DEFAULT))
        begin, end = self._sent, min(self._sent + room, len(self._data))
        self._sent = end
        finished = end == len(self._data)
        peer.send_data(stream, self._data[begin:end], end_stream=self.ends and finished)
        return finished


class ResetWrite(Write):
    """RST_STREAM; the stream is closed once it is written (G24)."""

    frame: ClassVar[str] = "RST_STREAM"
    __slots__ = ("code", "reason")

    def __init__(self, stream: "Stream", code: ErrorCode, reason: str) -> None:
        super().__init__(stream)
        self.code = code
        self.reason = reason

    def send(self, peer: Peer) -> bool:
        """Nothing, if the connection has closed the stream by now."""
        if not peer.state(self.stream.id).closed:
            peer.reset(self.stream.id, self.code)
        return True


class WriteQueue:
    """All that waits on one connection."""

    __slots__ = ("_control", "_ring")

    def __init__(self) -> None:
        self._control: deque[Write] = deque()
        self._ring: deque[Stream] = deque()

    @property
    def control(self) -> int:
        """Resets that wait."""
        return len(self._control)

    def push(self, write: Write) -> None:
        """Behind what its stream has to write already; resets before everything."""
        if isinstance(write, ResetWrite):
            self._control.append(write)
            return
        stream = write.stream
        if not stream.queue:
            self._ring.append(stream)
        stream.queue.append(write)

    def put_back(self, write: Write) -> None:
        """The rest of a write that was begun: before what its stream has to write."""
        if not write.stream.queue:
            self._ring.append(write.stream)
        write.stream.queue.appendleft(write)

    def pop(self, peer: Peer) -> Write | None:
        """What is written next; None if nothing can be."""
        if self._control:
            return self._control.popleft()
        ring = self._ring
        for _ in range(len(ring)):
            stream = ring.popleft()
            waiting = stream.queue
            if not waiting[0].ready(peer):
                ring.append(stream)
                continue
            write = waiting.popleft()
            if waiting:
                ring.append(stream)
            return write
        return None

    def forget(self, stream: "Stream") -> list[Write]:
        """Drop what a closed stream had to write; the writes, which nobody has answered."""
        dropped = list(stream.queue)
        if dropped:
            stream.queue.clear()
            self._ring.remove(stream)
        return dropped

    def drain(self) -> list[Write]:
        """Take out the resets that wait; of streams nothing waits any more."""
        resets = list(self._control)
        self._control.clear()
        return resets


def octets_of(fields: Fields) -> int:
    """Octets of names and values."""
    return sum(map(len, chain.from_iterable(fields)))
