"""The milestones of a run, as its notes tell them: faults stop, quiet, a handler returns.

A world writes them into the trace as texts; here is the one place that reads those texts. A capture
has none. What follows from a milestone is not known here.
"""

from dataclasses import dataclass
from typing import Final, Literal

from h2proof.sim.trace import NoteEvent

Milestone = Literal[
    "faults stop", "quiet", "not quiet", "clients leave", "handler returned", "handler panicked"
]

_TEXTS: Final[tuple[Milestone, ...]] = (
    "faults stop",
    "not quiet",
    "quiet",
    "clients leave",
    "handler returned",
    "handler panicked",
)
HANDLER_ENDS: Final[frozenset[str]] = frozenset({"handler returned", "handler panicked"})
MOMENTS: Final[frozenset[str]] = frozenset({"quiet", "not quiet"})
"""Where a world has let everything come to rest and asks what is still held."""


@dataclass(frozen=True, slots=True)
class Reached:
    """A milestone, and what its note says behind the colon."""

    milestone: Milestone
    detail: str


def reached(note: NoteEvent) -> Reached | None:
    """The milestone that a note stands for; None for any other note."""
    head, _, detail = note.text.partition(":")
    for text in _TEXTS:
        if head == text:
            return Reached(text, detail.strip())
    return None
