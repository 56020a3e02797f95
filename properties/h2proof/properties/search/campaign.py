"""Many scenarios played, here or by the workers of any Executor: what each came to, in order.

A worker gets scenarios and gives plain values, so what a campaign tells depends neither on how
many workers there are nor on who was first. Handlers are named in the scenarios; one that has no
name can be played in this process only, by a `play` of one's own.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from h2proof.oracle import ledger
from h2proof.oracle.ledger import Ledger
from h2proof.oracle.milestones import reached
from h2proof.properties.search.failures import Failure, examine
from h2proof.sim.scenario import EFFECTS, CallFault, Effect, FaultyCall, Scenario
from h2proof.sim.trace import NoteEvent, Trace
from h2proof.sim.world import Run, play

CALLS_MAX: Final = 200
"""Calls of one kind that are made to fail in turn."""

Play = Callable[[Scenario], Run]


@dataclass(frozen=True, slots=True)
class Figures:
    """An account in one run: objects, and modelled octets times nanoseconds.

    `at_stop` were live when the faults stopped, `at_quiet` when all was quiet with connections
    open, `closed` when they were closed.
    """

    acquired: int = 0
    released: int = 0
    peak: int = 0
    at_stop: int = 0
    at_quiet: int = 0
    closed: int = 0
    octet_ns: int = 0


@dataclass(frozen=True, slots=True)
class Brief:
    """A failure in a few words."""

    fingerprint: str
    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class Played:
    """What one scenario came to."""

    scenario: Scenario
    ending: str
    failures: tuple[Brief, ...]
    """One of each fingerprint."""
    accounts: Mapping[str, Figures]
    frames: int
    steps: int
    faults_met: int


def campaign(
    scenarios: Iterable[Scenario], executor: Executor | None = None, play: Play = play
) -> tuple[Played, ...]:
    """Play them all; the results in the order of the scenarios."""
    told = partial(tell, play=play)
    if executor is None:
        return tuple(map(told, scenarios))
    return tuple(executor.map(told, scenarios, chunksize=8))


def tell(scenario: Scenario, play: Play = play) -> Played:
    """Play one scenario, and tell what it came to."""
    run = play(scenario)
    books = ledger.examine(run.trace)
    failures: dict[str, Failure] = {}
    for each in examine(run, books=books):
        failures.setdefault(each.fingerprint, each)
    return Played(
        scenario,
        run.outcome.ending,
        tuple(
            Brief(each.fingerprint, each.finding.rule, each.finding.message)
            for each in failures.values()
        ),
        figures(run, books),
        len(run.trace.columns.event),
        run.outcome.steps,
        len(run.outcome.faults_met),
    )


def figures(run: Run, books: Ledger | None = None) -> dict[str, Figures]:
    """Every account of a run, by kind; from its ledger, where the caller has that already."""
    books = ledger.examine(run.trace) if books is None else books
    stop, quiet, closed = _moments(run.trace)
    return {
        kind: Figures(
            account.acquired,
            account.released,
            account.peak,
            account.live_at(stop),
            account.live_at(quiet),
            account.live_at(closed),
            account.octet_ns,
        )
        for kind, account in sorted(books.accounts.items())
    }


def _moments(trace: Trace) -> tuple[int, int, int]:
    """The events at which the faults stopped, all was quiet, and quiet again when closed."""
    stop = 0
    rests: list[int] = []
    for event in trace.events(NoteEvent):
        if (seen := reached(event)) is not None:
            if seen.milestone == "faults stop":
                stop = event.index
            elif seen.milestone in ("quiet", "not quiet"):
                rests.append(event.index)
    return stop, rests[0], rests[-1]


def every_call_fails(
    scenario: Scenario,
    calls: Sequence[FaultyCall],
    effects: Sequence[Effect] = EFFECTS,
    play: Play = play,
) -> Iterator[Played]:
    """The n-th call of each kind fails in each way, for every n that the run comes to."""
    for call in calls:
        for effect in effects:
            for nth in range(1, CALLS_MAX + 1):
                fault = CallFault(call, nth, effect)
                played = tell(replace(scenario, faults=(fault,)), play)
                if not played.faults_met:
                    break
                yield played
