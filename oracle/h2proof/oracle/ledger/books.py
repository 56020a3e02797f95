"""The ledger: what was folded, worked out as far as somebody asks.

A verdict wants the leaks alone, and of a run without any not even those. Accounts, lives and sums
are for who looks at them.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from h2proof.oracle.ledger.accounts import Account, Life, Retention, Survivor
from h2proof.oracle.ledger.folding import Fold
from h2proof.oracle.ledger.leaks import findings
from h2proof.oracle.verdict import Finding
from h2proof.sim.trace import Resource, ResourceEvent, Trace


class Ledger:
    """All accounts of a trace, who survived, and what is wrong with that."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._fold = fold = Fold(trace)
        self.orderly = fold.orderly
        """Each resource was acquired, used, released, in this order; no object had two owners."""
        self.notes = fold.notes
        """The milestones of the run, by the events that tell of them; none of a handler."""

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from h2proof.oracle.pictures.ledgers import ledger_bundle  # only a notebook asks

        return ledger_bundle(self)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """The leaks."""
        for moment in self._fold.moments:
            if "leak" in self._fold.standings(moment).values():
                return tuple(findings(self._trace, self.survivors, self._fold))
        return ()

    @cached_property
    def mismatches(self) -> tuple[str, ...]:
        """Where the accounts contradict the trace: acquired twice, or held unacquired."""
        found = {
            event.index: f"{event.resource} was acquired again at event {event.index}"
            for event, before in _moves(self._trace)
            if before is not None and event.kind == "acquired"
        }
        for moment in self._fold.moments:
            for event, (resource, _) in moment.held.items():
                if resource not in moment.live:
                    found[event] = f"{resource} is held at event {event} and was never acquired"
        return tuple(found[event] for event in sorted(found))

    @cached_property
    def accounts(self) -> Mapping[str, Account]:
        """By kind, in the order in which kinds were first seen."""
        accounts: dict[str, Account] = {}
        for event, before in _moves(self._trace):
            kind = event.resource.kind
            account = accounts.get(kind)
            if account is None:
                account = accounts[kind] = Account(kind)
            if event.kind == "released":
                account.release(event, before)
            elif before is None:
                account.acquire(event)
        for account in accounts.values():
            account.pass_time(self._end_ns)
        return accounts

    @cached_property
    def lives(self) -> tuple[Life, ...]:
        """In the order of acquisition."""
        ends: dict[int, tuple[ResourceEvent, ResourceEvent | None]] = {}
        for event, before in _moves(self._trace):
            if event.kind == "released":
                if before is not None:
                    ends[before.index] = before, event
            elif before is None:
                ends[event.index] = event, None
        frames = _frames_before(self._trace, (acquired for acquired, _ in ends.values()))
        return tuple(
            Life(
                acquired.resource,
                acquired.connection,
                acquired.stream,
                acquired.size,
                acquired.index,
                acquired.at,
                since,
                None if released is None else released.index,
                None if released is None else released.at,
            )
            for (acquired, released), since in zip(ends.values(), frames, strict=True)
        )

    @cached_property
    def survivors(self) -> tuple[Survivor, ...]:
        """What was live at each moment, in the order of acquisition."""
        lives = {life.acquired: life for life in self.lives}
        found: list[Survivor] = []
        for moment in self._fold.moments:
            held = {resource: (event, chain) for event, (resource, chain) in moment.held.items()}
            for acquired, standing in sorted(self._fold.standings(moment).items()):
                life = lives[acquired]
                event, chain = held.get(life.resource, (moment.note, ()))
                found.append(Survivor(life, moment.note, event, chain, standing))
        return tuple(found)

    @cached_property
    def retained(self) -> tuple[Retention, ...]:
        """What was kept for how long: while the handler ran, and after it."""
        roots = {each.life.resource: each.root for each in self.survivors}
        sums: dict[tuple[str, str], list[int]] = {}
        for life in self.lives:
            if not life.size:
                continue
            root = roots.get(life.resource, "")
            note = self._fold.returned.get((life.connection, life.stream))
            until = self._end_ns if note is None else self._trace[note].at
            entry = sums.setdefault((life.resource.kind, root), [0, 0])
            entry[0] += life.octet_ns(0, until)
            entry[1] += life.octet_ns(until, self._end_ns)
        return tuple(
            Retention(kind, root, running, after)
            for (kind, root), (running, after) in sorted(sums.items())
        )

    @cached_property
    def milestones(self) -> tuple[tuple[int, str], ...]:
        """Where the phases of the run begin and end: events and what their notes say."""
        return tuple((event, seen.milestone) for event, seen in self.notes)

    @cached_property
    def _end_ns(self) -> int:
        """When the trace ends."""
        return self._trace[-1].at

    def live_when_quiet(self, kind: str) -> int:
        """How many of a kind were live and wrongly so, at the worst of the quiet moments."""
        counts: dict[int, int] = {}
        for each in self.survivors:
            if each.life.resource.kind == kind and each.standing == "leak":
                counts[each.moment] = counts.get(each.moment, 0) + 1
        return max(counts.values(), default=0)


def _moves(trace: Trace) -> Iterator[tuple[ResourceEvent, ResourceEvent | None]]:
    """Each acquisition and release, and what had acquired the resource if it was live then."""
    live: dict[Resource, ResourceEvent] = {}
    for event in trace.events(ResourceEvent):
        if event.kind == "acquired":
            yield event, live.get(event.resource)
            live.setdefault(event.resource, event)
        elif event.kind == "released":
            yield event, live.pop(event.resource, None)


def _frames_before(trace: Trace, events: Iterable[ResourceEvent]) -> Iterator[int | None]:
    """For each event the place of the last frame on its stream, or else on its connection."""
    columns = trace.columns
    latest: dict[tuple[int, int], int] = {}
    places = iter(range(len(columns.event)))
    place = next(places, None)
    for event in events:
        while place is not None and columns.event[place] < event.index:
            connection = columns.connection[place]
            latest[connection, columns.stream[place]] = latest[connection, -1] = place
            place = next(places, None)
        own = latest.get((event.connection, event.stream)) if event.stream else None
        yield latest.get((event.connection, -1)) if own is None else own
