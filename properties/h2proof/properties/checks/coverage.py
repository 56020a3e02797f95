"""What a run of a handler reached: behaviours, stream states, faults, by name.

Read from the trace and the outcome, never from what the scenario meant to do: an act on promises
counts only if there was a promise, a fault only if it hit a call.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from h2proof.sim.clients import CLIENTS
from h2proof.sim.frames import END_STREAM, FrameType
from h2proof.sim.scenario import EFFECTS, FAULTY_CALLS, CallFault, FaultyCall
from h2proof.sim.trace import CutEvent, NoteEvent
from h2proof.sim.world import Run

_ENDS: Final = frozenset({FrameType.HEADERS.value, FrameType.DATA.value})


@dataclass(frozen=True, slots=True)
class Facts:
    """What was on the wire, as (sender's letter, frame type, whether promised, END_STREAM)."""

    frames: frozenset[tuple[str, int, bool, bool]]
    notes: tuple[str, ...]
    cut: bool

    def has(self, sender: str, kind: int, *, promised: bool, end: bool = False) -> bool:
        """Whether there was such a frame; `end` wants one that ended its stream."""
        return any(
            (sender, kind, promised) == frame[:3] and (frame[3] or not end) for frame in self.frames
        )

    def ended(self, *, promised: bool) -> bool:
        """Whether the server ended a stream of that kind."""
        return any(self.has("S", kind, promised=promised, end=True) for kind in _ENDS)


def _facts(run: Run) -> Facts:
    columns = run.trace.columns
    frames = frozenset(
        (
            "S" if sender else "C",
            kind,
            stream > 0 and not stream & 1,
            kind in _ENDS and bool(flags & END_STREAM),
        )
        for sender, kind, stream, flags in zip(
            columns.sender, columns.type, columns.stream, columns.flags, strict=True
        )
    )
    notes = tuple(note.text for note in run.trace.events(NoteEvent))
    cut = any(cut.how == "rst" for cut in run.trace.events(CutEvent))
    return Facts(frames, notes, cut)


def _late_return(facts: Facts) -> bool:
    """Whether a handler came back only after the faults had stopped."""
    texts = [note.partition(":")[0] for note in facts.notes]
    stop = texts.index("faults stop") if "faults stop" in texts else len(texts)
    return any(text.startswith("handler") for text in texts[stop:])


_RST: Final = FrameType.RST_STREAM.value
_PROMISE: Final = FrameType.PUSH_PROMISE.value

STATES: Final[Mapping[str, Callable[[Facts], bool]]] = {
    "request answered": lambda facts: facts.ended(promised=False),
    "request reset by the client": lambda facts: facts.has("C", _RST, promised=False),
    "handler blocked until the faults stopped": _late_return,
    "connection lost": lambda facts: facts.cut,
    "promise made": lambda facts: facts.has("S", _PROMISE, promised=False),
    "promise answered": lambda facts: facts.ended(promised=True),
    "promise reset by the client": lambda facts: facts.has("C", _RST, promised=True),
}
"""Situations that a battery has to come to."""

OF_PROMISES: Final = frozenset({"promise made", "promise answered", "promise reset by the client"})
"""The states that only a handler that pushes can meet."""

ON_PROMISES: Final = frozenset({"cancels-promise", "cancels-all-promises", "writes-on-promise"})
"""The behaviours that only act where there is a promise."""


def expected(without: tuple[FaultyCall, ...]) -> Iterator[str]:
    """The names of all that a battery has to reach, but what needs the calls in `without`."""
    pushes = "push" not in without
    for state in STATES:
        if pushes or state not in OF_PROMISES:
            yield state
    for behaviour in CLIENTS:
        if pushes or behaviour not in ON_PROMISES:
            yield behaviour
    for call in FAULTY_CALLS:
        if call not in without:
            yield from (_fault(CallFault(call, 1, effect)) for effect in EFFECTS)


def reached(run: Run) -> Iterator[str]:
    """The names of all that a run reached."""
    facts = _facts(run)
    yield from (state for state, holds in STATES.items() if holds(facts))
    promised = STATES["promise made"](facts)
    played = {act.behaviour: None for client in run.scenario.clients for act in client.acts}
    yield from (name for name in played if promised or name not in ON_PROMISES)
    yield from (_fault(fault) for fault in run.outcome.faults_met)


def _fault(fault: CallFault) -> str:
    return {"raise": "{} raises", "block": "{} blocks", "cancel": "{} is cancelled"}[
        fault.effect
    ].format(fault.call)
