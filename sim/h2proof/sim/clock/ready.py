"""The steps that are ready, such that whom a schedule may choose stands there already.

Steps of one task keep their order, and so do plain callbacks among themselves: each of them is an
owner, and only the first of an owner's steps, its head, can be next. Who chooses, and when a step
gets ready, is not known here.
"""

from asyncio import Task
from bisect import insort
from collections import deque
from collections.abc import Iterator
from operator import attrgetter
from typing import Final

from h2proof.sim.scheduler import Step, Timer

AnyStep = Step | Timer

ARRIVAL: Final = attrgetter("number")
"""A step's place in the order of getting ready."""


class Ready:
    """The first step of each owner, and behind it the others of the same owner."""

    __slots__ = ("_behind", "_number", "cancelled", "heads")

    def __init__(self) -> None:
        self.heads: list[AnyStep] = []
        """Who can be next, in the order of getting ready; until `sweep` also what was cancelled."""
        self.cancelled: list[AnyStep] = []
        """Swept from the heads; they run, as steps that do nothing, when nobody else can."""
        self._behind: dict[int, deque[AnyStep] | None] = {}
        """For the owner of each head what it has ready besides."""
        self._number = 0

    def __len__(self) -> int:
        behind = sum(len(queue) for queue in self._behind.values() if queue is not None)
        return len(self.heads) + behind + len(self.cancelled)

    def __iter__(self) -> Iterator[AnyStep]:
        yield from self.heads
        for queue in self._behind.values():
            yield from queue or ()
        yield from self.cancelled

    def append(self, step: AnyStep) -> None:
        """Behind what the step's owner has ready."""
        task = getattr(step.callback, "__self__", None)
        owner = step.owner = id(task) if isinstance(task, Task) else 0
        self._number = step.number = self._number + 1
        behind = self._behind
        if owner not in behind:
            behind[owner] = None
            self.heads.append(step)
        elif (queue := behind[owner]) is not None:
            queue.append(step)
        else:
            behind[owner] = deque((step,))

    def clear(self) -> None:
        """Forget them all."""
        self.heads.clear()
        self.cancelled.clear()
        self._behind.clear()

    def sweep(self) -> None:
        """Put those aside that were cancelled, such that all heads can be chosen."""
        heads, place = self.heads, 0
        while place < len(heads):
            if heads[place]._cancelled:
                self.cancelled.append(self.pop(place))
            else:
                place += 1

    def pop(self, place: int) -> AnyStep:
        """Take out the head at that place; a cancelled step if there are no heads."""
        heads = self.heads
        if not heads:
            return self.cancelled.pop()
        step = heads.pop(place)
        owner = step.owner
        if queue := self._behind[owner]:
            insort(heads, queue.popleft(), key=ARRIVAL)
        else:
            del self._behind[owner]
        return step
