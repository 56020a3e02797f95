"""An account for everything that can leak: acquired = released + live, after each event.

Folds the resource events of a trace into accounts: what is live, how much at its peak, how many
modelled octets for how long, and what survives when all is quiet, with its holders and the frame
since which it is held. Held rightly are: what a pool keeps, up to the most that was ever in use at
once; what belongs to a connection while that is open; what a handler holds that is still blocked
("held by stall"). The rest are leaks, as far as one run can tell: that something grows without
bound, only several runs show. Whether a release was right is not asked here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from h2proof.oracle.found import found, shape, since_frame
from h2proof.oracle.milestones import HANDLER_ENDS, MOMENTS, reached
from h2proof.oracle.verdict import Because, Finding
from h2proof.sim.trace import AnyEvent, NoteEvent, Resource, ResourceEvent, Trace

LEAK: Final = "leak"

SENTENCES: Final = {LEAK: "When all is quiet, nothing is held that nobody needs any more."}
"""The truth behind the rule name of this file."""

POOLED: Final = "pooled "
"""How the account of the objects that wait in a pool begins; the rest is the kind of its leases."""

Standing = Literal["leak", "stall", "connection", "pool"]
"""Why a survivor is live when all is quiet; only the first is a fault."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What an account counts, and for how long one of it may rightly live.

    `lasts`: as long as its stream and that stream's handler, or as its connection.
    """

    unit: str
    lasts: Literal["stream", "connection"]
    sentence: str


KINDS: Final[Mapping[str, Kind]] = {
    "wrapper": Kind("object", "stream", "stands between a handler and the real writer"),
    "request context": Kind("object", "stream", "what a server derives for one request"),
    "stream slot": Kind("stream", "stream", "counts against MAX_CONCURRENT_STREAMS"),
    "promised identifier": Kind("stream", "stream", "a promise whose stream is not closed"),
    "queued frame": Kind("frame", "stream", "written by a handler, not by the transport"),
    "field block buffer": Kind("buffer", "stream", "a field block that waits for its end"),
    "window octets": Kind("octet", "stream", "received, and not credited back"),
    "timer": Kind("timer", "connection", "a deadline that has not come"),
    "task": Kind("task", "connection", "something that runs or waits"),
}
"""The accounts that a world keeps; a kind that is not here lasts as long as its stream."""

_OTHER: Final = Kind("object", "stream", "whatever a handler tracks")


class Step(NamedTuple):
    """An account after an event: how many are live, and their modelled octets together."""

    event: int
    at: int
    live: int
    octets: int


@dataclass(slots=True)
class Account:
    """One kind of resource over a whole trace. Octets are modelled; times are nanoseconds.

    `unmatched` counts releases of what was not live: they change nothing else.
    """

    kind: str
    acquired: int = 0
    released: int = 0
    live: int = 0
    octets: int = 0
    peak: int = 0
    peak_event: int | None = None
    peak_octets: int = 0
    octet_ns: int = 0
    """Octets held times nanoseconds, over the whole trace."""
    unmatched: int = 0
    steps: list[Step] = field(default_factory=list)

    def live_at(self, event: int) -> int:
        """How many were live behind the event with this index."""
        live = 0
        for step in self.steps:
            if step.event > event:
                break
            live = step.live
        return live

    def pass_time(self, until_ns: int) -> None:
        """Count what is held from the last step on until a time."""
        if self.steps:
            self.octet_ns += self.octets * (until_ns - self.steps[-1].at)

    def move(self, event: AnyEvent, count: int, octets: int) -> None:
        """One more or one less is live since an event."""
        self.pass_time(event.at)
        self.live += count
        self.octets += octets
        if self.live > self.peak:
            self.peak, self.peak_event = self.live, event.index
        self.peak_octets = max(self.peak_octets, self.octets)
        self.steps.append(Step(event.index, event.at, self.live, self.octets))


@dataclass(frozen=True, slots=True)
class Life:
    """One resource from its acquisition to its release; None where it was not seen released."""

    resource: Resource
    connection: int
    stream: int
    size: int
    acquired: int
    acquired_ns: int
    since: int | None
    """The place in the trace's columns of the last frame before it on its stream, or connection."""
    released: int | None = None
    released_ns: int | None = None

    def octet_ns(self, begin_ns: int, end_ns: int) -> int:
        """Octets times nanoseconds that it was held between two times."""
        last = end_ns if self.released_ns is None else min(end_ns, self.released_ns)
        return self.size * max(0, last - max(begin_ns, self.acquired_ns))


