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
from sys import getrefcount
from typing import Any, Final, Generic, Protocol, TypeVar
from weakref import ref

from h2proof.sim.trace import Resource, ResourceEvent, Row, Trace

T = TypeVar("T")

CONNECTION, RESOURCE, STREAM = 2, 4, 5
"""Places in the row of a resource's event."""
UNKNOWN: Final[Row] = (ResourceEvent, 0, 0, "acquired", None, 0, "", 0, ())
"""Stands for the acquisition of a resource that is not of this register."""
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

_new: Final = tuple.__new__
"""Makes a `Resource` at a third of the cost of `Resource` itself."""


class Holding(ref[Any]):
    """What is known of a resource: a weak reference to the object that stands for it."""

    __slots__ = ("acquired", "live")
    acquired: Row
    """The event of its acquisition."""
    live: bool

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
        self._numbers: defaultdict[str, int] = defaultdict(int)
        """The last one of each kind."""
        self._known: dict[Resource, Holding] = {}
        """Everything that was ever acquired, in that order."""

    @property
    def live(self) -> tuple[Holding, ...]:
        """Everything acquired and not released, in the order of acquisition."""
        return tuple([each for each in self._known.values() if each.live])

    def mute(self) -> None:
        """Write nothing any more, and know nothing."""
        self._write = _nothing
        self._known = {}

    def acquire(
        self,
        kind: str,
        *,
        connection: int = 0,
        stream: int = 0,
        size: int = 0,
        by: str = "",
        obj: object | None = None,
        after: Resource | None = None,
    ) -> Resource:
        """A counted thing begins to be held; `size` is in modelled octets.

        It ends with `release` alone. An `obj` that stands for it is watched only to tell who holds
        it; TypeError if it allows no weak references. What is acquired `after` a resource is the
        same thing handed out again: its next generation.
        """
        holding = Holding(NOBODY if obj is None else obj)
        if after is None:
            number = self._numbers[kind] = self._numbers[kind] + 1
            resource = _new(Resource, (kind, number, 1))
        else:
            resource = _new(Resource, (after.kind, after.number, after.generation + 1))
        at = self._clock.now_ns
        row = (ResourceEvent, at, connection, "acquired", resource, stream, by, size, ())
        holding.acquired = row
        holding.live = True
        self._known[resource] = holding
        self._write(row)
        return resource

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
        if pool is None:
            holding = Holding(obj, self._died)
        else:
            holding = pooled = Pooled(obj, self._died)
            pooled.pool = ref(pool)
        number = self._numbers[kind] = self._numbers[kind] + 1
        resource = _new(Resource, (kind, number, 1))
        at = self._clock.now_ns
        row = (ResourceEvent, at, connection, "acquired", resource, stream, by, size, ())
        holding.acquired = row
        holding.live = True
        self._known[resource] = holding
        self._write(row)
        return resource

    def use(self, resource: Resource, by: str = "") -> None:
        """Somebody touches the resource, live or not."""
        acquired = self._known[resource].acquired if resource in self._known else UNKNOWN
        at, connection, stream = self._clock.now_ns, acquired[CONNECTION], acquired[STREAM]
        self._write((ResourceEvent, at, connection, "used", resource, stream, by, 0, ()))

    def release(self, resource: Resource, by: str = "") -> None:
        """Somebody gives the resource back, for the first time or again."""
        at, connection, stream, size = self._clock.now_ns, 0, 0, 0
        if resource in self._known:
            holding = self._known[resource]
            _, _, connection, _, _, stream, _, octets, _ = holding.acquired
            if holding.live:
                holding.live, size = False, octets
        self._write((ResourceEvent, at, connection, "released", resource, stream, by, size, ()))

    def let_go(self, resource: Resource, obj: object) -> None:
        """Nobody will give the resource back: from now on it ends when `obj` does."""
        before = self._known.get(resource)
        if before is not None and before.live:
            after = self._known[resource] = Holding(obj, self._died)
            after.acquired = before.acquired
            after.live = True

    def _died(self, holding: Holding) -> None:
        if holding.live:
            holding.live = False
            _, _, connection, _, resource, stream, _, size, _ = holding.acquired
            at = self._clock.now_ns
            self._write((ResourceEvent, at, connection, "released", resource, stream, "", size, ()))


def _nothing(_: Row) -> None:
    """Writes nothing."""


class Lease(Generic[T]):
    """A pooled object as its taker sees it: everything is the object's, each touch is recorded.

    It keeps working after its release, on whatever the object has become by then, as a stale
    pointer would.
    """

    __slots__ = ("__weakref__", "_acquired", "_object", "_register")

    def __init__(self, register: Register, resource: Resource, obj: T) -> None:
        self._register = register
        self._acquired = register._known[resource].acquired
        self._object = obj

    def __getattr__(self, name: str) -> Any:
        return getattr(touch(self, name), name)


def touch(lease: Lease[T], by: str) -> T:
    """The object of a lease, for one use; as if its attribute `by` had been asked of the lease."""
    register, acquired = lease._register, lease._acquired
    _, _, connection, _, resource, stream, _, _, chain = acquired
    at = register._clock.now_ns
    register._write((ResourceEvent, at, connection, "used", resource, stream, by, 0, chain))
    return lease._object


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
            resource = self._register.acquire(
                self._kind,
                connection=connection,
                stream=stream,
                size=self._size,
                by=by,
                after=newest,
            )
        self._last[resource.number] = resource
        self._out += 1
        self._out_max = max(self._out_max, self._out)
        return Lease(self._register, resource, obj)

    def put(self, lease: Lease[T], by: str = "") -> None:
        """Give the object back; nothing is checked, and a second time is recorded like the first."""
        resource, obj = lease._acquired[RESOURCE], lease._object
        self._register.release(resource, by)
        self._free.append((obj, resource))
        self._out -= 1

    def abandon(self, lease: Lease[T]) -> None:
        """The object will not be put back; it goes when nothing refers to it any more."""
        self._register.let_go(lease._acquired[RESOURCE], lease._object)
