"""What must not be called an error, row by row: unknown types, late frames, odd but legal values.

A row asks one frame of the peer, and what had gone by, whether it is the thing that the RFCs want
to be taken without an error. The rows are asked in order; the latest frame that one of them names
is what the claim can have meant.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from h2proof.oracle.hindsight.claims import Claim
from h2proof.oracle.hindsight.history import History, Seen
from h2proof.sim.errors import CODE_NAMES, ErrorCode
from h2proof.sim.frames import (
    TYPE_NAMES,
    AltSvc,
    Continuation,
    FrameType,
    Headers,
    Origin,
    Priority,
    PushPromise,
    RstStream,
    Settings,
    WindowUpdate,
)
from h2proof.sim.hpack import ENTRY_OVERHEAD, STATIC_LENGTH

Test = Callable[[Seen, Claim, History], bool]


class Innocent(NamedTuple):
    """A thing that is no error, the requirements that say so, and how it is recognised."""

    what: str
    ids: tuple[str, ...]
    is_it: Test


MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE = 3, 4, 5
HEADER_TABLE_SIZE, ENABLE_CONNECT_PROTOCOL, NO_RFC7540_PRIORITIES = 1, 8, 9
FRAME_MIN_MAX: Final = 16_384
NEAR: Final = 3
"""How many frames of the peer before a claim it can be about."""


def _setting(test: Callable[[int, int], bool]) -> Test:
    def is_it(seen: Seen, claim: Claim, past: History) -> bool:
        frame = seen.frame
        return isinstance(frame, Settings) and any(test(*pair) for pair in frame.values)

    return is_it


def _coded(code: ErrorCode, test: Test) -> Test:
    return lambda seen, claim, past: claim.code == code and test(seen, claim, past)


def _has_block(seen: Seen) -> bool:
    return bool(seen.items)


def _carries(seen: Seen) -> bool:
    return seen.event.type in (FrameType.DATA, FrameType.HEADERS, FrameType.CONTINUATION)


def _was_reset(seen: Seen, claim: Claim, past: History) -> bool:
    """By the accuser, who may have read the frame after its own reset, wherever it was seen."""
    return seen.reset or (past.had_reset and seen.event.stream == claim.stream)


def _kinds(seen: Seen) -> list[str]:
    return [item.kind for item in seen.items]


def _twice_in_the_table(seen: Seen, claim: Claim, past: History) -> bool:
    lines = [
        (item.index, item.name, item.value) for item in seen.items if item.kind == "incremental"
    ]
    return len(lines) > len(set(lines))


def _larger_than_the_table(seen: Seen, claim: Claim, past: History) -> bool:
    limit = None
    for item in seen.items:
        if item.kind == "size":
            limit = item.index
        elif item.kind == "incremental" and limit is not None:
            size = len(item.name or b"") + len(item.value or b"") + ENTRY_OVERHEAD
            return size > limit
    return False


def _named_by_an_entry(seen: Seen, claim: Claim, past: History) -> bool:
    return any(item.kind == "incremental" and item.index > STATIC_LENGTH for item in seen.items)


def _lowered(identifier: int, least: int) -> Callable[[History], bool]:
    return lambda past: any(name == identifier and value < least for name, value in past.settings)


_table_lowered = _lowered(HEADER_TABLE_SIZE, 4096)
_window_lowered = _lowered(INITIAL_WINDOW_SIZE, 65_535)


def _interim_length(seen: Seen, claim: Claim, past: History) -> bool:
    fields = dict(seen.fields or ())
    return fields.get(b":status", b"")[:1] == b"1" and b"content-length" in fields


def _priority_field(seen: Seen, claim: Claim, past: History) -> bool:
    return any(name == b"priority" for name, _ in seen.fields or ())


_C: Final = ErrorCode

# fmt: off
INNOCENTS: Final[tuple[Innocent, ...]] = (
    Innocent("a frame of a type that the receiver need not know",
             ("9113-4.1-02", "9113-5.5-02", "9113-5.1-28"),
             lambda seen, claim, past: seen.event.type not in TYPE_NAMES),
    Innocent("ALTSVC from a client", ("7838-4-05",),
             lambda seen, claim, past: isinstance(seen.frame, AltSvc) and past.role == 1),
    Innocent("ALTSVC that names no origin", ("7838-4-06",),
             lambda seen, claim, past: isinstance(seen.frame, AltSvc)
             and not seen.event.stream and not seen.frame.origin),
    Innocent("ALTSVC with an Origin on a stream", ("7838-4-07",),
             lambda seen, claim, past: isinstance(seen.frame, AltSvc)
             and bool(seen.event.stream) and bool(seen.frame.origin)),
    Innocent("ALTSVC", ("7838-4-01",),
             lambda seen, claim, past: seen.event.type == FrameType.ALTSVC),
    Innocent("ORIGIN on a stream", ("8336-2.2-03",),
             lambda seen, claim, past: seen.event.type == FrameType.ORIGIN
             and bool(seen.event.stream)),
    Innocent("ORIGIN with flags", ("8336-2.2-05",),
             lambda seen, claim, past: seen.event.type == FrameType.ORIGIN
             and bool(seen.event.flags)),
    Innocent("ORIGIN with an entry that is no origin", ("8336-2.2-09",),
             lambda seen, claim, past: isinstance(seen.frame, Origin)
             and any(b"://" not in origin for origin in seen.frame.origins)),
    Innocent("ORIGIN", ("8336-2.2-01",),
             lambda seen, claim, past: seen.event.type == FrameType.ORIGIN),
    Innocent("the reserved bit", ("9113-4.1-06",),
             lambda seen, claim, past: seen.event.reserved),
    Innocent("a flag without a meaning", ("9113-4.1-03",),
             lambda seen, claim, past: bool(getattr(seen.frame, "undefined_flags", 0))),
    Innocent("ENABLE_CONNECT_PROTOCOL from a client", ("8441-3-03",),
             lambda seen, claim, past: past.role == 1
             and _setting(lambda name, value: name == ENABLE_CONNECT_PROTOCOL)(seen, claim, past)),
    Innocent("a setting that the receiver need not know",
             ("9113-5.5-01", "9113-6.5.2-17", "9113-6.5.3-04"),
             _setting(lambda name, value: name not in (1, 2, 3, 4, 5, 6, 8, 9))),
    Innocent("a limit of no streams", ("9113-6.5.2-11",),
             _setting(lambda name, value: name == MAX_CONCURRENT_STREAMS and not value)),
    Innocent("a code that the receiver need not know", ("9113-7-15",),
             lambda seen, claim, past: isinstance(seen.frame, RstStream)
             and seen.frame.code not in CODE_NAMES),
    Innocent("credit on a stream that was ended", ("9113-6.9-07",),
             lambda seen, claim, past: isinstance(seen.frame, WindowUpdate)
             and bool(seen.event.stream) and (seen.ended or seen.reset)),
    Innocent("a promise on a stream whose reset had not arrived", ("9113-5.1-22", "9113-6.6-16"),
             lambda seen, claim, past: isinstance(seen.frame, PushPromise)
             and seen.reset and not claim.stream),
    Innocent("a promise while push is on", ("9113-6.5.2-04",),
             lambda seen, claim, past: isinstance(seen.frame, PushPromise) and not claim.stream),
    Innocent("a priority of RFC 7540 that has to be ignored", ("9218-2.1-06",),
             lambda seen, claim, past: isinstance(seen.frame, Priority)
             and (NO_RFC7540_PRIORITIES, 1) in past.peer_settings),
    Innocent("a block on a stream whose reset had not arrived", ("9113-4.3-05",),
             _coded(_C.COMPRESSION_ERROR,
                    lambda seen, claim, past: _has_block(seen) and seen.reset)),
    Innocent("a block on a stream beyond GOAWAY", ("9113-6.8-13",),
             _coded(_C.COMPRESSION_ERROR,
                    lambda seen, claim, past: _has_block(seen) and past.goaway_last is not None
                    and seen.event.stream > past.goaway_last)),
    Innocent("a section that was answered with 431", ("9113-10.5.1-03",),
             _coded(_C.COMPRESSION_ERROR,
                    lambda seen, claim, past: _has_block(seen) and b"431" in past.statuses)),
    Innocent("a table above a limit that was not acknowledged", ("9113-4.3.1-02",),
             _coded(_C.COMPRESSION_ERROR,
                    lambda seen, claim, past: _has_block(seen) and _table_lowered(past))),
    Innocent("the same entry twice", ("7541-2.3.2-02",),
             _coded(_C.COMPRESSION_ERROR, _twice_in_the_table)),
    Innocent("an entry larger than the table", ("7541-4.4-02",),
             _coded(_C.COMPRESSION_ERROR, _larger_than_the_table)),
    Innocent("a name from an entry of the table", ("7541-4.4-03",),
             _coded(_C.COMPRESSION_ERROR, _named_by_an_entry)),
    Innocent("a block that RFC 7541 decodes", ("7541-3.2-01",),
             _coded(_C.COMPRESSION_ERROR,
                    lambda seen, claim, past: "indexed" in _kinds(seen))),
    Innocent("a CONTINUATION behind END_STREAM", ("9113-6.2-06",),
             lambda seen, claim, past: isinstance(seen.frame, Continuation) and seen.ended
             and claim.code in (_C.STREAM_CLOSED, _C.PROTOCOL_ERROR)),
    Innocent("what was on its way when the stream was reset",
             ("9113-5.1-21", "9113-5.4.2-03", "9113-6.4-03"),
             lambda seen, claim, past: _carries(seen) and _was_reset(seen, claim, past)
             and claim.code in (_C.STREAM_CLOSED, _C.PROTOCOL_ERROR)),
    Innocent("a frame of up to 16,384 octets", ("9113-4.2-01",),
             _coded(_C.FRAME_SIZE_ERROR,
                    lambda seen, claim, past: FRAME_MIN_MAX // 2 < seen.event.length
                    <= FRAME_MIN_MAX)),
    Innocent("a frame of a size that was announced and not taken back for good",
             ("9113-6.5.3-06",),
             _coded(_C.FRAME_SIZE_ERROR,
                    lambda seen, claim, past: seen.event.length > FRAME_MIN_MAX)),
    Innocent("data on its way when the window was lowered", ("9113-6.9.3-01",),
             _coded(_C.FLOW_CONTROL_ERROR,
                    lambda seen, claim, past: seen.event.type == FrameType.DATA
                    and _window_lowered(past) and past.unacknowledged > 0)),
    Innocent("data within the window, for a frame's header costs nothing",
             ("9113-6.9.1-03", "9113-7-04"),
             _coded(_C.FLOW_CONTROL_ERROR,
                    lambda seen, claim, past: seen.event.type == FrameType.DATA)),
    Innocent("HEADERS, which need no window", ("9113-5.2.1-04", "9113-6.9-01"),
             _coded(_C.FLOW_CONTROL_ERROR,
                    lambda seen, claim, past: isinstance(seen.frame, Headers)
                    and not any(each.event.type == FrameType.DATA for each in past.frames))),
    Innocent("the length in an interim response", ("8297-2-02",),
             _coded(_C.PROTOCOL_ERROR, _interim_length)),
    Innocent("a priority that is out of range or of another type", ("9218-4-02",),
             _coded(_C.PROTOCOL_ERROR, _priority_field)),
    Innocent("a request that is well-formed, whatever its fields mean", ("9113-8.2.1-10",),
             _coded(_C.PROTOCOL_ERROR,
                    lambda seen, claim, past: past.role == 1 and bool(claim.stream)
                    and seen.event.stream == claim.stream and seen.fields is not None)),
)
# fmt: on

CODES: Final[Mapping[int, tuple[str, ...]]] = {
    ErrorCode.FLOW_CONTROL_ERROR: ("9113-7-04",),
    ErrorCode.STREAM_CLOSED: ("9113-7-06",),
    ErrorCode.FRAME_SIZE_ERROR: ("9113-7-07",),
}
"""What a code claims by itself, where no innocent frame can be meant."""


def meant(claim: Claim, past: History) -> tuple[Seen, Innocent] | None:
    """The frame of the peer that the claim can have meant, and what it is; the latest, if several.

    An endpoint complains at once, so the frame is near. A field table goes wrong long before that
    shows, so there the surest row comes first, wherever its frame is.
    """
    frames, rows = past.frames, INNOCENTS
    pairs = (
        ((seen, row) for row in rows for seen in frames)
        if claim.code == ErrorCode.COMPRESSION_ERROR
        else ((seen, row) for seen in frames[:NEAR] for row in rows)
    )
    return next(((seen, row) for seen, row in pairs if row.is_it(seen, claim, past)), None)
