"""Who holds an object: the shortest way from it to something that stays, read from the object graph.

Asked when all is quiet. The answer is a chain of texts, from the nearest holder to a root (a task,
a module, a class, the event loop), the same in every process: no addresses, ties broken by text.
What is held only by itself is said to be a cycle. Whether any of it is a leak is not known here.
"""

import asyncio
import gc
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from types import (
    AsyncGeneratorType,
    BuiltinMethodType,
    CellType,
    CoroutineType,
    FrameType,
    FunctionType,
    GeneratorType,
    MethodType,
    ModuleType,
    TracebackType,
)
from typing import Any, Final

from h2proof.sim.clock import waits_for
from h2proof.sim.resources import NOBODY, Holding, Pooled, Register
from h2proof.sim.trace import ResourceEvent, Trace
from h2proof.sim.world.faults import Faulty

LOOKED_AT_MAX: Final = 20_000
"""Objects visited before the search for a root is given up."""

STEPS_AWAY_MAX: Final = 12
"""How far from what the run has made a holder is looked for; each step is a look at everything."""

Chain = tuple[str, ...]

IN_POOL: Final[Chain] = ("the free list of its pool",)
"""The chain of what waits to be used again, and is held by nothing else."""


class Holders:
    """The object graph at one moment, turned round: for each object who refers to it.

    Only what was made since the last collection is turned round at once; with the collector off
    during a run that is all the run has made. Older holders are looked for when those end nowhere.
    Where the run was `collected`, all that was there before has been frozen; the rest is young.
    """

    def __init__(self, roots: Iterable[object] = (), *, collected: bool = False) -> None:
        self._roots = tuple(roots)
        """What stays because the caller keeps it, besides tasks, modules, classes and loops."""
        self._of: dict[int, list[Any]] = {}
        self._collected = collected
        self._thawed = False
        self._looked: set[int] = set()
        young = self._youngest()
        young += _below(self._roots, {id(each) for each in young})
        for holder in young:
            for held in gc.get_referents(holder):
                self._of.setdefault(id(held), []).append(holder)
        self._young = young

    def _youngest(self) -> list[Any]:
        return gc.get_objects() if self._collected else gc.get_objects(generation=0)

    def forget(self) -> None:
        """Let go of all that was looked at; this itself was among it, a cycle."""
        self._of.clear()
        self._young.clear()
        self._roots = ()
        if self._thawed:
            gc.freeze()

    def chain(self, obj: object) -> Chain:
        """Who holds `obj`, from the nearest holder to a root; empty if nothing does."""
        if id(obj) not in self._looked:
            self.look_further([obj])
        path = self._path(obj)
        if len(path) == 1:
            return ()
        if self._is_root(path[-1]):
            return _told(path)
        return (*_told(path), "nothing else: they hold each other in a cycle")

    def is_tangled(self, obj: object) -> bool:
        """Whether nothing that stays holds `obj`, and a traceback is among those who do."""
        return any(type(end) is TracebackType for end in self._ends(obj))

    def look_further(self, objects: list[Any]) -> None:
        """Find holders from before the run, for those that nothing young holds to a root.

        One look at everything for each step away, for all of them together.
        """
        self._looked.update(id(each) for each in objects)
        frontier = [end for each in objects for end in self._ends(each)]
        known = {id(each) for each in frontier}
        for _ in range(STEPS_AWAY_MAX):
            if not frontier:
                return
            self._thaw()
            further: list[Any] = []
            asked = tuple(frontier)  # as a name, for it refers to what it asks about
            ours = self._ours(objects, frontier, asked, further)
            for holder in gc.get_referrers(*asked):
                if id(holder) not in ours and id(holder) not in known:
                    known.add(id(holder))
                    self._enter(holder, frontier)
                    if not self._is_root(holder):
                        further.append(holder)
            frontier = [] if all(map(self._is_held, objects)) else further

    def _enter(self, holder: object, frontier: list[Any]) -> None:
        held = {id(each) for each in gc.get_referents(holder)}
        for each in frontier:
            if id(each) in held:
                self._of.setdefault(id(each), []).append(holder)

    def _is_held(self, obj: object) -> bool:
        return self._is_root(self._path(obj)[-1])

    def _path(self, obj: object) -> list[Any]:
        """The shortest way from `obj` to a root; to the furthest holder if none is known."""
        paths: dict[int, list[Any]] = {id(obj): [obj]}
        queue = deque([obj])
        while queue and len(paths) < LOOKED_AT_MAX:
            held = queue.popleft()
            path = paths[id(held)]
            for holder in self._sorted(self._of.get(id(held), ()), held):
                if id(holder) in paths:
                    continue
                paths[id(holder)] = [*path, holder]
                if self._is_root(holder):
                    return paths[id(holder)]
                queue.append(holder)
        return max(paths.values(), key=len)

    def _ends(self, obj: object) -> list[Any]:
        """`obj` and all that is known to hold it; nothing if a root is among them."""
        seen = {id(obj)}
        ends = [obj]
        for held in ends:
            for holder in self._of.get(id(held), ()):
                if self._is_root(holder):
                    return []
                if id(holder) not in seen and len(ends) < LOOKED_AT_MAX:
                    seen.add(id(holder))
                    ends.append(holder)
        return ends

    def _thaw(self) -> None:
        if self._collected and not self._thawed:
            gc.unfreeze()  # what is frozen refers to nothing, as far as the collector tells
            self._thawed = True

    def _ours(self, *lists: list[Any] | tuple[Any, ...]) -> set[int]:
        """What is no holder: the young, which are known, and what is used to look."""
        young = self._young if self._collected else self._youngest()
        ours = {id(each) for each in young}
        if self._collected:
            ours.update(id(each) for each in self._of.values())
            ours.update((id(self._of), id(self._young)))
        ours.update(id(each) for each in lists)
        ours.add(id(young))
        return ours

    def _sorted(self, holders: "list[Any] | tuple[()]", held: object) -> list[Any]:
        if len(holders) < 2:
            return list(holders)
        return sorted(holders, key=lambda holder: (not self._is_root(holder), _step(holder, held)))

    def _is_root(self, holder: object) -> bool:
        return _stays(holder) or any(holder is root for root in self._roots)


