"""One direction between two endpoints, and the two ends of a connection made of a pair of them.

A pipe takes octets as long as it has room, lets them arrive after a delay, and hands them to
whoever reads, never beyond the end of a frame in one piece. It can be cut, orderly (fin) or not
(rst). It knows frames only by their length: so it records a frame in the trace when its sender has
handed over the last octet, for from then on the sender is committed to it, and its delivery when
the reader takes that octet, for not before then can the reader act on it. What frames mean is not
known here.
"""

from asyncio import Future
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from h2proof.sim.clock import VirtualLoop
from h2proof.sim.codec import HEADER_LENGTH, PREFACE, read_header
from h2proof.sim.scheduler import Awaited, Waiter
from h2proof.sim.trace import DeliveredEvent, FrameEvent, Sender, Trace

Cut = Literal["fin", "rst"]


class PipeCut(Exception):
    """The other side, or this one, has ended the pipe; `how` says in which way."""

    def __init__(self, how: Cut, where: str) -> None:
        super().__init__(f"{where} was cut ({how})")
        self.how: Cut = how


@dataclass(frozen=True, slots=True)
class PipeOptions:
    """What a pipe is like.

    `capacity` octets fit in, counted from being accepted until they are read. They arrive
    `delay_ns` after being accepted. With `chunk` they arrive in pieces of at most so many octets.
    With `burst` a reader that is awake takes all that has arrived in one step; without it each
    piece is a step of its own, which a schedule can put anywhere.
    """

    capacity: int = 65_536
    delay_ns: int = 1_000_000
    chunk: int | None = None
    burst: bool = True

    def __post_init__(self) -> None:
        if self.capacity < 1:
            raise ValueError(f"a pipe with room for {self.capacity} octets lets nothing through")
        if self.delay_ns < 0:
            raise ValueError(f"a delay of {self.delay_ns} ns: octets arrive after they were sent")
        if self.chunk is not None and self.chunk < 1:
            raise ValueError(f"chunks of {self.chunk} octets carry nothing; None sets no limit")


DEFAULT: Final = PipeOptions()

FRAME_ROOM: Final = HEADER_LENGTH + 16_384
"""Octets of the largest frame that every peer has to take (RFC 9113 §4.2)."""


Piece = tuple[bytes, int | None]
"""Octets of at most one frame, and its event where its last octet is in here."""

END: Final[Piece] = (b"", None)
"""Stands behind the last piece."""


class NextStep(tuple[None]):
    """Awaiting it goes on in a step of one's own, as `asyncio.sleep(0)` does."""

    __slots__ = ()
    __await__: Any = tuple.__iter__


NEXT_STEP: Final = NextStep((None,))


@dataclass(slots=True)
class _Blocked:
    """A piece that was handed over and does not fit in yet."""

    octets: bytes
    frame: int | None
    waiter: Waiter | None = None
    lost: bool = False


