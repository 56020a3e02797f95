"""The n-th call fails: a response writer, and a request body, on which some calls go wrong.

Wrapped around what the server gives to the handler, and only in a scenario that has faults. Calls
are counted over the whole run, whoever makes them. What the handler makes of it is its own affair.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, cast

from h2proof.sim.clock import VirtualLoop
from h2proof.sim.handlers.protocol import (
    Body,
    Handler,
    PushError,
    ReadError,
    Request,
    ResponseWriter,
    WriteError,
)
from h2proof.sim.scenario import CallFault, Effect, FaultyCall
from h2proof.sim.scheduler import Waiter


class CallFaults:
    """The faults of a scenario, and how many calls of each kind there were so far."""

    def __init__(self, faults: tuple[CallFault, ...], loop: VirtualLoop) -> None:
        self._faults = faults
        self._effects: dict[tuple[FaultyCall, int], Effect] = {
            (fault.call, fault.nth): fault.effect for fault in faults
        }
        self._met: set[tuple[FaultyCall, int]] = set()
        self._calls: dict[FaultyCall, int] = {}
        self._loop = loop
        self._stopped = False
        self._blocked: list[Waiter] = []

    @property
    def met(self) -> tuple[CallFault, ...]:
        """The faults that hit a call."""
        return tuple(each for each in self._faults if (each.call, each.nth) in self._met)

    def stop(self) -> None:
        """From now on every call works, and those that were blocked go on."""
        self._stopped = True
        for waiter in self._blocked:
            if not waiter.done():
                waiter.set_result(None)

    async def meet(self, call: FaultyCall) -> None:
        """Count the call, and let it go wrong if it is its turn."""
        nth = self._calls[call] = self._calls.get(call, 0) + 1
        effect = self._effects.get((call, nth))
        if effect is None or self._stopped:
            return
        self._met.add((call, nth))
        what = f"{call} {nth}"
        if effect == "raise":
            raise ERRORS[call](f"{what} was made to fail by the scenario")
        if effect == "block":
            waiter = self._loop.waiter(f"{what}, blocked by the scenario")
            self._blocked.append(waiter)
            await waiter
            return
        task = asyncio.current_task(self._loop)
        assert task is not None
        task.cancel(f"{what} was cancelled by the scenario")
        await asyncio.sleep(0)


class Faulty:
    """Something with awaitable calls, of which some go wrong; everything else is the thing's own."""

    __slots__ = ("__weakref__", "_calls", "_faults", "_thing")

    def __init__(self, thing: object, faults: CallFaults, calls: Mapping[str, FaultyCall]) -> None:
        object.__setattr__(self, "_thing", thing)
        object.__setattr__(self, "_faults", faults)
        object.__setattr__(self, "_calls", calls)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._thing, name)
        call = self._calls.get(name)
        return value if call is None else _failing(value, self._faults, call)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._thing, name, value)


def _failing(
    inner: Callable[..., Awaitable[object]], faults: CallFaults, call: FaultyCall
) -> Callable[..., Awaitable[object]]:
    async def called(*args: object, **kwargs: object) -> object:
        await faults.meet(call)
        return await inner(*args, **kwargs)

    return called


def faulty(handler: Handler, faults: CallFaults) -> Handler:
    """The handler, given a writer and a request body on which calls go wrong."""

    async def given_faulty(w: ResponseWriter, r: Request) -> None:
        r.body = cast("Body", Faulty(r.body, faults, READER_CALLS))
        await handler(cast("ResponseWriter", Faulty(w, faults, WRITER_CALLS)), r)

    return given_faulty


WRITER_CALLS: Final[Mapping[str, FaultyCall]] = {
    "push": "push",
    "write": "write",
    "write_header": "write_header",
    "flush": "flush",
}
READER_CALLS: Final[Mapping[str, FaultyCall]] = {"read": "read"}
ERRORS: Final[Mapping[FaultyCall, Callable[[str], Exception]]] = {
    "push": PushError,
    "write": WriteError,
    "write_header": WriteError,
    "flush": WriteError,
    "read": ReadError,
}
"""What a call raises that is made to fail."""
