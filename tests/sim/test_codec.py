"""Octets ⇄ frames: the identity both ways, any chunking, and hyperframe as the second opinion."""

from collections.abc import Iterator
from typing import Any

import pytest
from hyperframe import exceptions as hyper_errors
from hyperframe import frame as hyper
from hypothesis import example, given
from hypothesis import strategies as st

from h2proof.sim import codec, frames
from h2proof.sim.errors import ErrorCode
from h2proof.sim.frames import FrameType

KNOWN_TYPES = sorted(kind.value for kind in FrameType)

headers = st.builds(
    codec.FrameHeader,
    length=st.just(0),
    type=st.sampled_from([*KNOWN_TYPES, 0x0B, 0xFF]),
    flags=st.integers(0, 0xFF),
    stream=st.integers(0, codec.STREAM_MAX),
    reserved=st.booleans(),
)
payloads = st.binary(max_size=40)


def octets_of(header: codec.FrameHeader, payload: bytes) -> bytes:
    return codec.raw(header.type, header.flags, header.stream, payload, reserved=header.reserved)


@given(headers, payloads)
def test_octets_to_frame_to_octets_is_the_identity(
    header: codec.FrameHeader, payload: bytes
) -> None:
    octets = octets_of(header, payload)

    [(seen, content)], rest = codec.split_frames(octets)

    assert rest == b""
    assert octets == codec.encode(codec.decode(seen, content))


@given(st.lists(st.tuples(headers, payloads), max_size=6), st.data())
def test_any_chunking_gives_the_same_frames(
    parts: list[tuple[codec.FrameHeader, bytes]], data: st.DataObject
) -> None:
    octets = b"".join(octets_of(*part) for part in parts) + data.draw(st.binary(max_size=8))
    whole = list(codec.FrameReader().feed(octets))
    reader = codec.FrameReader()
    seen: list[tuple[codec.FrameHeader, bytes]] = []
    rest = octets
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        seen += reader.feed(rest[:size])
        rest = rest[size:]

    assert whole == seen
    assert reader.held == len(octets) - sum(9 + header.length for header, _ in whole)


SIZES = [
    (FrameType.PRIORITY, 0, 1, 4, "stream", ErrorCode.FRAME_SIZE_ERROR),
    (FrameType.PRIORITY, 0, 0, 4, "connection", ErrorCode.FRAME_SIZE_ERROR),
    (FrameType.RST_STREAM, 0, 1, 5, "connection", ErrorCode.FRAME_SIZE_ERROR),
    (FrameType.SETTINGS, 0, 0, 5, "connection", ErrorCode.FRAME_SIZE_ERROR),
    (FrameType.SETTINGS, frames.ACK, 0, 6, "connection", ErrorCode.FRAME_SIZE_ERROR),
    (FrameType.PUSH_PROMISE, 0, 1, 3, "connection", ErrorCode.FRAME_SIZE_ERROR),
    (FrameType.PING, 0, 0, 7, "connection", ErrorCode.FRAME_SIZE_ERROR),
    (FrameType.GOAWAY, 0, 0, 7, "connection", ErrorCode.FRAME_SIZE_ERROR),
    (FrameType.WINDOW_UPDATE, 0, 1, 3, "connection", ErrorCode.FRAME_SIZE_ERROR),
    (FrameType.HEADERS, frames.PRIORITY_FLAG, 1, 4, "connection", ErrorCode.FRAME_SIZE_ERROR),
    (FrameType.HEADERS, frames.PADDED, 1, 0, "connection", ErrorCode.FRAME_SIZE_ERROR),
    (FrameType.DATA, frames.PADDED, 1, 0, "stream", ErrorCode.FRAME_SIZE_ERROR),
    (FrameType.PRIORITY_UPDATE, 0, 0, 3, "connection", ErrorCode.FRAME_SIZE_ERROR),
]


@pytest.mark.parametrize(("kind", "flags", "stream", "length", "scope", "code"), SIZES)
def test_a_wrong_length_is_unreadable_with_the_error_the_rfc_names(
    kind: int, flags: int, stream: int, length: int, scope: str, code: ErrorCode
) -> None:
    header = codec.FrameHeader(length, kind, flags, stream)

    frame = codec.decode(header, bytes(length))

    assert isinstance(frame, frames.Unreadable)
    assert (scope, code) == (frame.fault.scope, frame.fault.code)


