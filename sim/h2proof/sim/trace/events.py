"""What a trace is made of: one frozen value for each kind of event."""

from typing import ClassVar, Final, Literal, NamedTuple

from h2proof.sim.codec import FrameHeader, decode, raw
from h2proof.sim.frames import AnyFrame, type_name
from h2proof.sim.values import value

Sender = Literal["client", "server"]
CutHow = Literal["fin", "rst", "lost", "late"]
ResourceKind = Literal["acquired", "used", "released", "held"]

SENDERS: Final[tuple[Sender, Sender]] = ("client", "server")
"""The columns of a trace hold a sender as its place in this pair."""


class Resource(NamedTuple):
    """Something that can leak. A pool gives an object it hands out again the next generation."""

    kind: str
    number: int
    generation: int = 1

    def __str__(self) -> str:
        return f"{self.kind}#{self.number}" + (f".{self.generation}" if self.generation > 1 else "")


@value(frozen=True, slots=True)
class ConnectionInfo:
    """What is known of a connection besides its events.

    `upgrade_settings` is the decoded HTTP2-Settings of an upgrade from HTTP/1.1 (RFC 7540 §3.2),
    `upgrade_fields` the request that became stream 1; both are None elsewhere.
    """

    client: str = ""
    server: str = ""
    transport: Literal["h2c", "h2c-upgrade", "tls"] = "h2c"
    upgrade_settings: bytes | None = None
    upgrade_fields: tuple[tuple[bytes, bytes], ...] | None = None


@value(frozen=True, slots=True)
class Event:
    """What all events have: place in the trace, virtual nanoseconds, number of the connection."""

    index: int
    at: int
    connection: int


@value(frozen=True, slots=True)
class PrefaceEvent(Event):
    """The 24 octets of RFC 9113 §3.4, whole and right."""

    kind: ClassVar[str] = "preface"
    sender: Sender = "client"
    packet: int | None = None


@value(frozen=True, slots=True)
class Told:
    """What a log tells of a frame whose octets it does not have.

    `fields` is the field section of the block that begins with the frame; `unsure` names what is
    not in the log although the frame has it: "length", "flags" (of those that are not set),
    "promised". Of the payload at most a start is kept.
    """

    fields: tuple[tuple[bytes, bytes], ...] | None = None
    unsure: tuple[str, ...] = ()


@value(frozen=True, slots=True)
class FrameEvent(Event):
    """One frame as its sender put it on the wire."""

    kind: ClassVar[str] = "frame"
    sender: Sender
    frame_index: int
    """Its place among the frames of its connection, from 0."""
    type: int
    flags: int
    stream: int
    length: int
    reserved: bool
    packet: int | None
    """Where its last octet was, as Wireshark counts packets (the line, in a text)."""
    begins: int | None
    """Where the ninth octet of its header was: from there it can be known."""
    knew: int | None
    """How many frames of the peer its sender can have known at most; None: all that precede."""
    kept: bytes
    """The payload, or its kept start where the reader was told not to keep content."""
    told: Told | None = None
    """What stands in for the payload of a frame from a log."""

    @property
    def elided(self) -> bool:
        """True where the payload was not kept, or never known."""
        return len(self.kept) < self.length or self.told is not None

    @property
    def payload(self) -> bytes:
        """The payload; ValueError where it was not kept."""
        if self.elided:
            raise ValueError(
                f"the payload of event {self.index} was not kept; read the input with its data"
            )
        return self.kept

    @property
    def header(self) -> FrameHeader:
        """The nine octets in front of the payload, taken apart."""
        return FrameHeader(self.length, self.type, self.flags, self.stream, self.reserved)

    @property
    def octets(self) -> bytes:
        """Header and payload as they were on the wire."""
        return raw(self.type, self.flags, self.stream, self.payload, reserved=self.reserved)

    @property
    def frame(self) -> AnyFrame:
        """The frame as a value, made anew at each look."""
        return decode(self.header, self.payload)

    def __str__(self) -> str:
        return f"{self.sender} {type_name(self.type)} {self.stream}"


@value(frozen=True, slots=True)
class OctetsEvent(Event):
    """Octets that make no frame: a cut-off end, something else in the preface's place."""

    kind: ClassVar[str] = "octets"
    sender: Sender
    octets: bytes
    packet: int | None = None


@value(frozen=True, slots=True)
class DeliveredEvent(Event):
    """The last octet of the frame at event `frame_event` reached the other side."""

    kind: ClassVar[str] = "delivered"
    frame_event: int


@value(frozen=True, slots=True)
class ResourceEvent(Event):
    """Something was acquired, used or released, or is still held when all is quiet.

    `by` says who did it; `chain` who holds it, from the nearest holder to a root; `size` is in
    modelled octets.
    """

    kind: ResourceKind
    resource: Resource
    stream: int = 0
    by: str = ""
    size: int = 0
    chain: tuple[str, ...] = ()


@value(frozen=True, slots=True)
class NoteEvent(Event):
    """A milestone of a run: "handler returned", "quiet", a panic and its text."""

    kind: ClassVar[str] = "note"
    text: str
    stream: int = 0


@value(frozen=True, slots=True)
class CutEvent(Event):
    """The sender's octets end here (fin, rst), or some are missing (lost), or all before (late).

    `octets` counts the missing ones where that is known.
    """

    kind: ClassVar[str] = "cut"
    sender: Sender
    how: CutHow
    octets: int | None = None
    packet: int | None = None


AnyEvent = (
    PrefaceEvent | FrameEvent | OctetsEvent | DeliveredEvent | ResourceEvent | NoteEvent | CutEvent
)
