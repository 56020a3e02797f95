"""The steps that are ready, such that whom a schedule may choose costs one look at each owner.

Steps of one task keep their order, and so do plain callbacks among themselves: each of them is an
owner with a queue, and only the first of a queue can be next. Who chooses, and when a step gets
ready, is not known here.
"""

import asyncio
from bisect import insort
from collections import deque
from collections.abc import Iterator

from h2proof.sim.scheduler import Step, Timer

AnyStep = Step | Timer


class Ready:
    """Queues of ready steps, a queue for each owner."""

    __slots__ = ("_cancelled", "_count", "_number", "_order", "_queues")

    def __init__(self) -> None:
        self._queues: dict[int, deque[tuple[int, AnyStep]]] = {}
        self._order: list[tuple[int, int]] = []
        """The number of each queue's first step, and the owner; sorted."""
        self._cancelled: list[AnyStep] = []
        """Met at the head of a queue; they run, as steps that do nothing, when nobody else can."""
        self._number = 0
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[AnyStep]:
        for queue in self._queues.values():
            for _, step in queue:
                yield step
        yield from self._cancelled

    def append(self, step: AnyStep) -> None:
        """Behind what the step's owner has ready."""
        task = getattr(step.callback, "__self__", None)
        owner = id(task) if isinstance(task, asyncio.Task) else 0
        self._number += 1
        self._count += 1
        queue = self._queues.get(owner)
        if queue is None:
            queue = self._queues[owner] = deque()
            self._order.append((self._number, owner))
        queue.append((self._number, step))

    def clear(self) -> None:
        """Forget them all."""
        self._queues.clear()
        self._order.clear()
        self._cancelled.clear()
        self._count = 0

    def candidates(self) -> list[AnyStep]:
        """The first step of each owner that is not cancelled, in the order of getting ready."""
        firsts = self._firsts()
        while any(step._cancelled for step in firsts):
            for place in reversed(range(len(firsts))):
                if firsts[place]._cancelled:
                    self._cancelled.append(self._take(place))
            firsts = self._firsts()
        return firsts

    def pop(self, place: int) -> AnyStep:
        """Take out the candidate at that place; a cancelled step if there are no candidates."""
        self._count -= 1
        return self._take(place) if self._order else self._cancelled.pop()

    def _firsts(self) -> list[AnyStep]:
        queues = self._queues
        return [queues[owner][0][1] for _, owner in self._order]

    def _take(self, place: int) -> AnyStep:
        owner = self._order.pop(place)[1]
        queue = self._queues[owner]
        step = queue.popleft()[1]
        if queue:
            insort(self._order, (queue[0][0], owner))
        else:
            del self._queues[owner]
        return step