class Pipe:
    """One direction of a connection. `back` is the other one, set by `connect`."""

    def __init__(
        self,
        loop: VirtualLoop,
        trace: Trace,
        sender: Sender,
        connection: int,
        options: PipeOptions = DEFAULT,
    ) -> None:
        self.sender: Sender = sender
        self.connection = connection
        self.delivered = 0
        """Frames whose last octet was read."""
        self.held = 0
        """Octets inside: accepted and not read yet."""
        self.back: Pipe | None = None
        self.shut = False
        """Whether nothing more can be handed over: it was cut, or its sender has ended it."""
        self._loop = loop
        self._trace = trace
        self._written = trace.written
        self._call_at_ns = loop.call_plain_at_ns
        self._capacity = options.capacity
        self._delay_ns = options.delay_ns
        self._chunk = options.chunk
        self._burst = options.burst
        self._name = f"{sender}'s octets of connection {connection}"
        self.lane = f"arrival of {self._name}"
        """What its timers are called among the steps of a run."""
        self._waiting: deque[_Blocked] = deque()
        self._arrived: deque[Piece] = deque()
        self._reader: Waiter | None = None
        self._awaited: Awaited = (self._name, "deliver", True)
        self._paused = False
        # the frame that is being handed over, and how much its sender knew when it began
        self._partial = bytearray()
        self._partial_knew = 0
        self._preface_left = PREFACE if sender == "client" else b""
        self._garbage = False
        """Set when the preface was not the preface: what follows has no frames either."""
        self._at_once = -1
        """How full a pipe may get with a frame that is handed over whole, and travels whole."""
        self._ended = False
        self._cut = False
        self._look()

    # -- the sender's side --

    @property
    def blocked(self) -> int:
        """Octets that were handed over and do not fit in yet."""
        return sum(len(piece.octets) for piece in self._waiting)

    def put(self, octets: bytes) -> bool:
        """Hand over octets without waiting; False if some of them do not fit in yet.

        Those wait outside in their order. PipeCut if the pipe was cut or ended before.
        """
        if self.shut:
            raise PipeCut("rst" if self._cut else "fin", self._name)
        size = len(octets)
        if (
            self.held + size <= self._at_once
            and size >= HEADER_LENGTH
            and size == HEADER_LENGTH + (octets[0] << 16 | octets[1] << 8 | octets[2])
        ):
            now_ns, written = self._loop.now_ns, self._written
            piece = octets, len(written)
            written.append((FrameEvent, now_ns, self.connection, self.sender, octets))
            self.held += size
            self._call_at_ns(now_ns + self._delay_ns, self.lane, self._arrive, ((piece,),))
            return True
        if size:
            self._waiting.extend(_Blocked(part, frame) for part, frame in self._record(octets))
            self._accept()
        return not self._waiting

    async def write(self, octets: bytes) -> None:
        """Hand over octets; comes back when all have been accepted, PipeCut if that cannot be."""
        if self.put(octets):
            return
        last = self._waiting[-1]
        if last.waiter is None:
            last.waiter = self._loop.waiter(f"room for {self._name}")
        await last.waiter
        # raised here and not by the waiter: an exception in a future holds the frames of those
        # who awaited it, and they hold the future
        if last.lost:
            raise PipeCut("rst", self._name)

    def end(self) -> None:
        """Nothing more will be sent (fin); what was handed over still arrives."""
        if self.shut:
            return
        self._ended = self.shut = True
        self._record_rest()
        self._trace.cut(self.sender, "fin", at=self._loop.now_ns, connection=self.connection)
        self._accept()

    def cut(self) -> None:
        """Lose all octets inside; reader and blocked writers get PipeCut (rst)."""
        if self._cut:
            return
        self._cut = self.shut = True
        lost = self.held + self.blocked
        if lost or END not in self._arrived:
            self._record_rest()
            self._trace.cut(
                self.sender, "rst", lost, at=self._loop.now_ns, connection=self.connection
            )
        for piece in self._waiting:
            piece.lost = True
            if piece.waiter is not None and not piece.waiter.done():
                piece.waiter.set_result(None)
        self._waiting.clear()
        self._arrived.clear()
        self.held = 0
        self._wake()

    def ease(self) -> None:
        """Have room for a whole frame of the default size from now on, in one piece."""
        self._capacity = max(self._capacity, FRAME_ROOM)
        self._chunk = None
        self._look()
        if self._waiting:
            self._accept()

    def discard(self) -> None:
        """Be of no use any more, and write nothing about it into the trace."""
        self._cut = self.shut = True
        self.back = None

    def _accept(self) -> None:
        """Let in what fits; a piece may be split where the room ends."""
        waiting, pieces = self._waiting, list[Piece]()
        while waiting and (room := self._capacity - self.held) > 0:
            first = waiting[0]
            if self._chunk is not None:
                room = min(room, self._chunk)
            octets = first.octets
            if len(octets) > room:
                octets, first.octets = octets[:room], octets[room:]
                pieces.append((octets, None))
            else:
                pieces.append((octets, first.frame))
                waiting.popleft()
                if first.waiter is not None and not first.waiter.done():
                    first.waiter.set_result(None)
            self.held += len(octets)
        if self._ended and not waiting:
            pieces.append(END)
        if pieces and self._delay_ns:
            at_ns = self._loop.now_ns + self._delay_ns
            self._call_at_ns(at_ns, self.lane, self._arrive, (pieces,))
        elif pieces:
            self._arrive(pieces)

    def _look(self) -> None:
        """See whether a whole frame can be taken as it is from now on."""
        begun = self._partial or self._preface_left or self._garbage
        plain = self._delay_ns and self._chunk is None
        self._at_once = self._capacity if plain and not begun else -1

    def _record(self, octets: bytes) -> list[Piece]:
        """Write the frames that end in `octets` into the trace; the octets in pieces."""
        pieces: list[Piece] = []
        size, offset, at = len(octets), 0, self._loop.now_ns
        if self._garbage:
            self._partial += octets
            self._record_rest()
            return [(octets, None)]
        if self._preface_left:
            offset = self._record_preface(octets, pieces)
        while offset < size:
            if self._partial or size - offset < HEADER_LENGTH:
                offset = self._record_partial(octets, offset, pieces)
                continue
            end = offset + HEADER_LENGTH + read_header(octets, offset).length
            if end > size:
                offset = self._record_partial(octets, offset, pieces)
                continue
            whole = octets[offset:end]
            pieces.append((whole, len(self._written)))
            self._written.append((FrameEvent, at, self.connection, self.sender, whole))
            offset = end
        self._look()
        return pieces

    def _record_partial(self, octets: bytes, offset: int, pieces: list[Piece]) -> int:
        """Go on with a frame that does not end, or did not begin, in these octets."""
        partial = self._partial
        if not partial:
            self._partial_knew = self.back.delivered if self.back is not None else 0
        start = offset
        if len(partial) < HEADER_LENGTH:
            step = min(HEADER_LENGTH - len(partial), len(octets) - offset)
            partial += octets[offset : offset + step]
            offset += step
        if len(partial) < HEADER_LENGTH:
            pieces.append((octets[start:offset], None))
            return offset
        header = read_header(partial)
        step = min(HEADER_LENGTH + header.length - len(partial), len(octets) - offset)
        partial += octets[offset : offset + step]
        offset += step
        index = None
        if len(partial) == HEADER_LENGTH + header.length:
            index = self._trace.add_frame(
                self.sender,
                header,
                partial[HEADER_LENGTH:],
                at=self._loop.now_ns,
                connection=self.connection,
                knew=self._partial_knew,
            )
            partial.clear()
        pieces.append((octets[start:offset], index))
        return offset

    def _record_preface(self, octets: bytes, pieces: list[Piece]) -> int:
        left = self._preface_left
        step = min(len(left), len(octets))
        if octets[:step] != left[:step]:
            self._garbage = True
            self._partial += PREFACE[: len(PREFACE) - len(left)] + octets
            self._record_rest()
            pieces.append((octets, None))
            return len(octets)
        self._preface_left = left[step:]
        if not self._preface_left:
            self._trace.preface(at=self._loop.now_ns, connection=self.connection)
        pieces.append((octets[:step], None))
        return step

    def _record_rest(self) -> None:
        """Octets of a frame that was never finished."""
        if self._partial:
            self._trace.loose_octets(
                self.sender,
                bytes(self._partial),
                at=self._loop.now_ns,
                connection=self.connection,
            )
            self._partial.clear()

    # -- on the way --

    def _arrive(self, pieces: Sequence[Piece]) -> None:
        if self._cut:
            return
        self._arrived.extend(pieces)
        reader = self._reader
        if reader is not None and not self._paused:
            self._reader = None
            if not reader.done():
                reader.set_result(None)

    def _wake(self) -> None:
        """Have the reader look again, as an arrival does."""
        reader, self._reader = self._reader, None
        if reader is not None and not reader.done():
            reader.set_result(None)

    # -- the reader's side --

    def pause(self) -> None:
        """The reader takes nothing more until `resume`: the pipe fills up."""
        self._paused = True

    def resume(self) -> None:
        """The reader reads again."""
        self._paused = False
        if self._arrived:
            self._wake()

    async def read(self) -> bytes:
        """The next octets, at most up to the end of a frame; empty after fin, PipeCut after rst."""
        arrived, stepped = self._arrived, self._burst
        while not self._cut:
            if self._paused or not arrived:
                reader: Any = Future(loop=self._loop)
                reader.awaited = self._awaited
                self._reader = reader
                try:
                    await reader
                finally:
                    self._reader = reader = None
            elif not stepped:
                await NEXT_STEP
            else:
                octets, frame = arrived.popleft()
                if frame is not None:
                    self.delivered += 1
                    self._written.append(
                        (DeliveredEvent, self._loop.now_ns, self.connection, frame)
                    )
                elif not octets:
                    arrived.append(END)  # each further read meets it again
                    return octets
                self.held -= len(octets)
                if self._waiting:
                    self._accept()
                return octets
            stepped = True
        raise PipeCut("rst", self._name)


