"""Acquire, use, release: things that can leak, watched from outside.

Nobody reports its own innocence. An object is *tracked* by a weak reference, and is released when
that dies: no cycle may keep it and no collector is asked. A pooled object is released when it goes
back to its `Pool`; what the pool hands out is a `Lease` with a generation, so that a stale one
shows at its first touch. Counted things without an object (a stream's slot, octets of a window)
are acquired and released by the machine that counts them. Whether any of it is a leak is not
known here.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import count, repeat
from sys import getrefcount
from typing import Any, Final, Generic, Protocol, TypeVar
from weakref import ref

from h2proof.sim.trace import Resource, ResourceEvent, Row, Trace

T = TypeVar("T")

RESOURCE, STREAM = 4, 5
"""Places in the row of a resource's event."""
REMEMBERED: Final = 32
"""Resources of a kind, from the first, that are the same values in every run."""
ALONE: Final = 3
"""References to an object of which a list of tuples has one, seen from a loop over that list: the
tuple's, the loop's, and the question's own."""


class Clock(Protocol):
    """Tells the virtual nanoseconds of an event."""

    @property
    def now_ns(self) -> int:
        """What it shows."""
        ...


class Still:
    """A clock for where no time passes."""

    now_ns = 0


class Nobody:
    """What a counted resource without an object refers to."""


NOBODY: Final = Nobody()


class Holding(ref[Any]):
    """What is known of a resource: a weak reference to the object that stands for it."""

    __slots__ = ("acquired", "live", "place")
    acquired: Row
    """The event of its acquisition."""
    live: bool
    place: int
    """Among all that was acquired."""

    @property
    def resource(self) -> Resource:
        """What is held."""
        resource: Resource = self.acquired[RESOURCE]
        return resource

    @property
    def stream(self) -> int:
        """The stream that it belongs to."""
        stream: int = self.acquired[STREAM]
        return stream


class Pooled(Holding):
    """What is known of an object that was made for a pool."""

    __slots__ = ("pool",)
    pool: "ref[Pool[Any]]"


class Register:
    """All resources of a run; writes one event for each thing that happens to one."""

    def __init__(self, trace: Trace, clock: Clock | None = None) -> None:
        self._write: Callable[[Row], None] = trace.written.append
        self._clock: Clock = Still() if clock is None else clock
        self._next = _Numbered()
        self._known: list[Holding] = []
        """Everything that was ever acquired, in that order."""

    @property
    def live(self) -> tuple[Holding, ...]:
        """Everything acquired and not released, in the order of acquisition."""
        return tuple([each for each in self._known if each.live])

    def mute(self) -> None:
        """Write nothing any more, and know nothing."""
        self._write = _nothing
        self._known = []

    def acquire(
        self,
        kind: str,
        connection: int = 0,
        stream: int = 0,
        size: int = 0,
        by: str = "",
        obj: object = NOBODY,
        after: Holding | None = None,
    ) -> Holding:
        """A counted thing begins to be held; `size` is in modelled octets.

        It ends with `release` alone. An `obj` that stands for it is watched only to tell who holds
        it; TypeError if it allows no weak references. What is acquired `after` a resource is the
        same thing handed out again: its next generation.
        """
        holding = Holding(obj)
        if after is None:
            resource = next(self._next[kind], None) or self._next.further(kind)
        else:
            kind, number, generation = after.acquired[RESOURCE]
            resource = Resource(kind, number, generation + 1)
        return self._begin(holding, resource, connection, stream, size, by)

    def track(
        self,
        obj: object,
        kind: str,
        connection: int = 0,
        stream: int = 0,
        size: int = 0,
        by: str = "",
        pool: "Pool[Any] | None" = None,
    ) -> Holding:
        """Watch `obj` from now on; it is released when nothing refers to it any more.

        It may be made for a `pool`. TypeError for a class that allows no weak references
        (`__slots__` without `__weakref__`).
        """
        if pool is None:
            holding = Holding(obj, self._died)
        else:
            holding = pooled = Pooled(obj, self._died)
            pooled.pool = ref(pool)
        resource = next(self._next[kind], None) or self._next.further(kind)
        return self._begin(holding, resource, connection, stream, size, by)

    def _begin(
        self, holding: Holding, resource: Resource, connection: int, stream: int, size: int, by: str
    ) -> Holding:
        """Know it as live from now on, and write that."""
        row = (
            ResourceEvent,
            self._clock.now_ns,
            connection,
            "acquired",
            resource,
            stream,
            by,
            size,
            (),
        )
        holding.acquired = row
        holding.live = True
        holding.place = len(self._known)
        self._known.append(holding)
        self._write(row)
        return holding

    def use(self, holding: Holding, by: str = "") -> None:
        """Somebody touches the resource, live or not."""
        _, _, connection, _, resource, stream, _, _, _ = holding.acquired
        at = self._clock.now_ns
        self._write((ResourceEvent, at, connection, "used", resource, stream, by, 0, ()))

    def release(self, holding: Holding, by: str = "") -> None:
        """Somebody gives the resource back, for the first time or again."""
        _, _, connection, _, resource, stream, _, size, _ = holding.acquired
        if not holding.live:
            holding = self._latest(holding)
        if holding.live:
            holding.live = False
        else:
            size = 0
        at = self._clock.now_ns
        self._write((ResourceEvent, at, connection, "released", resource, stream, by, size, ()))

    def let_go(self, holding: Holding, obj: object) -> None:
        """Nobody will give the resource back: from now on it ends when `obj` does."""
        before = self._latest(holding)
        if before.live and self._knows(before):
            before.live = False
            after = self._known[before.place] = Holding(obj, self._died)
            after.acquired = before.acquired
            after.live = True
            after.place = before.place

    def _knows(self, holding: Holding) -> bool:
        known, place = self._known, holding.place
        return place < len(known) and known[place].acquired is holding.acquired

    def _latest(self, holding: Holding) -> Holding:
        """What stands for the same resource by now: another one, if it was let go."""
        return self._known[holding.place] if self._knows(holding) else holding

    def _died(self, holding: Holding) -> None:
        if holding.live:
            holding.live = False
            _, _, connection, _, resource, stream, _, size, _ = holding.acquired
            at = self._clock.now_ns
            self._write((ResourceEvent, at, connection, "released", resource, stream, "", size, ()))


