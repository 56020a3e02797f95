"""An endpoint and the octets that are fed to it: three ways in, and everything that came out.

The octets go in as whole frames, as a chunking says, and one by one. Fed as frames it also writes
a trace, in which each frame is delivered before the endpoint can answer it, so that the judge knows
exactly what the endpoint knew. What any of it should be is not known here.
"""

import io
import types
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from gc import get_referents
from typing import Any, Final

from h2proof.properties.broken import Misused
from h2proof.sim.codec import (
    HEADER_LENGTH,
    PREFACE,
    FrameHeader,
    FrameReader,
    read_header,
    write_header,
)
from h2proof.sim.endpoint import Endpoint
from h2proof.sim.frames import BLOCK_OPENERS, END_HEADERS, TYPE_NAMES, FrameType
from h2proof.sim.trace import Sender, Trace

_BLOCKS: Final = BLOCK_OPENERS | {FrameType.CONTINUATION.value}

OBJECTS_MAX: Final = 20_000
"""Objects looked at in the search for retained octets."""


@dataclass(frozen=True, slots=True)
class Driven:
    """What an endpoint made of its octets; `error` is what it raised, after `fed` octets."""

    endpoint: Endpoint
    notices: tuple[Any, ...]
    output: bytes
    closed: bool
    fed: int
    error: Exception | None = None
    twice: bytes = b""
    """Octets that were handed out when they had just been taken: they should have been new."""


def drive(endpoint: Endpoint, chunks: Iterable[bytes], watch: "Recorder | None" = None) -> Driven:
    """Feed the chunks, and take the output after each and before the first."""
    notices: list[Any] = []
    output = bytearray()
    twice = b""
    fed = 0
    try:
        output += _taken(endpoint, watch)
        for chunk in chunks:
            if watch is not None:
                watch.sent(watch.peer, chunk)
            fed += len(chunk)
            notices += _listed(endpoint.receive(chunk))
            output += _taken(endpoint, watch)
            twice = twice or endpoint.take_output()
    except Misused:
        raise
    except Exception as error:  # noqa: BLE001  # whatever an endpoint raises is the finding
        # the error keeps its traceback no longer than this, for it would keep the endpoint
        closed = False
        return Driven(
            endpoint, tuple(notices), bytes(output), closed, fed, error.with_traceback(None)
        )
    return Driven(endpoint, tuple(notices), bytes(output), bool(endpoint.closed), fed, None, twice)


def _taken(endpoint: Endpoint, watch: "Recorder | None") -> bytes:
    octets = endpoint.take_output()
    if not isinstance(octets, bytes):
        raise Misused(
            f"{type(endpoint).__qualname__}.take_output gave {type(octets).__name__}, not bytes"
        )
    if watch is not None:
        watch.sent(watch.role, octets)
    return octets


def _listed(notices: object) -> tuple[Any, ...]:
    if notices is None:
        return ()
    if isinstance(notices, list | tuple):
        return tuple(notices)
    if isinstance(notices, types.CoroutineType):
        notices.close()
        raise Misused("receive is async; an endpoint's receive is a plain function")
    if isinstance(notices, Iterator):
        return tuple(notices)
    return (notices,)


class Recorder:
    """Writes the octets of both sides as a trace; what the peer sent is delivered at once."""

    def __init__(self, role: Sender) -> None:
        self.role: Sender = role
        self.peer: Sender = "server" if role == "client" else "client"
        self.trace = Trace()
        self.types: dict[str, None] = {}
        """The names of the frame types that the peer has sent, in order."""
        self.block_open = False
        """Whether the peer's last frame leaves a field block unfinished."""
        self._readers = {"client": FrameReader(), "server": FrameReader()}
        self._preface = b""
        self._preface_over = False

    def sent(self, sender: Sender, octets: bytes) -> None:
        """One side put these octets on the wire."""
        if sender == "client" and not self._preface_over:
            octets = self._after_preface(octets)
        for header, payload in self._readers[sender].feed(octets):
            assert payload is not None
            event = self.trace.add_octets_of_frame(sender, write_header(header) + payload)
            if sender == self.peer:
                self.trace.delivered(event)
                self._seen(header)

    def _seen(self, header: FrameHeader) -> None:
        if header.type in TYPE_NAMES:
            self.types[TYPE_NAMES[header.type]] = None
        self.block_open = header.type in _BLOCKS and not header.flags & END_HEADERS

    @property
    def inside_frame(self) -> bool:
        """Whether the peer's octets end inside a frame."""
        return self._readers[self.peer].held > 0

    def _after_preface(self, octets: bytes) -> bytes:
        """What is left behind the client's preface; nothing, until that is complete."""
        self._preface += octets
        if len(self._preface) < len(PREFACE) and PREFACE.startswith(self._preface):
            return b""
        self._preface_over = True
        if not self._preface.startswith(PREFACE):
            self.trace.loose_octets("client", self._preface)
            return b""
        self.trace.preface()
        return self._preface[len(PREFACE) :]


def as_frames(octets: bytes) -> Iterator[bytes]:
    """The octets in pieces that end where frames end; the preface is a piece, and the rest is."""
    start = 0
    if octets.startswith(PREFACE):
        start = len(PREFACE)
        yield PREFACE
    while len(octets) - start >= HEADER_LENGTH:
        end = start + HEADER_LENGTH + read_header(octets, start).length
        if end > len(octets):
            break
        yield octets[start:end]
        start = end
    if start < len(octets):
        yield octets[start:]


def one_by_one(octets: bytes) -> Iterator[bytes]:
    """Each octet alone."""
    return (octets[place : place + 1] for place in range(len(octets)))


def role_of(endpoint: Endpoint) -> Sender:
    """Which side an endpoint is: a client opens with the preface (RFC 9113 §3.4)."""
    return "client" if _taken(endpoint, None).startswith(PREFACE) else "server"


def holds(endpoint: object, marker: bytes) -> str | None:
    """Where in the object graph below an endpoint these octets are kept; None if nowhere.

    Classes, modules and functions are not entered: what they share is not this endpoint's.
    """
    seen = {id(endpoint)}
    level: list[object] = [endpoint]
    while level and len(seen) < OBJECTS_MAX:
        below: list[object] = []
        for owner in level:
            for held in get_referents(owner):
                if id(held) in seen or isinstance(held, _NOT_ENTERED):
                    continue
                seen.add(id(held))
                if _has(held, marker):
                    return f"a {type(held).__name__} in a {type(owner).__name__}"
                below.append(held)
        level = below
    return None


_NOT_ENTERED: Final = (type, types.ModuleType, types.FunctionType, types.CodeType, str, int, float)


def _has(held: object, marker: bytes) -> bool:
    if isinstance(held, bytes | bytearray):
        return marker in held
    return isinstance(held, io.BytesIO) and marker in held.getvalue()


Factory = Callable[[], Endpoint]
