"""Who runs next: the steps that are ready, what they are called, and schedules that choose.

A step is one callback of the event loop: a frame is delivered, an await resumed, a timer fired.
Steps of one task, and plain callbacks among themselves, keep their order, as asyncio promises;
between those every order is possible, and a `Schedule` picks one. Each choice is an index, so a
whole schedule is a tuple of small integers: it can be replayed, shrunk and enumerated. What the
steps do, and when time moves, is not known here.
"""

import asyncio
from _random import Random
from collections.abc import Callable, Iterator, Sequence
from contextvars import Context
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple, Protocol, TypeVar

StepKind = Literal["deliver", "resume", "timer", "call"]
T = TypeVar("T")


class Label(NamedTuple):
    """What a step is: a frame delivered, an await resumed, a timer fired, a plain callback."""

    kind: StepKind
    whose: str
    what: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.whose}" + (f": {self.what}" if self.what else "")


class Asked(Protocol):
    """Who was asked for a step."""

    alert: bool
    """Whether there is more to look at than who is ready: a step was cancelled."""


class Step(asyncio.Handle):
    """A callback that is ready to run; `Agenda.call_soon` makes it."""

    __slots__ = ("args", "asked", "callback", "context", "number", "owner")
    asked: Asked
    callback: Callable[..., object]
    args: tuple[Any, ...]
    context: Context | None
    """None: it is a callback that looks at no context."""
    number: int
    """Its place in the order of getting ready."""
    owner: int
    """The task whose steps keep their order with this one, by its `id`; 0 for a plain callback."""

    __init__ = object.__init__

    def cancel(self) -> None:
        """Forget the callback; it will not run."""
        self.callback = nothing
        self.args = ()
        self.asked.alert = True

    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self.callback is nothing

    def __repr__(self) -> str:
        return f"<Step {label_of(self)}>"


class Timer(asyncio.TimerHandle):
    """A callback that gets ready at a virtual time; `whose` it is, is told in its label."""

    __slots__ = ("args", "asked", "at_ns", "callback", "context", "number", "owner", "whose")
    asked: Asked
    at_ns: int
    whose: str
    callback: Callable[..., object]
    args: tuple[Any, ...]
    context: Context | None
    number: int
    owner: int

    __init__ = object.__init__
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def cancel(self) -> None:
        """Forget the callback; it will not run."""
        self.callback = nothing
        self.args = ()
        self.asked.alert = True

    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self.callback is nothing

    def when(self) -> float:
        """Virtual seconds, as asyncio wants it."""
        return self.at_ns / 1_000_000_000

    def __repr__(self) -> str:
        return f"<Timer {self.whose} @{self.at_ns}ns>"


Awaited = tuple[str, StepKind, bool]
"""What is waited for, what kind of step the wake-up is, and whether who waits rests.

Who rests waits for something that need not come: a reader for octets while the connection is open,
a server for work. Everybody else who waits when all is quiet is stuck.
"""

Waiter = asyncio.Future[None]
"""A future that says what is waited for: `VirtualLoop.waiter` and a pipe put an `Awaited` on it."""


def awaited(future: object) -> Awaited | None:
    """What is waited for, if the future is a waiter."""
    return getattr(future, "awaited", None)


def nothing() -> None:
    """Stands in a cancelled step."""


def label_of(step: Step | Timer) -> Label:
    """What a step is and whose; worked out only when somebody asks."""
    if isinstance(step, Timer):
        return Label("timer", step.whose)
    task = getattr(step.callback, "__self__", None)
    if not isinstance(task, asyncio.Task):
        name = getattr(step.callback, "__qualname__", type(step.callback).__name__)
        return Label("call", name)
    told = awaited(step.args[0]) if step.args else None
    if told is None:
        return Label("resume", task.get_name())
    what, kind, _ = told
    return Label(kind, task.get_name(), what)


class Schedule(Protocol):
    """Chooses among at least two steps that are ready; the answer is an index."""

    def choose(self, candidates: Sequence[Step | Timer]) -> int:
        """Which of the candidates runs next; they stand in the order in which they got ready."""
        ...


class Fifo:
    """First ready, first run: what asyncio's own loop does."""

    def choose(self, candidates: Sequence[Step | Timer]) -> int:
        """The first."""
        return 0


class Seeded:
    """Any of them, by a seed; drawing needs no more than the bare generator."""

    def __init__(self, seed: int) -> None:
        self.draw = Random(seed).random
        """A share of the candidates, the next one at each call: which it is, their number says."""

    def choose(self, candidates: Sequence[Step | Timer]) -> int:
        """One at random, all alike."""
        return int(self.draw() * len(candidates))


@dataclass(frozen=True, slots=True)
class Point:
    """One place where a schedule had a choice: what was ready, and which was taken."""

    labels: tuple[Label, ...]
    chosen: int


class Scripted:
    """Choices from a list, then first in, first out.

    A choice beyond the number of candidates takes the last one, so any list of non-negative
    integers is a script: shrinking may drop and lower entries as it likes. With `watch` the
    choice points are kept in `points`.
    """

    def __init__(self, choices: Sequence[int], *, watch: bool = False) -> None:
        self._choices = choices
        self._next = 0
        self._watch = watch
        self.points: list[Point] = []

    @property
    def beyond(self) -> bool:
        """Whether the next choice is no longer in the list."""
        return self._next >= len(self._choices)

    def choose(self, candidates: Sequence[Step | Timer]) -> int:
        """What the script says here."""
        place, self._next = self._next, self._next + 1
        wanted = self._choices[place] if place < len(self._choices) else 0
        chosen = min(wanted, len(candidates) - 1)
        if self._watch:
            self.points.append(Point(tuple(label_of(step) for step in candidates), chosen))
        return chosen


Alternatives = Callable[[Sequence[Point], int], Sequence[int]]
"""Given all points of a run and the place of one: the choices worth trying there."""


def every_alternative(points: Sequence[Point], place: int) -> Sequence[int]:
    """All candidates, each in its turn: no reduction."""
    return range(len(points[place].labels))


def explore(
    play: Callable[[Scripted], T], alternatives: Alternatives = every_alternative
) -> Iterator[tuple[tuple[int, ...], T]]:
    """Every schedule of a deterministic `play`, depth first; yields the script and the result.

    `play` is called with a schedule, runs everything from the start, and is called again with the
    next script until no choice is left untried. `alternatives` may leave out choices that are
    known to lead to the same outcomes.
    """
    script: tuple[int, ...] | None = ()
    while script is not None:
        schedule = Scripted(script, watch=True)
        result = play(schedule)
        points = schedule.points
        yield tuple(point.chosen for point in points), result
        script = _next_script(points, alternatives)


def _next_script(points: Sequence[Point], alternatives: Alternatives) -> tuple[int, ...] | None:
    for place in range(len(points) - 1, -1, -1):
        later = [option for option in alternatives(points, place) if option > points[place].chosen]
        if later:
            return (*(point.chosen for point in points[:place]), later[0])
    return None


FIFO: Final = Fifo()
