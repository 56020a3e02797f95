"""What a row of INVARIANTS is: an id, a truth, what breaks it, and the check."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from h2proof.oracle.found import found
from h2proof.oracle.invariants.story import NEVER, Story
from h2proof.oracle.verdict import Because, Finding
from h2proof.sim.trace import Resource


class Breach(NamedTuple):
    """A place where an invariant does not hold."""

    event: int
    message: str
    because: tuple[tuple[str, int], ...] = ()
    """Facts with their events; an event that never came is left out."""
    stream: int = 0
    resource: Resource | None = None
    holder: tuple[str, ...] = ()


Check = Callable[[Story], Iterable[Breach]]


@dataclass(frozen=True, slots=True)
class Invariant:
    """One lifecycle invariant of push-handlers.md §6.

    `breaks_it` names the client behaviour that breaks a wrong handler, `offender` who is known to.
    """

    id: str
    sentence: str
    breaks_it: str
    offender: str
    check: Check
    advice: bool = False
    """Set where the invariant is a policy."""

    def examine(self, story: Story) -> Iterator[Finding]:
        """A finding for each breach."""
        for breach in self.check(story):
            finding = found(
                self.id,
                story.trace,
                breach.event,
                breach.message,
                [Because(text, event) for text, event in breach.because if event < NEVER],
                resource=breach.resource,
                holder=breach.holder,
                stream=breach.stream,
            )
            yield replace(finding, verdict="advice", level="ADVICE") if self.advice else finding
