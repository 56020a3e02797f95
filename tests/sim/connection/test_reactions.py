"""What an endpoint does about each thing that its peer may do wrong, or only seems to.

One row a case: the requirement, who receives, what arrives, and the scope and code of the answer.
Every `react` entry of the inventory has a row, or a reason why it has none.
"""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from h2proof.sim import Connection, ErrorCode, Limits
from h2proof.sim.codec import PREFACE, encode, raw
from h2proof.sim.frames import (
    ACK,
    END_HEADERS,
    END_STREAM,
    PADDED,
    PRIORITY_FLAG,
    AltSvc,
    Continuation,
    Data,
    Dependency,
    FrameType,
    GoAway,
    Origin,
    Ping,
    Priority,
    PriorityUpdate,
    PushPromise,
    RstStream,
    Settings,
    Unknown,
    WindowUpdate,
)
from h2proof.sim.hpack import FieldLine, Fields
from h2proof.sim.settings import Setting
from h2proof.sim.streams import Role
from h2proof.sim.wire import REQUEST, RESPONSE, TRAILERS, Wire

IGNORED: Final = "ignored"


def connection_error(code: str) -> str:
    return f"connection {code}"


def stream_error(code: str, stream: int = 1) -> str:
    return f"stream {stream} {code}"


PROTOCOL: Final = connection_error("PROTOCOL_ERROR")
SIZE: Final = connection_error("FRAME_SIZE_ERROR")
FLOW: Final = connection_error("FLOW_CONTROL_ERROR")
COMPRESSION: Final = connection_error("COMPRESSION_ERROR")
MALFORMED: Final = stream_error("PROTOCOL_ERROR")

Arrival = Callable[[Wire], bytes]


class Case(NamedTuple):
    """What arrives behind the handshake, and what has to come of it."""

    requirement: str
    title: str
    arrives: Arrival
    expected: str
    role: Role = "server"
    arrange: Callable[[Connection], object] = lambda connection: None
    settings: dict[int, int] | None = None
    limits: Limits | None = None


def frames(*parts: bytes) -> Arrival:
    return lambda wire: b"".join(parts)


def request(*more: FieldLine, end_stream: bool = True, instead: Fields = REQUEST) -> Arrival:
    return lambda wire: wire.headers(1, (*instead, *more), end_stream=end_stream)


def without(name: bytes, fields: Fields = REQUEST) -> Fields:
    return tuple(line for line in fields if line[0] != name)


def replaced(name: bytes, value: bytes, fields: Fields = REQUEST) -> Fields:
    return tuple((name, value) if line[0] == name else line for line in fields)


def opened(*behind: bytes, end_stream: bool = False, fields: Fields = REQUEST) -> Arrival:
    """A request on stream 1, and frames behind it."""
    return lambda wire: wire.headers(1, fields, end_stream=end_stream) + b"".join(behind)


def asked(connection: Connection) -> int:
    return connection.send_headers(None, REQUEST, end_stream=True)


def asking(connection: Connection) -> int:
    return connection.send_headers(None, REQUEST)


def pushed(connection: Connection) -> int:
    connection.receive(raw(FrameType.HEADERS, END_HEADERS | END_STREAM, 1, HALF))
    return connection.push(1, REQUEST)


def answered(
    *behind: Callable[[Wire], bytes], fields: Fields = RESPONSE, end_stream: bool = False
) -> Arrival:
    """A response on stream 1, and more behind it."""
    return lambda wire: (
        wire.headers(1, fields, end_stream=end_stream) + b"".join(each(wire) for each in behind)
    )


def promised(
    fields: Fields = REQUEST, *, stream: int = 1, promised: int = 2
) -> Callable[[Wire], bytes]:
    return lambda wire: wire.promise(stream, promised, fields)


CONNECT: Final[Fields] = ((b":method", b"CONNECT"), (b":authority", b"there.test:443"))
EXTENDED: Final[Fields] = (
    (b":method", b"CONNECT"),
    (b":protocol", b"websocket"),
    (b":scheme", b"http"),
    (b":path", b"/chat"),
    (b":authority", b"h2proof.test"),
)
POST: Final = replaced(b":method", b"POST")
HALF: Final = b"\x82\x86\x84"  # a block of three indexed fields: GET, http, /


def settings(*pairs: tuple[int, int]) -> bytes:
    return encode(Settings(pairs))


def first_bytes(octets: bytes) -> Arrival:
    return lambda wire: octets


def dependent(kind: int, flags: int, stream: int, payload: bytes) -> Arrival:
    return opened(raw(kind, flags, stream, payload))


H, D, C = FrameType.HEADERS, FrameType.DATA, FrameType.CONTINUATION
P, W, S = FrameType.PUSH_PROMISE, FrameType.WINDOW_UPDATE, FrameType.SETTINGS

