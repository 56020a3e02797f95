"""An asyncio event loop in virtual time, deterministic for a deterministic schedule.

Time is an integer of nanoseconds that moves only when nothing is ready, straight to the next
timer. Who runs next among the ready is asked of a `Schedule`. What the tasks mean is not known
here.
"""

import asyncio
import sys
from asyncio import events
from bisect import insort
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator
from contextvars import Context
from typing import Any, Final, TypeVar, cast
from weakref import ref

from h2proof.sim.clock.agenda import ARRIVAL, Agenda, AnyStep, Stop
from h2proof.sim.scheduler import (
    FIFO,
    Awaited,
    Fifo,
    Schedule,
    Seeded,
    StepKind,
    Waiter,
    awaited,
)

T = TypeVar("T")

SPINS_MAX: Final = 10_000
"""Steps at one instant after which a pending timer fires all the same: polling takes time."""


class VirtualLoop(Agenda):
    """An event loop in virtual nanoseconds, deterministic for a deterministic schedule."""

    def __init__(self, schedule: Schedule = FIFO) -> None:
        super().__init__()
        self.steps = 0
        """Callbacks run so far."""
        self.choices: list[int] = []
        """What the schedule chose where it had a choice; a script that replays this run."""
        self.errors: list[str] = []
        """What nobody caught, one sentence each."""
        self.on_task: Callable[[asyncio.Task[Any], str], None] | None = None
        """Told of each task and its name when it is made."""
        self.on_error: Callable[[str], None] | None = None
        """Told of each entry of `errors` when it is made."""
        self._schedule = schedule
        self._tasks: list[ref[asyncio.Task[Any]]] = []
        self._children: dict[str, int] = {}
        self._stopping = False
        self._running = False
        self._closed = False
        self._handler: Callable[[asyncio.AbstractEventLoop, dict[str, Any]], object] | None = None
        self._factory: Callable[..., Any] | None = None

    # -- running --

    def advance(self, *, until_ns: int | None = None, steps_max: int | None = None) -> Stop:
        """Run steps until nothing is left, `until_ns` is reached or `steps_max` more have run.

        On "time" the clock stands at `until_ns`, and a timer due exactly then has fired; on
        "idle" it stands where the last step left it.
        """
        if self._running:
            raise RuntimeError("the loop is running already; a step cannot advance its own loop")
        last = sys.maxsize if steps_max is None else self.steps + steps_max
        before = events._get_running_loop()
        hooks = sys.get_asyncgen_hooks()
        self._running = True
        self._stopping = False
        try:
            events._set_running_loop(self)
            sys.set_asyncgen_hooks(finalizer=self._finish_generator)
            return self._advance(until_ns, last)
        finally:
            self._running = False
            events._set_running_loop(before)
            sys.set_asyncgen_hooks(*hooks)

    def _advance(self, until_ns: int | None, last: int) -> Stop:
        heads, plain, behind, cancelled = self._heads, self._plain, self._behind, self._cancelled
        timers, choices, schedule = self._timers, self.choices, self._schedule
        in_order = isinstance(schedule, Fifo)
        draw = schedule.draw if type(schedule) is Seeded else None
        steps = self.steps
        spins_end = steps + SPINS_MAX
        limit = min(spins_end, last)
        self._fire()  # the clock may have been moved meanwhile
        step: AnyStep
        while True:
            if self.alert:
                if self._stopping:
                    return "stopped"
                self.alert = False
                self._fire()
                if not in_order:
                    self._sweep()
            if steps >= limit or not heads:
                if not (heads or cancelled) or (steps >= spins_end and timers):
                    stop = self._move_time(until_ns)
                    if stop is not None and not (heads or cancelled):
                        return stop
                    self._fire()
                    spins_end = steps + SPINS_MAX
                    limit = min(spins_end, last)
                    continue
                if steps >= last:
                    return "steps"

            # who is next
            if not heads:
                step = cancelled.pop()
            else:
                ready = len(heads)
                if ready > 1 and not in_order:
                    place = schedule.choose(heads) if draw is None else int(draw() * ready)
                    choices.append(place)
                else:
                    place = 0
                step = heads[place]
                if owner := step.owner:
                    del heads[place]
                    if queue := behind.pop(owner):
                        behind[owner] = queue
                        insort(heads, queue.popleft(), key=ARRIVAL)
                else:
                    plain.popleft()
                    if not plain:
                        del heads[place]
                    elif place + 1 == ready or heads[place + 1].number > plain[0].number:
                        heads[place] = plain[0]
                    else:
                        del heads[place]
                        insort(heads, plain[0], key=ARRIVAL)

            self.steps = steps = steps + 1
            args, context = step.args, step.context
            try:
                if context is None:
                    if len(args) == 1:
                        step.callback(args[0])
                    else:
                        step.callback(*args)
                elif len(args) == 1:
                    context.run(step.callback, args[0])
                elif args:
                    context.run(step.callback, *args)
                else:
                    context.run(step.callback)
            except (SystemExit, KeyboardInterrupt):
                raise
            except BaseException as error:  # noqa: BLE001  # as asyncio: the loop outlives a callback
                self.call_exception_handler({"message": "a callback failed", "exception": error})
            # a traceback may keep this frame, and a step keeps its task
            del args, context, step

    def run_until_complete(self, future: Generator[Any, None, T] | Awaitable[T]) -> T:
        """Run until the future is done; RuntimeError if nothing is left that could finish it."""
        before = events._get_running_loop()
        events._set_running_loop(None)
        try:
            task = asyncio.ensure_future(cast("Awaitable[T]", future), loop=self)
        finally:
            events._set_running_loop(before)
        task.add_done_callback(self._stop_when_done)
        try:
            self.advance()
        finally:
            task.remove_done_callback(self._stop_when_done)
        if not task.done():
            waits = "; ".join(self.waiting())
            raise RuntimeError(f"nothing is left that could happen, and this still waits: {waits}")
        return task.result()

    def _stop_when_done(self, _: "asyncio.Future[Any]") -> None:
        self.stop()

    def run_forever(self) -> None:
        """Run until `stop` is called or nothing is left to happen."""
        self.advance()

    def stop(self) -> None:
        """Come back from `advance` after this step."""
        self._stopping = self.alert = True

    def is_running(self) -> bool:
        """Whether a step is being run."""
        return self._running

    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def close(self) -> None:
        """Forget all that is pending."""
        self._closed = True
        self._forget()

    async def shutdown_asyncgens(self) -> None:
        """Nothing to do: a generator is finished when its last reference goes."""

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """Nothing to do: there are no threads here."""

    def _finish_generator(self, generator: AsyncGenerator[Any, Any]) -> None:
        if not self._closed:
            self.create_task(generator.aclose())

    # -- what can be awaited --

    def create_future(self) -> "asyncio.Future[Any]":
        """An ordinary future of asyncio."""
        return asyncio.Future(loop=self)

    def waiter(self, what: str, kind: StepKind = "resume", *, rests: bool = False) -> Waiter:
        """A future that says what is waited for: in labels of steps, and in `waiting`."""
        return self.wait_for((what, kind, rests))

    def wait_for(self, told: Awaited) -> Waiter:
        """The same, for what was put into words before."""
        made: Any = asyncio.Future(loop=self)
        made.awaited = told
        waiter: Waiter = made
        return waiter

    def create_task(
        self,
        coro: Coroutine[Any, Any, T] | Generator[Any, None, T],
        name: object = None,
        context: Context | None = None,
    ) -> "asyncio.Task[T]":
        """A task; one without a name is called after the task that made it, and numbered."""
        called = self._child_name() if name is None else str(name)
        task: asyncio.Task[T]
        if self._factory is not None:
            task = self._factory(self, coro, context=context)
            task.set_name(called)
        else:
            task = asyncio.Task(coro, loop=self, name=called, context=context)
        self._tasks.append(ref(task))
        if self.on_task is not None:
            self.on_task(task, called)
        return task

    def _child_name(self) -> str:
        parent = asyncio.current_task(self)
        stem = "task" if parent is None else parent.get_name()
        number = self._children[stem] = self._children.get(stem, 0) + 1
        return f"{stem}.{number}"

    # -- looking at it --

    def tasks(self) -> "list[asyncio.Task[Any]]":
        """The tasks that are not done, in the order in which they were made."""
        living = [task for each in self._tasks if (task := each()) is not None and not task.done()]
        self._tasks = list(map(ref, living))
        return living

    def waiting(self, *, resting: bool = True) -> list[str]:
        """Who waits for what: one sentence for each task that is not done.

        Without `resting` those are left out who wait for something that need not come.
        """
        return [
            f"{task.get_name()} waits for {waits_for(task)}"
            for task in self.tasks()
            if resting or not _rests(task)
        ]

    # -- errors and the rest of asyncio's interface --

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Keep what nobody caught in `errors`, or hand it to the handler that was set."""
        if self._handler is not None:
            self._handler(self, context)
        else:
            self.default_exception_handler(context)

    def default_exception_handler(self, context: dict[str, Any]) -> None:
        """One sentence in `errors`."""
        error = context.get("exception")
        task = context.get("task") or context.get("future")
        where = f" in {task.get_name()}" if isinstance(task, asyncio.Task) else ""
        what = f": {type(error).__name__}: {error}" if error is not None else ""
        told = f"{context.get('message', 'an error')}{where}{what}"
        self.errors.append(told)
        if self.on_error is not None:
            self.on_error(told)

    def set_exception_handler(
        self, handler: Callable[[asyncio.AbstractEventLoop, dict[str, Any]], object] | None
    ) -> None:
        """Who is told of errors that nobody caught."""
        self._handler = handler

    def get_exception_handler(
        self,
    ) -> Callable[[asyncio.AbstractEventLoop, dict[str, Any]], object] | None:
        """Who was set."""
        return self._handler

    def set_task_factory(self, factory: Callable[..., Any] | None) -> None:
        """Who makes tasks; None for asyncio's own."""
        self._factory = factory

    def get_task_factory(self) -> Any:
        """Who was set."""
        return self._factory

    get_debug: Any = staticmethod(bool)
    """Always False: asyncio's debug mode looks at the real clock."""

    def set_debug(self, enabled: bool) -> None:
        """Ignored, see `get_debug`."""


def _rests(task: "asyncio.Task[Any]") -> bool:
    told = awaited(getattr(task, "_fut_waiter", None))
    return told is not None and told[2]


def waits_for(task: "asyncio.Task[Any]") -> str:
    """What a task waits for, as far as it can be said: a `Waiter`'s text, or where it stands."""
    future = getattr(task, "_fut_waiter", None)
    told = awaited(future)
    if told is not None:
        return told[0]
    innermost: Any = task.get_coro()
    place = "its next step"
    while innermost is not None and hasattr(innermost, "cr_frame"):
        frame = innermost.cr_frame
        if frame is not None:
            place = f"{innermost.__qualname__} at line {frame.f_lineno}"
        innermost = innermost.cr_await
    if isinstance(future, asyncio.Task):
        place += f" (task {future.get_name()})"
    return place
