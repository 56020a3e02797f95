"""One frozen value for each frame type of RFC 9113 §6 and its extensions.

A frame that breaks a rule of *content* (a zero increment, an odd promised stream) is still a frame
and has its ordinary class. Octets whose *form* makes no frame (a wrong length, padding longer than
the payload) are `Unreadable`, and keep the fault that a receiver would raise. Nothing is lost:
padding, undefined flags and reserved bits are fields, so that octets → frame → octets is the
identity. What a frame means to a stream or a connection is not known here.
"""

from enum import IntEnum
from typing import ClassVar, Final

from h2proof.sim.errors import Fault
from h2proof.sim.values import value


class FrameType(IntEnum):
    """Type octets: RFC 9113 §6, ALTSVC (RFC 7838), ORIGIN (RFC 8336), PRIORITY_UPDATE (RFC 9218)."""

    DATA = 0x0
    HEADERS = 0x1
    PRIORITY = 0x2
    RST_STREAM = 0x3
    SETTINGS = 0x4
    PUSH_PROMISE = 0x5
    PING = 0x6
    GOAWAY = 0x7
    WINDOW_UPDATE = 0x8
    CONTINUATION = 0x9
    ALTSVC = 0xA
    ORIGIN = 0xC
    PRIORITY_UPDATE = 0x10


TYPE_NAMES: Final[dict[int, str]] = {kind.value: kind.name for kind in FrameType}

END_STREAM: Final = 0x1
ACK: Final = 0x1
END_HEADERS: Final = 0x4
PADDED: Final = 0x8
PRIORITY_FLAG: Final = 0x20

DEFINED_FLAGS: Final[dict[int, int]] = {
    FrameType.DATA: END_STREAM | PADDED,
    FrameType.HEADERS: END_STREAM | END_HEADERS | PADDED | PRIORITY_FLAG,
    FrameType.PRIORITY: 0,
    FrameType.RST_STREAM: 0,
    FrameType.SETTINGS: ACK,
    FrameType.PUSH_PROMISE: END_HEADERS | PADDED,
    FrameType.PING: ACK,
    FrameType.GOAWAY: 0,
    FrameType.WINDOW_UPDATE: 0,
    FrameType.CONTINUATION: END_HEADERS,
    FrameType.ALTSVC: 0,
    FrameType.ORIGIN: 0,
    FrameType.PRIORITY_UPDATE: 0,
}

UNDEFINED_FLAGS: Final[dict[int, int]] = {kind: ~flags for kind, flags in DEFINED_FLAGS.items()}
"""The bits that a type gives no meaning to (§4.1)."""


class Setting(IntEnum):
    """Identifiers of RFC 9113 §6.5.2, RFC 8441 §3 and RFC 9218 §2.1."""

    HEADER_TABLE_SIZE = 1
    ENABLE_PUSH = 2
    MAX_CONCURRENT_STREAMS = 3
    INITIAL_WINDOW_SIZE = 4
    MAX_FRAME_SIZE = 5
    MAX_HEADER_LIST_SIZE = 6
    ENABLE_CONNECT_PROTOCOL = 8
    NO_RFC7540_PRIORITIES = 9


SETTING_NAMES: Final[dict[int, str]] = {setting.value: setting.name for setting in Setting}


def setting_name(identifier: int) -> str:
    """The RFC's name of a setting, or its identifier in hexadecimal."""
    return SETTING_NAMES.get(identifier) or f"0x{identifier:x}"


def type_name(kind: int) -> str:
    """The RFC's name of a frame type, or `0x..` for one that no RFC known here defines."""
    return TYPE_NAMES.get(kind) or f"0x{kind:02x}"


@value(frozen=True, slots=True)
class Dependency:
    """The deprecated priority fields (RFC 9113 §5.3.2): read for their length, never obeyed."""

    stream: int
    weight: int = 15
    """The octet on the wire, 0 to 255 (it stands for one more)."""
    exclusive: bool = False


@value(frozen=True, slots=True, kw_only=True)
class Frame:
    """What every frame carries besides its own fields."""

    type: ClassVar[int]

    undefined_flags: int = 0
    """Flag bits that the frame's type does not define (§4.1: ignored, but kept here)."""
    reserved: bool = False
    """The reserved bit of the frame header (§4.1)."""


@value(frozen=True, slots=True)
class Data(Frame):
    """DATA, RFC 9113 §6.1. `padding` is None without the PADDED flag, else the padding's octets."""

    type: ClassVar[int] = FrameType.DATA

    stream: int
    data: bytes = b""
    end_stream: bool = False
    padding: bytes | None = None

    @property
    def flow_controlled_length(self) -> int:
        """Octets that count against both windows: data, padding and the Pad Length (§6.9.1)."""
        return len(self.data) + (0 if self.padding is None else 1 + len(self.padding))


