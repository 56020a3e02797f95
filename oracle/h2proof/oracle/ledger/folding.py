"""The resource events of a trace → what lives from when to when, and what is live when all is quiet.

Here it is decided why something is live then: rightly, for its connection, its pool or its blocked
handler, or wrongly. How that is told is not known here, nor what the accounts come to.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from h2proof.oracle.ledger.accounts import KINDS, OTHER, POOLED, Standing
from h2proof.oracle.milestones import HANDLER_ENDS, MOMENTS, reached
from h2proof.sim.trace import NoteEvent, Resource, ResourceEvent


@dataclass(slots=True)
class Moment:
    """A note that all is quiet, or not, and what was live there."""

    note: NoteEvent
    quiet: bool
    after_leave: bool
    live: dict[Resource, ResourceEvent]
    """With the events that acquired it."""
    ended: frozenset[tuple[int, int]]
    """Streams whose handler has returned, or panicked."""
    peaks: dict[str, int]
    """By kind: how many had been live at once."""
    held: dict[Resource, ResourceEvent] = field(default_factory=dict)

    def standings(self) -> Iterator[tuple[ResourceEvent, Standing]]:
        """Why each is live, in the order of acquisition."""
        pooled: dict[str, int] = defaultdict(int)
        for acquired in self.live.values():
            kind = acquired.resource.kind
            if kind.startswith(POOLED):
                pooled[kind] += 1
                in_use = self.peaks.get(kind.removeprefix(POOLED), 0)
                yield acquired, "pool" if pooled[kind] <= in_use else "leak"
            else:
                yield acquired, self._standing(kind, acquired.connection, acquired.stream)

    def _standing(self, kind: str, connection: int, stream: int) -> Standing:
        lasts = KINDS.get(kind, OTHER).lasts
        of_connection = lasts == "peer" or (lasts == "connection" and not stream)
        if of_connection and not self.after_leave:
            return "connection"
        if not self.quiet and stream and (connection, stream) not in self.ended:
            return "stall"
        return "leak"


class Fold:
    """What is live after each event, and a picture of it at each moment of quiet."""

    def __init__(self) -> None:
        self.live: dict[Resource, ResourceEvent] = {}
        """With the events that acquired it."""
        self.closed: list[tuple[ResourceEvent, ResourceEvent]] = []
        """What was acquired and released: by these events."""
        self.unmatched: list[ResourceEvent] = []
        """Releases of what was not live."""
        self.mismatches: list[str] = []
        self.orderly = True
        """Each resource was acquired, used, released, in this order; no object had two owners."""
        self.notes: list[NoteEvent] = []
        """Those that tell of a milestone."""
        self.returned: dict[tuple[int, int], NoteEvent] = {}
        self.moments: list[Moment] = []
        self._objects: set[tuple[object, ...]] = set()
        """Kinds and numbers of what is live, whatever its generation."""
        self._counts: dict[str, int] = defaultdict(int)
        self._peaks: dict[str, int] = defaultdict(int)
        self._left = False

    def resource(self, event: ResourceEvent) -> None:
        """Take what happened to a resource."""
        resource, kind = event.resource, event.kind
        if kind == "acquired":
            self._acquired(resource, event)
        elif kind == "released":
            self._released(resource, event)
        elif kind == "held":
            self._held(resource, event)
        elif resource not in self.live:
            self.orderly = False

    def _acquired(self, resource: Resource, event: ResourceEvent) -> None:
        if resource[:2] in self._objects:
            self.orderly = False
            if resource in self.live:
                self.mismatches.append(f"{resource} was acquired again at event {event.index}")
                return
        self._objects.add(resource[:2])
        self.live[resource] = event
        kind = resource.kind
        count = self._counts[kind] = self._counts[kind] + 1
        self._peaks[kind] = max(self._peaks[kind], count)

    def _released(self, resource: Resource, event: ResourceEvent) -> None:
        acquired = self.live.pop(resource, None)
        if acquired is None:
            self.orderly = False
            self.unmatched.append(event)
            return
        self._objects.discard(resource[:2])
        self._counts[resource.kind] -= 1
        self.closed.append((acquired, event))

    def _held(self, resource: Resource, event: ResourceEvent) -> None:
        if not self.moments:
            return
        moment = self.moments[-1]
        moment.held[resource] = event
        if resource not in moment.live:
            self.mismatches.append(
                f"{resource} is held at event {event.index} and was never acquired"
            )

    def note(self, note: NoteEvent) -> None:
        """Take a note, which may tell of a milestone."""
        seen = reached(note)
        if seen is None:
            return
        self.notes.append(note)
        if seen.milestone in HANDLER_ENDS:
            self.returned[note.connection, note.stream] = note
        elif seen.milestone == "clients leave":
            self._left = True
        elif seen.milestone in MOMENTS:
            quiet, ended = seen.milestone == "quiet", frozenset(self.returned)
            moment = Moment(note, quiet, self._left, dict(self.live), ended, dict(self._peaks))
            self.moments.append(moment)
