"""What a user hands over, made ready for the world; refused with one sentence where it cannot be.

A handler is a row of HANDLERS, a `HandlerModel`, `package.module:callable`, or an async function of
(w, r). Its objects join the ledger: `ledger.track` in it knows to which request they belong.
"""

import inspect
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from types import FrameType
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from h2proof.properties.adapters.asgi import asgi_handler
from h2proof.properties.broken import Misused
from h2proof.properties.ledger import PLACE, Tracker
from h2proof.sim.handlers import HandlerModel
from h2proof.sim.handlers.protocol import Handler, Request, ResponseWriter
from h2proof.sim.scenario import Scenario
from h2proof.sim.world import Run, World
from h2proof.sim.world.named import handler_named

if TYPE_CHECKING:
    from h2proof.sim.side import Stage

CLOCKS: Final = frozenset(
    {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "sleep"}
)
"""What module `time` has of the real clock. Calls of these by a user's own code are refused."""


def model_of(target: object) -> HandlerModel:
    """A handler model of what a user names as a handler; Misused if it cannot be one."""
    if isinstance(target, str):
        try:
            target = handler_named(target)
        except ValueError as error:
            raise Misused(str(error)) from None
    if isinstance(target, HandlerModel):
        return target
    if not callable(target):
        raise Misused(f"a handler is an async function of (w, r), not {target!r}")
    name = getattr(target, "__qualname__", type(target).__qualname__)
    if not _is_async(target):
        raise Misused(f"{name} is not async; a handler is an `async def` of (w, r)")
    _check_parameters(target, name)
    handler: Handler = target
    return HandlerModel(
        name,
        (inspect.getdoc(target) or "").partition("\n")[0],
        "run",
        place_of(target),
        lambda _: handler,
    )


def _is_async(target: Any) -> bool:
    return inspect.iscoroutinefunction(target) or inspect.iscoroutinefunction(
        getattr(target, "__call__", None)  # noqa: B004  # its kind is asked, not whether it exists
    )


def _check_parameters(target: Callable[..., Any], name: str) -> None:
    if not takes(target, 2):
        raise Misused(
            f"{name} cannot be called with (w, r), a response writer and a request; "
            "a middleware needs its `next` bound first, as in h2proof.sim.handlers.chain"
        )


def place_of(target: object) -> str:
    """`package.module:name` of a target, for a command line."""
    name = getattr(target, "__qualname__", None) or type(target).__qualname__
    return f"{getattr(target, '__module__', None) or '?'}:{name}"


class Watching:
    """A model whose handlers' objects join the ledger of the run; `tracker` is the last run's."""

    def __init__(self, model: HandlerModel) -> None:
        self.tracker: Tracker | None = None
        self.model = replace(model, build=self._build)
        self._inner = model

    def _build(self, stage: "Stage") -> Handler:
        tracker = self.tracker = Tracker(stage.register)
        handler = self._inner.build(stage)

        def handle(w: ResponseWriter, r: Request) -> Awaitable[None]:
            # the server runs each handler in a task, whose context this is
            PLACE.set((tracker, r.connection, r.stream))
            return handler(w, r)

        return handle

    @property
    def cached_max(self) -> Mapping[str, int]:
        """The bounded caches that the last run's handlers declared."""
        return self.tracker.cached_max if self.tracker is not None else {}


def play(target: object, scenario: Scenario | None = None) -> Run:
    """One run of a handler or an ASGI application; by default one polite client asks once."""
    model = asgi_handler(target) if takes(target, 3) and not takes(target, 2) else model_of(target)
    return World(scenario or Scenario(), Watching(model).model).play()


def takes(target: object, arguments: int) -> TypeGuard[Callable[..., Any]]:
    """Whether something can be called with so many arguments."""
    if not callable(target):
        return False
    try:
        inspect.signature(target).bind(*range(arguments))
    except (TypeError, ValueError):
        return False
    return True


# --- the real clock ------------------------------------------------------------------------------


def refuse_real_clock(target: object, play_once: Callable[[], object]) -> None:
    """Misused if code of the target's own package reads the real clock while it plays once.

    What frameworks and the standard library do with it is their own affair.
    """
    module = getattr(target, "__module__", None) or ""
    package = module.partition(".")[0]
    if not package or package == __name__.partition(".")[0] or sys.getprofile() is not None:
        play_once()  # nobody's own code, or somebody else is watching already
        return
    seen: list[str] = []

    def watch(frame: FrameType, event: str, function: Any) -> None:
        if event == "c_call" and not seen and _reads_clock(function):
            caller = frame.f_globals.get("__name__", "")
            if caller.partition(".")[0] == package:
                seen.append(f"{_call(function)} in line {frame.f_lineno} of {caller}")

    sys.setprofile(watch)
    try:
        play_once()
    finally:
        sys.setprofile(None)
    if seen:
        raise Misused(
            f"the handler reads the real clock, {seen[0]}, but a run is in virtual time; "
            "ask asyncio.get_running_loop().time(), and wait with asyncio.sleep"
        )


def _reads_clock(function: Any) -> bool:
    name = getattr(function, "__name__", "")
    if getattr(function, "__module__", None) == "time":
        return name in CLOCKS
    owner = getattr(function, "__self__", None)
    return (
        name in ("now", "utcnow", "today")
        and isinstance(owner, type)
        and issubclass(owner, date | datetime)
    )


def _call(function: Any) -> str:
    owner = getattr(function, "__self__", None)
    where = owner.__name__ if isinstance(owner, type) else "time"
    return f"{where}.{function.__name__}()"
