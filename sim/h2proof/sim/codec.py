"""Octets ⇄ frames, resumable at any octet.

Reading is ours: one look-up by type, no exception, nothing lost (tests compare it with hyperframe
on captures and on random octets). Writing a body is hyperframe's; the header is packed here, for
hyperframe refuses stream identifiers that a hostile peer may well write. Four of its habits are
put right: PUSH_PROMISE and GOAWAY keep the reserved bit as a field of its own, a WINDOW_UPDATE
with that bit set, or with an increment of 0, is a frame, and SETTINGS identifiers keep their 16
bits (and their order and repetitions).
"""

from collections.abc import Callable, Iterator
from struct import Struct
from struct import error as struct_error
from typing import Final, NamedTuple

from hyperframe import frame as hyper

from h2proof.sim.errors import ErrorCode, Fault, connection_error, stream_error
from h2proof.sim.frames import (
    ACK,
    DEFINED_FLAGS,
    END_HEADERS,
    END_STREAM,
    PADDED,
    PRIORITY_FLAG,
    AltSvc,
    AnyFrame,
    Continuation,
    Data,
    Dependency,
    FrameType,
    GoAway,
    Headers,
    Origin,
    Ping,
    Priority,
    PriorityUpdate,
    PushPromise,
    RstStream,
    Settings,
    Unknown,
    Unreadable,
    WindowUpdate,
    type_name,
)

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
"""The 24 octets a client sends before its first frame (RFC 9113 §3.4)."""

HEADER_LENGTH: Final = 9
STREAM_MAX: Final = 0x7FFFFFFF

_HEADER: Final = Struct(">HBBBL")
_U16: Final = Struct(">H")
_U32: Final = Struct(">L")
_TWO_U32: Final = Struct(">LL")
_SETTING: Final = Struct(">HL")
_DEPENDENCY: Final = Struct(">LB")


class FrameHeader(NamedTuple):
    """The nine octets in front of every payload (RFC 9113 §4.1); `length` is the payload's."""

    length: int
    type: int
    flags: int
    stream: int
    reserved: bool = False


def read_header(octets: bytes | bytearray | memoryview, offset: int = 0) -> FrameHeader:
    """The header at `offset`, where nine octets have to be present."""
    high, low, kind, flags, word = _HEADER.unpack_from(octets, offset)
    return FrameHeader(high << 8 | low, kind, flags, word & STREAM_MAX, word > STREAM_MAX)


def write_header(header: FrameHeader) -> bytes:
    """The nine octets that `read_header` took apart."""
    length, kind, flags, stream, reserved = header
    word = stream | (0x80000000 if reserved else 0)
    return _HEADER.pack(length >> 8, length & 0xFF, kind, flags, word)


def raw(
    kind: int, flags: int, stream: int, payload: bytes = b"", *, reserved: bool = False
) -> bytes:
    """The octets of any frame at all, legal or not; the length is the payload's."""
    return write_header(FrameHeader(len(payload), kind, flags, stream, reserved)) + payload


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

    __slots__ = ("_buffer", "_skip", "payload_max")

    def __init__(self, payload_max: int = 0xFFFFFF) -> None:
        self.payload_max = payload_max
        self._buffer = b""
        self._skip = 0

    @property
    def held(self) -> int:
        """Octets of an unfinished frame that are kept until the rest arrives."""
        return len(self._buffer)

    def clear(self) -> None:
        """Forget the unfinished frame."""
        self._buffer = b""
        self._skip = 0

    def feed(self, data: bytes) -> Iterator[tuple[FrameHeader, bytes | None]]:
        """Every frame that `data` completes; what is left waits for the next call.

        The octets count as fed only as far as the iterator was run: one that is given up leaves
        the frames behind it for the next call.
        """
        buffer = self._buffer + data if self._buffer else data
        offset, size = 0, len(buffer)
        try:
            while True:
                if self._skip:
                    step = min(self._skip, size - offset)
                    offset += step
                    self._skip -= step
                if size - offset < HEADER_LENGTH:
                    return
                header = read_header(buffer, offset)
                start = offset + HEADER_LENGTH
                if header.length > self.payload_max:
                    offset = start
                    self._skip = header.length
                    yield header, None
                    continue
                end = start + header.length
                if end > size:
                    return
                offset = end
                yield header, buffer[start:end]
        finally:
            self._buffer = buffer[offset:]


