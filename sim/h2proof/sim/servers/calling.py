"""What comes out of a handler that does not return: a text, or nothing.

Nothing of an exception may outlive the call, for its traceback would keep the handler's frames, and
with them everything a wrapper is held by. What a server then does with the stream is not known
here.
"""

import asyncio

from h2proof.sim.handlers.protocol import CallError


def panic_of(raised: Exception | asyncio.CancelledError) -> str | None:
    """The text of a panic; None where the handler might as well have returned.

    An error of its own calls that a handler lets pass is a return, as in Go, and so is a group of
    nothing else, which is what a TaskGroup makes of them. Everything else that it raises is a
    panic, its cancellation by the scenario included; a server's own is raised again.
    """
    if isinstance(raised, CallError):
        return None
    if isinstance(raised, ExceptionGroup):
        _, others = raised.split(CallError)
        return None if others is None else str(others)
    if isinstance(raised, asyncio.CancelledError):
        task = asyncio.current_task()
        if task is not None and task.uncancel():
            raise raised
        return "the handler was cancelled"
    return str(raised) or type(raised).__name__
