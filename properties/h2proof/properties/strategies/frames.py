"""Frames: what the RFC allows by itself, what it forbids, and octets that were damaged.

All of it is structured, for reading: 0.3 to 0.7 ms a frame (`st.integers()` takes 0.26 where that
was measured). For many frames at the least cost use `conversations`, which decodes one blob.
Whether a frame is legal *where it comes* depends on the connection and is not known here.
"""

from collections.abc import Callable
from typing import Final

from hypothesis import strategies as st

from h2proof.properties.strategies.options import one_of_names, whole
from h2proof.sim.codec import STREAM_MAX, decode, encode, raw, read_header
from h2proof.sim.frames import (
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
    WindowUpdate,
)
from h2proof.sim.trace import SENDERS, Sender

STREAMS_MAX: Final = 0x3FFFFFFF
"""Identifiers of one side: half of the 31 bits."""

KNOWN: Final = tuple(kind.value for kind in FrameType)

_CODES: Final = st.sampled_from((8, 0, 1, 2, 3, 5, 7, 11, 0xFFFF))

# A setting's identifier with the values that RFC 9113 §6.5.2 (and RFC 8441, 9218) allow.
_LEGAL_SETTINGS: Final = st.one_of(
    st.tuples(st.just(4), st.integers(0, STREAM_MAX)),
    st.tuples(st.just(3), st.integers(0, 200)),
    st.tuples(st.just(1), st.integers(0, 65_536)),
    st.tuples(st.just(5), st.integers(16_384, 16_777_215)),
    st.tuples(st.just(6), st.integers(0, 1 << 20)),
    st.tuples(st.integers(0x10, 0xFFFF), st.integers(0, 0xFFFFFFFF)),
)


def frames(
    *,
    sender: Sender | None = None,
    kinds: tuple[type[AnyFrame], ...] | None = None,
    streams: int = 4,
    octets: int = 16,
) -> st.SearchStrategy[AnyFrame]:
    """Frames that break no rule by themselves. Structured; shrinks to `SETTINGS ACK`.

    `sender` leaves out what that side may never send, `kinds` all but these classes. Identifiers
    are those of the first `streams` streams of the client; fragments and data have up to `octets`
    octets. A fragment is octets, not necessarily a field block: `field_blocks` makes those.
    """
    whole("streams", streams, 1, STREAMS_MAX)
    whole("octets", octets, 0, 16_000)
    if sender is not None:
        one_of_names("sender", sender, SENDERS)
    table = _by_kind(sender, streams, octets)
    if kinds is None:
        return st.one_of(list(table.values()))
    by_name = {kind.__name__: strategy for kind, strategy in table.items()}
    return st.one_of([by_name[one_of_names("kinds", kind.__name__, by_name)] for kind in kinds])


def _by_kind(
    sender: Sender | None, streams: int, octets: int
) -> dict[type[AnyFrame], st.SearchStrategy[AnyFrame]]:
    stream = st.integers(0, streams - 1).map(lambda place: 2 * place + 1)
    some = st.just(0) | stream
    content = st.binary(max_size=octets)
    padding = st.none() | st.binary(max_size=8).map(lambda pad: bytes(len(pad)))
    flag = st.booleans()
    table: dict[type[AnyFrame], st.SearchStrategy[AnyFrame]] = {
        Data: st.builds(Data, stream, content, flag, padding),
        Headers: st.builds(
            Headers, stream, content, flag, flag, st.none() | dependencies(), padding
        ),
        WindowUpdate: st.builds(WindowUpdate, some, st.integers(1, STREAM_MAX)),
        RstStream: st.builds(RstStream, stream, _CODES),
        Ping: st.builds(Ping, st.binary(min_size=8, max_size=8), flag),
        Settings: _settings(sender),
        GoAway: st.builds(GoAway, some, _CODES, content),
        Continuation: st.builds(Continuation, stream, content, flag),
        Priority: st.builds(Priority, stream, dependencies()),
        Unknown: st.builds(Unknown, st.integers(0x20, 0xFF), st.integers(0, 0xFF), some, content),
    }
    if sender != "client":
        promised = st.integers(1, streams).map(lambda place: 2 * place)
        table[PushPromise] = st.builds(PushPromise, stream, promised, content, flag, padding)
        table[AltSvc] = st.builds(AltSvc, st.just(0), content, content)
        table[Origin] = st.builds(Origin, st.lists(content, max_size=3).map(tuple))
    if sender != "server":
        table[PriorityUpdate] = st.builds(PriorityUpdate, stream, st.just(b"u=1"))
    return table


def _settings(sender: Sender | None) -> st.SearchStrategy[AnyFrame]:
    """Acknowledgments, and values; only a client may say anything about ENABLE_PUSH (§6.5.2)."""
    pairs = _LEGAL_SETTINGS
    if sender != "server":
        pairs = st.one_of(_LEGAL_SETTINGS, st.tuples(st.just(2), st.integers(0, 1)))
    return st.one_of(
        st.just(Settings(ack=True)),
        st.builds(Settings, st.lists(pairs, max_size=3).map(tuple)),
    )


def dependencies() -> st.SearchStrategy[Dependency]:
    """The deprecated priority fields, of a stream that no frame here is about. Structured."""
    return st.builds(Dependency, st.just(0), st.integers(0, 255), st.booleans())


