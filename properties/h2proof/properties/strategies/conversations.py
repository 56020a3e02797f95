"""Whole streams of octets that one side sends on a connection, in bulk.

One blob is drawn and cut into operations of four octets: which operation, on which stream, and two
numbers; losing octets loses operations, and lowering them makes those simpler. Costs little more
than the blob. A conversation opens as the RFC wants it; what follows may be anything, from an
honest exchange to nonsense.
"""

from collections.abc import Callable
from typing import Final

from hypothesis import strategies as st

from h2proof.properties.strategies.blobs import WIDTH, operations_in
from h2proof.properties.strategies.fields import MALFORMED, REQUEST
from h2proof.properties.strategies.options import one_of_names, whole
from h2proof.sim.codec import PREFACE, encode, raw
from h2proof.sim.frames import (
    Continuation,
    Data,
    Dependency,
    FrameType,
    GoAway,
    Headers,
    Ping,
    Priority,
    PriorityUpdate,
    PushPromise,
    RstStream,
    Settings,
    WindowUpdate,
)
from h2proof.sim.hpack import FieldEncoder, Fields
from h2proof.sim.trace import SENDERS, Sender

Operation = Callable[[int, int, int], bytes]
"""Given the stream (1, 3, 5, ...) and two octets: what goes on the wire."""


def _block(section: Fields) -> bytes:
    return FieldEncoder().encode(section)


_GET: Final = _block(REQUEST)
_OTHERS: Final = tuple(
    _block((*head, (b"x-a", b"b")))
    for head in (
        REQUEST,
        ((b":method", b"HEAD"), *REQUEST[1:]),
        ((b":method", b"POST"), *REQUEST[1:]),
    )
)
_RESPONSES: Final = tuple(
    _block(((b":status", code),)) for code in (b"200", b"404", b"103", b"204")
)
_MALFORMED: Final = tuple(_block(section) for section in MALFORMED.values())
_TRAILERS: Final = _block(((b"x-trailer", b"1"),))
_LENGTHS: Final = tuple(
    _block((*REQUEST, (b"content-length", str(octets).encode()))) for octets in (0, 1, 5, 100)
)
_CODES: Final = (8, 0, 1, 2, 3, 5, 7, 11)
_SETTINGS: Final = (
    (4, 0),
    (4, 1),
    (4, 65_535),
    (4, 0x7FFFFFFF),
    (4, 0x80000000),
    (2, 0),
    (2, 1),
    (2, 2),
    (3, 0),
    (3, 1),
    (1, 0),
    (1, 4096),
    (5, 16_384),
    (5, 1),
    (6, 100),
    (0x4242, 7),
)
_INCREMENTS: Final = (1, 0, 100, 65_535, 0x7FFF0000, 0x7FFFFFFF)
_BROKEN: Final = (
    raw(FrameType.DATA, 0x8, 1),
    raw(FrameType.DATA, 0x8, 1, b"\x09x"),
    raw(FrameType.HEADERS, 0x24, 1, b"\0\0"),
    raw(FrameType.PRIORITY, 0, 1, b"\0"),
    raw(FrameType.RST_STREAM, 0, 1, b"\0"),
    raw(FrameType.SETTINGS, 0, 0, b"\0"),
    raw(FrameType.SETTINGS, 1, 0, b"\0\0\0\0\0\0"),
    raw(FrameType.PING, 0, 0, b"short"),
    raw(FrameType.GOAWAY, 0, 0, b"short"),
    raw(FrameType.WINDOW_UPDATE, 0, 0, b"\0"),
    raw(FrameType.DATA, 0, 0, b"x"),
    raw(FrameType.SETTINGS, 0, 1),
    raw(FrameType.PING, 0, 1, bytes(8)),
    raw(FrameType.HEADERS, 0x5, 1, b"\xff\xff\xff\xff\xff"),
)


def _headers(stream: int, block: bytes, *, end: bool) -> bytes:
    return raw(FrameType.HEADERS, 0x5 if end else 0x4, stream, block)


