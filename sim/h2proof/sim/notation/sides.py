"""What parser and printer both remember of a connection while they go through its lines."""

from h2proof.sim.notation.blocks import Blocks
from h2proof.sim.trace import Sender


class Side:
    """One direction: its field blocks, and which of its frames still travel."""

    def __init__(self) -> None:
        self.blocks = Blocks()
        self._framed: list[int] = []
        self._arrived = 0

    def framed(self, event: int) -> None:
        """A frame was sent at event `event`."""
        self._framed.append(event)

    @property
    def next_delivery(self) -> int | None:
        """The event of the oldest frame that has not arrived."""
        return self._framed[self._arrived] if self._arrived < len(self._framed) else None

    def deliver(self) -> None:
        """The oldest frame arrives."""
        self._arrived += 1


class Sides:
    """All directions of a trace."""

    def __init__(self) -> None:
        self._sides: dict[tuple[int, Sender], Side] = {}

    def __call__(self, connection: int, sender: Sender) -> Side:
        """The direction of a connection."""
        side = self._sides.get((connection, sender))
        if side is None:
            side = self._sides[connection, sender] = Side()
        return side