def _nothing(_: Row) -> None:
    """Writes nothing."""


class _Numbered(dict[str, Iterator[Resource]]):
    """The resources of each kind that are still to come, numbered from 1."""

    def __missing__(self, kind: str) -> Iterator[Resource]:
        first = self[kind] = iter(_first_of(kind))
        return first

    def further(self, kind: str) -> Resource:
        """The next one behind those that are remembered."""
        rows = zip(repeat(kind), count(REMEMBERED + 1), repeat(1), strict=False)
        more = self[kind] = map(Resource._make, rows)
        return next(more)


@lru_cache(maxsize=256)
def _first_of(kind: str) -> tuple[Resource, ...]:
    return tuple([Resource(kind, number) for number in range(1, REMEMBERED + 1)])


class Lease(Generic[T]):
    """A pooled object as its taker sees it: everything is the object's, each touch is recorded.

    It keeps working after its release, on whatever the object has become by then, as a stale
    pointer would.
    """

    __slots__ = ("__weakref__", "_object", "_parts")

    def __init__(self, register: Register, holding: Holding, obj: T) -> None:
        self._object = obj
        self._parts = register, holding, obj
        """In one, for each look at what a lease has is a look past `__getattr__`."""

    def __getattr__(self, name: str) -> Any:
        return getattr(touch(self, name), name)


def touch(lease: Lease[T], by: str) -> T:
    """The object of a lease, for one use; as if its attribute `by` had been asked of the lease."""
    register, holding, obj = lease._parts
    _, _, connection, _, resource, stream, _, _, _ = holding.acquired
    at = register._clock.now_ns
    register._write((ResourceEvent, at, connection, "used", resource, stream, by, 0, ()))
    return obj


class Pool(Generic[T]):
    """Objects for use again, the last one returned first: Go's sync.Pool while nothing else runs.

    Putting an object back twice hands it out twice, as it would there. An object that waits in the
    pool is an account of its own, `pooled <kind>`.
    """

    def __init__(
        self, register: Register, kind: str, make: Callable[[], T], *, size: int = 0
    ) -> None:
        self._register = register
        self._kind = kind
        self._make = make
        self._size = size
        self._free: list[tuple[T, Holding]] = []
        self._last: dict[int, Holding] = {}
        """The latest generation of each that was taken, by number."""
        self._out = 0
        self._out_max = 0
        """How many were in use at once, at most."""

    def __len__(self) -> int:
        return len(self._free)

    def __iter__(self) -> Iterator[T]:
        return (obj for obj, _ in self._free)

    def unshared(self) -> set[int]:
        """Identities of those that wait here once, and to which nobody else refers.

        None in a pool in which more wait than were ever in use at once: that needs explaining.
        """
        if len(self._free) > self._out_max:
            return set()
        return {id(obj) for obj, _ in self._free if getrefcount(obj) == ALONE}

    def take(self, connection: int = 0, stream: int = 0, by: str = "") -> Lease[T]:
        """The object put back last, or a new one."""
        register, kind, size = self._register, self._kind, self._size
        if self._free:
            obj, freed = self._free.pop()
            number = freed.resource.number
            after = self._last.get(number, freed)
            holding = register.acquire(kind, connection, stream, size, by, NOBODY, after)
        else:
            obj = self._make()
            register.track(obj, f"pooled {kind}", 0, 0, size, "", self)
            holding = register.acquire(kind, connection, stream, size, by)
            number = holding.resource.number
        self._last[number] = holding
        self._out += 1
        self._out_max = max(self._out_max, self._out)
        return Lease(register, holding, obj)

    def put(self, lease: Lease[T], by: str = "") -> None:
        """Give the object back; nothing is checked, and a second time is recorded like the first."""
        register, holding, obj = lease._parts
        register.release(holding, by)
        self._free.append((obj, holding))
        self._out -= 1

    def abandon(self, lease: Lease[T]) -> None:
        """The object will not be put back; it goes when nothing refers to it any more."""
        register, holding, obj = lease._parts
        register.let_go(holding, obj)
