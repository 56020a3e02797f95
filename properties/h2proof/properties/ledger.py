"""Your own objects in the ledger: one line, and a leak, a double close or a late use is found.

`track(obj, kind)` watches an object from outside, by a weak reference; `closes` names the method
that gives it back, for things that have to be closed. Inside a run of a ready property the object
belongs to the request whose handler tracked it; inside `watch()` it belongs to that block;
elsewhere `track` does nothing, so the line may stay in the code. Whether a survivor is a leak is
decided by `h2proof.oracle.ledger`.
"""

import functools
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, TypeVar
from weakref import ref

from h2proof.sim.resources import Holding, Register
from h2proof.sim.trace import Trace

T = TypeVar("T")
C = TypeVar("C", bound=Callable[..., Any])


class Tracker:
    """Where tracked objects of one run are written down."""

    def __init__(self, register: Register) -> None:
        self.register = register
        self.cached_max: dict[str, int] = {}
        """Kinds of which so many may outlive everything, for a cache holds them."""
        self._known: dict[int, tuple[ref[Any], Holding]] = {}

    def track(
        self,
        obj: object,
        kind: str,
        *,
        connection: int,
        stream: int,
        closes: str | None,
        uses: tuple[str, ...],
    ) -> None:
        """Watch the object; one that was closed and is tracked again is its next generation."""
        if closes is None:
            self.register.track(obj, kind, connection=connection, stream=stream)
            return
        before = self._known.get(id(obj))
        after = before[1] if before is not None and before[0]() is obj else None
        if after is None:
            _watch_calls(obj, (closes, *uses), functools.partial(self._called, id(obj), closes))
        holding = self.register.acquire(
            kind, connection=connection, stream=stream, obj=obj, after=after
        )
        self._known[id(obj)] = ref(obj), holding

    def _called(self, number: int, closes: str, name: str) -> None:
        holding = self._known[number][1]
        if name == closes:
            self.register.release(holding, name)
        else:
            self.register.use(holding, name)


Record = Callable[[str], None]

_WATCHED: Final[dict[int, tuple[ref[Any], Record]]] = {}
"""Who is told of the calls of an object, by its identity; nothing here keeps the object."""


def _watch_calls(obj: object, names: tuple[str, ...], record: Record) -> None:
    """Have each call of these methods recorded first.

    The object becomes one of a subclass of its class, so that methods stay methods: a recorder in
    the object itself would keep it, or lose it during a call.
    """
    cls = type(obj)
    for name in names:
        if not hasattr(cls, name):
            raise TypeError(f"{cls.__name__} has no method {name!r} to be watched")
    number = id(obj)
    watched = ref(obj, lambda _: _WATCHED.pop(number, None))
    try:
        obj.__class__ = _recording(cls, names)
    except TypeError:
        raise TypeError(
            f"calls of {' and '.join(names)} cannot be watched on a {cls.__name__}, for its class "
            "cannot be changed; track it without `closes`, or derive a class of your own"
        ) from None
    _WATCHED[number] = watched, record


_RECORDING: Final[dict[tuple[type, tuple[str, ...]], type]] = {}


def _recording(cls: type, names: tuple[str, ...]) -> type:
    """A subclass that looks like `cls` and tells of its calls; the same one each time."""
    made = _RECORDING.get((cls, names))
    if made is None:
        own: dict[str, Any] = {name: _telling(getattr(cls, name)) for name in names}
        own |= {"__slots__": (), "__module__": cls.__module__}
        made = _RECORDING[cls, names] = type(cls.__name__, (cls,), own)
    return made


def _telling(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def told(self: Any, *args: Any, **kwargs: Any) -> Any:
        watched = _WATCHED.get(id(self))
        if watched is not None:
            watched[1](method.__name__)
        return method(self, *args, **kwargs)

    return told


Place = tuple[Tracker, int, int]
"""Who writes down, and the connection and stream that a tracked object belongs to."""

PLACE: Final[ContextVar[Place | None]] = ContextVar("h2proof_ledger", default=None)


def track(
    obj: T,
    kind: str,
    *,
    closes: str | None = None,
    uses: tuple[str, ...] = (),
    cached_max: int | None = None,
) -> T:
    """Watch `obj` from now on, and give it back.

    It is released when nothing refers to it any more; with `closes="close"` when that method is
    called, which then has to happen exactly once, and none of the methods in `uses` afterwards.
    `cached_max` declares a bounded cache: so many of that kind may outlive everything.
    TypeError for an object that allows no weak references.
    """
    place = PLACE.get()
    if place is None:
        return obj
    tracker, connection, stream = place
    if cached_max is not None:
        tracker.cached_max[kind] = cached_max
    try:
        tracker.track(obj, kind, connection=connection, stream=stream, closes=closes, uses=uses)
    except TypeError as error:
        if "weak reference" not in str(error):
            raise
        raise TypeError(
            f"{type(obj).__name__} objects allow no weak references, so nothing can watch one; "
            "track what holds it, or derive a class from it"
        ) from None
    return obj


@contextmanager
def tracking(obj: T, kind: str, **options: Any) -> Iterator[T]:
    """`track` where a `with` statement reads better: `with tracking(cursor(), "cursor") as c`.

    Nothing is closed at its end; the object has to be gone when all is quiet, as with `track`.
    """
    yield track(obj, kind, **options)


def tracked(kind: str, **options: Any) -> Callable[[C], C]:
    """A decorator for a class or a function: each object that it makes is tracked."""

    def decorate(make: C) -> C:
        if isinstance(make, type):
            _track_instances(make, kind, options)
            return make

        @functools.wraps(make)
        def made(*args: Any, **kwargs: Any) -> Any:
            return track(make(*args, **kwargs), kind, **options)

        return made  # type: ignore[return-value]  # it is called like the function it wraps

    return decorate


def _track_instances(cls: Any, kind: str, options: dict[str, Any]) -> None:
    init = cls.__init__

    @functools.wraps(init)
    def tracked_init(self: Any, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        track(self, kind, **options)

    cls.__init__ = tracked_init


# --- without a world -----------------------------------------------------------------------------


class Watch:
    """A ledger of its own, for code that no world drives; made by `watch`."""

    def __init__(self) -> None:
        self.trace = Trace()
        """What happened to the tracked objects, as events."""
        self.tracker = Tracker(Register(self.trace))

    track = staticmethod(track)
    tracking = staticmethod(tracking)

    def close(self) -> None:
        """Write down that all is quiet and who is still held; Broken if anything is wrong."""
        from h2proof.oracle import ledger, lifetimes
        from h2proof.properties.search.failures import beyond_caches
        from h2proof.properties.told import tell
        from h2proof.sim.world.holders import write_held

        self.trace.note("quiet")
        write_held(self.trace, self.tracker.register)
        found = [*ledger.examine(self.trace).findings, *lifetimes.examine(self.trace)]
        for finding in beyond_caches(found, self.tracker.cached_max, self.trace):
            raise tell(finding, self.trace)


@contextmanager
def watch() -> Iterator[Watch]:
    """Track objects within the block; at its end they have to be gone, or closed exactly once.

    No collector runs meanwhile: what only a cycle holds counts as held.
    """
    watched = Watch()
    token = PLACE.set((watched.tracker, 0, 0))
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield watched
    finally:
        PLACE.reset(token)
        if was_on:
            gc.enable()
    watched.close()
