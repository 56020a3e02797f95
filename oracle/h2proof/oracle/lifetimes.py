"""Each resource is released exactly once, and nobody touches it afterwards.

A pool hands out the same object under a new generation, so a stale handle is told from its
successor: a use of generation 1 while generation 2 is live acts on somebody else's stream. Reads
acquired, used and released events only; what is still held in the end is the ledger's affair.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from h2proof.oracle.found import found
from h2proof.oracle.verdict import Because, Finding
from h2proof.sim.trace import Resource, ResourceEvent, Trace

DOUBLE_RELEASE = "double_release"
USE_AFTER_RELEASE = "use_after_release"
OTHER_STREAM = "other_stream"
RELEASED_BY_ANOTHER = "released_by_another"
HANDED_OUT_TWICE = "handed_out_twice"

SENTENCES = {
    DOUBLE_RELEASE: "What was acquired is released exactly once.",
    USE_AFTER_RELEASE: "Nobody touches what has been released.",
    OTHER_STREAM: "A stale handle does not act on the stream that owns its object by now.",
    RELEASED_BY_ANOTHER: "Nobody gives back what somebody else has acquired since.",
    HANDED_OUT_TWICE: "A pool hands an object to one owner at a time.",
}
"""The truth behind each rule name of this file."""


def examine(trace: Trace) -> tuple[Finding, ...]:
    """All breaches in the order of their first event; one for each rule and kind of misdeed.

    The same misdeed again, in the same words, is counted in the first finding's facts.
    """
    watch = _Watch(trace)
    for event in trace.events(ResourceEvent):
        watch.see(event)
    return watch.findings()


@dataclass(slots=True)
class _Life:
    """One generation of one thing: where it was acquired and, if it was, first released."""

    acquired: ResourceEvent
    released: ResourceEvent | None = None


@dataclass(slots=True)
class _Breach:
    """The first of equal misdeeds, and where the others are."""

    rule: str
    event: ResourceEvent
    message: str
    facts: list[Because]
    stream: int
    again: list[int] = field(default_factory=list)


class _Watch:
    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._lives: dict[Resource, _Life] = {}
        self._newest: dict[tuple[str, int], _Life] = {}
        self._breaches: dict[tuple[str, str, str], _Breach] = {}

    def see(self, event: ResourceEvent) -> None:
        if event.kind == "acquired":
            self._acquired(event)
            return
        life = self._lives.get(event.resource)
        if life is None:
            return  # acquired before the trace begins: nothing can be said of it
        if event.kind == "used":
            self._used(life, event)
        elif event.kind == "released":
            self._released(life, event)

    def _acquired(self, event: ResourceEvent) -> None:
        life = _Life(event)
        key = (event.resource.kind, event.resource.number)
        before = self._newest.get(key)
        if before is not None and before.released is None:
            self._breach(
                HANDED_OUT_TWICE,
                event,
                f"{_whose(event)} was handed {event.resource} "
                f"while {_whose(before.acquired)} still had {before.acquired.resource}",
                [_fact_acquired(before)],
            )
        self._lives[event.resource] = self._newest[key] = life

    def _used(self, life: _Life, event: ResourceEvent) -> None:
        if life.released is None:
            return
        successor = self._successor(life)
        facts = [_fact_acquired(life), _fact_released(life)]
        what = f"{event.by or 'somebody'} touched {event.resource} of {_whose(life.acquired)}"
        if successor is None:
            message = f"{what} after it had been released"
            self._breach(USE_AFTER_RELEASE, event, message, facts)
            return
        facts.append(_fact_acquired(successor))
        self._breach(
            OTHER_STREAM,
            event,
            f"{what}, and acted on {_whose(successor.acquired)}, which owns its object by now",
            facts,
        )

    def _released(self, life: _Life, event: ResourceEvent) -> None:
        if life.released is None:
            life.released = event
            return
        facts = [_fact_acquired(life), _fact_released(life)]
        message = f"{event.resource} of {_whose(life.acquired)} was released a second time"
        self._breach(DOUBLE_RELEASE, event, message, facts)
        successor = self._successor(life)
        if successor is not None:
            self._breach(
                RELEASED_BY_ANOTHER,
                event,
                f"the owner of {event.resource} gave back what {_whose(successor.acquired)} "
                f"had acquired as {successor.acquired.resource}",
                [*facts, _fact_acquired(successor)],
            )

    def _successor(self, life: _Life) -> _Life | None:
        """The live generation of the same object that belongs to another stream, if any."""
        resource = life.acquired.resource
        newest = self._newest[resource.kind, resource.number]
        if newest is life or newest.released is not None:
            return None
        same = _owner(newest.acquired) == _owner(life.acquired)
        return None if same else newest

    def _breach(self, rule: str, event: ResourceEvent, message: str, facts: list[Because]) -> None:
        key = (rule, event.resource.kind, event.by)
        known = self._breaches.get(key)
        if known is not None:
            known.again.append(event.index)
            return
        stream = self._lives[event.resource].acquired.stream if event.kind != "acquired" else 0
        stream = stream or event.stream
        self._breaches[key] = _Breach(rule, event, message, facts, stream)

    def findings(self) -> tuple[Finding, ...]:
        """Under a double release stands what only follows from it: shared owners, their releases."""
        breaches = sorted(self._breaches.values(), key=lambda breach: breach.event.index)
        causes: dict[str, list[Finding]] = {}
        result: list[tuple[_Breach, list[Finding]]] = []
        for breach in breaches:
            kind = breach.event.resource.kind
            if breach.rule in _FOLLOWS and kind in causes:
                causes[kind].append(self._finding(breach))
                continue
            under: list[Finding] = []
            result.append((breach, under))
            if breach.rule == DOUBLE_RELEASE:
                causes.setdefault(kind, under)
        return tuple(self._finding(breach, tuple(under)) for breach, under in result)

    def _finding(self, breach: _Breach, under: tuple[Finding, ...] = ()) -> Finding:
        facts = list(self._facts(breach))
        return found(
            breach.rule,
            self._trace,
            breach.event.index,
            breach.message,
            facts,
            resource=breach.event.resource,
            stream=breach.stream,
            like=breach.event.by,
            consequences=under,
        )

    def _facts(self, breach: _Breach) -> Iterator[Because]:
        yield from breach.facts
        if breach.again:
            times = "once more" if len(breach.again) == 1 else f"{len(breach.again)} more times"
            yield Because(f"the same happened {times}", breach.again[0])


_FOLLOWS = frozenset({RELEASED_BY_ANOTHER, HANDED_OUT_TWICE})


def _owner(event: ResourceEvent) -> tuple[int, int]:
    return event.connection, event.stream


def _whose(event: ResourceEvent) -> str:
    return f"connection {event.connection}, stream {event.stream}"


def _fact_acquired(life: _Life) -> Because:
    event = life.acquired
    by = f" by {event.by}" if event.by else ""
    return Because(f"{event.resource} was acquired{by} for {_whose(event)}", event.index)


def _fact_released(life: _Life) -> Because:
    event = life.released
    assert event is not None
    by = f" by {event.by}" if event.by else ""
    return Because(f"{event.resource} was released{by}", event.index)
