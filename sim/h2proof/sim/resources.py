"""Acquire, use, release: things that can leak, watched from outside.

Nobody reports its own innocence. An object is *tracked* by a weak reference, and is released when
that dies: no cycle may keep it and no collector is asked. A pooled object is released when it goes
back to its `Pool`; what the pool hands out is a `Lease` with a generation, so that a stale one
shows at its first touch. Counted things without an object (a stream's slot, octets of a window)
are acquired and released by the machine that counts them. Whether any of it is a leak is not
known here.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from sys import getrefcount
from typing import Any, Final, Generic, Protocol, TypeVar
from weakref import ref

from h2proof.sim.trace import Resource, ResourceKind

T = TypeVar("T")

NOWHERE: Final = (0, 0)
"""The connection and stream of what belongs to none."""
ALONE: Final = 3
"""References to an object of which a list of tuples has one, seen from a loop over that list: the
tuple's, the loop's, and the question's own."""


class Recorder(Protocol):
    """Where a register writes: `Trace.resource`, or what takes the same."""

    def __call__(
        self,
        kind: ResourceKind,
        resource: Resource,
        at: int,
        connection: int,
        stream: int,
        by: str,
        size: int,
        /,
    ) -> object: ...


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
    """What is known of a live resource: a weak reference to the object that stands for it."""

    __slots__ = ("connection", "pool", "resource", "size", "stream")
    resource: Resource
    connection: int
    stream: int
    size: int
    pool: "ref[Pool[Any]] | None"
    """The pool that the object was made for."""

    @property
    def obj(self) -> object | None:
        """The object, as long as it is there; None for a counted thing."""
        found = self()
        return None if found is NOBODY else found


class Register:
    """All live resources of a run; writes one event for each thing that happens to one."""

    def __init__(self, record: Recorder, clock: Clock | None = None) -> None:
        self._record = record
        self._clock: Clock = Still() if clock is None else clock
        self._numbers: defaultdict[str, Iterator[int]] = defaultdict(partial(count, 1))
        """The next one of each kind."""
        self._live: dict[Resource, Holding] = {}
        self._places: dict[Resource, tuple[int, int]] = {}
        """Connection and stream of each, also when it is live no more."""

    @property
    def live(self) -> tuple[Holding, ...]:
        """Everything acquired and not released, in the order of acquisition."""
        return tuple(self._live.values())

    def mute(self) -> None:
        """Write nothing any more."""
        self._record = _nothing

    def acquire(
        self,
        kind: str,
        *,
        connection: int = 0,
        stream: int = 0,
        size: int = 0,
        by: str = "",
        obj: object | None = None,
    ) -> Resource:
        """A counted thing begins to be held; `size` is in modelled octets.

        It ends with `release` alone. An `obj` that stands for it is watched only to tell who holds
        it; TypeError if it allows no weak references.
        """
        holding = Holding(NOBODY if obj is None else obj)
        resource = Resource(kind, next(self._numbers[kind]))
        return self._hold(holding, resource, connection, stream, size, by)

    def track(
        self,
        obj: object,
        kind: str,
        *,
        connection: int = 0,
        stream: int = 0,
        size: int = 0,
        by: str = "",
        pool: "Pool[Any] | None" = None,
    ) -> Resource:
        """Watch `obj` from now on; it is released when nothing refers to it any more.

        It may be made for a `pool`. TypeError for a class that allows no weak references
        (`__slots__` without `__weakref__`).
        """
        holding = Holding(obj, self._died)
        resource = Resource(kind, next(self._numbers[kind]))
        return self._hold(holding, resource, connection, stream, size, by, pool)

    def use(self, resource: Resource, by: str = "") -> None:
        """Somebody touches the resource, live or not."""
        connection, stream = self._places.get(resource, NOWHERE)
        self._record("used", resource, self._clock.now_ns, connection, stream, by, 0)

    def release(self, resource: Resource, by: str = "") -> None:
        """Somebody gives the resource back, for the first time or again."""
        holding = self._live.pop(resource, None)
        connection, stream = self._places.get(resource, NOWHERE)
        size = 0 if holding is None else holding.size
        self._record("released", resource, self._clock.now_ns, connection, stream, by, size)

    def reacquire(
        self,
        resource: Resource,
        *,
        connection: int = 0,
        stream: int = 0,
        size: int = 0,
        by: str = "",
        obj: object | None = None,
    ) -> Resource:
        """The same thing is handed out again: its next generation; `obj` as for `acquire`."""
        holding = Holding(NOBODY if obj is None else obj)
        again = Resource(resource.kind, resource.number, resource.generation + 1)
        return self._hold(holding, again, connection, stream, size, by)

    def let_go(self, resource: Resource, obj: object) -> None:
        """Nobody will give the resource back: from now on it ends when `obj` does."""
        before = self._live.get(resource)
        if before is not None:
            after = self._live[resource] = Holding(obj, self._died)
            for name in Holding.__slots__:
                setattr(after, name, getattr(before, name))

    def _died(self, holding: Holding) -> None:
        if self._live.pop(holding.resource, None) is not None:
            self._record(
                "released",
                holding.resource,
                self._clock.now_ns,
                holding.connection,
                holding.stream,
                "",
                holding.size,
            )

    def _hold(
        self,
        holding: Holding,
        resource: Resource,
        connection: int,
        stream: int,
        size: int,
        by: str,
        pool: "Pool[Any] | None" = None,
    ) -> Resource:
        holding.resource = resource
        holding.connection = connection
        holding.stream = stream
        holding.size = size
        holding.pool = None if pool is None else ref(pool)
        self._live[resource] = holding
        self._places[resource] = (connection, stream)
        self._record("acquired", resource, self._clock.now_ns, connection, stream, by, size)
        return resource


def _nothing(*_: object) -> None:
    """Writes nothing."""


class Lease(Generic[T]):
    """A pooled object as its taker sees it: everything is the object's, each touch is recorded.

    It keeps working after its release, on whatever the object has become by then, as a stale
    pointer would.
    """

    __slots__ = ("__weakref__", "_object", "_register", "_resource")

    def __init__(self, register: Register, resource: Resource, obj: T) -> None:
        self._register = register
        self._resource = resource
        self._object = obj

    def __getattr__(self, name: str) -> Any:
        self._register.use(self._resource, by=name)
        return getattr(self._object, name)


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
        self._free: list[tuple[T, Resource]] = []
        self._last: dict[int, Resource] = {}
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

    def take(self, *, connection: int = 0, stream: int = 0, by: str = "") -> Lease[T]:
        """The object put back last, or a new one."""
        if not self._free:
            obj = self._make()
            self._register.track(obj, f"pooled {self._kind}", size=self._size, pool=self)
            resource = self._register.acquire(
                self._kind, connection=connection, stream=stream, size=self._size, by=by
            )
        else:
            obj, freed = self._free.pop()
            newest = self._last.get(freed.number, freed)
            resource = self._register.reacquire(
                newest, connection=connection, stream=stream, size=self._size, by=by
            )
        self._last[resource.number] = resource
        self._out += 1
        self._out_max = max(self._out_max, self._out)
        return Lease(self._register, resource, obj)

    def put(self, lease: Lease[T], by: str = "") -> None:
        """Give the object back; nothing is checked, and a second time is recorded like the first."""
        resource, obj = lease._resource, lease._object
        self._register.release(resource, by)
        self._free.append((obj, resource))
        self._out -= 1

    def abandon(self, lease: Lease[T]) -> None:
        """The object will not be put back; it goes when nothing refers to it any more."""
        self._register.let_go(lease._resource, lease._object)
