"""The rows of a trace → what is live when all is quiet, and whether each thing had an orderly life.

Here it is decided why something is live then: rightly, for its connection, its pool or its blocked
handler, or wrongly. How that is told is not known here, nor what the accounts come to. What every
verdict asks for is found in one pass, without making events; lives wait until somebody asks.
"""

from dataclasses import dataclass, field
from math import inf

from h2proof.oracle.ledger.accounts import KINDS, OTHER, POOLED, Standing
from h2proof.oracle.milestones import HANDLER_ENDS, MOMENTS, Reached, told_by
from h2proof.sim.trace import NoteEvent, Resource, ResourceEvent, Trace


@dataclass(slots=True)
class Moment:
    """A note that all is quiet, or not, and what was live there."""

    note: int
    quiet: bool
    after_leave: bool
    live: dict[Resource, int]
    """With the events that acquired it."""
    ended: frozenset[tuple[int, int]]
    """Streams whose handler has returned, or panicked."""
    held: dict[int, tuple[Resource, tuple[str, ...]]] = field(default_factory=dict)
    """By the events that say it: what is held, and by whom, from the nearest holder to a root."""


class Fold:
    """What is live at each moment of quiet, and what the notes tell."""

    def __init__(self, trace: Trace) -> None:
        self.orderly = True
        """Each resource was acquired, used, released, in this order; no object had two owners."""
        self.notes: list[tuple[int, Reached]] = []
        """The milestones of the run, by the events that tell of them; none of a handler."""
        self.returned: dict[tuple[int, int], int] = {}
        """By connection and stream: the note that its handler has ended."""
        self.moments: list[Moment] = []
        self._trace = trace
        self._rises: dict[str, list[float]] = {}
        """What `_needed` has found out, by kind."""
        live: dict[Resource, int] = {}
        left = handed_on = False
        for event, row in enumerate(trace.rows):
            if type(row) is tuple and row[0] is ResourceEvent:
                what, resource = row[3], row[4]
                if what == "acquired":
                    if resource in live:
                        self.orderly = False
                        continue
                    live[resource] = event
                    if resource.generation > 1:
                        handed_on = True
                elif what == "released":
                    try:
                        del live[resource]
                    except KeyError:
                        self.orderly = False
                elif what == "used":
                    if resource not in live:
                        self.orderly = False
                elif self.moments:
                    self.moments[-1].held[event] = resource, row[8]
            elif type(row) is tuple and row[0] is NoteEvent:
                seen = told_by(row[3])
                if seen is None:
                    continue
                milestone = seen.milestone
                if milestone in HANDLER_ENDS:
                    self.returned[row[2], row[4]] = event
                    continue
                self.notes.append((event, seen))
                if milestone in MOMENTS:
                    quiet, ended = milestone == "quiet", frozenset(self.returned)
                    self.moments.append(Moment(event, quiet, left, dict(live), ended))
                elif milestone == "clients leave":
                    left = True
        if handed_on and self.orderly:
            self.orderly = not _shared(trace)

    def standings(self, moment: Moment) -> dict[int, Standing]:
        """Why each is live: by the event that acquired it."""
        standings: dict[int, Standing] = {}
        pooled: dict[str, list[int]] = {}
        rows = self._trace.rows
        for resource, event in moment.live.items():
            kind = resource.kind
            if kind in pooled:
                pooled[kind].append(event)
                continue
            if kind.startswith(POOLED):
                pooled[kind] = [event]
                continue
            acquired = rows[event]
            assert type(acquired) is tuple
            connection, stream = acquired[2], acquired[5]
            lasts = KINDS.get(kind, OTHER).lasts
            of_connection = lasts == "peer" or (lasts == "connection" and not stream)
            if of_connection and not moment.after_leave:
                standings[event] = "connection"
            elif not moment.quiet and stream and (connection, stream) not in moment.ended:
                standings[event] = "stall"
            else:
                standings[event] = "leak"
        for kind, events in pooled.items():
            needed = self._needed(kind.removeprefix(POOLED), len(events))
            for event, since in zip(events, needed, strict=False):
                standings[event] = "pool" if since < moment.note else "leak"
        return standings

    def _needed(self, kind: str, count: int) -> list[float]:
        """The events at which one, two, ... of a kind were live at once for the first time."""
        known = self._rises.get(kind, [])
        if len(known) < count:
            known = self._rises[kind] = _rises(self._trace, kind, count)
        return known


def _rises(trace: Trace, kind: str, count: int) -> list[float]:
    rises: list[float] = []
    live: set[Resource] = set()
    for event, row in enumerate(trace.rows):
        if type(row) is tuple and row[0] is ResourceEvent and row[4].kind == kind:
            if row[3] == "released":
                live.discard(row[4])
            elif row[3] == "acquired":
                live.add(row[4])
                if len(live) > len(rises):
                    rises.append(event)
                    if len(rises) == count:
                        return rises
    return rises + [inf] * (count - len(rises))


def _shared(trace: Trace) -> bool:
    """Whether an object was handed out while it had an owner, in whatever generation."""
    owned: set[tuple[str, int]] = set()
    for event in trace.events(ResourceEvent):
        thing = event.resource.kind, event.resource.number
        if event.kind == "acquired":
            if thing in owned:
                return True
            owned.add(thing)
        elif event.kind == "released":
            owned.discard(thing)
    return False