# fmt: off
CASES: Final = (
    # -- frames --
    Case("RFC9113-4.1-02", "an unknown type", opened(encode(Unknown(0x55, 0xFF, 1, b"x" * 99))), IGNORED),
    Case("RFC9113-4.1-02", "an unknown type on stream 0", frames(encode(Unknown(0x55, 0, 0))), IGNORED),
    Case("RFC9113-4.1-02", "an unknown type on an idle stream", frames(encode(Unknown(0x55, 0, 7))), IGNORED),
    Case("RFC9113-5.5-02", "a type from another world", frames(encode(Unknown(0xFF, 0, 6))), IGNORED, "client"),
    Case("RFC9113-4.1-03", "undefined flags on PING", frames(raw(FrameType.PING, 0xFE, 0, bytes(8))), IGNORED),
    Case("RFC9113-4.1-03", "END_STREAM on PRIORITY", frames(raw(FrameType.PRIORITY, 0xFF, 1, bytes(5))), IGNORED),
    Case("RFC9113-4.1-06", "the reserved bit of HEADERS", lambda w: raw(H, END_HEADERS | END_STREAM, 1, w.encoder.encode(REQUEST), reserved=True), IGNORED),
    Case("RFC9113-4.1-06", "the reserved bit of WINDOW_UPDATE", frames(raw(W, 0, 0, b"\x80\0\0\1", reserved=True)), IGNORED),
    Case("RFC9113-4.2-02", "DATA above the frame size", opened(raw(D, 0, 1, bytes(16_385))), stream_error("FRAME_SIZE_ERROR")),
    Case("RFC9113-4.2-02", "DATA without its Pad Length", opened(raw(D, PADDED, 1)), stream_error("FRAME_SIZE_ERROR")),
    Case("RFC9113-4.2-02", "an unknown frame above the frame size", opened(raw(0x55, 0, 1, bytes(16_385))), stream_error("FRAME_SIZE_ERROR")),
    Case("RFC9113-4.2-03", "HEADERS above the frame size", frames(raw(H, END_HEADERS, 1, bytes(16_385))), SIZE),
    Case("RFC9113-4.2-03", "SETTINGS above the frame size", frames(raw(S, 0, 0, bytes(16_386))), SIZE),
    Case("RFC9113-4.2-03", "CONTINUATION above the frame size", frames(raw(H, 0, 1, HALF), raw(C, 0, 1, bytes(16_385))), SIZE),
    Case("RFC9113-4.2-03", "PUSH_PROMISE above the frame size", frames(raw(P, END_HEADERS, 1, bytes(16_385))), SIZE, "client", asked),
    Case("RFC9113-4.2-03", "an unknown frame on stream 0 above the frame size", frames(raw(0x55, 0, 0, bytes(16_385))), SIZE),
    Case("RFC9113-4.2-03", "GOAWAY of 7 octets", frames(raw(FrameType.GOAWAY, 0, 0, bytes(7))), SIZE),
    Case("RFC9113-4.2-03", "HEADERS without room for its priority", frames(raw(H, END_HEADERS | PRIORITY_FLAG, 1, bytes(4))), SIZE),
    Case("RFC9113-4.2-03", "HEADERS without its Pad Length", frames(raw(H, END_HEADERS | PADDED, 1)), SIZE),
    Case("RFC9113-4.2-03", "PUSH_PROMISE of 3 octets", frames(raw(P, END_HEADERS, 1, bytes(3))), SIZE, "client", asked),
    Case("RFC9113-4.3-07", "an index that names nothing", frames(raw(H, END_HEADERS, 1, b"\xff\xff\x01")), COMPRESSION),
    Case("RFC9113-4.3-07", "a literal that is cut off", frames(raw(H, END_HEADERS, 1, b"\x40\x05ab")), COMPRESSION),
    Case("RFC9113-4.3-07", "a bad block on a closed stream", opened(raw(H, END_HEADERS, 1, b"\xff\xff\x01"), end_stream=True), COMPRESSION),
    Case("RFC9113-4.3-07", "a bad block on an even stream", frames(raw(H, END_HEADERS, 2, b"\xff\xff\x01")), COMPRESSION),
    Case("RFC9113-4.3-07", "a bad block in a promise", frames(raw(P, END_HEADERS, 1, b"\0\0\0\2\xff\xff\x01")), COMPRESSION, "client", asked),
    Case("RFC9113-4.3-07", "a bad block in trailers", opened(raw(H, END_HEADERS | END_STREAM, 1, b"\x80")), COMPRESSION),
    Case("RFC9113-4.3-06", "a block that expands without end", lambda w: raw(H, 0, 1, w.encoder.encode(((b"x", b"y" * 3000),))) + raw(C, END_HEADERS, 1, b"\xbe" * 4000), COMPRESSION),
    Case("RFC7541-2.3.3-02", "an index beyond the table", frames(raw(H, END_HEADERS, 1, b"\xbe")), COMPRESSION),
    Case("RFC7541-6.1-01", "index 0", frames(raw(H, END_HEADERS, 1, b"\x80")), COMPRESSION),
    Case("RFC7541-5.1-02", "an integer without end", frames(raw(H, END_HEADERS, 1, b"\xff" * 12)), COMPRESSION),
    Case("RFC7541-5.2-03", "Huffman padding of more than 7 bits", frames(raw(H, END_HEADERS, 1, b"\x00\x85\xf2\xb2\x4a\x84\xff\x84\x49\x50\x9f\xff")), COMPRESSION),
    Case("RFC7541-5.2-04", "Huffman padding of zeros", frames(raw(H, END_HEADERS, 1, b"\x00\x85\xf2\xb2\x4a\x84\xff\x83\x49\x50\x90")), COMPRESSION),
    Case("RFC7541-5.2-05", "the Huffman code of EOS", frames(raw(H, END_HEADERS, 1, b"\x00\x85\xf2\xb2\x4a\x84\xff\x87\x49\x51\xff\xff\xff\xfa\x7f")), COMPRESSION),
    Case("RFC7541-6.3-02", "a size update above the limit", frames(raw(H, END_HEADERS, 1, b"\x3f\xe2\x1f" + HALF)), COMPRESSION),
    Case("RFC7541-4.2-01", "a size update at the end of a block", frames(raw(H, END_HEADERS, 1, HALF + b"\x20")), COMPRESSION),

    # -- the preface --
    Case("RFC9113-3.4-09", "SETTINGS ACK as the first frame", first_bytes(PREFACE + encode(Settings(ack=True))), PROTOCOL),
    Case("RFC9113-3.4-09", "another frame as the first", first_bytes(PREFACE + encode(Ping())), PROTOCOL),
    Case("RFC9113-3.4-09", "octets that are no preface", first_bytes(b"GET / HTTP/1.1\r\n\r\n"), PROTOCOL),
    Case("RFC9113-3.4-09", "a preface with its last octet wrong", first_bytes(PREFACE[:-1] + b"\r"), PROTOCOL),
    Case("RFC9113-3.4-09", "a server that begins with DATA", first_bytes(encode(Data(1))), PROTOCOL, "client"),

    # -- states (the matrix has them all; here the codes that the text names) --
    Case("RFC9113-5.1-04", "DATA on an idle stream", frames(encode(Data(1, b"x"))), PROTOCOL),
    Case("RFC9113-5.1-04", "WINDOW_UPDATE on an idle stream", frames(encode(WindowUpdate(1, 1))), PROTOCOL),
    Case("RFC9113-5.1-05", "HEADERS on an unpromised stream", lambda w: w.headers(2, RESPONSE), PROTOCOL, "client"),
    Case("RFC9113-5.1-08", "DATA on a stream that was promised", frames(encode(Data(2, b"x"))), PROTOCOL, arrange=pushed),
    Case("RFC9113-5.1-08", "HEADERS on a stream that was promised", frames(raw(H, END_HEADERS, 2, HALF)), PROTOCOL, arrange=pushed),
    Case("RFC9113-5.1-10", "DATA on a reserved stream", lambda w: w.promise(1, 2, REQUEST) + encode(Data(2, b"x")), PROTOCOL, "client", asked),
    Case("RFC9113-5.1-10", "WINDOW_UPDATE on a reserved stream", lambda w: w.promise(1, 2, REQUEST) + encode(WindowUpdate(2, 1)), PROTOCOL, "client", asked),
    Case("RFC9113-5.1-16", "HEADERS behind END_STREAM", lambda w: w.headers(1, REQUEST, end_stream=True) + w.headers(1, TRAILERS, end_stream=True), stream_error("STREAM_CLOSED")),
    Case("RFC9113-5.1-16", "DATA behind END_STREAM", opened(encode(Data(1, b"x")), end_stream=True), stream_error("STREAM_CLOSED")),
    Case("RFC9113-6.1-08", "DATA on a closed stream", opened(encode(Data(1, b"x")), end_stream=True), stream_error("STREAM_CLOSED")),
    Case("RFC9113-5.1-26", "a promise on a promised stream that is reserved", lambda w: w.promise(1, 2, REQUEST) + w.promise(2, 4, REQUEST), PROTOCOL, "client", asked),
    Case("RFC9113-5.1-28", "an unknown frame on a stream that was reset", opened(encode(RstStream(1, 8)), encode(Unknown(0x55, 0, 1))), IGNORED),
    Case("RFC9113-5.1.1-05", "a request on an even stream", lambda w: w.headers(2, REQUEST), PROTOCOL),
    Case("RFC9113-5.1.1-05", "a request on a lower stream", lambda w: w.headers(5, REQUEST) + w.headers(3, REQUEST), PROTOCOL),
    Case("RFC9113-5.1.1-05", "a response on a stream that was never opened", lambda w: w.headers(1, RESPONSE), PROTOCOL, "client"),
    Case("RFC9113-5.1.2-03", "a stream too many", lambda w: w.headers(1, REQUEST) + w.headers(3, REQUEST), stream_error("REFUSED_STREAM", 3), settings={Setting.MAX_CONCURRENT_STREAMS: 1}),
    Case("RFC9113-5.1.2-03", "a pushed response too many", lambda w: w.promise(1, 2, REQUEST) + w.headers(2, RESPONSE), stream_error("REFUSED_STREAM", 2), "client", asked, {Setting.MAX_CONCURRENT_STREAMS: 0}),
    Case("RFC9113-5.5-01", "unknown settings and error codes", frames(settings((0xF0F0, 7)), encode(GoAway(0, 0xFEDC))), IGNORED),
    Case("RFC9113-5.5-03", "an unknown frame in a field block", frames(raw(H, 0, 1, HALF), encode(Unknown(0x55, 0, 1))), PROTOCOL),

    # -- DATA, HEADERS, PRIORITY, RST_STREAM --
    Case("RFC9113-6.1-05", "DATA on stream 0", frames(encode(Data(0, b"x"))), PROTOCOL),
    Case("RFC9113-6.1-09", "DATA with as much padding as payload", opened(raw(D, PADDED, 1, b"\x05abcd")), PROTOCOL),
    Case("RFC9113-6.1-09", "DATA with more padding than payload", opened(raw(D, PADDED, 1, b"\xffabcd")), PROTOCOL),
    Case("RFC9113-6.2-05", "DATA in a field block", lambda w: w.headers(1, REQUEST) + raw(H, 0, 3, HALF) + encode(Data(1, b"x")), PROTOCOL),
    Case("RFC9113-6.2-05", "PRIORITY in a field block", frames(raw(H, 0, 1, HALF), encode(Priority(1, Dependency(0)))), PROTOCOL),
    Case("RFC9113-6.2-05", "HEADERS of another stream in a field block", frames(raw(H, 0, 1, HALF), raw(H, END_HEADERS, 3, HALF)), PROTOCOL),
    Case("RFC9113-6.2-08", "HEADERS on stream 0", frames(raw(H, END_HEADERS, 0, HALF)), PROTOCOL),
    Case("RFC9113-6.2-09", "HEADERS with too much padding", frames(raw(H, END_HEADERS | PADDED, 1, b"\x04" + HALF)), PROTOCOL),
    Case("RFC9113-6.3-01", "PRIORITY on stream 0", frames(raw(FrameType.PRIORITY, 0, 0, bytes(5))), PROTOCOL),
    Case("RFC9113-6.3-04", "PRIORITY of 4 octets", opened(raw(FrameType.PRIORITY, 0, 1, bytes(4))), stream_error("FRAME_SIZE_ERROR")),
    Case("RFC9113-6.3-04", "PRIORITY of 4 octets on an idle stream, which cannot be reset", frames(raw(FrameType.PRIORITY, 0, 1, bytes(4))), SIZE),
    Case("RFC9113-6.4-05", "RST_STREAM on stream 0", frames(raw(FrameType.RST_STREAM, 0, 0, bytes(4))), PROTOCOL),
    Case("RFC9113-6.4-07", "RST_STREAM on an idle stream", frames(encode(RstStream(1, 8))), PROTOCOL),
    Case("RFC9113-6.4-08", "RST_STREAM of 3 octets", opened(raw(FrameType.RST_STREAM, 0, 1, bytes(3))), SIZE),

    # -- SETTINGS --
    Case("RFC9113-6.5-06", "SETTINGS ACK with a payload", frames(raw(S, ACK, 0, bytes(6))), SIZE),
    Case("RFC9113-6.5-08", "SETTINGS on a stream", opened(raw(S, 0, 1)), PROTOCOL),
    Case("RFC9113-6.5-09", "SETTINGS cut off within a setting", frames(raw(S, 0, 0, bytes(5))), SIZE),
    Case("RFC9113-6.5-10", "SETTINGS of 7 octets", frames(raw(S, 0, 0, bytes(7))), SIZE),
    Case("RFC9113-6.5.2-03", "a promise after push was turned off", promised(), PROTOCOL, "client", asked, {Setting.ENABLE_PUSH: 0}),
    Case("RFC9113-6.5.2-05", "ENABLE_PUSH=2", frames(settings((2, 2))), PROTOCOL),
    Case("RFC9113-6.5.2-09", "a server's ENABLE_PUSH=1", frames(settings((2, 1))), PROTOCOL, "client"),
    Case("RFC9113-6.5.2-09", "a server's ENABLE_PUSH=0", frames(settings((2, 0))), IGNORED, "client"),
    Case("RFC9113-6.5.2-13", "INITIAL_WINDOW_SIZE of 2^31", frames(settings((4, 2**31))), FLOW),
    Case("RFC9113-6.5.2-15", "MAX_FRAME_SIZE of 16,383", frames(settings((5, 16_383))), PROTOCOL),
    Case("RFC9113-6.5.2-15", "MAX_FRAME_SIZE of 2^24", frames(settings((5, 2**24))), PROTOCOL),
    Case("RFC9113-6.5.2-17", "a setting that nobody knows", frames(settings((0x99, 2**32 - 1))), IGNORED),
    Case("RFC9113-6.5.3-04", "settings of an extension nobody has", frames(settings((0x4A4A, 1), (0, 0))), IGNORED),
    Case("RFC8441-3-05", "extended CONNECT that was not offered", request(instead=EXTENDED), MALFORMED),
    Case("RFC8441-3-05", "extended CONNECT that was offered", request(instead=EXTENDED, end_stream=False), IGNORED, settings={Setting.ENABLE_CONNECT_PROTOCOL: 1}),
    Case("RFC8441-3-01", "ENABLE_CONNECT_PROTOCOL=2", frames(settings((8, 2))), PROTOCOL, "client"),
    Case("RFC9218-2.1-02", "NO_RFC7540_PRIORITIES=2", frames(settings((9, 2))), PROTOCOL),
    Case("RFC9218-2.1-06", "PRIORITY after NO_RFC7540_PRIORITIES=1", frames(settings((9, 1)), encode(Priority(1, Dependency(1)))), IGNORED),

    # -- PUSH_PROMISE --
    Case("RFC9113-6.6-05", "another frame in a promise's block", lambda w: raw(P, 0, 1, b"\0\0\0\2" + HALF) + encode(Ping()), PROTOCOL, "client", asked),
    Case("RFC9113-6.6-07", "a promise on stream 0", promised(stream=0), PROTOCOL, "client", asked),
    Case("RFC9113-6.6-10", "a promise after push was turned off", promised(), PROTOCOL, "client", asked, {Setting.ENABLE_PUSH: 0}),
    Case("RFC9113-6.6-15", "a promise on an idle stream", promised(stream=3), PROTOCOL, "client", asked),
    Case("RFC9113-6.6-15", "a promise on a stream that ended", lambda w: w.headers(1, RESPONSE, end_stream=True) + w.promise(1, 2, REQUEST), PROTOCOL, "client", asked),
    Case("RFC9113-6.6-17", "an odd promised stream", promised(promised=3), PROTOCOL, "client", asked),
    Case("RFC9113-6.6-17", "promised stream 0", promised(promised=0), PROTOCOL, "client", asked),
    Case("RFC9113-6.6-17", "a stream promised twice", lambda w: w.promise(1, 2, REQUEST) * 2, PROTOCOL, "client", asked),
    Case("RFC9113-6.6-17", "a promised stream below another", lambda w: w.promise(1, 4, REQUEST) + w.promise(1, 2, REQUEST), PROTOCOL, "client", asked),
    Case("RFC9113-6.6-18", "a promise with too much padding", frames(raw(P, END_HEADERS | PADDED, 1, b"\x09\0\0\0\2" + HALF)), PROTOCOL, "client", asked),
    Case("RFC9113-8.4-08", "a promise of a client", opened(encode(PushPromise(1, 2, HALF))), PROTOCOL),
    Case("RFC9113-8.4-03", "a promised POST", promised(POST), stream_error("PROTOCOL_ERROR", 2), "client", asked),
    Case("RFC9113-8.4-03", "a promised request with content", promised((*REQUEST, (b"content-length", b"3"))), stream_error("PROTOCOL_ERROR", 2), "client", asked),
    Case("RFC9113-8.4.1-03", "a promise without :path", promised(without(b":path")), stream_error("PROTOCOL_ERROR", 2), "client", asked),
    Case("RFC9113-8.4.1-03", "a promise without :authority", promised(without(b":authority")), stream_error("PROTOCOL_ERROR", 2), "client", asked),
    Case("RFC9113-10.5-02", "promises without end", lambda w: w.promise(1, 2, REQUEST) + w.promise(1, 4, REQUEST), stream_error("ENHANCE_YOUR_CALM", 4), "client", asked, limits=Limits(reserved_streams_max=1)),

    # -- PING, GOAWAY, WINDOW_UPDATE, CONTINUATION --
    Case("RFC9113-6.7-06", "PING on a stream", opened(raw(FrameType.PING, 0, 1, bytes(8))), PROTOCOL),
    Case("RFC9113-6.7-07", "PING of 7 octets", frames(raw(FrameType.PING, 0, 0, bytes(7))), SIZE),
    Case("RFC9113-6.7-07", "PING ACK of 9 octets", frames(raw(FrameType.PING, ACK, 0, bytes(9))), SIZE),
    Case("RFC9113-6.8-06", "GOAWAY on a stream", opened(raw(FrameType.GOAWAY, 0, 1, bytes(8))), PROTOCOL),
    Case("RFC9113-6.9-04", "an increment of 0", opened(encode(WindowUpdate(1, 0))), MALFORMED),
    Case("RFC9113-6.9-05", "an increment of 0 for the connection", frames(encode(WindowUpdate(0, 0))), PROTOCOL),
    Case("RFC9113-6.9-07", "WINDOW_UPDATE on a half-closed stream", opened(encode(WindowUpdate(1, 9)), end_stream=True), IGNORED),
    Case("RFC9113-6.9-07", "WINDOW_UPDATE on a stream that was reset", opened(encode(RstStream(1, 8)), encode(WindowUpdate(1, 9))), IGNORED),
    Case("RFC9113-6.9-09", "WINDOW_UPDATE of 3 octets", opened(raw(W, 0, 1, bytes(3))), SIZE),
    Case("RFC9113-6.9.1-07", "a stream's window above 2^31-1", opened(encode(WindowUpdate(1, 2**31 - 1))), stream_error("FLOW_CONTROL_ERROR")),
    Case("RFC9113-6.9.1-07", "the connection's window above 2^31-1", frames(encode(WindowUpdate(0, 2**31 - 1))), FLOW),
    Case("RFC9113-6.9.2-06", "a setting that lifts a window above 2^31-1", opened(encode(WindowUpdate(1, 2**31 - 1 - 65_535)), settings((4, 65_536))), FLOW),
    Case("RFC9113-6.9.2-06", "one that would be cured in the same frame", opened(encode(WindowUpdate(1, 2**31 - 1 - 65_535)), settings((4, 65_536), (4, 1))), FLOW),
    Case("RFC9113-6.10-02", "another frame behind CONTINUATION", frames(raw(H, 0, 1, HALF), raw(C, 0, 1), encode(Ping())), PROTOCOL),
    Case("RFC9113-6.10-02", "CONTINUATION of another stream", frames(raw(H, 0, 1, HALF), raw(C, END_HEADERS, 3)), PROTOCOL),
    Case("RFC9113-6.10-04", "CONTINUATION on stream 0", frames(raw(C, END_HEADERS, 0)), PROTOCOL),
    Case("RFC9113-6.10-06", "CONTINUATION behind nothing", opened(encode(Continuation(1))), PROTOCOL),
    Case("RFC9113-6.10-06", "CONTINUATION behind END_HEADERS of a CONTINUATION", lambda w: w.headers(1, REQUEST, cut=2) + encode(Continuation(1)), PROTOCOL),
    Case("RFC9113-6.10-06", "CONTINUATION behind DATA", opened(encode(Data(1, b"x")), encode(Continuation(1))), PROTOCOL),

    # -- messages --
    Case("RFC9113-8.1-04", "an interim response that ends the stream", answered(fields=((b":status", b"103"),), end_stream=True), MALFORMED, "client", asked),
    Case("RFC9113-8.1-10", "a pseudo-header field in trailers", lambda w: w.headers(1, REQUEST) + w.headers(1, ((b":path", b"/"),), end_stream=True), MALFORMED),
    Case("RFC9113-8.1-10", "a pseudo-header field in a response's trailers", answered(lambda w: w.headers(1, RESPONSE, end_stream=True)), MALFORMED, "client", asked),
    Case("RFC9113-8.1-11", "a second request section that does not end it", lambda w: w.headers(1, REQUEST) + w.headers(1, TRAILERS), MALFORMED),
    Case("RFC9113-8.1-11", "a second final response", answered(lambda w: w.headers(1, RESPONSE)), MALFORMED, "client", asked),
    Case("RFC9113-8.1.1-01", "DATA before the response", frames(encode(Data(1, b"x"))), MALFORMED, "client", asked),
    Case("RFC9113-8.1.1-01", "DATA between interim and final", answered(lambda w: encode(Data(1, b"x")), fields=((b":status", b"100"),)), MALFORMED, "client", asked),
    Case("RFC9113-8.1.1-02", "less content than content-length", lambda w: w.headers(1, (*POST, (b"content-length", b"5"))) + encode(Data(1, b"four", True)), MALFORMED),
    Case("RFC9113-8.1.1-02", "more content than content-length", lambda w: w.headers(1, (*POST, (b"content-length", b"3"))) + encode(Data(1, b"four")), MALFORMED),
    Case("RFC9113-8.1.1-02", "content-length without content", request((b"content-length", b"1"), instead=POST), MALFORMED),
    Case("RFC9113-8.1.1-02", "content-length unmet before trailers", lambda w: w.headers(1, (*POST, (b"content-length", b"3"))) + w.headers(1, TRAILERS, end_stream=True), MALFORMED),
    Case("RFC9113-8.1.1-02", "content-length over several frames", lambda w: w.headers(1, (*POST, (b"content-length", b"3"))) + encode(Data(1, b"ab")) + encode(Data(1, b"cd", True)), MALFORMED),
    Case("RFC9113-8.1.1-02", "content-length that is no number", request((b"content-length", b"many")), MALFORMED),
    Case("RFC9113-8.1.1-02", "two content-lengths that differ", request((b"content-length", b"0"), (b"content-length", b"1")), MALFORMED),
    Case("RFC9113-8.1.1-02", "content-length met, padding not counted", lambda w: w.headers(1, (*POST, (b"content-length", b"3"))) + encode(Data(1, b"abc", True, bytes(9))), IGNORED),
    Case("RFC9113-8.1.1-05", "a response that has content although 204", answered(lambda w: encode(Data(1, b"x", True)), fields=((b":status", b"204"),)), MALFORMED, "client", asked),
    Case("RFC9113-8.1.1-05", "content-length in a response to HEAD", answered(fields=((b":status", b"200"), (b"content-length", b"99")), end_stream=True), IGNORED, "client", lambda c: c.send_headers(None, replaced(b":method", b"HEAD"), end_stream=True)),
    Case("RFC9113-8.1.1-05", "content-length with 304", answered(fields=((b":status", b"304"), (b"content-length", b"99")), end_stream=True), IGNORED, "client", asked),
    Case("RFC9113-8.1.1-07", "a response without :status", answered(fields=TRAILERS), MALFORMED, "client", asked),

    # -- fields --
    Case("RFC9113-8.2.1-01", "an uppercase name", request((b"X-Upper", b"1")), MALFORMED),
    Case("RFC9113-8.2.1-02", "a name with a space", request((b"a b", b"1")), MALFORMED),
    Case("RFC9113-8.2.1-02", "a name with DEL", request((b"a\x7f", b"1")), MALFORMED),
    Case("RFC9113-8.2.1-02", "a name with an octet above 0x7f", request((b"a\xe4", b"1")), MALFORMED),
    Case("RFC9113-8.2.1-02", "a name with a colon inside", request((b"a:b", b"1")), MALFORMED),
    Case("RFC9113-8.2.1-02", "an empty name", request((b"", b"1")), MALFORMED),
    Case("RFC9113-8.2.1-07", "a value with NUL", request((b"a", b"1\x002")), MALFORMED),
    Case("RFC9113-8.2.1-07", "a value with CR", request((b"a", b"1\r2")), MALFORMED),
    Case("RFC9113-8.2.1-07", "a value with LF", request((b"a", b"1\n2")), MALFORMED),
    Case("RFC9113-8.2.1-07", "a value that starts with a space", request((b"a", b" 1")), MALFORMED),
    Case("RFC9113-8.2.1-07", "a value that ends with a tab", request((b"a", b"1\t")), MALFORMED),
    Case("RFC9113-8.2.1-10", "a value that only its own field forbids", request((b"date", b"never"), (b"a", b"")), IGNORED),
    Case("RFC9113-8.2.2-02", "connection", request((b"connection", b"close")), MALFORMED),
    Case("RFC9113-8.2.2-02", "keep-alive", request((b"keep-alive", b"1")), MALFORMED),
    Case("RFC9113-8.2.2-02", "proxy-connection", request((b"proxy-connection", b"close")), MALFORMED),
    Case("RFC9113-8.2.2-02", "transfer-encoding", request((b"transfer-encoding", b"chunked")), MALFORMED),
    Case("RFC9113-8.2.2-02", "upgrade", request((b"upgrade", b"h2c")), MALFORMED),
    Case("RFC9113-8.2.2-02", "te other than trailers", request((b"te", b"gzip")), MALFORMED),
    Case("RFC9113-8.2.2-02", "te: trailers", request((b"te", b"trailers")), IGNORED),
    Case("RFC9113-8.2.2-02", "connection in trailers", lambda w: w.headers(1, REQUEST) + w.headers(1, ((b"connection", b"close"),), end_stream=True), MALFORMED),
    Case("RFC9113-8.2.2-02", "connection in a response", answered(fields=(*RESPONSE, (b"connection", b"close"))), MALFORMED, "client", asked),
    Case("RFC9113-8.3-05", "an undefined pseudo-header field", request(instead=(*REQUEST, (b":test", b"1"))), MALFORMED),
    Case("RFC9113-8.3-05", ":status in a request", request(instead=(*REQUEST, (b":status", b"200"))), MALFORMED),
    Case("RFC9113-8.3-05", ":path in a response", answered(fields=(*RESPONSE, (b":path", b"/"))), MALFORMED, "client", asked),
    Case("RFC9113-8.3-05", ":protocol in GET", request(instead=(*REQUEST, (b":protocol", b"websocket"))), MALFORMED, settings={Setting.ENABLE_CONNECT_PROTOCOL: 1}),
    Case("RFC9113-8.3-07", "a pseudo-header field behind a regular one", request((b":path", b"/"), instead=(*without(b":path"), (b"a", b"1"))), MALFORMED),
    Case("RFC9113-8.3-09", ":method twice", request(instead=(*REQUEST, (b":method", b"GET"))), MALFORMED),
    Case("RFC9113-8.3-09", ":scheme twice", request(instead=(*REQUEST, (b":scheme", b"http"))), MALFORMED),
    Case("RFC9113-8.3-09", ":path twice", request(instead=(*REQUEST, (b":path", b"/"))), MALFORMED),
    Case("RFC9113-8.3-09", ":authority twice", request(instead=(*REQUEST, (b":authority", b"a.test"))), MALFORMED),
    Case("RFC9113-8.3-09", ":status twice", answered(fields=RESPONSE * 2), MALFORMED, "client", asked),
    Case("RFC9113-8.3.1-05", "Host that differs from :authority", request((b"host", b"else.test")), MALFORMED),
    Case("RFC9113-8.3.1-05", "Host with the default port", request((b"host", b"H2PROOF.test:80")), IGNORED),
    Case("RFC9113-8.3.1-16", "no :method", request(instead=without(b":method")), MALFORMED),
    Case("RFC9113-8.3.1-16", "no :scheme", request(instead=without(b":scheme")), MALFORMED),
    Case("RFC9113-8.3.1-16", "no :path", request(instead=without(b":path")), MALFORMED),
    Case("RFC9113-8.3.1-16", "an empty :path", request(instead=replaced(b":path", b"")), MALFORMED),
    Case("RFC9113-8.3.1-16", "nothing but Host for the authority", request((b"host", b"h2proof.test"), instead=without(b":authority")), IGNORED),
    Case("RFC9113-8.3.1-16", "OPTIONS *", request(instead=replaced(b":path", b"*", replaced(b":method", b"OPTIONS"))), IGNORED),
    Case("RFC9113-8.3.1-16", "GET *", request(instead=replaced(b":path", b"*")), MALFORMED),
    Case("RFC9113-8.3.1-16", "an empty section", request(instead=()), MALFORMED),
    Case("RFC9113-8.5-03", "CONNECT with :path", request(instead=(*CONNECT, (b":path", b"/"))), MALFORMED),
    Case("RFC9113-8.5-03", "CONNECT with :scheme", request(instead=(*CONNECT, (b":scheme", b"http"))), MALFORMED),
    Case("RFC9113-8.5-03", "CONNECT without :authority", request(instead=CONNECT[:1]), MALFORMED),
    Case("RFC9113-8.5-03", "CONNECT as it should be", request(instead=CONNECT, end_stream=False), IGNORED),
    Case("RFC9113-8.5-06", "HEADERS on a connected stream", answered(lambda w: w.headers(1, TRAILERS, end_stream=True)), MALFORMED, "client", lambda c: c.send_headers(None, CONNECT)),
    Case("RFC9113-8.5-06", "PUSH_PROMISE on a connected stream", answered(lambda w: w.promise(1, 2, REQUEST)), MALFORMED, "client", lambda c: c.send_headers(None, CONNECT)),

    # -- extensions --
    Case("RFC9218-4-02", "parameters that nobody knows", frames(encode(PriorityUpdate(1, b"u=99, x=?2"))), IGNORED),
    Case("RFC9218-7.1-02", "PRIORITY_UPDATE on a stream", frames(encode(PriorityUpdate(1, b"u=1", stream=1))), PROTOCOL),
    Case("RFC9218-7.1-06", "priorities for more streams than may be open", frames(encode(PriorityUpdate(1, b"")), encode(PriorityUpdate(3, b""))), PROTOCOL, settings={Setting.MAX_CONCURRENT_STREAMS: 1}),
    Case("RFC9218-7.1-09", "PRIORITY_UPDATE for an idle push stream", frames(encode(PriorityUpdate(2, b""))), PROTOCOL),
    Case("RFC9218-7.1-10", "PRIORITY_UPDATE for stream 0", frames(encode(PriorityUpdate(0, b""))), PROTOCOL),
    Case("RFC9218-7.1-12", "PRIORITY_UPDATE of a server", frames(encode(PriorityUpdate(1, b""))), PROTOCOL, "client", asked),
    Case("RFC7838-4-01", "ALTSVC", frames(encode(AltSvc(0, b"http://a.test", b"h2=\":1\""))), IGNORED, "client"),
    Case("RFC7838-4-05", "ALTSVC at a server", frames(encode(AltSvc(0, b"http://a.test", b"clear"))), IGNORED),
    Case("RFC7838-4-05", "ALTSVC without form at a server", frames(raw(FrameType.ALTSVC, 0, 0, b"\xff")), IGNORED),
    Case("RFC7838-4-06", "ALTSVC on stream 0 without origin", frames(encode(AltSvc(0, b"", b"clear"))), IGNORED, "client"),
    Case("RFC7838-4-07", "ALTSVC on a stream with origin", frames(encode(AltSvc(1, b"http://a.test", b"clear"))), IGNORED, "client", asked),
    Case("RFC8336-2.2-01", "ORIGIN at a server", frames(encode(Origin((b"http://a.test",)))), IGNORED),
    Case("RFC8336-2.2-03", "ORIGIN on a stream", frames(encode(Origin((b"http://a.test",), stream=1))), IGNORED, "client", asked),
    Case("RFC8336-2.2-05", "ORIGIN with an unknown flag", frames(raw(FrameType.ORIGIN, 1, 0, b"\0\0")), IGNORED, "client"),
    Case("RFC8336-2.2-09", "an origin that is none", frames(encode(Origin((b"\xff\xff",)))), IGNORED, "client"),

    # -- policy --
    Case("RFC9113-10.5-04", "CONTINUATION without end", frames(raw(H, 0, 1, HALF), *[raw(C, 0, 1)] * 3), connection_error("ENHANCE_YOUR_CALM"), limits=Limits(continuations_max=2)),
    Case("RFC9113-10.5-04", "a block without end", frames(raw(H, 0, 1, HALF), raw(C, 0, 1, bytes(99))), connection_error("ENHANCE_YOUR_CALM"), limits=Limits(field_block_octets_max=64)),
    Case("RFC9113-10.5-04", "PING without end", frames(*[encode(Ping())] * 12), connection_error("ENHANCE_YOUR_CALM"), limits=Limits(fruitless_frames_max=10)),
    Case("RFC9113-10.5-04", "empty DATA without end", opened(*[encode(Data(1))] * 12), connection_error("ENHANCE_YOUR_CALM"), limits=Limits(fruitless_frames_max=10)),
    Case("RFC9113-10.5-04", "SETTINGS without end", frames(*[settings()] * 12), connection_error("ENHANCE_YOUR_CALM"), limits=Limits(fruitless_frames_max=10)),
    Case("RFC9113-10.5-04", "rapid resets", lambda w: b"".join(w.headers(n, REQUEST) + encode(RstStream(n, 8)) for n in (1, 3, 5)), connection_error("ENHANCE_YOUR_CALM"), limits=Limits(resets_max=2)),
    Case("RFC9113-10.5.1-03", "a field section that is too large", request((b"a", b"b" * 100)), stream_error("ENHANCE_YOUR_CALM"), limits=Limits(field_section_octets_max=99)),
    Case("RFC9113-10.5.1-03", "one above the announced size", request((b"a", b"b" * 100)), stream_error("ENHANCE_YOUR_CALM"), settings={Setting.MAX_HEADER_LIST_SIZE: 99}),
    Case("RFC9113-5.1.2-03", "more streams than are borne", lambda w: w.headers(1, REQUEST) + w.headers(3, REQUEST), stream_error("REFUSED_STREAM", 3), limits=Limits(streams_max=1)),
)
# fmt: on