@pytest.mark.parametrize("kind", [FrameType.DATA, FrameType.HEADERS, FrameType.PUSH_PROMISE])
def test_padding_as_long_as_the_payload_is_a_connection_error(kind: int) -> None:
    for pad, readable in ((9, True), (10, False)):
        payload = bytes([pad]) + bytes(9)
        frame = codec.decode(codec.FrameHeader(10, kind, frames.PADDED, 1), payload)
        if kind == FrameType.PUSH_PROMISE and readable:
            continue  # nine octets of padding leave no room for the promised identifier

        assert readable is not isinstance(frame, frames.Unreadable)
        if isinstance(frame, frames.Unreadable):
            assert ("connection", ErrorCode.PROTOCOL_ERROR) == (
                frame.fault.scope,
                frame.fault.code,
            )


def test_the_four_defects_of_hyperframe_are_put_right() -> None:
    promise = codec.decode(codec.FrameHeader(4, 5, 4, 1), b"\x80\0\0\2")
    goaway = codec.decode(codec.FrameHeader(8, 7, 0, 0), b"\x80\0\0\7" + bytes(4))
    update = codec.decode(codec.FrameHeader(4, 8, 0, 0), b"\x80\0\0\5")
    settings = codec.encode(frames.Settings(((0xF00D, 1),)))

    assert (2, True) == (promise.promised, promise.promised_reserved)  # type: ignore[union-attr]
    assert (7, True) == (goaway.last, goaway.last_reserved)  # type: ignore[union-attr]
    assert (5, True) == (update.increment, update.increment_reserved)  # type: ignore[union-attr]
    assert b"\xf0\x0d" == settings[9:11]


@pytest.mark.parametrize(
    "frame",
    [
        frames.WindowUpdate(1, 1 << 31),
        frames.Data(1, padding=bytes(256)),
        frames.Ping(b"short"),
        frames.RstStream(1, 1 << 32),
        frames.Settings(((1, 1),), ack=True),
        frames.PushPromise(1, 1 << 31),
    ],
)
def test_a_value_that_does_not_fit_its_field_is_refused(frame: frames.AnyFrame) -> None:
    with pytest.raises(ValueError, match=r"fit|octets|values"):
        codec.encode(frame)


# --- hyperframe as the second opinion ------------------------------------------------------------


def by_hyperframe(octets: bytes) -> hyper.Frame:
    view = memoryview(octets)
    frame, length = hyper.Frame.parse_frame_header(view[:9])
    frame.parse_body(view[9 : 9 + length])
    return frame


def both_read(octets: bytes) -> None:
    """Assert that hyperframe and we agree, but for the four defects and the named differences."""
    [(header, payload)], _ = codec.split_frames(octets)
    ours = codec.decode(header, payload)
    try:
        theirs = by_hyperframe(octets)
    except (hyper_errors.InvalidFrameError, hyper_errors.InvalidPaddingError):
        assert isinstance(ours, frames.Unreadable) or header.type == FrameType.ALTSVC
        return
    except hyper_errors.InvalidDataError:
        # a rule of content (stream 0, an odd promise, a zero increment): a frame to us, or
        # SETTINGS ACK with a payload, which hyperframe calls data and the RFC a size
        assert not isinstance(ours, frames.Unreadable) or ours.fault.code in (
            ErrorCode.FRAME_SIZE_ERROR,
            ErrorCode.PROTOCOL_ERROR,
        )
        return
    if isinstance(ours, frames.Unreadable):
        # hyperframe accepts: padding longer than what is left behind the priority fields or the
        # promised identifier, and a GOAWAY or SETTINGS it reads by slices
        assert ours.type in (FrameType.HEADERS, FrameType.PUSH_PROMISE, FrameType.DATA) or (
            ours.type in (FrameType.ORIGIN, FrameType.PRIORITY_UPDATE)
        )
        return
    assert list(contents(theirs)) == list(contents_of_ours(ours))


def contents(frame: hyper.Frame) -> Iterator[object]:
    yield frame.stream_id
    match frame:
        case hyper.DataFrame() | hyper.ContinuationFrame():
            yield frame.data
        case hyper.HeadersFrame():
            yield frame.data
            if "PRIORITY" in frame.flags:
                yield from (frame.depends_on, frame.stream_weight, frame.exclusive)
        case hyper.PriorityFrame():
            yield from (frame.depends_on, frame.stream_weight, frame.exclusive)
        case hyper.RstStreamFrame():
            yield frame.error_code
        case hyper.SettingsFrame():
            yield frame.settings
        case hyper.PushPromiseFrame():
            yield from (frame.promised_stream_id & codec.STREAM_MAX, frame.data)
        case hyper.PingFrame():
            yield frame.opaque_data
        case hyper.GoAwayFrame():
            yield frame.last_stream_id & codec.STREAM_MAX
            yield from (frame.error_code, frame.additional_data)
        case hyper.WindowUpdateFrame():
            yield frame.window_increment & codec.STREAM_MAX
        case hyper.AltSvcFrame():
            yield from (frame.origin, frame.field)
        case hyper.ExtensionFrame():
            yield frame.type


