"""Octets → frames: one look-up by type, no exception, nothing lost.

Tests compare it with hyperframe on captures and on random octets. Three of its habits are put
right: PUSH_PROMISE and GOAWAY keep the reserved bit as a field of its own, and a WINDOW_UPDATE
with that bit set, or with an increment of 0, is a frame.
"""

from collections.abc import Callable
from struct import Struct
from typing import Final

from h2proof.sim.codec.framing import STREAM_MAX, FrameHeader
from h2proof.sim.errors import ErrorCode, Fault, connection_error, stream_error
from h2proof.sim.frames import (
    ACK,
    END_HEADERS,
    END_STREAM,
    PADDED,
    PRIORITY_FLAG,
    UNDEFINED_FLAGS,
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

_U16: Final = Struct(">H")
_U32: Final = Struct(">L")
_TWO_U32: Final = Struct(">LL")
_SETTING: Final = Struct(">HL")
_DEPENDENCY: Final = Struct(">LB")


def decode(header: FrameHeader, payload: bytes) -> AnyFrame:
    """The frame that these octets are; of a known type with impossible form: `Unreadable`."""
    reader = _READERS.get(header.type)
    if reader is None:
        return Unknown(header.type, header.flags, header.stream, payload, header.reserved)
    return reader(header, payload)


def _unreadable(header: FrameHeader, payload: bytes, fault: Fault) -> Unreadable:
    _, kind, flags, stream, reserved = header
    return Unreadable(kind, flags, stream, payload, fault, reserved)


def _size_error(header: FrameHeader, payload: bytes, what: str) -> Unreadable:
    reason = f"{type_name(header.type)} with {header.length} octets: {what}"
    if header.type == FrameType.DATA and header.stream:
        code = ErrorCode.FRAME_SIZE_ERROR
        fault = stream_error(header.stream, code, "RFC9113-4.2-02", reason)
    else:
        fault = connection_error(ErrorCode.FRAME_SIZE_ERROR, "RFC9113-4.2-03", reason)
    return _unreadable(header, payload, fault)


def _wrong_length(header: FrameHeader, payload: bytes, requirement: str, wanted: str) -> Unreadable:
    reason = f"{type_name(header.type)} with {header.length} octets instead of {wanted}"
    fault = connection_error(ErrorCode.FRAME_SIZE_ERROR, requirement, reason)
    return _unreadable(header, payload, fault)


def _unpadded(
    header: FrameHeader, payload: bytes, requirement: str
) -> tuple[bytes, bytes] | Unreadable:
    """Content and padding of a payload with PADDED (RFC 9113 §6.1)."""
    if not payload:
        return _size_error(header, payload, "the Pad Length is missing")
    pad = payload[0]
    if pad >= len(payload):
        reason = f"{pad} octets of padding in a payload of {len(payload)}"
        fault = connection_error(ErrorCode.PROTOCOL_ERROR, requirement, reason)
        return _unreadable(header, payload, fault)
    end = len(payload) - pad
    return payload[1:end], payload[end:]


def _read_data(header: FrameHeader, payload: bytes) -> AnyFrame:
    _, kind, flags, stream, reserved = header
    content, padding = payload, None
    if flags & PADDED:
        parts = _unpadded(header, payload, "RFC9113-6.1-09")
        if isinstance(parts, Unreadable):
            return parts
        content, padding = parts
    return Data(
        stream,
        content,
        flags & END_STREAM != 0,
        padding,
        undefined_flags=flags & UNDEFINED_FLAGS[kind],
        reserved=reserved,
    )


def _dependency(octets: bytes) -> Dependency:
    word, weight = _DEPENDENCY.unpack_from(octets)
    return Dependency(word & STREAM_MAX, weight, word > STREAM_MAX)


def _read_headers(header: FrameHeader, payload: bytes) -> AnyFrame:
    _, kind, flags, stream, reserved = header
    fragment, padding, dependency = payload, None, None
    if flags & PADDED:
        parts = _unpadded(header, payload, "RFC9113-6.2-09")
        if isinstance(parts, Unreadable):
            return parts
        fragment, padding = parts
    if flags & PRIORITY_FLAG:
        if len(fragment) < _DEPENDENCY.size:
            return _size_error(header, payload, "the priority fields do not fit")
        dependency = _dependency(fragment)
        fragment = fragment[_DEPENDENCY.size :]
    return Headers(
        stream,
        fragment,
        flags & END_STREAM != 0,
        flags & END_HEADERS != 0,
        dependency,
        padding,
        undefined_flags=flags & UNDEFINED_FLAGS[kind],
        reserved=reserved,
    )


def _read_priority(header: FrameHeader, payload: bytes) -> AnyFrame:
    _, _, flags, stream, reserved = header
    if len(payload) == _DEPENDENCY.size:
        dependency = _dependency(payload)
        return Priority(stream, dependency, undefined_flags=flags, reserved=reserved)
    reason = f"PRIORITY with {len(payload)} octets instead of 5"
    code = ErrorCode.FRAME_SIZE_ERROR
    if stream:
        fault = stream_error(stream, code, "RFC9113-6.3-04", reason)
    else:
        fault = connection_error(code, "RFC9113-4.2-03", reason)
    return _unreadable(header, payload, fault)


def _read_rst_stream(header: FrameHeader, payload: bytes) -> AnyFrame:
    if len(payload) != 4:
        return _wrong_length(header, payload, "RFC9113-6.4-08", "4")
    _, _, flags, stream, reserved = header
    (code,) = _U32.unpack(payload)
    return RstStream(stream, code, undefined_flags=flags, reserved=reserved)


def _read_settings(header: FrameHeader, payload: bytes) -> AnyFrame:
    _, kind, flags, stream, reserved = header
    ack = flags & ACK != 0
    if ack and payload:
        wanted = "0, for it is an acknowledgment"
        return _wrong_length(header, payload, "RFC9113-6.5-06", wanted)
    if len(payload) % _SETTING.size:
        return _wrong_length(header, payload, "RFC9113-6.5-10", "a multiple of 6")
    return Settings(
        tuple(_SETTING.iter_unpack(payload)),
        ack,
        stream,
        undefined_flags=flags & UNDEFINED_FLAGS[kind],
        reserved=reserved,
    )


def _read_push_promise(header: FrameHeader, payload: bytes) -> AnyFrame:
    _, kind, flags, stream, reserved = header
    content, padding = payload, None
    if flags & PADDED:
        parts = _unpadded(header, payload, "RFC9113-6.6-18")
        if isinstance(parts, Unreadable):
            return parts
        content, padding = parts
    if len(content) < _U32.size:
        return _size_error(header, payload, "the promised stream identifier does not fit")
    (word,) = _U32.unpack_from(content)
    return PushPromise(
        stream,
        word & STREAM_MAX,
        content[_U32.size :],
        flags & END_HEADERS != 0,
        padding,
        word > STREAM_MAX,
        undefined_flags=flags & UNDEFINED_FLAGS[kind],
        reserved=reserved,
    )


def _read_ping(header: FrameHeader, payload: bytes) -> AnyFrame:
    if len(payload) != 8:
        return _wrong_length(header, payload, "RFC9113-6.7-07", "8")
    _, kind, flags, stream, reserved = header
    undefined = flags & UNDEFINED_FLAGS[kind]
    return Ping(payload, flags & ACK != 0, stream, undefined_flags=undefined, reserved=reserved)


def _read_goaway(header: FrameHeader, payload: bytes) -> AnyFrame:
    if len(payload) < _TWO_U32.size:
        return _wrong_length(header, payload, "RFC9113-4.2-03", "at least 8")
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


def _read_window_update(header: FrameHeader, payload: bytes) -> AnyFrame:
    if len(payload) != 4:
        return _wrong_length(header, payload, "RFC9113-6.9-09", "4")
    (word,) = _U32.unpack(payload)
    return WindowUpdate(
        header.stream,
        word & STREAM_MAX,
        word > STREAM_MAX,
        undefined_flags=header.flags,
        reserved=header.reserved,
    )


def _read_continuation(header: FrameHeader, payload: bytes) -> AnyFrame:
    return Continuation(
        header.stream,
        payload,
        header.flags & END_HEADERS != 0,
        undefined_flags=header.flags & UNDEFINED_FLAGS[header.type],
        reserved=header.reserved,
    )


def _read_altsvc(header: FrameHeader, payload: bytes) -> AnyFrame:
    if len(payload) < 2:
        return _size_error(header, payload, "the Origin-Len is missing")
    (length,) = _U16.unpack_from(payload)
    if length > len(payload) - 2:
        return _size_error(header, payload, f"an Origin-Len of {length} does not fit")
    return AltSvc(
        header.stream,
        payload[2 : 2 + length],
        payload[2 + length :],
        undefined_flags=header.flags,
        reserved=header.reserved,
    )


def _read_origin(header: FrameHeader, payload: bytes) -> AnyFrame:
    origins, offset = [], 0
    while offset < len(payload):
        start = offset + 2
        if start > len(payload):
            return _size_error(header, payload, "the last Origin-Len is cut off")
        end = start + _U16.unpack_from(payload, offset)[0]
        if end > len(payload):
            return _size_error(header, payload, "the last Origin-Len does not fit")
        origins.append(payload[start:end])
        offset = end
    return Origin(
        tuple(origins), header.stream, undefined_flags=header.flags, reserved=header.reserved
    )


def _read_priority_update(header: FrameHeader, payload: bytes) -> AnyFrame:
    if len(payload) < 4:
        return _size_error(header, payload, "the prioritized stream identifier does not fit")
    (word,) = _U32.unpack_from(payload)
    return PriorityUpdate(
        word & STREAM_MAX,
        payload[4:],
        header.stream,
        word > STREAM_MAX,
        undefined_flags=header.flags,
        reserved=header.reserved,
    )


_READERS: Final[dict[int, Callable[[FrameHeader, bytes], AnyFrame]]] = {
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
"""What each type is read by."""
