"""The events of a trace → accounts after each event, and a picture of them at each quiet moment.

Here it is decided why a survivor is live: rightly, for its connection, its pool or its blocked
handler, or wrongly. How that is told is not known here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from h2proof.oracle.ledger.accounts import (
    KINDS,
    OTHER,
    POOLED,
    Account,
    Life,
    Standing,
    Survivor,
)
from h2proof.oracle.milestones import HANDLER_ENDS, MOMENTS, reached
from h2proof.sim.trace import AnyEvent, NoteEvent, Resource, ResourceEvent, Trace


@dataclass(slots=True)
class Moment:
    """A note that all is quiet, or not, and what was live there."""

    note: NoteEvent
    quiet: bool
    after_leave: bool
    live: dict[Resource, Life]
    ended: frozenset[tuple[int, int]]
    """Streams whose handler has returned, or panicked."""
    held: dict[Resource, ResourceEvent] = field(default_factory=dict)
    peaks: dict[str, int] = field(default_factory=dict)


class Fold:
    """The accounts after each event, and a picture of them at each moment of quiet."""

    def __init__(self, trace: Trace) -> None:
        self.accounts: dict[str, Account] = {}
        self.mismatches: list[str] = []
        self.returned: dict[tuple[int, int], NoteEvent] = {}
        self.moments: list[Moment] = []
        self.end_ns = 0
        self._trace = trace
        self._live: dict[Resource, Life] = {}
        self._closed: list[Life] = []
        self._frame_of: dict[tuple[int, int], int] = {}
        self._left = False

    def see(self, slot: int | AnyEvent) -> None:
        if isinstance(slot, int):
            columns = self._trace.columns
            connection = columns.connection[slot]
            self._frame_of[connection, columns.stream[slot]] = slot
            self._frame_of[connection, -1] = slot
            self.end_ns = columns.at[slot]
            return
        self.end_ns = slot.at
        if isinstance(slot, ResourceEvent):
            _SEEN[slot.kind](self, slot)
        elif isinstance(slot, NoteEvent):
            self._note(slot)

    def lives(self) -> Iterator[Life]:
        yield from sorted((*self._closed, *self._live.values()), key=lambda life: life.acquired)

    def acquired(self, event: ResourceEvent) -> None:
        resource = event.resource
        if resource in self._live:
            self.mismatches.append(f"{resource} was acquired again at event {event.index}")
            return
        account = self.accounts.setdefault(resource.kind, Account(resource.kind))
        account.acquired += 1
        account.move(event, 1, event.size)
        self._live[resource] = Life(
            resource,
            event.connection,
            event.stream,
            event.size,
            event.index,
            event.at,
            self._since(event),
        )

    def _since(self, event: ResourceEvent) -> int | None:
        own = self._frame_of.get((event.connection, event.stream)) if event.stream else None
        return self._frame_of.get((event.connection, -1)) if own is None else own

    def used(self, event: ResourceEvent) -> None:
        """A use moves no account."""

    def released(self, event: ResourceEvent) -> None:
        resource = event.resource
        life = self._live.pop(resource, None)
        account = self.accounts.setdefault(resource.kind, Account(resource.kind))
        if life is None:
            account.unmatched += 1
            return
        account.released += 1
        account.move(event, -1, -life.size)
        self._closed.append(life._replace(released=event.index, released_ns=event.at))

    def held(self, event: ResourceEvent) -> None:
        if not self.moments:
            return
        moment = self.moments[-1]
        moment.held[event.resource] = event
        if event.resource not in moment.live:
            self.mismatches.append(
                f"{event.resource} is held at event {event.index} and was never acquired"
            )

    def _note(self, note: NoteEvent) -> None:
        seen = reached(note)
        if seen is None:
            return
        if seen.milestone in HANDLER_ENDS:
            self.returned[note.connection, note.stream] = note
        elif seen.milestone == "clients leave":
            self._left = True
        elif seen.milestone in MOMENTS:
            self.moments.append(
                Moment(
                    note,
                    seen.milestone == "quiet",
                    self._left,
                    dict(self._live),
                    frozenset(self.returned),
                    peaks={kind: account.peak for kind, account in self.accounts.items()},
                )
            )

    def survivors(self) -> Iterator[Survivor]:
        """What was live at each moment, in the order of acquisition."""
        for moment in self.moments:
            pooled: dict[str, int] = {}
            for resource, life in moment.live.items():
                pooled[resource.kind] = pooled.get(resource.kind, 0) + 1
                held = moment.held.get(resource)
                yield Survivor(
                    life,
                    moment.note.index,
                    moment.note.index if held is None else held.index,
                    () if held is None else held.chain,
                    _standing(life, moment, pooled[resource.kind]),
                )


_SEEN: Final = {
    "acquired": Fold.acquired,
    "used": Fold.used,
    "released": Fold.released,
    "held": Fold.held,
}


def _standing(life: Life, moment: Moment, nth: int) -> Standing:
    """Why a survivor is live; `nth` counts those of its kind so far."""
    kind = life.resource.kind
    if kind.startswith(POOLED):
        in_use = moment.peaks.get(kind.removeprefix(POOLED), 0)
        return "pool" if nth <= in_use else "leak"
    lasts = KINDS.get(kind, OTHER).lasts
    of_connection = lasts == "peer" or (lasts == "connection" and not life.stream)
    if of_connection and not moment.after_leave:
        return "connection"
    owner = (life.connection, life.stream)
    if not moment.quiet and life.stream and owner not in moment.ended:
        return "stall"
    return "leak"
