"""The rows of a trace → what is live when all is quiet, and whether each thing had an orderly life.

Here it is decided why something is live then: rightly, for its connection, its pool or its blocked
handler, or wrongly. How that is told is not known here, nor what the accounts come to. What every
verdict asks for is found in one pass, without making events; lives wait until somebody asks.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

from h2proof.oracle.ledger.accounts import KINDS, OTHER, POOLED, Standing
from h2proof.oracle.milestones import HANDLER_ENDS, MOMENTS, Reached, told_by
from h2proof.sim.trace import NoteEvent, Resource, ResourceEvent, Row, Trace


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
        self.wire: list[int] = []
        """The events of everything else: frames, deliveries, prefaces, cuts."""
        self._rows = trace.rows
        self._live: dict[Resource, int] = {}
        """What nothing has released, with the events that acquired it."""
        self._ended: dict[int, int] = {}
        """By the event that acquired it: the one that released what is live no more."""
        self._rises: dict[str, list[int]] = {}
        """What `_needed` has found out, by kind."""
        handed_on = self._walk()
        if handed_on and self.orderly:
            self.orderly = not _shared(trace)

    def _walk(self) -> bool:
        """Take row by row. True if a pool has handed something out again."""
        live, ended, moments, wire = self._live, self._ended, self.moments, self.wire
        left = handed_on = False
        for event, row in enumerate(self._rows):
            if type(row) is not tuple:
                wire.append(event)
            elif row[0] is ResourceEvent:
                what, resource = row[3], row[4]
                if what == "acquired":
                    if live.setdefault(resource, event) != event:
                        self.orderly = False
                    elif resource.generation > 1:
                        handed_on = True
                elif what == "released":
                    try:
                        ended[live.pop(resource)] = event
                    except KeyError:
                        self.orderly = False
                elif what == "used":
                    if resource not in live:
                        self.orderly = False
                elif moments:
                    moments[-1].held[event] = resource, row[8]
            elif row[0] is NoteEvent:
                seen = told_by(row[3])
                if seen is None:
                    continue
                milestone = seen.milestone
                if milestone in HANDLER_ENDS:
                    self.returned[row[2], row[4]] = event
                    continue
                self.notes.append((event, seen))
                if milestone in MOMENTS:
                    quiet, over = milestone == "quiet", frozenset(self.returned)
                    moments.append(Moment(event, quiet, left, dict(live), over))
                elif milestone == "clients leave":
                    left = True
            else:
                wire.append(event)
        return handed_on

    def standings(self, moment: Moment) -> dict[int, Standing]:
        """Why each is live: by the event that acquired it."""
        standings: dict[int, Standing] = {}
        pooled: dict[str, list[int]] = {}
        rows = self._rows
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
            needed = self._needed(kind.removeprefix(POOLED))
            for place, event in enumerate(events):
                was_needed = place < len(needed) and needed[place] < moment.note
                standings[event] = "pool" if was_needed else "leak"
        return standings

    def _needed(self, kind: str) -> list[int]:
        """The events at which one, two, ... of a kind were live at once for the first time."""
        known = self._rises.get(kind)
        if known is None:
            known = self._rises[kind] = list(self._rises_of(kind))
        return known

    def _rises_of(self, kind: str) -> Iterator[int]:
        rows, ended = cast("list[Row]", self._rows), self._ended
        begins = [event for event in (*ended, *self._live.values()) if rows[event][4].kind == kind]
        begins.sort()
        ends = sorted(ended[event] for event in begins if event in ended)
        most = 0
        for count, event in enumerate(begins, 1):
            if count - bisect_left(ends, event) > most:
                most += 1
                yield event


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
