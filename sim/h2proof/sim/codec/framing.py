"""The octets of a connection ⇄ frame headers with their payloads, whatever the chunks.

What a payload says is not known here, nor which header is legal: a hostile peer may write any.
"""

from collections.abc import Callable, Iterator
from functools import partial
from struct import Struct
from typing import Final, NamedTuple

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
"""The 24 octets a client sends before its first frame (RFC 9113 §3.4)."""

HEADER_LENGTH: Final = 9
STREAM_MAX: Final = 0x7FFFFFFF
RESERVED_BIT: Final = 0x80000000

_HEADER: Final = Struct(">HBBBL")


class FrameHeader(NamedTuple):
    """The nine octets in front of every payload (RFC 9113 §4.1); `length` is the payload's."""

    length: int
    type: int
    flags: int
    stream: int
    reserved: bool = False


_made: Final[Callable[[tuple[int, int, int, int, bool]], FrameHeader]] = partial(
    tuple.__new__, FrameHeader
)
"""As `FrameHeader._make`, at a third of its cost."""


def read_header(octets: bytes | bytearray | memoryview, offset: int = 0) -> FrameHeader:
    """The header at `offset`, where nine octets have to be present."""
    high, low, kind, flags, word = _HEADER.unpack_from(octets, offset)
    return _made((high << 8 | low, kind, flags, word & STREAM_MAX, word > STREAM_MAX))


def write_header(header: FrameHeader) -> bytes:
    """The nine octets that `read_header` took apart."""
    length, kind, flags, stream, reserved = header
    word = stream | RESERVED_BIT if reserved else stream
    return _HEADER.pack(length >> 8, length & 0xFF, kind, flags, word)


def raw(
    kind: int, flags: int, stream: int, payload: bytes = b"", *, reserved: bool = False
) -> bytes:
    """The octets of any frame at all, legal or not; the length is the payload's."""
    length = len(payload)
    word = stream | RESERVED_BIT if reserved else stream
    return _HEADER.pack(length >> 8, length & 0xFF, kind, flags, word) + payload


def split_frames(octets: bytes) -> tuple[list[tuple[FrameHeader, bytes]], bytes]:
    """All whole frames at the start of `octets`, and what is left behind them."""
    found = []
    offset, size = 0, len(octets)
    while size - offset >= HEADER_LENGTH:
        header = read_header(octets, offset)
        end = offset + HEADER_LENGTH + header.length
        if end > size:
            break
        found.append((header, octets[offset + HEADER_LENGTH : end]))
        offset = end
    return found, octets[offset:]


class FrameReader:
    """Cuts a stream of octets into frames, whatever the chunks in which it comes.

    A frame longer than `payload_max` octets is reported at once with the payload None, for a
    receiver reacts to the header (RFC 9113 §4.2); its payload is skipped and never held.
    """

    __slots__ = ("_buffer", "_offset", "_skip", "payload_max")

    def __init__(self, payload_max: int = 0xFFFFFF) -> None:
        self.payload_max = payload_max
        self._buffer = b""
        self._offset = 0
        """How much of the buffer was taken."""
        self._skip = 0

    @property
    def held(self) -> int:
        """Octets that are kept: those of an unfinished frame, once every whole one is taken."""
        return len(self._buffer) - self._offset

    def clear(self) -> None:
        """Forget the unfinished frame, and what was not taken."""
        self._buffer = b""
        self._offset = self._skip = 0

    def give(self, data: bytes) -> None:
        """Add octets behind those that are held."""
        rest = self._buffer[self._offset :]
        self._buffer = rest + data if rest else data
        self._offset = 0

    def take(self) -> tuple[FrameHeader, bytes | None] | None:
        """The next frame; None until more octets are given."""
        buffer, offset = self._buffer, self._offset
        size = len(buffer)
        if self._skip:
            step = min(self._skip, size - offset)
            offset += step
            self._skip -= step
        start = offset + HEADER_LENGTH
        if start <= size:
            header = read_header(buffer, offset)
            length = header.length
            if length > self.payload_max:
                self._offset, self._skip = start, length
                return header, None
            end = start + length
            if end <= size:
                self._offset = end
                return header, buffer[start:end]
        self._buffer = buffer[offset:]
        self._offset = 0
        return None

    def feed(self, data: bytes) -> Iterator[tuple[FrameHeader, bytes | None]]:
        """Every frame that `data` completes; what is left waits for the next call.

        An iterator that is given up leaves the frames behind it for the next call.
        """
        self.give(data)
        while (found := self.take()) is not None:
            yield found
