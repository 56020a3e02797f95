"""Frames → octets, legal or not, as far as each value fits its field.

Most payloads are a field or two in front of what the frame carries, and are packed here; the
priority fields and ALTSVC are hyperframe's, and tests compare with it whatever it can write. It
cannot write all that a hostile peer may: it refuses stream identifiers, an increment of 0 and the
reserved bits, cuts the identifiers of SETTINGS to 8 bits and loses their order and repetitions.
"""

from collections.abc import Callable
from struct import Struct
from struct import error as struct_error
from typing import Final

from hyperframe import frame as hyper

from h2proof.sim.codec.framing import RESERVED_BIT, STREAM_MAX, raw
from h2proof.sim.frames import (
    ACK,
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

PADDING_MAX: Final = 255

_U16: Final = Struct(">H")
_U32: Final = Struct(">L")
_TWO_U32: Final = Struct(">LL")
_SETTING: Final = Struct(">HL")

_ANY_STREAM: Final = 1
"""hyperframe builds bodies only for streams it likes; the identifier is written by `raw`."""


def encode(frame: AnyFrame) -> bytes:
    """The octets of a frame; `decode` gives the same frame back.

    A value that does not fit its field on the wire raises ValueError.
    """
    kind, stream, reserved = frame.type, frame.stream, frame.reserved
    try:
        if isinstance(frame, (Unknown, Unreadable)):
            return raw(kind, frame.flags, stream, frame.payload, reserved=reserved)
        flags, payload = _WRITERS[kind](frame)
        return raw(kind, flags | frame.undefined_flags, stream, payload, reserved=reserved)
    except struct_error as error:
        raise ValueError(f"{type_name(kind)} has a value that does not fit: {error}") from None


def _padded(content: bytes, padding: bytes) -> bytes:
    if len(padding) > PADDING_MAX:
        raise ValueError(f"{len(padding)} octets of padding: the Pad Length goes up to 255")
    return bytes((len(padding),)) + content + padding


def _with_bit(word: int, bit: bool) -> int:
    if not 0 <= word <= STREAM_MAX:
        raise ValueError(f"{word} does not fit into 31 bits")
    return word | RESERVED_BIT if bit else word


def _priority_fields(dependency: Dependency) -> bytes:
    body = hyper.PriorityFrame(_ANY_STREAM)
    body.depends_on = _with_bit(dependency.stream, False)
    body.stream_weight = dependency.weight
    body.exclusive = dependency.exclusive
    return body.serialize_body()


def _write_data(frame: Data) -> tuple[int, bytes]:
    flags = END_STREAM if frame.end_stream else 0
    if frame.padding is None:
        return flags, frame.data
    return flags | PADDED, _padded(frame.data, frame.padding)


def _write_headers(frame: Headers) -> tuple[int, bytes]:
    flags = END_HEADERS if frame.end_headers else 0
    content = frame.fragment
    if frame.end_stream:
        flags |= END_STREAM
    if frame.dependency is not None:
        flags |= PRIORITY_FLAG
        content = _priority_fields(frame.dependency) + content
    if frame.padding is None:
        return flags, content
    return flags | PADDED, _padded(content, frame.padding)


def _write_priority(frame: Priority) -> tuple[int, bytes]:
    return 0, _priority_fields(frame.dependency)


def _write_rst_stream(frame: RstStream) -> tuple[int, bytes]:
    return 0, _U32.pack(frame.code)


def _write_settings(frame: Settings) -> tuple[int, bytes]:
    if not frame.ack:
        return 0, b"".join([_SETTING.pack(*pair) for pair in frame.values])
    if frame.values:
        raise ValueError("an acknowledgment of SETTINGS has no values; raw() writes one that has")
    return ACK, b""


def _write_push_promise(frame: PushPromise) -> tuple[int, bytes]:
    flags = END_HEADERS if frame.end_headers else 0
    promised = _with_bit(frame.promised, frame.promised_reserved)
    content = _U32.pack(promised) + frame.fragment
    if frame.padding is None:
        return flags, content
    return flags | PADDED, _padded(content, frame.padding)


def _write_ping(frame: Ping) -> tuple[int, bytes]:
    if len(frame.payload) != 8:
        raise ValueError(f"a PING carries 8 octets, not {len(frame.payload)}; raw() writes others")
    return ACK if frame.ack else 0, frame.payload


def _write_goaway(frame: GoAway) -> tuple[int, bytes]:
    body = _TWO_U32.pack(_with_bit(frame.last, frame.last_reserved), frame.code)
    return 0, body + frame.debug


def _write_window_update(frame: WindowUpdate) -> tuple[int, bytes]:
    return 0, _U32.pack(_with_bit(frame.increment, frame.increment_reserved))


def _write_continuation(frame: Continuation) -> tuple[int, bytes]:
    return END_HEADERS if frame.end_headers else 0, frame.fragment


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
"""What each type writes: its flags and its payload."""
