"""Streams: their states, the two grids of RFC 9113 §5.1, and the look-up."""

from h2proof.sim.streams.grids import RECEIVE, SEND
from h2proof.sim.streams.registry import Counts, Event, Identifiers, Role, Stream, Streams
from h2proof.sim.streams.states import Cell, State

__all__ = [
    "RECEIVE",
    "SEND",
    "Cell",
    "Counts",
    "Event",
    "Identifiers",
    "Role",
    "State",
    "Stream",
    "Streams",
]
