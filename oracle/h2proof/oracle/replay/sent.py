"""One frame as both ends will see it: its place, its index entries and the few values that matter.

No payload is kept beyond the moment in which the frame is judged, so a queue of waiting frames
costs the same whether they carried a megabyte or nothing. What a frame does to a view is not known
here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, final

from h2proof.sim.codec import STREAM_MAX, FrameHeader, decode
from h2proof.sim.errors import Fault
from h2proof.sim.frames import (
    ACK,
    END_HEADERS,
    END_STREAM,
    PADDED,
    AltSvc,
    AnyFrame,
    Continuation,
    Data,
    FrameType,
    GoAway,
    Headers,
    Origin,
    Ping,
    PriorityUpdate,
    PushPromise,
    RstStream,
    Settings,
    Unreadable,
    WindowUpdate,
    type_name,
)
from h2proof.sim.trace import RESERVED, Told

if TYPE_CHECKING:
    from h2proof.oracle.replay.sections import Lines

DATA: Final = FrameType.DATA.value
HEADERS: Final = FrameType.HEADERS.value
PRIORITY: Final = FrameType.PRIORITY.value
RST_STREAM: Final = FrameType.RST_STREAM.value
SETTINGS: Final = FrameType.SETTINGS.value
PUSH_PROMISE: Final = FrameType.PUSH_PROMISE.value
PING: Final = FrameType.PING.value
GOAWAY: Final = FrameType.GOAWAY.value
WINDOW_UPDATE: Final = FrameType.WINDOW_UPDATE.value
CONTINUATION: Final = FrameType.CONTINUATION.value
ALTSVC: Final = FrameType.ALTSVC.value
ORIGIN: Final = FrameType.ORIGIN.value
PRIORITY_UPDATE: Final = FrameType.PRIORITY_UPDATE.value

RIGHT, WRONG_ON_STREAM, WRONG_ON_CONNECTION = range(3)
"""Whether a frame is a proven violation of its sender, and how far that reaches."""

HOLE: Final = 0x100
"""The type of a pseudo-frame that stands where octets are missing."""


class Section:
    """A complete field block, decoded as far as its table is known."""

    __slots__ = (
        "complaint",
        "ends_stream",
        "fields",
        "length",
        "lines",
        "links",
        "method",
        "of",
        "promised",
        "promises",
        "protocol",
        "reason",
        "status",
        "target",
        "told",
        "updates",
    )

    def __init__(self, opener: Sent) -> None:
        self.fields: tuple[tuple[bytes | None, bytes | None], ...] | None = None
        """The field lines, None for a name or value that cannot be known; None: not decoded."""
        self.lines: Lines | None = None
        """What one pass over them found, while the frame is being judged."""
        self.promises = opener.type == PUSH_PROMISE
        """Whether it began with PUSH_PROMISE, ..."""
        self.promised = opener.value if self.promises else 0
        """... and for which stream."""
        self.ends_stream = opener.ends_stream
        """Whether it began with HEADERS that has END_STREAM."""
        self.told = False
        """A log told the fields (or that there were some); nobody saw the block."""
        self.complaint = ""
        """Why the block does not decode, ..."""
        self.of = ""
        """... and then the name of the frame with which it began."""
        self.reason = ""
        """The kind of that: `zero`, `index`, `huffman`, `integer`, `late update` or `other`."""
        self.method: bytes | None = None
        self.protocol: bytes | None = None
        self.target: tuple[bytes | None, bytes | None, bytes | None] | None = None
        """Of a request: scheme, authority and path; None if not all of it is known."""
        self.links: tuple[bytes, ...] = ()
        """The paths that its Link fields refer to."""
        self.status: int | None = None
        self.length: int | None = None
        """The content-length, if it has a single valid value."""
        self.updates: tuple[int, ...] = ()
        """The dynamic table size updates at its start."""

    @property
    def known(self) -> bool:
        """True if every line of it is known."""
        return self.fields is not None and all(
            name is not None and value is not None for name, value in self.fields
        )


@final
class Sent:
    """A frame on the wire."""

    __slots__ = (
        "code",
        "content",
        "cut_off",
        "event",
        "fault",
        "flags",
        "frame",
        "frame_index",
        "length",
        "opaque",
        "packet",
        "section",
        "settings",
        "stream",
        "told",
        "type",
        "value",
        "wrong",
    )

    def __init__(
        self,
        event: int,
        frame_index: int,
        packet: int | None,
        type: int,
        flags: int,
        stream: int,
        length: int,
    ) -> None:
        self.event = event
        self.frame_index = frame_index
        self.packet = packet
        self.type = type
        self.flags = flags
        """With the header's reserved bit as bit 8."""
        self.stream = stream
        self.length = length
        self.value = 0
        """By type: increment, promised stream, last stream, prioritized stream."""
        self.code = 0
        self.content = -1
        """DATA: octets without padding; -1 where not known."""
        self.settings: tuple[tuple[int, int], ...] = ()
        self.opaque = b""
        """PING: the payload."""
        self.cut_off = False
        """Its payload is not here, or not whole: only the header can be judged."""
        self.fault: Fault | None = None
        """Its octets make no frame of its type."""
        self.frame: AnyFrame | None = None
        """The frame itself, while it is being judged; not made for ordinary ones."""
        self.section: Section | None = None
        """On the frame that completes a field block."""
        self.told: Told | None = None
        """What a log says of it instead of its octets."""
        self.wrong = RIGHT

    @property
    def unknowable(self) -> bool:
        """What it did to the connection is not known: settings, or a promised stream, not here."""
        if not self.cut_off:
            return False
        return self.type == SETTINGS or (self.type == PUSH_PROMISE and not self.value)

    @property
    def ends_stream(self) -> bool:
        """END_STREAM on a type that has this flag."""
        return self.type <= HEADERS and bool(self.flags & END_STREAM)

    @property
    def ends_headers(self) -> bool:
        """END_HEADERS; to be asked of HEADERS, PUSH_PROMISE and CONTINUATION."""
        return bool(self.flags & END_HEADERS)

    @property
    def is_ack(self) -> bool:
        """ACK; to be asked of SETTINGS and PING."""
        return bool(self.flags & ACK)

    @property
    def reserved(self) -> bool:
        """The reserved bit of the frame header."""
        return self.flags >= RESERVED

    @property
    def name(self) -> str:
        """Type, stream and what tells it from others, for a sentence."""
        text = type_name(self.type)
        if self.type in (SETTINGS, PING) and self.is_ack:
            text += " ACK"
        if self.stream:
            text += f" {self.stream}"
        if self.type == PUSH_PROMISE:
            text += f" -> {self.value}"
        return text