def decode(header: FrameHeader, payload: bytes) -> AnyFrame:
    """The frame that these octets are; of a known type with impossible form: `Unreadable`."""
    reader = _READERS.get(header.type)
    if reader is None:
        return Unknown(header.type, header.flags, header.stream, payload, header.reserved)
    frame = reader(header, payload)
    if isinstance(frame, Fault):
        kind, flags, stream = header.type, header.flags, header.stream
        return Unreadable(kind, flags, stream, payload, frame, header.reserved)
    return frame


def encode(frame: AnyFrame) -> bytes:
    """The octets of a frame; `decode` gives the same frame back.

    A value that does not fit its field on the wire raises ValueError.
    """
    try:
        if isinstance(frame, Unknown | Unreadable):
            kind, flags, stream = frame.type, frame.flags, frame.stream
            return raw(kind, flags, stream, frame.payload, reserved=frame.reserved)
        flags, payload = _WRITERS[frame.type](frame)
        flags |= frame.undefined_flags
        return raw(frame.type, flags, frame.stream, payload, reserved=frame.reserved)
    except struct_error as error:
        raise ValueError(
            f"{type_name(frame.type)} has a value that does not fit: {error}"
        ) from None


# --- reading -------------------------------------------------------------------------------------


def padded_content(
    header: FrameHeader, payload: bytes, requirement: str
) -> tuple[bytes, bytes | None] | Fault:
    """Content and padding of a payload whose type allows PADDED (RFC 9113 §6.1)."""
    if not header.flags & PADDED:
        return payload, None
    if not payload:
        return _size_error(header, "the Pad Length is missing")
    pad = payload[0]
    if pad >= len(payload):
        return connection_error(
            ErrorCode.PROTOCOL_ERROR,
            requirement,
            f"{pad} octets of padding in a payload of {len(payload)}",
        )
    end = len(payload) - pad
    return payload[1:end], payload[end:]


def _size_error(header: FrameHeader, what: str) -> Fault:
    reason = f"{type_name(header.type)} with {header.length} octets: {what}"
    if header.type == FrameType.DATA and header.stream:
        return stream_error(header.stream, ErrorCode.FRAME_SIZE_ERROR, "RFC9113-4.2-02", reason)
    return connection_error(ErrorCode.FRAME_SIZE_ERROR, "RFC9113-4.2-03", reason)


def _wrong_length(header: FrameHeader, requirement: str, wanted: str) -> Fault:
    return connection_error(
        ErrorCode.FRAME_SIZE_ERROR,
        requirement,
        f"{type_name(header.type)} with {header.length} octets instead of {wanted}",
    )


def _undefined(header: FrameHeader) -> int:
    return header.flags & ~DEFINED_FLAGS[header.type]


def _read_data(header: FrameHeader, payload: bytes) -> AnyFrame | Fault:
    content = padded_content(header, payload, "RFC9113-6.1-09")
    if isinstance(content, Fault):
        return content
    return Data(
        header.stream,
        content[0],
        bool(header.flags & END_STREAM),
        content[1],
        undefined_flags=_undefined(header),
        reserved=header.reserved,
    )


def _dependency(octets: bytes) -> Dependency:
    word, weight = _DEPENDENCY.unpack_from(octets)
    return Dependency(word & STREAM_MAX, weight, word > STREAM_MAX)


