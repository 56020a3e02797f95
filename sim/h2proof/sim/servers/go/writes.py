"""What waits to be written, and in which order: Go's write scheduler (G34).

Resets go first; then streams in turn, one write each, as far as windows allow. A write answers its
handler by its waiter and `error`, never by an exception of the waiter: that would make a cycle with
the handler's frame. What becomes of a stream when something was written is not known here.
"""

from collections import deque
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar, Final

from h2proof.sim.endpoint import Peer
from h2proof.sim.errors import ErrorCode
from h2proof.sim.hpack import Fields

if TYPE_CHECKING:
    from h2proof.sim.resources import Holding
    from h2proof.sim.scheduler import Waiter
    from h2proof.sim.servers.go.stream import Stream

MAX_FRAME_SIZE: Final = 5
FRAME_LEAST: Final = 16_384
"""What every peer takes in one frame (RFC 9113 §4.2)."""


@lru_cache(maxsize=256)
def octets_of(fields: Fields) -> int:
    """Octets of names and values."""
    return sum(map(len, chain.from_iterable(fields)))


class Write:
    """Something to be written on a stream; `content` is what goes into its frames."""

    frame: ClassVar[str] = ""
    """The type of its frames."""
    __slots__ = (
        "__weakref__",
        "account",
        "content",
        "ends",
        "error",
        "octets",
        "sent",
        "stream",
        "waiter",
    )

    def __init__(self, stream: "Stream", content: Any, ends: bool = False) -> None:
        self.stream = stream
        self.content = content
        self.ends = ends
        """Whether it is its stream's last."""
        self.octets = self.measure(content)
        self.sent = 0
        """Octets that went out, of what may go in pieces."""
        self.error = ""
        self.waiter: Waiter | None = None
        self.account: Holding | None = None

    @staticmethod
    def measure(content: Any, /) -> int:
        """What the content takes while it waits, in octets as modelled."""
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
    measure = staticmethod(octets_of)
    __slots__ = ()

    def send(self, peer: Peer) -> bool:
        """One field block."""
        peer.send_headers(self.stream.id, self.content, end_stream=self.ends)
        return True


class DataWrite(Write):
    """Content; written in as many frames as windows and frame size make of it (G21).

    The caller's data is kept until all of it was consumed.
    """

    frame: ClassVar[str] = "DATA"
    measure = staticmethod(len)
    __slots__ = ("_room",)
    _room: int
    """What windows left when it was asked whether it is ready."""

    def ready(self, peer: Peer) -> bool:
        """An empty frame needs no window."""
        self._room = peer.send_window(self.stream.id)
        return self._room > 0 or self.sent == self.octets

    def send(self, peer: Peer) -> bool:
        """One frame."""
        data, begin, room = self.content, self.sent, self._room
        if room > FRAME_LEAST:
            room = min(room, peer.peer_settings.get(MAX_FRAME_SIZE, FRAME_LEAST))
        left = self.octets - begin
        finished = left <= room
        if begin or not finished:
            end = self.sent = begin + min(room, left)
            data = data[begin:end]
        peer.send_data(self.stream.id, data, end_stream=self.ends and finished)
        return finished


class ResetWrite(Write):
    """RST_STREAM; the stream is closed once it is written (G24)."""

    frame: ClassVar[str] = "RST_STREAM"
    __slots__ = ("reason",)

    def __init__(self, stream: "Stream", code: ErrorCode, reason: str) -> None:
        super().__init__(stream, code, True)
        self.reason = reason

    def send(self, peer: Peer) -> bool:
        """Nothing, if the connection has closed the stream by now."""
        if not peer.state(self.stream.id).closed:
            peer.reset(self.stream.id, self.content)
        return True


class WriteQueue:
    """All that waits on one connection."""

    __slots__ = ("resets", "ring")

    def __init__(self) -> None:
        self.resets: deque[Write] = deque()
        """They go before everything else."""
        self.ring: deque[Stream] = deque()
        """Streams that have something to write, in their turns."""

    def push(self, write: Write) -> None:
        """Behind what its stream has to write already."""
        stream = write.stream
        if not stream.queue:
            self.ring.append(stream)
        stream.queue.append(write)

    def put_back(self, write: Write) -> None:
        """The rest of a write that was begun: before what its stream has to write."""
        if not write.stream.queue:
            self.ring.append(write.stream)
        write.stream.queue.appendleft(write)

    def pop(self, peer: Peer) -> Write | None:
        """What is written next; None if nothing can be."""
        if self.resets:
            return self.resets.popleft()
        ring, passed_over = self.ring, 0
        for stream in ring:
            write = stream.queue[0]
            if write.ready(peer):
                break
            passed_over += 1
        else:
            return None
        if passed_over:
            ring.rotate(-passed_over)
        ring.popleft()
        stream.queue.popleft()
        if stream.queue:
            ring.append(stream)
        return write

    def forget(self, stream: "Stream") -> list[Write]:
        """Drop what a closed stream had to write; the writes, which nobody has answered."""
        dropped = list(stream.queue)
        if dropped:
            stream.queue.clear()
            self.ring.remove(stream)
        return dropped

    def drain(self) -> list[Write]:
        """Take out the resets that wait; of streams nothing waits any more."""
        resets = list(self.resets)
        self.resets.clear()
        return resets
