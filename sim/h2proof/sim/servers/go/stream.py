"""One stream as Go's server sees it: who it belongs to, what waits to be written, how it ended.

There is no reserved state: a promised stream is half-closed (remote) from the start (G13d).
"""

from collections import deque
from typing import TYPE_CHECKING

from h2proof.sim.handlers.protocol import Context
from h2proof.sim.servers.body import RequestBody

if TYPE_CHECKING:
    from h2proof.sim.resources import Holding
    from h2proof.sim.scheduler import Timer
    from h2proof.sim.servers.go.writes import Write


class Stream:
    """A stream from its opening to `closeStream`; handlers may keep it longer."""

    __slots__ = (
        "associated",
        "body",
        "close_reason",
        "context",
        "deadline",
        "deadline_account",
        "id",
        "pushed",
        "queue",
        "writing",
    )

    def __init__(
        self,
        identifier: int,
        context: Context,
        associated: int = 0,
        body: RequestBody | None = None,
    ) -> None:
        self.id = identifier
        self.associated = associated
        """The client's stream it was promised on; 0 if the client opened this one."""
        self.pushed = bool(associated)
        """Whether this server promised it."""
        self.context = context
        self.body = body
        """The request's content; None if it has none."""
        self.queue: deque[Write] = deque()
        self.writing: Write | None = None
        """What is being written: it has left the queue, and has not been answered."""
        self.close_reason = ""
        """Why it is closed, in Go's words; empty while it is not."""
        self.deadline: Timer | None = None
        self.deadline_account: Holding | None = None
