"""The rows of a trace → what is live when all is quiet, and whether each thing had an orderly life.

Here it is decided why something is live then: rightly, for its connection, its pool or its blocked
handler, or wrongly. How that is told is not known here, nor what the accounts come to. What every
verdict asks for is found in one pass, without making events; lives wait until somebody asks.
"""

from collections import defaultdict
from dataclasses import dataclass, field

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
        self._peaks: dict[str, dict[int, int]] = {}
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
        """Why each is live: by the event that acquired it, in this order."""
        standings: dict[int, Standing] = {}
        pooled: dict[str, int] = defaultdict(int)
        for resource, event in moment.live.items():
            kind = resource.kind
            lease = kind.removeprefix(POOLED)
            if lease != kind:
                pooled[kind] += 1
                in_use = self._most_live(lease)[moment.note]
                standings[event] = "pool" if pooled[kind] <= in_use else "leak"
                continue
            acquired = self._trace.rows[event]
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
        return standings

    def _most_live(self, kind: str) -> dict[int, int]:
        """How many of a kind had been live at once, by the notes of the moments."""
        known = self._peaks.get(kind)
        if known is None:
            known = self._peaks[kind] = _peaks(self._trace, kind)
        return known


def _peaks(trace: Trace, kind: str) -> dict[int, int]:
    peaks: dict[int, int] = {}
    live: set[Resource] = set()
    peak = 0
    for event, row in enumerate(trace.rows):
        if type(row) is tuple and row[0] is ResourceEvent:
            if row[4].kind != kind:
                continue
            if row[3] == "acquired":
                live.add(row[4])
                peak = max(peak, len(live))
            elif row[3] == "released":
                live.discard(row[4])
        elif type(row) is tuple and row[0] is NoteEvent:
            peaks[event] = peak
    return peaks


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