def hostile_frames(*, streams: int = 4) -> st.SearchStrategy[AnyFrame]:
    """Frames each of which breaks a rule, in content or in form. Structured.

    Those whose octets have no form of their type are `Unreadable`. Shrinks towards a
    WINDOW_UPDATE with increment 0.
    """
    whole("streams", streams, 1, STREAMS_MAX)
    stream = st.integers(0, streams - 1).map(lambda place: 2 * place + 1)
    return st.one_of(
        stream.map(lambda number: WindowUpdate(number, 0)),
        stream.map(lambda number: Priority(number, Dependency(number))),
        stream.map(lambda number: PushPromise(number, number)),
        stream.map(lambda number: Headers(number, b"\xff\xff\xff\xff\xff\xff")),
        st.sampled_from(_ON_THE_WRONG_STREAM),
        st.sampled_from(_FORBIDDEN_SETTINGS).map(lambda pair: Settings((pair,))),
        unreadable_frames(streams=streams),
    )


_ON_THE_WRONG_STREAM: Final[tuple[AnyFrame, ...]] = (
    Data(0, b"x"),
    Data(2, b"x"),
    Headers(0),
    Headers(2),
    Continuation(0),
    RstStream(0),
    Priority(0, Dependency(1)),
    Settings(stream=1),
    Ping(stream=1),
    GoAway(stream=1),
    PushPromise(0, 2),
    PushPromise(1, 0),
    WindowUpdate(STREAM_MAX, 1),
    PriorityUpdate(0),
)

_FORBIDDEN_SETTINGS: Final = ((2, 2), (4, 0x80000000), (5, 0), (5, 16_777_216), (8, 2))


def unreadable_frames(*, streams: int = 4) -> st.SearchStrategy[AnyFrame]:
    """Payloads that cannot be of their type: too short, too long, padded beyond themselves.

    Structured; shrinks to a DATA frame whose Pad Length is missing.
    """
    whole("streams", streams, 1, STREAMS_MAX)
    stream = st.integers(0, streams).map(lambda place: max(0, 2 * place - 1))
    return st.tuples(st.sampled_from(_SHAPES), stream).map(lambda drawn: _shaped(*drawn))


_SHAPES: Final = (
    (FrameType.DATA.value, 0x8, b""),
    (FrameType.DATA.value, 0x8, b"\x09x"),
    (FrameType.HEADERS.value, 0xC, b"\xff"),
    (FrameType.HEADERS.value, 0x24, b"\0\0"),
    (FrameType.PRIORITY.value, 0, b"\0\0\0\0"),
    (FrameType.RST_STREAM.value, 0, b"\0\0\0"),
    (FrameType.SETTINGS.value, 0, b"\0\1\0\0\0"),
    (FrameType.SETTINGS.value, 1, b"\0\1\0\0\0\0"),
    (FrameType.PUSH_PROMISE.value, 4, b"\0\0\0"),
    (FrameType.PING.value, 0, b"1234567"),
    (FrameType.PING.value, 0, b"123456789"),
    (FrameType.GOAWAY.value, 0, b"1234567"),
    (FrameType.WINDOW_UPDATE.value, 0, b"\0\0\0\0\1"),
    (FrameType.ALTSVC.value, 0, b"\0\x09"),
    (FrameType.ORIGIN.value, 0, b"\0\x09x"),
    (FrameType.PRIORITY_UPDATE.value, 0, b"\0"),
)


def _shaped(shape: tuple[int, int, bytes], stream: int) -> AnyFrame:
    kind, flags, payload = shape
    return decode(read_header(raw(kind, flags, stream, payload)), payload)


def mutated_frames(
    *, sender: Sender | None = None, streams: int = 4, damages: int = 2
) -> st.SearchStrategy[bytes]:
    """The octets of a legal frame after 1 to `damages` damages. Structured; 1.3 ms.

    Lengths lie, types and flags change, octets are lost, doubled, flipped. What comes out may
    still be a frame, another one, two, or none.
    """
    whole("damages", damages, 1, 100)
    hits = st.tuples(st.sampled_from(_DAMAGES), st.integers(0, 63), st.integers(1, 255))
    octets = frames(sender=sender, streams=streams).map(encode)
    return st.tuples(octets, st.lists(hits, min_size=1, max_size=damages)).map(_damaged)


def _damaged(
    drawn: tuple[bytes, list[tuple[Callable[[bytes, int, int], bytes], int, int]]],
) -> bytes:
    octets, hits = drawn
    for damage, place, value in hits:
        octets = damage(octets, place % len(octets), value) if octets else octets
    return octets


def _flip(octets: bytes, place: int, value: int) -> bytes:
    return octets[:place] + bytes((octets[place] ^ value,)) + octets[place + 1 :]


def _length_lies(octets: bytes, _: int, value: int) -> bytes:
    return octets[:2] + bytes((value,)) + octets[3:]


def _other_type(octets: bytes, _: int, value: int) -> bytes:
    return octets[:3] + bytes((KNOWN[value % len(KNOWN)],)) + octets[4:]


def _other_flags(octets: bytes, _: int, value: int) -> bytes:
    return octets[:4] + bytes((value,)) + octets[5:]


def _cut_off(octets: bytes, place: int, _: int) -> bytes:
    return octets[:place]


def _lost(octets: bytes, place: int, _: int) -> bytes:
    return octets[:place] + octets[place + 1 :]


def _doubled(octets: bytes, place: int, _: int) -> bytes:
    return octets[: place + 1] + octets[place:]


_DAMAGES: Final[tuple[Callable[[bytes, int, int], bytes], ...]] = (
    _flip,
    _length_lies,
    _other_type,
    _other_flags,
    _cut_off,
    _lost,
    _doubled,
)