def _read_headers(header: FrameHeader, payload: bytes) -> AnyFrame | Fault:
    content = padded_content(header, payload, "RFC9113-6.2-09")
    if isinstance(content, Fault):
        return content
    fragment, padding = content
    dependency = None
    if header.flags & PRIORITY_FLAG:
        if len(fragment) < _DEPENDENCY.size:
            return _size_error(header, "the priority fields do not fit")
        dependency = _dependency(fragment)
        fragment = fragment[_DEPENDENCY.size :]
    return Headers(
        header.stream,
        fragment,
        bool(header.flags & END_STREAM),
        bool(header.flags & END_HEADERS),
        dependency,
        padding,
        undefined_flags=_undefined(header),
        reserved=header.reserved,
    )


def _read_priority(header: FrameHeader, payload: bytes) -> AnyFrame | Fault:
    if len(payload) != _DEPENDENCY.size:
        reason = f"PRIORITY with {len(payload)} octets instead of 5"
        if not header.stream:
            return connection_error(ErrorCode.FRAME_SIZE_ERROR, "RFC9113-4.2-03", reason)
        return stream_error(header.stream, ErrorCode.FRAME_SIZE_ERROR, "RFC9113-6.3-04", reason)
    return Priority(
        header.stream,
        _dependency(payload),
        undefined_flags=header.flags,
        reserved=header.reserved,
    )


def _read_rst_stream(header: FrameHeader, payload: bytes) -> AnyFrame | Fault:
    if len(payload) != 4:
        return _wrong_length(header, "RFC9113-6.4-08", "4")
    (code,) = _U32.unpack(payload)
    return RstStream(header.stream, code, undefined_flags=header.flags, reserved=header.reserved)


def _read_settings(header: FrameHeader, payload: bytes) -> AnyFrame | Fault:
    ack = bool(header.flags & ACK)
    if ack and payload:
        return _wrong_length(header, "RFC9113-6.5-06", "0, for it is an acknowledgment")
    if len(payload) % _SETTING.size:
        return _wrong_length(header, "RFC9113-6.5-10", "a multiple of 6")
    return Settings(
        tuple(_SETTING.iter_unpack(payload)),
        ack,
        header.stream,
        undefined_flags=_undefined(header),
        reserved=header.reserved,
    )


def _read_push_promise(header: FrameHeader, payload: bytes) -> AnyFrame | Fault:
    content = padded_content(header, payload, "RFC9113-6.6-18")
    if isinstance(content, Fault):
        return content
    fragment, padding = content
    if len(fragment) < _U32.size:
        return _size_error(header, "the promised stream identifier does not fit")
    (word,) = _U32.unpack_from(fragment)
    return PushPromise(
        header.stream,
        word & STREAM_MAX,
        fragment[_U32.size :],
        bool(header.flags & END_HEADERS),
        padding,
        word > STREAM_MAX,
        undefined_flags=_undefined(header),
        reserved=header.reserved,
    )


def _read_ping(header: FrameHeader, payload: bytes) -> AnyFrame | Fault:
    if len(payload) != 8:
        return _wrong_length(header, "RFC9113-6.7-07", "8")
    return Ping(
        payload,
        bool(header.flags & ACK),
        header.stream,
        undefined_flags=_undefined(header),
        reserved=header.reserved,
    )


def _read_goaway(header: FrameHeader, payload: bytes) -> AnyFrame | Fault:
    if len(payload) < _TWO_U32.size:
        return _wrong_length(header, "RFC9113-4.2-03", "at least 8")
    word, code = _TWO_U32.unpack_from(payload)
    return GoAway(
        word & STREAM_MAX,
        code,
        payload[_TWO_U32.size :],
        header.stream,
        word > STREAM_MAX,
        undefined_flags=header.flags,
        reserved=header.reserved,
    )


def _read_window_update(header: FrameHeader, payload: bytes) -> AnyFrame | Fault:
    if len(payload) != 4:
        return _wrong_length(header, "RFC9113-6.9-09", "4")
    (word,) = _U32.unpack(payload)
    return WindowUpdate(
        header.stream,
        word & STREAM_MAX,
        word > STREAM_MAX,
        undefined_flags=header.flags,
        reserved=header.reserved,
    )