class Transport:
    """One end of a connection: reads from one pipe, writes to the other."""

    __slots__ = ("close", "connection", "incoming", "outgoing", "put", "read", "write")
    read: Callable[[], Coroutine[Any, Any, bytes]]
    """The peer's next octets, see `Pipe.read`."""
    put: Callable[[bytes], bool]
    """Hand over octets without waiting, see `Pipe.put`."""
    write: Callable[[bytes], Coroutine[Any, Any, None]]
    """The same, and wait until all are accepted, see `Pipe.write`."""
    close: Callable[[], None]
    """Send nothing more (fin), see `Pipe.end`."""

    def __init__(self, incoming: Pipe, outgoing: Pipe) -> None:
        self.incoming = incoming
        self.outgoing = outgoing
        self.connection = outgoing.connection
        self.read = incoming.read
        self.put, self.write, self.close = outgoing.put, outgoing.write, outgoing.end

    def abort(self) -> None:
        """Lose the connection (rst), both directions and all octets on the way."""
        self.outgoing.cut()
        self.incoming.cut()

    def ease(self) -> None:
        """Neither direction is tight any more."""
        self.outgoing.ease()
        self.incoming.ease()

    def discard(self) -> None:
        """Be of no use any more: the run is over, and its trace is complete."""
        self.outgoing.discard()
        self.incoming.discard()

    @property
    def closed(self) -> bool:
        """Whether this side can send nothing more."""
        return self.outgoing.shut


def connect(
    loop: VirtualLoop,
    trace: Trace,
    connection: int,
    upward: PipeOptions = DEFAULT,
    downward: PipeOptions = DEFAULT,
) -> tuple[Transport, Transport]:
    """A connection: the client's end and the server's. `upward` leads to the server."""
    up = Pipe(loop, trace, "client", connection, upward)
    down = Pipe(loop, trace, "server", connection, downward)
    up.back, down.back = down, up
    return Transport(down, up), Transport(up, down)
