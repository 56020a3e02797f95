"""The ledger: what was folded, worked out as far as somebody asks.

A verdict wants the leaks alone, and of a run without any not even those. Accounts, lives and sums
are for who looks at them.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from h2proof.oracle.ledger.accounts import Account, Life, Retention, Survivor
from h2proof.oracle.ledger.folding import Fold
from h2proof.oracle.ledger.leaks import findings
from h2proof.oracle.milestones import HANDLER_ENDS, reached
from h2proof.oracle.verdict import Finding
from h2proof.sim.trace import ResourceEvent, Trace


class Ledger:
    """All accounts of a trace, who survived, and what is wrong with that."""

    def __init__(self, trace: Trace, fold: Fold) -> None:
        self._trace = trace
        self._fold = fold
        self.mismatches = tuple(fold.mismatches)
        """Where the accounts contradict the trace: acquired twice, or held unacquired."""
        self.orderly = fold.orderly
        """Nothing was acquired twice, or used or released when it was not live."""

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from h2proof.oracle.pictures.ledgers import ledger_bundle  # only a notebook asks

        return ledger_bundle(self)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """The leaks."""
        standings = (each for moment in self._fold.moments for each in moment.standings())
        if not any(standing == "leak" for _, standing in standings):
            return ()
        return tuple(findings(self._trace, self.survivors, self._fold))

    @cached_property
    def accounts(self) -> Mapping[str, Account]:
        """By kind, in the order in which kinds were first seen."""
        fold = self._fold
        moves = [(event, Account.acquire, event.size) for event in fold.live.values()]
        for acquired, released in fold.closed:
            moves.append((acquired, Account.acquire, acquired.size))
            moves.append((released, Account.release, acquired.size))
        moves += ((event, Account.mistake, 0) for event in fold.unmatched)
        accounts: dict[str, Account] = {}
        for event, move, octets in sorted(moves, key=lambda each: each[0].index):
            kind = event.resource.kind
            move(accounts.setdefault(kind, Account(kind)), event, octets)
        for account in accounts.values():
            account.pass_time(self._end_ns)
        return accounts

    @cached_property
    def lives(self) -> tuple[Life, ...]:
        """In the order of acquisition."""
        fold = self._fold
        ends: list[tuple[ResourceEvent, ResourceEvent | None]] = list(fold.closed)
        ends += ((event, None) for event in fold.live.values())
        ends.sort(key=lambda pair: pair[0].index)
        frames = _frames_before(self._trace, (acquired for acquired, _ in ends))
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
            for (acquired, released), since in zip(ends, frames, strict=True)
        )

    @cached_property
    def survivors(self) -> tuple[Survivor, ...]:
        """What was live at each moment, in the order of acquisition."""
        lives = {life.acquired: life for life in self.lives}
        return tuple(
            Survivor(
                lives[acquired.index],
                moment.note.index,
                moment.note.index if held is None else held.index,
                () if held is None else held.chain,
                standing,
            )
            for moment in self._fold.moments
            for acquired, standing in moment.standings()
            for held in (moment.held.get(acquired.resource),)
        )

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
            until = self._end_ns if note is None else note.at
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
        return tuple(
            (note.index, seen.milestone)
            for note in self._fold.notes
            if (seen := reached(note)) is not None and seen.milestone not in HANDLER_ENDS
        )

    @cached_property
    def _end_ns(self) -> int:
        """When the trace ends."""
        last = self._trace.slots[-1]
        return self._trace.columns.at[last] if isinstance(last, int) else last.at

    def live_when_quiet(self, kind: str) -> int:
        """How many of a kind were live and wrongly so, at the worst of the quiet moments."""
        counts: dict[int, int] = {}
        for each in self.survivors:
            if each.life.resource.kind == kind and each.standing == "leak":
                counts[each.moment] = counts.get(each.moment, 0) + 1
        return max(counts.values(), default=0)


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