def _read_continuation(header: FrameHeader, payload: bytes) -> AnyFrame | Fault:
    return Continuation(
        header.stream,
        payload,
        bool(header.flags & END_HEADERS),
        undefined_flags=_undefined(header),
        reserved=header.reserved,
    )


def _read_altsvc(header: FrameHeader, payload: bytes) -> AnyFrame | Fault:
    if len(payload) < 2:
        return _size_error(header, "the Origin-Len is missing")
    (length,) = _U16.unpack_from(payload)
    if length > len(payload) - 2:
        return _size_error(header, f"an Origin-Len of {length} does not fit")
    return AltSvc(
        header.stream,
        payload[2 : 2 + length],
        payload[2 + length :],
        undefined_flags=header.flags,
        reserved=header.reserved,
    )


def _read_origin(header: FrameHeader, payload: bytes) -> AnyFrame | Fault:
    origins, offset = [], 0
    while offset < len(payload):
        start = offset + 2
        if start > len(payload):
            return _size_error(header, "the last Origin-Len is cut off")
        end = start + _U16.unpack_from(payload, offset)[0]
        if end > len(payload):
            return _size_error(header, "the last Origin-Len does not fit")
        origins.append(payload[start:end])
        offset = end
    return Origin(
        tuple(origins), header.stream, undefined_flags=header.flags, reserved=header.reserved
    )


def _read_priority_update(header: FrameHeader, payload: bytes) -> AnyFrame | Fault:
    if len(payload) < 4:
        return _size_error(header, "the prioritized stream identifier does not fit")
    (word,) = _U32.unpack_from(payload)
    return PriorityUpdate(
        word & STREAM_MAX,
        payload[4:],
        header.stream,
        word > STREAM_MAX,
        undefined_flags=header.flags,
        reserved=header.reserved,
    )


_READERS: Final[dict[int, Callable[[FrameHeader, bytes], AnyFrame | Fault]]] = {
    FrameType.DATA.value: _read_data,
    FrameType.HEADERS.value: _read_headers,
    FrameType.PRIORITY.value: _read_priority,
    FrameType.RST_STREAM.value: _read_rst_stream,
    FrameType.SETTINGS.value: _read_settings,
    FrameType.PUSH_PROMISE.value: _read_push_promise,
    FrameType.PING.value: _read_ping,
    FrameType.GOAWAY.value: _read_goaway,
    FrameType.WINDOW_UPDATE.value: _read_window_update,
    FrameType.CONTINUATION.value: _read_continuation,
    FrameType.ALTSVC.value: _read_altsvc,
    FrameType.ORIGIN.value: _read_origin,
    FrameType.PRIORITY_UPDATE.value: _read_priority_update,
}


# --- writing -------------------------------------------------------------------------------------

_ANY_STREAM: Final = 1
"""hyperframe builds bodies only for streams it likes; the identifier is written by `raw`."""


def _padding_flag(padding: bytes | None) -> int:
    return 0 if padding is None else PADDED


def _padded_body(body: hyper.Frame, padding: bytes | None) -> bytes:
    if padding is None:
        return body.serialize_body()
    if len(padding) > 255:
        raise ValueError(f"{len(padding)} octets of padding: the Pad Length goes up to 255")
    return bytes((len(padding),)) + body.serialize_body() + padding


def _with_bit(word: int, bit: bool) -> int:
    if not 0 <= word <= STREAM_MAX:
        raise ValueError(f"{word} does not fit into 31 bits")
    return word | 0x80000000 if bit else word


def _write_data(frame: Data) -> tuple[int, bytes]:
    flags = (END_STREAM if frame.end_stream else 0) | _padding_flag(frame.padding)
    return flags, _padded_body(hyper.DataFrame(_ANY_STREAM, frame.data), frame.padding)


def _write_headers(frame: Headers) -> tuple[int, bytes]:
    flags = (
        (END_STREAM if frame.end_stream else 0)
        | (END_HEADERS if frame.end_headers else 0)
        | _padding_flag(frame.padding)
    )
    body = hyper.HeadersFrame(_ANY_STREAM, frame.fragment)
    if frame.dependency is not None:
        flags |= PRIORITY_FLAG
        body.flags.add("PRIORITY")
        _depend(body, frame.dependency)
    return flags, _padded_body(body, frame.padding)


