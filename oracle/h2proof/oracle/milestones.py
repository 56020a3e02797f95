"""The milestones of a run, as its notes tell them: faults stop, quiet, a handler returns.

A world writes them into the trace as texts; here is the one place that reads those texts. A capture
has none. What follows from a milestone is not known here.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, Literal, NamedTuple, get_args

from h2proof.sim.trace import NoteEvent, Trace

Milestone = Literal[
    "faults stop", "quiet", "not quiet", "clients leave", "handler returned", "handler panicked"
]

_TEXTS: Final[Mapping[str, Milestone]] = {text: text for text in get_args(Milestone)}
HANDLER_ENDS: Final[frozenset[str]] = frozenset({"handler returned", "handler panicked"})
MOMENTS: Final[frozenset[str]] = frozenset({"quiet", "not quiet"})
"""Where a world has let everything come to rest and asks what is still held."""


class Reached(NamedTuple):
    """A milestone, and what its note says behind the colon."""

    milestone: Milestone
    detail: str


def reached(note: NoteEvent) -> Reached | None:
    """The milestone that a note stands for; None for any other note."""
    return told_by(note.text)


@lru_cache(maxsize=256)
def told_by(text: str) -> Reached | None:
    """The milestone that a note with this text stands for; None for any other text."""
    head, _, detail = text.partition(":")
    milestone = _TEXTS.get(head)
    return None if milestone is None else Reached(milestone, detail.strip())


def milestones(trace: Trace) -> list[tuple[int, Reached]]:
    """The milestones of a trace, by the events that tell of them."""
    return [
        (note.index, seen)
        for note in trace.events(NoteEvent)
        if (seen := told_by(note.text)) is not None
    ]
