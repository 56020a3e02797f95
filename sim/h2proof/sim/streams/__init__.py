"""Streams: their states, the two grids of RFC 9113 §5.1, and the look-up."""

from h2proof.sim.streams.grids import RECEIVE, SEND
from h2proof.sim.streams.registry import Counts, Event, Identifiers, Role, Stream, Streams
from h2proof.sim.streams.states import (
    ENDED,
    HALF_CLOSED_REMOTE,
    IDLE,
    RESERVED_LOCAL,
    RESERVED_REMOTE,
    RESET_SENT,
    SKIPPED,
    Cell,
    State,
)

__all__ = [
    "ENDED",
    "HALF_CLOSED_REMOTE",
    "IDLE",
    "RECEIVE",
    "RESERVED_LOCAL",
    "RESERVED_REMOTE",
    "RESET_SENT",
    "SEND",
    "SKIPPED",
    "Cell",
    "Counts",
    "Event",
    "Identifiers",
    "Role",
    "State",
    "Stream",
    "Streams",
]