@dataclass(frozen=True, slots=True)
class Survivor:
    """What was live when all was quiet: with its holders, from the nearest to a root."""

    life: Life
    moment: int
    """The event of the note that says all is quiet, or will never be."""
    held: int
    """The event that names its holders; the moment itself where none does."""
    chain: tuple[str, ...]
    standing: Standing

    @property
    def root(self) -> str:
        """What keeps it in the end; empty where nothing is known to."""
        return self.chain[-1] if self.chain else ""


@dataclass(frozen=True, slots=True)
class Retention:
    """Octet-nanoseconds that one root, or nobody any more, kept things of one kind.

    `running` of them while the handler of the stream ran, `after` it had returned.
    """

    kind: str
    root: str
    running: int
    after: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """All accounts of a trace, who survived, and what is wrong with that."""

    accounts: Mapping[str, Account]
    lives: tuple[Life, ...]
    survivors: tuple[Survivor, ...]
    retained: tuple[Retention, ...]
    findings: tuple[Finding, ...]
    mismatches: tuple[str, ...]
    """Where the accounts contradict the trace: something was acquired twice, or held unacquired."""

    def live_when_quiet(self, kind: str) -> int:
        """How many of a kind were live and wrongly so, at the worst of the quiet moments."""
        counts: dict[int, int] = {}
        for each in self.survivors:
            if each.life.resource.kind == kind and each.standing == "leak":
                counts[each.moment] = counts.get(each.moment, 0) + 1
        return max(counts.values(), default=0)


def examine(trace: Trace) -> Ledger:
    """The ledger of a trace; an empty one for a trace without resource events. Linear."""
    if not any(isinstance(slot, ResourceEvent) for slot in trace.slots):
        return Ledger({}, (), (), (), (), ())
    fold = _Fold(trace)
    for slot in trace.slots:
        fold.see(slot)
    for account in fold.accounts.values():
        account.pass_time(fold.end_ns)
    survivors = tuple(fold.survivors())
    lives = tuple(fold.lives())
    return Ledger(
        fold.accounts,
        lives,
        survivors,
        tuple(_retained(lives, survivors, fold)),
        tuple(_findings(trace, survivors, fold)),
        tuple(fold.mismatches),
    )


# -- folding --


@dataclass(slots=True)
class _Moment:
    """A note that all is quiet, or not, and what was live there."""

    note: NoteEvent
    quiet: bool
    after_leave: bool
    live: dict[Resource, Life]
    ended: frozenset[tuple[int, int]]
    """Streams whose handler has returned, or panicked."""
    held: dict[Resource, ResourceEvent] = field(default_factory=dict)
    peaks: dict[str, int] = field(default_factory=dict)


class _Fold:
    """The accounts after each event, and a picture of them at each moment of quiet."""

    def __init__(self, trace: Trace) -> None:
        self.accounts: dict[str, Account] = {}
        self.mismatches: list[str] = []
        self.returned: dict[tuple[int, int], NoteEvent] = {}
        self.moments: list[_Moment] = []
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
        self._closed.append(
            Life(
                resource,
                life.connection,
                life.stream,
                life.size,
                life.acquired,
                life.acquired_ns,
                life.since,
                event.index,
                event.at,
            )
        )

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
                _Moment(
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
    "acquired": _Fold.acquired,
    "used": _Fold.used,
    "released": _Fold.released,
    "held": _Fold.held,
}


def _standing(life: Life, moment: _Moment, nth: int) -> Standing:
    """Why a survivor is live; `nth` counts those of its kind so far."""
    kind = life.resource.kind
    if kind.startswith(POOLED):
        in_use = moment.peaks.get(kind.removeprefix(POOLED), 0)
        return "pool" if nth <= in_use else "leak"
    lasts = KINDS.get(kind, _OTHER).lasts
    if lasts == "connection" and not life.stream and not moment.after_leave:
        return "connection"
    owner = (life.connection, life.stream)
    if not moment.quiet and life.stream and owner not in moment.ended:
        return "stall"
    return "leak"


