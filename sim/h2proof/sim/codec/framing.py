"""The octets of a connection ⇄ frame headers with their payloads, whatever the chunks.

What a payload says is not known here, nor which header is legal: a hostile peer may write any.
"""

from collections.abc import Callable
from functools import partial
from struct import Struct
from typing import Final, NamedTuple

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
"""The 24 octets a client sends before its first frame (RFC 9113 §3.4)."""

HEADER_LENGTH: Final = 9
STREAM_MAX: Final = 0x7FFFFFFF
RESERVED_BIT: Final = 0x80000000

_HEADER: Final = Struct(">HBBBL")
header_fields: Final = _HEADER.unpack_from
"""Upper and lower part of the length, type, flags, and the stream behind the reserved bit."""
header_octets: Final = _HEADER.pack
"""The nine octets of these five."""


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
    high, low, kind, flags, word = header_fields(octets, offset)
    return _made((high << 8 | low, kind, flags, word & STREAM_MAX, word > STREAM_MAX))


def write_header(header: FrameHeader) -> bytes:
    """The nine octets that `read_header` took apart."""
    length, kind, flags, stream, reserved = header
    word = stream | RESERVED_BIT if reserved else stream
    return header_octets(length >> 8, length & 0xFF, kind, flags, word)


def raw(
    kind: int, flags: int, stream: int, payload: bytes = b"", *, reserved: bool = False
) -> bytes:
    """The octets of any frame at all, legal or not; the length is the payload's."""
    length = len(payload)
    word = stream | RESERVED_BIT if reserved else stream
    return header_octets(length >> 8, length & 0xFF, kind, flags, word) + payload


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
    """Cuts a stream of octets into frames, whatever the chunks in which it comes."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    @property
    def held(self) -> int:
        """Octets of the frame that is not complete."""
        return len(self._rest)

    def feed(self, data: bytes) -> list[tuple[FrameHeader, bytes]]:
        """Every frame that `data` completes; what is left waits for the next call."""
        found, self._rest = split_frames(self._rest + data)
        return found