def contents_of_ours(frame: frames.AnyFrame) -> Iterator[object]:
    yield frame.stream
    match frame:
        case frames.Data():
            yield frame.data
        case frames.Continuation():
            yield frame.fragment
        case frames.Headers():
            yield frame.fragment
            if frame.dependency:
                yield frame.dependency.stream
                yield from (frame.dependency.weight, frame.dependency.exclusive)
        case frames.Priority():
            yield frame.dependency.stream
            yield from (frame.dependency.weight, frame.dependency.exclusive)
        case frames.RstStream():
            yield frame.code
        case frames.Settings():
            yield dict(frame.values)
        case frames.PushPromise():
            yield from (frame.promised, frame.fragment)
        case frames.Ping():
            yield frame.payload
        case frames.GoAway():
            yield from (frame.last, frame.code, frame.debug)
        case frames.WindowUpdate():
            yield frame.increment
        case frames.AltSvc():
            yield from (frame.origin, frame.value)
        case frames.Origin() | frames.PriorityUpdate() | frames.Unknown():
            yield frame.type


@given(headers, payloads)
@example(codec.FrameHeader(0, 1, 0x28, 1), bytes([4, 0, 0, 0, 0, 0, 0, 0]))
def test_hyperframe_reads_random_frames_as_we_do(header: codec.FrameHeader, payload: bytes) -> None:
    both_read(octets_of(header, payload))


streams = st.integers(1, codec.STREAM_MAX)
words = st.integers(0, 0xFFFFFFFF)
pads = st.none() | st.integers(0, 255)


@given(streams, payloads, st.booleans(), st.booleans(), pads, words)
def test_hyperframe_writes_the_frames_it_can_write_as_we_do(
    stream: int, content: bytes, ends: bool, whole: bool, pad: int | None, word: int
) -> None:
    end_stream, end_headers = ends * ["END_STREAM"], whole * ["END_HEADERS"]
    padded, padding = ([], None) if pad is None else (["PADDED"], bytes(pad))
    number, exclusive = word & codec.STREAM_MAX, word > codec.STREAM_MAX
    weight = word & 0xFF
    fields: dict[str, Any] = {"depends_on": number, "stream_weight": weight, "exclusive": exclusive}
    dependency = frames.Dependency(number, weight, exclusive)
    octets = content[:8].ljust(8, b"!")
    pairs: list[tuple[frames.AnyFrame, hyper.Frame]] = [
        (
            frames.Data(stream, content, ends, padding),
            hyper.DataFrame(stream, content, pad_length=pad or 0, flags=end_stream + padded),
        ),
        (
            frames.Headers(stream, content, ends, whole, None, padding),
            hyper.HeadersFrame(
                stream, content, pad_length=pad or 0, flags=end_stream + end_headers + padded
            ),
        ),
        (
            frames.Headers(stream, content, ends, whole, dependency),
            hyper.HeadersFrame(
                stream, content, flags=[*end_stream, *end_headers, "PRIORITY"], **fields
            ),
        ),
        (frames.Priority(stream, dependency), hyper.PriorityFrame(stream, **fields)),
        (frames.RstStream(stream, word), hyper.RstStreamFrame(stream, word)),
        (frames.Settings(((weight, word),)), hyper.SettingsFrame(0, {weight: word})),
        (frames.Settings(ack=True), hyper.SettingsFrame(0, flags=["ACK"])),
        (
            frames.PushPromise(stream, 2 | number & ~1, content, whole, padding),
            hyper.PushPromiseFrame(
                stream, 2 | number & ~1, content, pad_length=pad or 0, flags=end_headers + padded
            ),
        ),
        (frames.Ping(octets, ends), hyper.PingFrame(0, octets, flags=ends * ["ACK"])),
        (frames.GoAway(number, word, content), hyper.GoAwayFrame(0, number, word, content)),
        (
            frames.WindowUpdate(stream, max(1, number)),
            hyper.WindowUpdateFrame(stream, max(1, number)),
        ),
        (
            frames.Continuation(stream, content, whole),
            hyper.ContinuationFrame(stream, content, flags=end_headers),
        ),
        (frames.AltSvc(0, octets, content), hyper.AltSvcFrame(0, octets, content)),
    ]
    for ours, theirs in pairs:
        assert theirs.serialize() == codec.encode(ours)