NO_ROW: Final = {
    "RFC9113-5.1-25": "there is no clock here, so elapsed time cannot be evidence",
    "RFC9113-6.7-02": "an answer, not a fault: test_a_ping_is_answered_with_its_payload",
    "RFC9113-8.2.1-09": "a 400 response is the owner's to give; the reset is what is owed",
    "RFC9113-8.4-07": "which authority a server has is not known to a connection",
    "RFC9113-9.2.1-04": "TLS is not known here",
    "RFC9113-9.2.2-03": "TLS is not known here",
    "RFC9113-9.2.3-02": "TLS is not known here",
    "RFC9113-4.3.1-05": "needs an acknowledgment in between: test_settings",
    "RFC7541-2.3.2-02": "duplicate entries are no error: test_hpack",
    "RFC7541-4.4-02": "eviction is the hpack library's",
    "RFC7838-4-03": "which origins a server may speak for is not known to a connection",
    "RFC7838-6-03": "what an Alt-Svc field is used for is not known here",
    "RFC8336-2.2-04": "test_origin_is_ignored_on_a_cleartext_connection",
    "RFC8336-2.2-07": "which proxy a client uses is not known here",
}
"""Requirements to react that have no row, and why."""


def prefaced(case: Case, wire: Wire) -> bytes:
    if case.requirement == "RFC9113-3.4-09":
        return b""
    peer = "client" if case.role == "server" else "server"
    return wire.opening(peer) + encode(Settings(ack=True))