@value(frozen=True, slots=True)
class Headers(Frame):
    """HEADERS, RFC 9113 §6.2; `fragment` is the first (or only) part of a field block."""

    type: ClassVar[int] = FrameType.HEADERS

    stream: int
    fragment: bytes = b""
    end_stream: bool = False
    end_headers: bool = True
    dependency: Dependency | None = None
    padding: bytes | None = None


@value(frozen=True, slots=True)
class Priority(Frame):
    """PRIORITY, RFC 9113 §6.3 (deprecated)."""

    type: ClassVar[int] = FrameType.PRIORITY

    stream: int
    dependency: Dependency


@value(frozen=True, slots=True)
class RstStream(Frame):
    """RST_STREAM, RFC 9113 §6.4."""

    type: ClassVar[int] = FrameType.RST_STREAM

    stream: int
    code: int = 0


@value(frozen=True, slots=True)
class Settings(Frame):
    """SETTINGS, RFC 9113 §6.5: (identifier, value) pairs in the order of the wire."""

    type: ClassVar[int] = FrameType.SETTINGS

    values: tuple[tuple[int, int], ...] = ()
    ack: bool = False
    stream: int = 0


@value(frozen=True, slots=True)
class PushPromise(Frame):
    """PUSH_PROMISE, RFC 9113 §6.6: on `stream` (the associated one) `promised` is reserved."""

    type: ClassVar[int] = FrameType.PUSH_PROMISE

    stream: int
    promised: int
    fragment: bytes = b""
    end_headers: bool = True
    padding: bytes | None = None
    promised_reserved: bool = False


@value(frozen=True, slots=True)
class Ping(Frame):
    """PING, RFC 9113 §6.7: eight octets."""

    type: ClassVar[int] = FrameType.PING

    payload: bytes = bytes(8)
    ack: bool = False
    stream: int = 0


@value(frozen=True, slots=True)
class GoAway(Frame):
    """GOAWAY, RFC 9113 §6.8."""

    type: ClassVar[int] = FrameType.GOAWAY

    last: int = 0
    code: int = 0
    debug: bytes = b""
    stream: int = 0
    last_reserved: bool = False


@value(frozen=True, slots=True)
class WindowUpdate(Frame):
    """WINDOW_UPDATE, RFC 9113 §6.9; an increment of 0 is a frame, and an error to send."""

    type: ClassVar[int] = FrameType.WINDOW_UPDATE

    stream: int
    increment: int
    increment_reserved: bool = False


@value(frozen=True, slots=True)
class Continuation(Frame):
    """CONTINUATION, RFC 9113 §6.10."""

    type: ClassVar[int] = FrameType.CONTINUATION

    stream: int
    fragment: bytes = b""
    end_headers: bool = True


@value(frozen=True, slots=True)
class AltSvc(Frame):
    """ALTSVC, RFC 7838 §4."""

    type: ClassVar[int] = FrameType.ALTSVC

    stream: int
    origin: bytes = b""
    value: bytes = b""


@value(frozen=True, slots=True)
class Origin(Frame):
    """ORIGIN, RFC 8336 §2.1: the origin set, one ASCII origin an entry."""

    type: ClassVar[int] = FrameType.ORIGIN

    origins: tuple[bytes, ...] = ()
    stream: int = 0


@value(frozen=True, slots=True)
class PriorityUpdate(Frame):
    """PRIORITY_UPDATE, RFC 9218 §7.1: `value` is the priority field value of `prioritized`."""

    type: ClassVar[int] = FrameType.PRIORITY_UPDATE

    prioritized: int
    value: bytes = b""
    stream: int = 0
    prioritized_reserved: bool = False


@value(frozen=True, slots=True)
class Unknown:
    """A frame of a type that nobody here knows: to be ignored and discarded (RFC 9113 §5.5)."""

    type: int
    flags: int
    stream: int
    payload: bytes = b""
    reserved: bool = False


@value(frozen=True, slots=True)
class Unreadable:
    """A known type whose payload does not have the form of that type; `fault` is what it deserves."""

    type: int
    flags: int
    stream: int
    payload: bytes
    fault: Fault
    reserved: bool = False


AnyFrame = (
    Data
    | Headers
    | Priority
    | RstStream
    | Settings
    | PushPromise
    | Ping
    | GoAway
    | WindowUpdate
    | Continuation
    | AltSvc
    | Origin
    | PriorityUpdate
    | Unknown
    | Unreadable
)

BLOCK_OPENERS: Final = frozenset({FrameType.HEADERS.value, FrameType.PUSH_PROMISE.value})
