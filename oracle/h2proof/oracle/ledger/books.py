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
from h2proof.sim.trace import Resource, ResourceEvent, Row, Trace


class Ledger:
    """All accounts of a trace, who survived, and what is wrong with that."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._fold = fold = Fold(trace)
        self.orderly = fold.orderly
        """Each resource was acquired, used, released, in this order; no object had two owners."""
        self.notes = fold.notes
        """The milestones of the run, by the events that tell of them; none of a handler."""
        self.wire = fold.wire
        """The events of everything but resources and notes."""

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
            event: f"{row[4]} was acquired again at event {event}"
            for (event, row), before in _moves(self._trace)
            if before is not None and row[3] == "acquired"
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
        for (event, row), before in _moves(self._trace):
            _, at, _, what, resource, _, _, size, _ = row
            account = accounts.get(resource.kind)
            if account is None:
                account = accounts[resource.kind] = Account(resource.kind)
            if what == "acquired":
                if before is None:
                    account.acquire(event, at, size)
            elif before is None:
                account.unmatched += 1
            else:
                account.release(event, at, before[1][7])
        for account in accounts.values():
            account.pass_time(self._end_ns)
        return accounts

    @cached_property
    def lives(self) -> tuple[Life, ...]:
        """In the order of acquisition."""
        ends: dict[int, tuple[Row, _Move | None]] = {}
        for move, before in _moves(self._trace):
            event, row = move
            if row[3] == "acquired":
                if before is None:
                    ends[event] = row, None
            elif before is not None:
                ends[before[0]] = before[1], move
        begins = ((event, row[2], row[5]) for event, (row, _) in ends.items())
        frames = _frames_before(self._trace, begins)
        lives: list[Life] = []
        for (event, (row, end)), since in zip(ends.items(), frames, strict=True):
            _, at, connection, _, resource, stream, _, size, _ = row
            released, released_at = (None, None) if end is None else (end[0], end[1][1])
            lives.append(
                Life(resource, connection, stream, size, event, at, since, released, released_at)
            )
        return tuple(lives)

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


_Move = tuple[int, Row]
"""An acquisition or a release: its event, and its row."""


def _moves(trace: Trace) -> Iterator[tuple[_Move, _Move | None]]:
    """Each acquisition and release, and what had acquired the resource if it was live then."""
    live: dict[Resource, _Move] = {}
    for event, row in enumerate(trace.rows):
        if type(row) is tuple and row[0] is ResourceEvent:
            move, resource = (event, row), row[4]
            if row[3] == "acquired":
                yield move, live.get(resource)
                live.setdefault(resource, move)
            elif row[3] == "released":
                yield move, live.pop(resource, None)


def _frames_before(trace: Trace, events: Iterable[tuple[int, int, int]]) -> Iterator[int | None]:
    """The place of the last frame on its stream, or else on its connection, before each event.

    The events come with their connections and streams.
    """
    columns = trace.columns
    latest: dict[tuple[int, int], int] = {}
    places = iter(range(len(columns.event)))
    place = next(places, None)
    for event, its_connection, its_stream in events:
        while place is not None and columns.event[place] < event:
            connection = columns.connection[place]
            latest[connection, columns.stream[place]] = latest[connection, -1] = place
            place = next(places, None)
        own = latest.get((its_connection, its_stream)) if its_stream else None
        yield latest.get((its_connection, -1)) if own is None else own
