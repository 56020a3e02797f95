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
    peaks: dict[str, int]
    """By kind: how many had been live at once."""
    held: dict[int, tuple[Resource, tuple[str, ...]]] = field(default_factory=dict)
    """By the events that say it: what is held, and by whom, from the nearest holder to a root."""

    def standings(self, trace: Trace) -> dict[int, Standing]:
        """Why each is live: by the event that acquired it, in this order."""
        standings: dict[int, Standing] = {}
        pooled: dict[str, int] = defaultdict(int)
        rows, quiet, after_leave = trace.rows, self.quiet, self.after_leave
        for resource, event in self.live.items():
            kind = resource[0]
            lease = kind.removeprefix(POOLED)
            if lease != kind:
                pooled[kind] += 1
                standings[event] = "pool" if pooled[kind] <= self.peaks.get(lease, 0) else "leak"
                continue
            acquired = rows[event]
            assert not isinstance(acquired, int)
            connection, stream = acquired[2], acquired[5]
            lasts = KINDS.get(kind, OTHER).lasts
            if not after_leave and (lasts == "peer" or (lasts == "connection" and not stream)):
                standings[event] = "connection"
            elif not quiet and stream and (connection, stream) not in self.ended:
                standings[event] = "stall"
            else:
                standings[event] = "leak"
        return standings


class Fold:
    """What is live after each event, and a picture of it at each moment of quiet."""

    def __init__(self, trace: Trace) -> None:
        self.orderly = True
        """Each resource was acquired, used, released, in this order; no object had two owners."""
        self.notes: list[tuple[int, Reached]] = []
        """The events that tell of a milestone."""
        self.returned: dict[tuple[int, int], int] = {}
        """By connection and stream: the note that its handler has ended."""
        self.moments: list[Moment] = []
        live: dict[Resource, int] = {}
        counts: dict[str, int] = defaultdict(int)
        peaks: dict[str, int] = defaultdict(int)
        left = handed_on = False
        for event, row in enumerate(trace.rows):
            if type(row) is tuple and row[0] is ResourceEvent:
                what, resource = row[3], row[4]
                if what == "acquired":
                    if resource in live:
                        self.orderly = False
                        continue
                    live[resource] = event
                    handed_on = handed_on or resource.generation > 1
                    kind = resource.kind
                    counts[kind] += 1
                    if counts[kind] > peaks[kind]:
                        peaks[kind] += 1
                elif what == "held":
                    if self.moments:
                        self.moments[-1].held[event] = resource, row[8]
                elif resource not in live:
                    self.orderly = False
                elif what == "released":
                    del live[resource]
                    counts[resource.kind] -= 1
            elif (
                type(row) is tuple and row[0] is NoteEvent and (seen := told_by(row[3])) is not None
            ):
                milestone = seen.milestone
                self.notes.append((event, seen))
                if milestone in HANDLER_ENDS:
                    self.returned[row[2], row[4]] = event
                elif milestone in MOMENTS:
                    quiet, ended = milestone == "quiet", frozenset(self.returned)
                    moment = Moment(event, quiet, left, dict(live), ended, dict(peaks))
                    self.moments.append(moment)
                elif milestone == "clients leave":
                    left = True
        if handed_on and self.orderly:
            self.orderly = not _shared(trace)


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
