"""Go's ResponseController: calls that reach the server's writer through all wrappers.

A wrapper shows what it wraps by `unwrap`. The first writer that has the call gets it; wrappers
above it see nothing of that (push-handlers.md C17, C18's table).
"""

from typing import Any

from h2proof.sim.handlers.protocol import WriteError


async def flush(w: object) -> None:
    """Send what is buffered; WriteError where no writer can."""
    await _find(w, "flush")()


def set_write_deadline(w: object, at_ns: int) -> None:
    """Reset the stream at this virtual time, whatever it does then (G30, G31)."""
    _find(w, "set_write_deadline")(at_ns)


def hijack(w: object) -> None:
    """Take the connection over: never possible on HTTP/2."""
    _find(w, "hijack")()


def _find(w: Any, call: str) -> Any:
    while not hasattr(w, call):
        if not hasattr(w, "unwrap"):
            raise WriteError("feature not supported")
        w = w.unwrap()
    return getattr(w, call)
