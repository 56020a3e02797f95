"""What pure functions said of small things, for the same connections are played again and again."""

from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Memory(dict[K, V]):
    """Forgets everything once it is full."""

    def __init__(self, entries_max: int) -> None:
        super().__init__()
        self._entries_max = entries_max

    def keep(self, key: K, found: V) -> V:
        """Remember what was found, and give it."""
        if len(self) >= self._entries_max:
            self.clear()
        self[key] = found
        return found