def _below(roots: Iterable[object], known: set[int]) -> list[Any]:
    """What the roots lead to, and is not known; neither classes nor the world are followed."""
    found: list[Any] = []
    seen: set[int] = set()
    queue = list(roots)
    while queue and len(seen) < LOOKED_AT_MAX:
        holder = queue.pop()
        if id(holder) in seen or not gc.is_tracked(holder) or _stays(holder):
            continue
        if isinstance(holder, Register | Trace):
            continue
        seen.add(id(holder))
        if id(holder) not in known:
            found.append(holder)
        queue += gc.get_referents(holder)
    return found


def write_held(trace: Trace, register: Register, *, at: int = 0) -> None:
    """Write an event for each live resource, with who holds it; `at` is in virtual nanoseconds."""
    survivors = Survivors(register)
    survivors.release_tangled()
    survivors.write(trace, at=at)


class Survivors:
    """What is live when all is quiet, and who holds it; to be written once, by `write`.

    `roots` are what the caller keeps by right. With `collected` the garbage of cycles was collected
    before, and what was there before the run is frozen.
    """

    def __init__(
        self, register: Register, *, roots: Iterable[object] = (), collected: bool = False
    ) -> None:
        self._register = register
        self._holders: Holders | None = None
        self._chains = _known_chains(register.live)
        kept = [each() for each, chain in self._chains if chain is None]
        if kept:
            self._holders = Holders(roots, collected=collected)
            self._holders.look_further(kept)

    def release_tangled(self) -> None:
        """Release what only a cycle through a traceback keeps: a collector's work, nobody's fault.

        An exception holds its traceback, that the frames it came through, and one of those often
        the exception again (asyncio's TaskGroup does so). Other cycles are somebody's own.
        """
        holders = self._holders
        if holders is None:
            return
        asked = [each for each, chain in self._chains if chain is None]
        tangled = [each for each in asked if holders.is_tangled(each())]
        for each in tangled:
            self._register.release(each, by="the collector, from a traceback's cycle")

    def write(self, trace: Trace, *, at: int = 0) -> None:
        """Write an event for each, with the chain of those who hold it.

        A task that still runs holds itself: in place of a chain stands what it waits for. A counted
        resource without an object has no chain.
        """
        for each, known in self._chains:
            if each.live:
                _, _, connection, _, resource, stream, _, size, _ = each.acquired
                chain = self._searched(each()) if known is None else known
                row = (ResourceEvent, at, connection, "held", resource, stream, "", size, chain)
                trace.written.append(row)
        if self._holders is not None:
            self._holders.forget()

    def _searched(self, obj: object) -> Chain:
        assert self._holders is not None
        return self._holders.chain(obj)


def _known_chains(live: Iterable[Holding]) -> list[tuple[Holding, Chain | None]]:
    """What is live, and its chain; None where the object graph has to tell who holds it.

    What waits in its pool, and is referred to by nothing else, needs no search.
    """
    waiting: set[int] = set()
    asked: list[object] = []
    for holding in live:
        if type(holding) is Pooled and holding.pool not in asked:
            asked.append(holding.pool)
            pool = holding.pool()
            if pool is not None:
                waiting |= pool.unshared()
    told: list[tuple[Holding, Chain | None]] = []
    for holding in live:
        obj = holding()
        chain: Chain | None = None
        if obj is None or obj is NOBODY:
            chain = ()
        elif isinstance(obj, asyncio.Task) and not obj.done():
            chain = (f"it waits for {waits_for(obj)}",)
        elif id(obj) in waiting and type(holding) is Pooled:
            chain = IN_POOL
        told.append((holding, chain))
    return told


def _stays(holder: object) -> bool:
    if isinstance(holder, asyncio.Task | ModuleType | type | asyncio.AbstractEventLoop):
        return True
    return isinstance(holder, dict) and _module_of(holder) is not None


def _module_of(names: dict[Any, Any]) -> str | None:
    name = names.get("__name__")
    if not isinstance(name, str) or name not in sys.modules:
        return None
    return name if vars(sys.modules[name]) is names else None


