"""A finding as a proof shows it: its smallest case, and the part of the trace that tells it.

Of many runs that show the same, the one with the least to look at is made smaller, until no step
can go. Which runs there are, and what else is said of a handler, is not known here.
"""

from collections.abc import Iterator
from concurrent.futures import Executor, Future
from typing import Final

from h2proof.oracle.lifetimes import OTHER_STREAM
from h2proof.oracle.verdict import Finding
from h2proof.properties.proof.proof import Shown
from h2proof.properties.search import minimise, shown_in
from h2proof.properties.search.campaign import Played
from h2proof.sim import ladder
from h2proof.sim.clients import CLIENTS
from h2proof.sim.frames import FrameType
from h2proof.sim.scenario import Scenario
from h2proof.sim.trace import AnyEvent, DeliveredEvent, NoteEvent, Resource, ResourceEvent, Trace
from h2proof.sim.world import UNCAUGHT, play

SHRINKING_RUNS_MAX: Final = 400


def shown_of(workers: Executor, runs: list[Played]) -> "list[Future[Shown]]":
    """Each fingerprint once, from the run that is the least to look at, made small."""
    found: dict[str, list[Played]] = {}
    for played in runs:
        for failure in played.failures:
            found.setdefault(failure.fingerprint, []).append(played)
    return [
        workers.submit(_show, fingerprint, min(where, key=_bulk).scenario, len(where))
        for fingerprint, where in sorted(found.items())
    ]


def _bulk(played: Played) -> tuple[bool, bool, bool, int]:
    """What is least to look at comes first: legal clients, first in first out, few frames."""
    scenario = played.scenario
    acts = [act for client in scenario.clients for act in client.acts]
    illegal = any(not CLIENTS[act.behaviour].legal for act in acts)
    return illegal, scenario.schedule != "fifo", bool(scenario.faults), played.frames


def _show(fingerprint: str, scenario: Scenario, runs: int) -> Shown:
    failure = shown_in(play(scenario), fingerprint)
    assert failure is not None, "the same scenario gives the same run"
    case = minimise(failure, play, SHRINKING_RUNS_MAX)
    last = shown_in(play(case.scenario), fingerprint)
    assert last is not None
    finding = last.finding
    trace = telling(last.run.trace, finding)
    return Shown(
        fingerprint,
        finding.rule,
        finding.message,
        runs,
        frames_of(trace),
        case,
        ladder.text(trace, (finding,), redact=False),
        (*(str(each) for each in finding.because), *_carrying(trace, finding)),
        finding.holder,
        finding.requirements,
    )


def telling(trace: Trace, finding: Finding) -> Trace:
    """The part of a trace that shows a finding: what went before it, and what came of it.

    Of the accounts only the resource that it is about. Where octets were written for another's
    stream, up to the frame that takes them there.
    """
    last = finding.event
    if finding.rule == OTHER_STREAM:
        last = _carried(trace, finding)

    def tells(event: AnyEvent) -> bool:
        if event.index > last:
            return False
        if isinstance(event, ResourceEvent):
            mine = finding.resource
            return mine is not None and _same(event.resource, mine)
        if isinstance(event, NoteEvent) and event.text.startswith(UNCAUGHT):
            return event.index == finding.event
        return not isinstance(event, DeliveredEvent)

    return trace.filtered(tells)


def _same(one: Resource, other: Resource) -> bool:
    return (one.kind, one.number) == (other.kind, other.number)


def _carried(trace: Trace, finding: Finding) -> int:
    """The last DATA on the stream that owns the object by then."""
    owner = next(
        (
            event
            for event in reversed(list(trace)[: finding.event])
            if isinstance(event, ResourceEvent)
            and event.kind == "acquired"
            and finding.resource is not None
            and _same(event.resource, finding.resource)
        ),
        None,
    )
    if owner is None:
        return finding.event
    carrying = [
        frame.index
        for frame in trace.frames()
        if frame.type == FrameType.DATA
        and (frame.connection, frame.stream) == (owner.connection, owner.stream)
    ]
    return max((finding.event, *carrying))


def _carrying(trace: Trace, finding: Finding) -> Iterator[str]:
    """What the last DATA of the story carries, where octets went to another's stream."""
    frames = [frame for frame in trace.frames() if frame.type == FrameType.DATA]
    if finding.rule == OTHER_STREAM and frames:
        last = frames[-1]
        octets = last.payload.decode("latin-1")
        yield f"DATA on connection {last.connection}, stream {last.stream} carries {octets!r}"


def frames_of(trace: Trace) -> int:
    """Frames besides the handshakes: without SETTINGS, and credit given right behind the first."""
    greeting: set[tuple[int, str]] = set()
    count = 0
    for frame in trace.frames():
        side = (frame.connection, frame.sender)
        if frame.type == FrameType.SETTINGS:
            greeting.add(side)
        elif not (side in greeting and frame.type == FrameType.WINDOW_UPDATE):
            greeting.discard(side)
            count += 1
    return count