def outcome(case: Case) -> str:
    connection = Connection(case.role, settings=case.settings, limits=case.limits)
    wire = Wire()
    connection.receive(prefaced(case, wire))
    case.arrange(connection)
    connection.receive(case.arrives(wire))
    ends = [
        frame
        for frame in wire.read(connection.take_output())
        if isinstance(frame, RstStream | GoAway)
    ]
    if not ends:
        assert not connection.closed
        return IGNORED
    [end] = ends
    code = ErrorCode(end.code).name
    assert connection.closed is isinstance(end, GoAway)
    return f"connection {code}" if isinstance(end, GoAway) else f"stream {end.stream} {code}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.requirement}: {case.title}")
def test_the_answer_has_the_scope_and_the_code_that_the_rfc_names(case: Case) -> None:
    assert case.expected == outcome(case)


def react_entries(reference: Path) -> Iterable[str]:
    for path in sorted((reference / "requirements").glob("rfc*.json")):
        for entry in json.loads(path.read_text()):
            if entry["status"] == "current" and entry["kind"] == "react":
                yield entry["id"]


def test_every_requirement_to_react_has_a_row_or_a_reason(shared: Path) -> None:
    ids = set(react_entries(shared))
    tried = {case.requirement for case in CASES}

    assert set() == ids - tried - set(NO_ROW)
    assert set() == set(NO_ROW) & tried
