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
from h2proof.oracle.verdict import Because, Finding
from h2proof.sim.trace import NoteEvent
from h2proof.sim.world import Run

PANIC: Final = "handler_panicked"
UNCAUGHT: Final = "uncaught"
ABORT: Final = "net/http: abort Handler"
"""Go's panic for giving a response up on purpose, as a reverse proxy does when its client leaves."""
CANCELLED: Final = "the handler was cancelled"
"""What a server notes of a handler that ended by cancellation."""
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


def examine(run: Run, cached_max: Mapping[str, int] = NO_CACHES) -> tuple[Failure, ...]:
    """What is wrong in a run: panics, what nobody caught, what the judge says of the server.

    `cached_max` are bounded caches that the handler declared: so many of a kind may survive.
    """
    found = [each for each in judge(run.trace).violations if each.actor == "server"]
    findings = (*_panics(run), *_uncaught(run), *beyond_caches(found, cached_max))
    return tuple(Failure(finding, run) for finding in findings)


def beyond_caches(found: list[Finding], cached_max: Mapping[str, int]) -> list[Finding]:
    """The findings without those survivors that a declared cache may keep."""
    for kind, most in cached_max.items():
        kept = [each for each in found if each.rule == "leak" and _kind(each) == kind]
        if len(kept) <= most:
            found = [each for each in found if each not in kept]
    return found


def _kind(finding: Finding) -> str:
    return finding.resource.kind if finding.resource is not None else ""


def _panics(run: Run) -> Iterator[Finding]:
    """Panics that are faults: not a deliberate abort, nor one that the scenario has caused."""
    cancelled = any(fault.effect == "cancel" for fault in run.outcome.faults_met)
    for event in run.trace:
        if isinstance(event, NoteEvent) and event.text.startswith("handler panicked"):
            if ABORT in event.text or (cancelled and CANCELLED in event.text):
                continue
            what = event.text.partition(": ")[2] or "without a reason"
            yield _of_the_world(
                PANIC,
                event,
                f"the handler of stream {event.stream} panicked: {what}",
                "a panic resets the stream with INTERNAL_ERROR",
                what,
            )


def _uncaught(run: Run) -> Iterator[Finding]:
    end = next(event for event in reversed(list(run.trace)) if isinstance(event, NoteEvent))
    for error in run.outcome.errors:
        yield _of_the_world(
            UNCAUGHT,
            end,
            f"nobody caught it: {error}",
            "what nobody catches ends a whole process, or is lost",
            error.rpartition(": ")[2],
        )


def _of_the_world(rule: str, event: NoteEvent, message: str, why: str, like: str) -> Finding:
    """A finding that follows from a run's notes or outcome, not from its frames."""
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
        fingerprint=f"{rule}|server|{like.partition(': ')[0]}",
    )
