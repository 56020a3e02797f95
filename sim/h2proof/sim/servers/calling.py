"""Calling a handler as a server does: whatever comes out of it becomes a text or nothing.

Nothing of an exception outlives the call, for its traceback would keep the handler's frames, and
with them everything a wrapper is held by. What a server then does with the stream is not known
here.
"""

import asyncio
from collections.abc import Awaitable, Callable

from h2proof.sim.handlers.protocol import CallError, Request


async def panic_of(
    handler: Callable[..., Awaitable[object]], writer: object, request: Request
) -> str | None:
    """Run a handler; None if it returned, else the text of its panic.

    An error of its own calls that a handler lets pass is a return, as in Go, and so is a group of
    nothing else, which is what a TaskGroup makes of them. Everything else that it raises is a
    panic, its cancellation by the scenario included; a server's own is passed on.
    """
    try:
        await handler(writer, request)
    except CallError:
        return None
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or not task.uncancel():
            return "the handler was cancelled"
        raise
    except ExceptionGroup as group:
        _, others = group.split(CallError)
        return None if others is None else str(others)
    except Exception as error:  # noqa: BLE001  # whatever a handler raises is its panic
        return str(error) or type(error).__name__
    return None