# -- octets over time --


def _retained(
    lives: tuple[Life, ...], survivors: tuple[Survivor, ...], fold: _Fold
) -> Iterator[Retention]:
    roots = {each.life.resource: each.root for each in survivors}
    sums: dict[tuple[str, str], list[int]] = {}
    for life in lives:
        if not life.size:
            continue
        root = roots.get(life.resource, "")
        note = fold.returned.get((life.connection, life.stream))
        until = fold.end_ns if note is None else note.at
        entry = sums.setdefault((life.resource.kind, root), [0, 0])
        entry[0] += life.octet_ns(0, until)
        entry[1] += life.octet_ns(until, fold.end_ns)
    for (kind, root), (running, after) in sorted(sums.items()):
        yield Retention(kind, root, running, after)


# -- findings --


def _findings(trace: Trace, survivors: tuple[Survivor, ...], fold: _Fold) -> Iterator[Finding]:
    """One for each kind and shape of chain; what hangs on another survivor stands under that."""
    groups: dict[tuple[str, str], list[Survivor]] = {}
    told: set[Resource] = set()
    for each in survivors:
        if each.standing == "leak" and each.life.resource not in told:
            told.add(each.life.resource)
            groups.setdefault((each.life.resource.kind, shape(each.chain)), []).append(each)
    firsts = [group[0] for group in groups.values()]
    under: dict[int, list[Finding]] = {}
    main: list[list[Survivor]] = []
    for group in groups.values():
        cause = _cause(group[0], firsts)
        if cause is None:
            main.append(group)
        else:
            under.setdefault(id(cause), []).append(_leak(trace, group, fold, ()))
    for group in main:
        yield _leak(trace, group, fold, tuple(under.get(id(group[0]), ())))


def _cause(survivor: Survivor, firsts: list[Survivor]) -> Survivor | None:
    """The survivor whose chain is a true end of this one's, the shortest: it holds this one too."""
    causes = [
        each
        for each in firsts
        if each.chain
        and len(each.chain) < len(survivor.chain)
        and survivor.chain[-len(each.chain) :] == each.chain
    ]
    return min(causes, key=lambda each: len(each.chain), default=None)


def _leak(
    trace: Trace, group: list[Survivor], fold: _Fold, consequences: tuple[Finding, ...]
) -> Finding:
    first = group[0]
    return found(
        LEAK,
        trace,
        first.held,
        _message(trace, group),
        _facts(trace, group, fold),
        resource=first.life.resource,
        holder=first.chain,
        stream=first.life.stream,
        like=shape(first.chain),
        consequences=consequences,
    )


def _message(trace: Trace, group: list[Survivor]) -> str:
    kind = group[0].life.resource.kind
    count = len(group)
    many = f"a {kind} is" if count == 1 else f"{count} of kind {kind} are"
    note = trace[group[0].moment]
    assert isinstance(note, NoteEvent)
    when = "all is quiet" if note.text == "quiet" else "nothing moves any more"
    holder = group[0].chain[0] if group[0].chain else "nobody that the object graph shows"
    return f"{many} still live when {when}, held by {holder}"


def _facts(trace: Trace, group: list[Survivor], fold: _Fold) -> Iterator[Because]:
    first = group[0]
    life = first.life
    since = since_frame(trace, life.since)
    if since is not None:
        yield since
    whose = f" for stream {life.stream}" if life.stream else ""
    octets = f" of {life.size} modelled octets" if life.size else ""
    yield Because(f"{life.resource}{octets} was acquired{whose}", life.acquired)
    note = fold.returned.get((life.connection, life.stream))
    if note is not None and life.stream:
        yield Because(f"the handler of stream {life.stream} has ended: {note.text}", note.index)
    if len(group) > 1:
        yield Because(f"{len(group) - 1} more were held in the same way", group[1].held)
    moment = trace[first.moment]
    assert isinstance(moment, NoteEvent)
    yield Because(f"then: {moment.text}", first.moment)
    if first.chain:
        yield Because(f"it is held by {', by '.join(first.chain)}", first.held)
    else:
        yield Because("no object holds it, and nobody gave it back", first.held)