def _told(path: list[Any]) -> Chain:
    """The path in words; an object and its `__dict__`, a closure and its cell, are one holder.

    What a scenario's faults are wrapped in is passed over: nobody wrote that.
    """
    words: list[str] = []
    place = 1
    while place < len(path):
        held, holder = path[place - 1], path[place]
        above = path[place + 1] if place + 1 < len(path) else None
        if isinstance(holder, Faulty):
            place += 1
            continue
        if isinstance(holder, CellType):
            place, text = _closure(path, place)
        elif isinstance(holder, dict) and above is not None and _owns(above, holder):
            text = f"{_key_of(holder, held)} of {_called(above)}"
            place += 1
        else:
            text = _step(holder, held)
        words.append(text)
        place += 1
    return tuple(words)


def _closure(path: list[Any], place: int) -> tuple[int, str]:
    """The function that a cell at `place` belongs to, and where the path goes on."""
    cell = path[place]
    for later in range(place + 1, min(place + 3, len(path))):
        owner = path[later]
        if isinstance(owner, FunctionType):
            cells = owner.__closure__ or ()
            for name, each in zip(owner.__code__.co_freevars, cells, strict=False):
                if each is cell:
                    return later, f"variable {name} of {owner.__qualname__}"
        if isinstance(owner, CoroutineType | GeneratorType | AsyncGeneratorType):
            return later, f"{_local(owner, path[place - 1])} of {owner.__qualname__}"
    return place, "a variable of a closure"


def _owns(owner: object, names: dict[Any, Any]) -> bool:
    return _names_of(owner) is names


def _step(holder: object, held: object) -> str:
    """One holder and how it holds."""
    for kinds, describe in _DESCRIBED:
        if isinstance(holder, kinds):
            return describe(holder, held)
    for name, value in _attributes(holder):
        if value is held:
            return f"{name} of {_called(holder)}"
    return _called(holder)


def _attributes(holder: object) -> Iterator[tuple[str, object]]:
    """What an object has of its own; no `__getattr__` of its class is asked, for that would be use."""
    yield from _names_of(holder).items()
    for kind in type(holder).__mro__:
        slots = vars(kind).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            with suppress(AttributeError):
                yield name, object.__getattribute__(holder, name)


def _names_of(holder: object) -> dict[str, object]:
    try:
        names: dict[str, object] = object.__getattribute__(holder, "__dict__")
    except AttributeError:
        return {}
    return names


def _called(holder: object) -> str:
    if isinstance(holder, ModuleType):
        return f"module {holder.__name__}"
    if isinstance(holder, type):
        return f"class {holder.__qualname__}"
    if isinstance(holder, FunctionType):
        return f"function {holder.__qualname__}"
    if isinstance(holder, asyncio.Task):
        return f"task {holder.get_name()}"
    return f"a {type(holder).__name__}"


def _key_of(names: Mapping[Any, Any], held: object) -> str:
    for key, value in names.items():
        if value is held:
            return str(key) if isinstance(key, str | int) else f"a {type(key).__name__} key"
    return "a key"


def _in_dict(holder: Any, held: object) -> str:
    module = _module_of(holder)
    if module is not None:
        return f"{_key_of(holder, held)} of module {module}"
    return f"entry {_key_of(holder, held)} of a dict"


def _in_list(holder: Any, held: object) -> str:
    """Without its place: what else is in a list may be of other runs in this process."""
    return f"an item of a {type(holder).__name__}"


def _in_row(holder: Any, held: object) -> str:
    for place, entry in enumerate(holder):
        if entry is held:
            return f"item {place} of a {type(holder).__name__}"
    return f"a {type(holder).__name__}"


def _local(suspended: Any, held: object) -> str:
    for prefix in ("cr", "gi", "ag"):
        frame = getattr(suspended, f"{prefix}_frame", None)
        if frame is None:
            continue
        names = frame.f_locals
        found = [str(name) for name, value in names.items() if value is held]
        if isinstance(names, dict):
            # before Python 3.13 this is a copy that would itself hold all locals from now on
            names.clear()
        if found:
            return f"local {found[0]}"
    return "what it awaits, or holds"


def _in_suspended(holder: Any, held: object) -> str:
    return f"{_local(holder, held)} of {holder.__qualname__}"


def _in_method(holder: Any, _: object) -> str:
    return f"method {getattr(holder, '__qualname__', holder.__name__)}"


_DESCRIBED: Final[tuple[tuple[Any, Callable[[Any, object], str]], ...]] = (
    (dict, _in_dict),
    (list | deque, _in_list),
    (tuple, _in_row),
    (CoroutineType | GeneratorType | AsyncGeneratorType, _in_suspended),
    (MethodType | BuiltinMethodType, _in_method),
    (FrameType, lambda holder, _: f"the frame of {holder.f_code.co_qualname}"),
    (TracebackType, lambda holder, _: "a traceback"),
    (BaseException, lambda holder, _: f"an exception {type(holder).__name__}"),
    (asyncio.Task, lambda holder, _: _called(holder)),
    (FunctionType, lambda holder, _: _called(holder)),
)
