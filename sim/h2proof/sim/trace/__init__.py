"""A trace: everything that was seen on one or more connections, in one order, as plain data.

It is the only thing that leaves the world, and what a capture is read into. It names the *sender*
of a frame, never "sent" and "received", for it belongs to neither side. `delivered` stands where
the last octet of an earlier frame reached the other side: a world writes it, a capture has none.

Frames are kept as octets and a flat index of columns (type, flags, stream, length, ...), all else
as rows; an event is made when somebody looks at it, its `.frame` when somebody looks at that. What
any of it means is not known here.
"""

from h2proof.sim.trace.columns import NOTHING, RESERVED, FrameColumns, Row
from h2proof.sim.trace.events import (
    SENDERS,
    AnyEvent,
    ConnectionInfo,
    CutEvent,
    CutHow,
    DeliveredEvent,
    Event,
    FrameEvent,
    NoteEvent,
    OctetsEvent,
    PrefaceEvent,
    Resource,
    ResourceEvent,
    ResourceKind,
    Sender,
    Told,
)
from h2proof.sim.trace.trace import Trace

__all__ = [
    "NOTHING",
    "RESERVED",
    "SENDERS",
    "AnyEvent",
    "ConnectionInfo",
    "CutEvent",
    "CutHow",
    "DeliveredEvent",
    "Event",
    "FrameColumns",
    "FrameEvent",
    "NoteEvent",
    "OctetsEvent",
    "PrefaceEvent",
    "Resource",
    "ResourceEvent",
    "ResourceKind",
    "Row",
    "Sender",
    "Told",
    "Trace",
]
