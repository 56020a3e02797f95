"""One direction between two endpoints, and the two ends of a connection made of a pair of them.

A pipe takes octets as long as it has room, lets them arrive after a delay, and hands them to
whoever reads, never beyond the end of a frame in one piece. It can be cut, orderly (fin) or not
(rst). It knows frames only by their length: so it records a frame in the trace when its sender has
handed over the last octet, for from then on the sender is committed to it, and its delivery when
the reader takes that octet, for not before then can the reader act on it. What frames mean is not
known here.
"""

import types
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Final, Literal

from h2proof.sim.clock import VirtualLoop
from h2proof.sim.codec import HEADER_LENGTH, PREFACE, read_header
from h2proof.sim.scheduler import Waiter
from h2proof.sim.trace import Sender, Trace

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


@dataclass(slots=True)
class _Piece:
    """Octets of at most one frame; `frame` is its event where its last octet is in here."""

    octets: bytes
    frame: int | None
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
        self._loop = loop
        self._trace = trace
        self._options = options
        self._name = f"{sender}'s octets of connection {connection}"
        self.lane = f"arrival of {self._name}"
        """What its timers are called among the steps of a run."""
        # what was handed over and does not fit yet, what travels, what can be read
        self._waiting: deque[tuple[_Piece, Waiter | None]] = deque()
        self._travelling: deque[_Piece] = deque()
        self._arrived: deque[_Piece] = deque()
        self._reader: Waiter | None = None
        self._paused = False
        # the frame that is being handed over, and how much its sender knew when it began
        self._partial = bytearray()
        self._partial_knew = 0
        self._preface_left = PREFACE if sender == "client" else b""
        self._garbage = False
        """Set when the preface was not the preface: what follows has no frames either."""
        self._ended = False
        self._end_arrived = False
        self._cut = False

    # -- the sender's side --

    @property
    def blocked(self) -> int:
        """Octets that were handed over and do not fit in yet."""
        return sum(len(piece.octets) for piece, _ in self._waiting)

    def put(self, octets: bytes) -> bool:
        """Hand over octets without waiting; False if some of them do not fit in yet.

        Those wait outside in their order. PipeCut if the pipe was cut or ended before.
        """
        self._check_open()
        if octets:
            for piece in self._record(octets):
                self._waiting.append((piece, None))
            self._accept()
        return not self._waiting

    async def write(self, octets: bytes) -> None:
        """Hand over octets; comes back when all have been accepted, PipeCut if that cannot be."""
        if self.put(octets):
            return
        piece, _ = self._waiting[-1]
        waiter = self._loop.waiter(f"room for {self._name}")
        self._waiting[-1] = (piece, waiter)
        await waiter
        # raised here and not by the waiter: an exception in a future holds the frames of those
        # who awaited it, and they hold the future
        if piece.lost:
            raise PipeCut("rst", self._name)

    def end(self) -> None:
        """Nothing more will be sent (fin); what was handed over still arrives."""
        if self._ended or self._cut:
            return
        self._ended = True
        self._record_rest()
        self._trace.cut(self.sender, "fin", at=self._loop.now_ns, connection=self.connection)
        self._accept()

    def cut(self) -> None:
        """Lose all octets inside; reader and blocked writers get PipeCut (rst)."""
        if self._cut:
            return
        self._cut = True
        lost = self.held + self.blocked
        if not (self._ended and self._end_arrived and not lost):
            self._record_rest()
            self._trace.cut(
                self.sender, "rst", lost, at=self._loop.now_ns, connection=self.connection
            )
        for piece, waiter in self._waiting:
            piece.lost = True
            if waiter is not None and not waiter.done():
                waiter.set_result(None)
        self._waiting.clear()
        self._travelling.clear()
        self._arrived.clear()
        self.held = 0
        self._wake()

    def ease(self) -> None:
        """Have room for a whole frame of the default size from now on, in one piece."""
        room = max(self._options.capacity, FRAME_ROOM)
        self._options = replace(self._options, capacity=room, chunk=None)
        if self._waiting:
            self._accept()

    def discard(self) -> None:
        """Be of no use any more, and write nothing about it into the trace."""
        self._cut = True

    def _check_open(self) -> None:
        if self._cut:
            raise PipeCut("rst", self._name)
        if self._ended:
            raise PipeCut("fin", self._name)

    def _accept(self) -> None:
        """Let in what fits; a piece may be split where the room ends."""
        options = self._options
        moved = 0
        while self._waiting:
            room = options.capacity - self.held
            if room <= 0:
                break
            piece, waiter = self._waiting[0]
            if options.chunk is not None:
                room = min(room, options.chunk)
            if len(piece.octets) > room:
                part, piece.octets = _Piece(piece.octets[:room], None), piece.octets[room:]
            else:
                part = piece
                self._waiting.popleft()
                if waiter is not None and not waiter.done():
                    waiter.set_result(None)
            self.held += len(part.octets)
            self._travelling.append(part)
            moved += 1
        ending = self._ended and not self._waiting and not self._end_arrived
        if moved or ending:
            if options.delay_ns:
                at_ns = self._loop.now_ns + options.delay_ns
                self._loop.call_at_ns(at_ns, self._arrive, moved, ending, whose=self.lane)
            else:
                self._arrive(moved, ending)

    def _record(self, octets: bytes) -> list[_Piece]:
        """Write the frames that end in `octets` into the trace; the octets in pieces."""
        pieces: list[_Piece] = []
        trace, size, offset = self._trace, len(octets), 0
        at, connection, sender = self._loop.now_ns, self.connection, self.sender
        if self._garbage:
            self._partial += octets
            self._record_rest()
            return [_Piece(octets, None)]
        if self._preface_left:
            offset = self._record_preface(octets, pieces)
        while offset < size:
            if self._partial or size - offset < HEADER_LENGTH:
                offset = self._record_partial(octets, offset, pieces)
                continue
            header = read_header(octets, offset)
            end = offset + HEADER_LENGTH + header.length
            if end > size:
                offset = self._record_partial(octets, offset, pieces)
                continue
            payload = octets[offset + HEADER_LENGTH : end]
            index = trace.add_frame(sender, header, payload, at=at, connection=connection)
            pieces.append(_Piece(octets[offset:end], index))
            offset = end
        return pieces

    def _record_partial(self, octets: bytes, offset: int, pieces: list[_Piece]) -> int:
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
            pieces.append(_Piece(octets[start:offset], None))
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
        pieces.append(_Piece(octets[start:offset], index))
        return offset

    def _record_preface(self, octets: bytes, pieces: list[_Piece]) -> int:
        left = self._preface_left
        step = min(len(left), len(octets))
        if octets[:step] != left[:step]:
            self._garbage = True
            self._partial += PREFACE[: len(PREFACE) - len(left)] + octets
            self._record_rest()
            pieces.append(_Piece(octets, None))
            return len(octets)
        self._preface_left = left[step:]
        if not self._preface_left:
            self._trace.preface(at=self._loop.now_ns, connection=self.connection)
        pieces.append(_Piece(octets[:step], None))
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

    def _arrive(self, count: int, ending: bool) -> None:
        if self._cut:
            return
        for _ in range(count):
            self._arrived.append(self._travelling.popleft())
        if ending:
            self._end_arrived = True
        self._wake()

    def _wake(self) -> None:
        reader = self._reader
        if reader is None or reader.done():
            return
        if self._cut or (not self._paused and (self._arrived or self._end_arrived)):
            reader.set_result(None)

    # -- the reader's side --

    def pause(self) -> None:
        """The reader takes nothing more until `resume`: the pipe fills up."""
        self._paused = True

    def resume(self) -> None:
        """The reader reads again."""
        self._paused = False
        self._wake()

    async def read(self) -> bytes:
        """The next octets, at most up to the end of a frame; empty after fin, PipeCut after rst."""
        stepped = self._options.burst
        while not self._cut:
            if self._paused or not (self._arrived or self._end_arrived):
                self._reader = self._loop.waiter(self._name, "deliver", rests=True)
                try:
                    await self._reader
                finally:
                    self._reader = None
            elif not stepped:
                await next_step()
            else:
                return self._take() if self._arrived else b""
            stepped = True
        raise PipeCut("rst", self._name)

    def _take(self) -> bytes:
        piece = self._arrived.popleft()
        self.held -= len(piece.octets)
        if piece.frame is not None:
            self.delivered += 1
            self._trace.delivered(piece.frame, at=self._loop.now_ns, connection=self.connection)
        if self._waiting:
            self._accept()
        return piece.octets


@types.coroutine
def next_step() -> Generator[None, None, None]:
    """Go on in a step of one's own, as `asyncio.sleep(0)` does."""
    yield


class Transport:
    """One end of a connection: reads from one pipe, writes to the other."""

    __slots__ = ("connection", "incoming", "outgoing")

    def __init__(self, incoming: Pipe, outgoing: Pipe) -> None:
        self.incoming = incoming
        self.outgoing = outgoing
        self.connection = outgoing.connection

    async def read(self) -> bytes:
        """The peer's next octets, at most up to the end of a frame.

        Empty when the peer has ended its direction; PipeCut when the connection is lost.
        """
        return await self.incoming.read()

    async def write(self, octets: bytes) -> None:
        """Hand over octets at once, in the order of the calls, and wait until all are accepted.

        PipeCut when the connection is lost, or was closed by this side.
        """
        await self.outgoing.write(octets)

    def put(self, octets: bytes) -> bool:
        """Hand over octets without waiting; False if some of them do not fit in yet."""
        return self.outgoing.put(octets)

    def close(self) -> None:
        """Send nothing more (fin); what was handed over still arrives."""
        self.outgoing.end()

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
        return self.outgoing._cut or self.outgoing._ended


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
