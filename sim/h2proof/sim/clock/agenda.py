"""What is to happen on a loop: the steps that are ready, and the timers that are set.

Steps of one task keep their order, and so do plain callbacks among themselves: each of them is an
owner, and only the first of an owner's steps, its head, can be next. Heads stand in the order of
getting ready, as a schedule is shown them. Who chooses, and what a step does, is not known here.
"""

from asyncio import Task, current_task
from collections import deque
from collections.abc import Callable, Iterator
from contextvars import Context, copy_context
from heapq import heappop, heappush
from operator import attrgetter
from typing import Any, Final, Literal, TypeVarTuple

from h2proof.sim.clock.outside import Sealed
from h2proof.sim.scheduler import Step, Timer, label_of, nothing

Ts = TypeVarTuple("Ts")
AnyStep = Step | Timer
Stop = Literal["idle", "time", "steps", "stopped"]
"""Why a loop came back: nothing left to happen, nothing before the time given, too many steps."""

ARRIVAL: Final = attrgetter("number")
"""A step's place in the order of getting ready."""

SECOND_NS: Final = 1_000_000_000

PLAIN: Final = 0
"""The owner of callbacks that belong to no task."""


class Agenda(Sealed):
    """The part of an event loop that is asked for steps; `now_ns` is moved by who runs them."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.alert = False
        """Set when a step was cancelled, or a timer set for a time that has come."""
        self._heads: list[AnyStep] = []
        """Who can be next, in the order of getting ready; also what was cancelled, until it is swept."""
        self._plain: deque[AnyStep] = deque()
        """The plain callbacks that are ready; the first of them is a head."""
        self._behind: dict[int, deque[AnyStep] | None] = {}
        """For each task that has a head what it has ready besides."""
        self._cancelled: list[AnyStep] = []
        """Swept from the heads; they run, as steps that do nothing, when nobody else can."""
        self._number = 0
        self._timers: list[tuple[int, int, Timer]] = []
        """A heap of the timers that are set, those of one time in the order in which they were."""
        self._timer_count = 0

    # -- asking for steps --

    def call_soon(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> Step:
        """Run the callback in a step of its own, after this one."""
        step: Step = Step()
        step.asked = self
        step.callback = callback
        step.args = args
        step.context = copy_context() if context is None else context
        self._number = step.number = self._number + 1
        made: Any = callback
        try:
            task = made.__self__
        except AttributeError:
            task = None
        if type(task) is Task or isinstance(task, Task):
            owner = step.owner = id(task)
            if owner not in self._behind:
                self._behind[owner] = None
                self._heads.append(step)
                return step
        else:
            step.owner = PLAIN
        self._enter(step)
        return step

    def call_soon_threadsafe(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> Step:
        """The same as `call_soon`: there are no other threads."""
        return self.call_soon(callback, *args, context=context)

    def call_plain_at_ns(
        self, at_ns: int, whose: str, callback: Callable[[*Ts], object], args: tuple[*Ts]
    ) -> Timer:
        """Run a callback of no task, which looks at no context, at a time yet to come."""
        timer: Timer = Timer()
        timer.asked = self
        timer.at_ns = at_ns
        timer.whose = whose
        timer.callback = callback
        timer.args = args
        timer.context = None
        timer.owner = PLAIN
        self._timer_count += 1
        heappush(self._timers, (at_ns, self._timer_count, timer))
        return timer

    def call_at_ns(
        self,
        at_ns: int,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: Context | None = None,
        whose: str | None = None,
    ) -> Timer:
        """Run the callback when the clock shows `at_ns` virtual nanoseconds.

        It is called after `whose` it is; after the task that asks if nobody is named.
        """
        if whose is None:
            task = current_task(self)
            whose = "" if task is None else task.get_name()
        timer = self.call_plain_at_ns(at_ns, whose, callback, args)
        timer.context = copy_context() if context is None else context
        timer.owner = _owner_of(callback)
        if at_ns <= self.now_ns:
            self.alert = True
        return timer

    def call_at(
        self,
        when: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> Timer:
        """Run the callback at `when` virtual seconds, as asyncio counts."""
        return self.call_at_ns(round(when * SECOND_NS), callback, *args, context=context)

    def call_later(
        self,
        delay: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> Timer:
        """Run the callback after `delay` virtual seconds."""
        at_ns = self.now_ns + max(0, round(delay * SECOND_NS))
        return self.call_at_ns(at_ns, callback, *args, context=context)

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self.now_ns / SECOND_NS

    # -- getting ready --

    def _fire(self) -> None:
        """Timers that are due get ready, those of one time in the order in which they were set."""
        heads, plain, timers = self._heads, self._plain, self._timers
        now_ns, number = self.now_ns, self._number
        while timers and timers[0][0] <= now_ns:
            timer = heappop(timers)[2]
            if timer.callback is nothing:
                continue
            timer.number = number = number + 1
            if timer.owner:
                self._enter(timer)
                continue
            if not plain:
                heads.append(timer)
            plain.append(timer)
        self._number = number

    def _enter(self, step: AnyStep) -> None:
        """Let a step be ready, behind those of its owner."""
        owner, behind = step.owner, self._behind
        if not owner:
            if not self._plain:
                self._heads.append(step)
            self._plain.append(step)
        elif owner not in behind:
            behind[owner] = None
            self._heads.append(step)
        elif (queue := behind[owner]) is not None:
            queue.append(step)
        else:
            behind[owner] = deque((step,))

    def _sweep(self) -> None:
        """Put those aside that were cancelled, such that all heads can be chosen."""
        steps = sorted(self._ready(), key=ARRIVAL)
        if all(step.callback is not nothing for step in steps):
            return
        for each in (self._heads, self._plain, self._behind):
            each.clear()
        for step in steps:
            if step.callback is nothing:
                self._cancelled.append(step)
            else:
                self._enter(step)

    def _move_time(self, until_ns: int | None) -> Stop | None:
        """To the next timer that was not cancelled, or as far as it may go; why not to a timer."""
        timers = self._timers
        while timers and timers[0][2].callback is nothing:
            heappop(timers)
        if not timers:
            return "idle"
        at_ns = timers[0][0]
        if until_ns is not None and at_ns > until_ns:
            self.now_ns = max(self.now_ns, until_ns)
            return "time"
        self.now_ns = max(self.now_ns, at_ns)
        return None

    def _forget(self) -> None:
        """Have nothing to happen any more."""
        for each in (self._heads, self._plain, self._behind, self._cancelled, self._timers):
            each.clear()

    # -- looking at it --

    def _ready(self) -> Iterator[AnyStep]:
        """All steps that are ready but for those that were put aside, in no order."""
        yield from (step for step in self._heads if step.owner)
        yield from self._plain
        for queue in self._behind.values():
            yield from queue or ()

    def pending(self) -> tuple[object, ...]:
        """All steps that are ready and timers that are set: labels and times, sorted."""
        timers = [
            (at_ns, label_of(timer))
            for at_ns, _, timer in self._timers
            if timer.callback is not nothing
        ]
        ready = [label_of(step) for step in self._ready() if step.callback is not nothing]
        return (tuple(sorted(ready)), tuple(sorted(timers)))


def _owner_of(callback: Callable[..., object]) -> int:
    task = getattr(callback, "__self__", None)
    return id(task) if isinstance(task, Task) else PLAIN