def read_payload(sent: Sent, payload: bytes, *, elided: bool = False) -> None:
    """Fill in what the payload says. With `elided` only its start is here."""
    kind = sent.type
    if kind == DATA and (elided or not sent.flags & PADDED):
        _read_data_start(sent, payload)
        return
    if elided:
        _read_start(sent, payload)
        return
    header = FrameHeader(sent.length, kind, sent.flags & 0xFF, sent.stream, sent.reserved)
    frame = decode(header, payload)
    sent.frame = frame
    match frame:
        case Data():
            sent.content = len(frame.data)
        case Headers() | Continuation():
            pass
        case PushPromise():
            sent.value = frame.promised
        case RstStream():
            sent.code = frame.code
        case Settings():
            sent.settings = frame.values
        case Ping():
            sent.opaque = frame.payload
        case GoAway():
            sent.value, sent.code = frame.last, frame.code
        case WindowUpdate():
            sent.value = frame.increment
        case PriorityUpdate():
            sent.value = frame.prioritized
        case Unreadable():
            sent.fault = frame.fault
        case AltSvc() | Origin() | _:
            pass


def _read_start(sent: Sent, payload: bytes) -> None:
    """Fill in what the kept start of a payload says, where the rest of it is not here."""
    if sent.type == PUSH_PROMISE and not sent.flags & PADDED and len(payload) >= 4:
        sent.value = int.from_bytes(payload[:4], "big") & STREAM_MAX
    elif sent.type == GOAWAY and len(payload) >= 8:
        sent.value = int.from_bytes(payload[:4], "big") & STREAM_MAX
        sent.code = int.from_bytes(payload[4:8], "big")


def _read_data_start(sent: Sent, payload: bytes) -> None:
    if not sent.flags & PADDED:
        sent.content = sent.length
    elif payload and payload[0] < sent.length:
        sent.content = sent.length - 1 - payload[0]
    elif payload or not sent.length:
        header = FrameHeader(sent.length, DATA, sent.flags & 0xFF, sent.stream, sent.reserved)
        # the fault depends on the first octet and the length alone
        frame = decode(header, payload[:1].ljust(sent.length, b"\0"))
        if isinstance(frame, Unreadable):
            sent.fault = frame.fault
