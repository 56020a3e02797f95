"""What is wrong in one run, as the judge, the accounts and the world itself tell it.

A failure is a finding against the server's side, for that is whose handler is on trial; what a
client did wrong it was told to do. Failures of many runs are one if their fingerprints are equal.
How a run came about is not known here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from h2proof.oracle import judge
from h2proof.oracle.ledger import Ledger
from h2proof.oracle.rules import RULES
from h2proof.oracle.verdict import Because, Finding
from h2proof.sim.trace import NoteEvent, ResourceEvent, Trace
from h2proof.sim.world import UNCAUGHT, Run

PANIC: Final = "handler_panicked"
PANICKED: Final = "handler panicked"
"""The note of a server model."""
PANIC_RESETS: Final = "a panic resets the stream with INTERNAL_ERROR"
UNCAUGHT_ENDS: Final = "what nobody catches ends a whole process, or is lost"
ABORT: Final = "net/http: abort Handler"
"""Go's panic for giving a response up on purpose, as a reverse proxy does when its client leaves."""
CANCELLED: Final = "the handler was cancelled"
"""What a server notes of a handler that ended by cancellation."""
MEANT: Final = frozenset({ABORT, CANCELLED})
"""Panics that are no fault of a handler."""
NO_CACHES: Final[Mapping[str, int]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Failure:
    """A finding, and the run that shows it."""

    finding: Finding
    run: Run

    @property
    def fingerprint(self) -> str:
        """Equal for equal misdeeds in whatever run."""
        return self.finding.fingerprint


def examine(
    run: Run, cached_max: Mapping[str, int] = NO_CACHES, books: Ledger | None = None
) -> tuple[Failure, ...]:
    """What is wrong in a run: panics, what nobody caught, what the judge says of the server.

    `cached_max` are bounded caches that the handler declared: so many of a kind may survive.
    `books` is the run's ledger, from a caller who has it already.
    """
    found = [each for each in judge(run.trace, books=books).violations if _of_handler(each)]
    findings = (*_noted(run), *beyond_caches(found, cached_max, run.trace))
    return tuple(Failure(finding, run) for finding in findings)


def _of_handler(finding: Finding) -> bool:
    """Whether a finding is about what was sent for a handler, or about what it holds.

    How a server reacts to a client's errors is no handler's doing; Go has its own ways there.
    """
    row = RULES.get(finding.rule)
    return finding.actor == "server" and (row is None or bool(row.types))


def beyond_caches(
    found: list[Finding], cached_max: Mapping[str, int], trace: Trace
) -> list[Finding]:
    """The findings without leaks of kinds of which no more is held than a declared cache may keep."""
    kept = {kind for kind, most in cached_max.items() if _held_at_end(trace, kind) <= most}
    return [each for each in found if each.rule != "leak" or _kind(each) not in kept]


def _held_at_end(trace: Trace, kind: str) -> int:
    """How many of a kind are held when all is quiet for the last time."""
    last = max((note.index for note in trace.events(NoteEvent)), default=-1)
    return sum(
        event.kind == "held" and event.resource.kind == kind and event.index > last
        for event in trace.events(ResourceEvent)
    )


def _kind(finding: Finding) -> str:
    return finding.resource.kind if finding.resource is not None else ""


def _noted(run: Run) -> Iterator[Finding]:
    """What the world wrote down itself: panics, and what nobody caught."""
    for event in run.trace.events(NoteEvent):
        head, _, detail = event.text.partition(": ")
        if head == PANICKED and detail not in MEANT:
            what = detail or "without a reason"
            told = f"the handler of stream {event.stream} panicked: {what}"
            yield _of_the_world(PANIC, event, told, PANIC_RESETS, what.partition(": ")[0])
        elif head == UNCAUGHT:
            told = f"nobody caught it: {detail}"
            yield _of_the_world(UNCAUGHT, event, told, UNCAUGHT_ENDS, detail.rpartition(": ")[2])


def _of_the_world(rule: str, event: NoteEvent, message: str, why: str, like: str) -> Finding:
    """A finding that follows from a run's notes, not from its frames."""
    return Finding(
        verdict="violation",
        actor="server",
        rule=rule,
        requirements=(),
        level="MUST",
        connection=event.connection,
        event=event.index,
        packet=None,
        frame_index=None,
        stream=event.stream,
        scope="stream" if event.stream else "none",
        expected=(),
        message=message,
        because=(Because(why, event.index),),
        witnesses=(event.index,),
        fingerprint=f"{rule}|server|{like[:40]}",
    )