def _split(stream: int, block: bytes, x: int, y: int) -> bytes:
    """A block in three parts, cut where `x` and `y` say."""
    first, second = sorted((x % (len(block) + 1), y % (len(block) + 1)))
    return b"".join(
        (
            encode(Headers(stream, block[:first], True, False)),
            encode(Continuation(stream, block[first:second], False)),
            encode(Continuation(stream, block[second:])),
        )
    )


# fmt: off
OPERATIONS: Final[tuple[Operation, ...]] = (
    # requests, as a client makes them
    lambda s, x, y: _headers(s, _GET, end=True),
    lambda s, x, y: _headers(s, _OTHERS[x % len(_OTHERS)], end=bool(y & 1)),
    lambda s, x, y: _headers(s, _LENGTHS[x % len(_LENGTHS)], end=bool(y & 1)),
    lambda s, x, y: _split(s, _GET, x, y),
    lambda s, x, y: encode(Data(s, bytes(x), bool(y & 1))),
    lambda s, x, y: encode(Data(s, bytes(x & 7), bool(y & 1), bytes(x >> 3))),
    lambda s, x, y: _headers(s, _TRAILERS, end=not y & 1),
    # what both sides may say
    lambda s, x, y: encode(WindowUpdate(0 if y & 1 else s, _INCREMENTS[x % len(_INCREMENTS)])),
    lambda s, x, y: encode(RstStream(s, _CODES[x % len(_CODES)])),
    lambda s, x, y: encode(Settings((_SETTINGS[x % len(_SETTINGS)],))),
    lambda s, x, y: encode(Settings(ack=True)),
    lambda s, x, y: encode(Ping(bytes((x,)) * 8, bool(y & 1))),
    lambda s, x, y: encode(GoAway(s if y & 1 else 0, _CODES[x % len(_CODES)], bytes(x & 3))),
    lambda s, x, y: encode(Priority(s, Dependency(x, y))),
    lambda s, x, y: encode(PriorityUpdate(s, b"u=1")),
    lambda s, x, y: raw(0x20 + (x & 0x1F), y, s, bytes(x >> 5)),
    # answers and promises, as a server makes them
    lambda s, x, y: _headers(s, _RESPONSES[x % len(_RESPONSES)], end=bool(y & 1)),
    lambda s, x, y: encode(PushPromise(s, 2 * (x & 7), _GET)),
    lambda s, x, y: _headers(2 * (x & 7), _RESPONSES[0], end=bool(y & 1)),
    lambda s, x, y: encode(Data(2 * (x & 7), bytes(y), bool(y & 1))),
    # against the RFC
    lambda s, x, y: _headers(s, _MALFORMED[x % len(_MALFORMED)], end=True),
    lambda s, x, y: encode(Headers(s, _GET[: x % len(_GET)], bool(y & 1), False)),
    lambda s, x, y: encode(Continuation(s, bytes(x & 7), bool(y & 1))),
    lambda s, x, y: _BROKEN[x % len(_BROKEN)],
    lambda s, x, y: encode(Priority(s, Dependency(s))),
    lambda s, x, y: bytes((x, y)),
)
# fmt: on
"""What one operation can be; the first octet of an operation names its place, from 1."""


def opening(sender: Sender) -> bytes:
    """How that side has to begin (RFC 9113 §3.4)."""
    settings = encode(Settings())
    return PREFACE + settings if sender == "client" else settings


def conversation(blob: bytes, sender: Sender) -> bytes:
    """The octets that a blob stands for. The streams are the first eight of the client."""
    parts = [opening(sender)]
    for operation, place, x, y in operations_in(blob, OPERATIONS):
        parts.append(operation(2 * (place & 7) + 1, x, y))
    return b"".join(parts)


def conversations(*, sender: Sender = "client", operations: int = 24) -> st.SearchStrategy[bytes]:
    """What `sender` puts on the wire: the right opening and up to `operations` operations. Bulk."""
    one_of_names("sender", sender, SENDERS)
    whole("operations", operations, 0, 4096)
    return st.binary(max_size=WIDTH * operations).map(lambda blob: conversation(blob, sender))