def _depend(body: hyper.HeadersFrame | hyper.PriorityFrame, dependency: Dependency) -> None:
    body.depends_on = _with_bit(dependency.stream, False)
    body.stream_weight = dependency.weight
    body.exclusive = dependency.exclusive


def _write_priority(frame: Priority) -> tuple[int, bytes]:
    body = hyper.PriorityFrame(_ANY_STREAM)
    _depend(body, frame.dependency)
    return 0, body.serialize_body()


def _write_rst_stream(frame: RstStream) -> tuple[int, bytes]:
    return 0, hyper.RstStreamFrame(_ANY_STREAM, frame.code).serialize_body()


def _write_settings(frame: Settings) -> tuple[int, bytes]:
    if frame.ack and frame.values:
        raise ValueError("an acknowledgment of SETTINGS has no values; raw() writes one that has")
    # hyperframe cuts identifiers to 8 bits and, being a dict, loses order and repetitions
    return ACK if frame.ack else 0, b"".join(_SETTING.pack(*pair) for pair in frame.values)


def _write_push_promise(frame: PushPromise) -> tuple[int, bytes]:
    flags = (END_HEADERS if frame.end_headers else 0) | _padding_flag(frame.padding)
    promised = _with_bit(frame.promised, frame.promised_reserved)
    body = hyper.PushPromiseFrame(_ANY_STREAM, promised, frame.fragment)
    return flags, _padded_body(body, frame.padding)


def _write_ping(frame: Ping) -> tuple[int, bytes]:
    if len(frame.payload) != 8:
        raise ValueError(f"a PING carries 8 octets, not {len(frame.payload)}; raw() writes others")
    return ACK if frame.ack else 0, hyper.PingFrame(0, frame.payload).serialize_body()


def _write_goaway(frame: GoAway) -> tuple[int, bytes]:
    body = _TWO_U32.pack(_with_bit(frame.last, frame.last_reserved), frame.code)
    return 0, body + frame.debug


def _write_window_update(frame: WindowUpdate) -> tuple[int, bytes]:
    return 0, _U32.pack(_with_bit(frame.increment, frame.increment_reserved))


def _write_continuation(frame: Continuation) -> tuple[int, bytes]:
    flags = END_HEADERS if frame.end_headers else 0
    return flags, hyper.ContinuationFrame(_ANY_STREAM, frame.fragment).serialize_body()


def _write_altsvc(frame: AltSvc) -> tuple[int, bytes]:
    return 0, hyper.AltSvcFrame(0, frame.origin, frame.value).serialize_body()


def _write_origin(frame: Origin) -> tuple[int, bytes]:
    return 0, b"".join(_U16.pack(len(origin)) + origin for origin in frame.origins)


def _write_priority_update(frame: PriorityUpdate) -> tuple[int, bytes]:
    return 0, _U32.pack(_with_bit(frame.prioritized, frame.prioritized_reserved)) + frame.value


_WRITERS: Final[dict[int, Callable[..., tuple[int, bytes]]]] = {
    FrameType.DATA.value: _write_data,
    FrameType.HEADERS.value: _write_headers,
    FrameType.PRIORITY.value: _write_priority,
    FrameType.RST_STREAM.value: _write_rst_stream,
    FrameType.SETTINGS.value: _write_settings,
    FrameType.PUSH_PROMISE.value: _write_push_promise,
    FrameType.PING.value: _write_ping,
    FrameType.GOAWAY.value: _write_goaway,
    FrameType.WINDOW_UPDATE.value: _write_window_update,
    FrameType.CONTINUATION.value: _write_continuation,
    FrameType.ALTSVC.value: _write_altsvc,
    FrameType.ORIGIN.value: _write_origin,
    FrameType.PRIORITY_UPDATE.value: _write_priority_update,
}
