"""The peer's frames that an endpoint may not have had yet, and what they could lift.

What is delivered when is for late delivery to say.
"""

from collections.abc import Iterable

from h2proof.oracle.lifting import keys_of
from h2proof.oracle.ordinary import (
    CODE,
    CODE_BITS,
    CREDITED,
    EFFECTS,
    KEYS,
    PROMISED,
    OrdinaryFrames,
)
from h2proof.oracle.replay.effects import deliver
from h2proof.oracle.replay.sent import RIGHT, WINDOW_UPDATE, Sent
from h2proof.oracle.replay.view import View


class Inbox:
    """A queue in the peer's order. An entry is a frame, or the number of an ordinary one.

    `counts` says how many waiting frames could lift what.
    """

    __slots__ = ("base", "counts", "credits", "entries", "head", "ordinary")

    def __init__(self, ordinary: OrdinaryFrames) -> None:
        self.entries: list[Sent | int] = []
        """From `head` on they wait."""
        self.head = 0
        self.ordinary = ordinary
        self.base = 0
        """How many frames have been delivered."""
        self.counts: dict[int, int] = {}
        self.credits: dict[int, int] = {}
        """Key of CREDITS → octets of credit that wait."""

    def __len__(self) -> int:
        return len(self.entries) - self.head

    @property
    def seen(self) -> int:
        """How many frames the peer has sent so far."""
        return self.base + len(self.entries) - self.head

    def append(self, sent: Sent) -> None:
        """A frame that the peer has sent."""
        self.entries.append(sent)
        counts = self.counts
        for key in keys_of(sent):
            counts[key] = counts.get(key, 0) + 1
            if sent.type == WINDOW_UPDATE:
                self.credits[key] = self.credits.get(key, 0) + sent.value

    def append_ordinary(self, entry: int) -> None:
        """An ordinary frame."""
        self.entries.append(entry)
        counts = self.counts
        keys = KEYS[entry & CODE]
        if keys is None:
            keys = self.ordinary.keys(entry)
            if entry & CODE == CREDITED:
                (key,) = keys
                octets = self.ordinary.number(entry >> CODE_BITS)
                self.credits[key] = self.credits.get(key, 0) + octets
        for key in keys:
            counts[key] = counts.get(key, 0) + 1

    def deliver(self, view: View, number: int) -> None:
        """The waiting frame with this number, counted from the peer's first, arrives."""
        entry = self.entries[self.head + number - self.base]
        if isinstance(entry, int):
            EFFECTS[entry & CODE](self.ordinary, view, entry >> CODE_BITS)
        else:
            deliver(view, entry)

    def keys_at(self, number: int) -> Iterable[int]:
        """What the waiting frame with this number may lift."""
        entry = self.entries[self.head + number - self.base]
        return self.ordinary.keys(entry) if isinstance(entry, int) else keys_of(entry)

    def wrong_at(self, number: int) -> Sent | None:
        """The waiting frame with this number if it is a violation."""
        entry = self.entries[self.head + number - self.base]
        return None if isinstance(entry, int) or entry.wrong == RIGHT else entry

    def advance(self, number: int) -> int:
        """Everything below this number has been delivered; the event of the last of it."""
        counts, ordinary = self.counts, self.ordinary
        end = self.head + number - self.base
        event = -1
        for entry in self.entries[self.head : end]:
            if isinstance(entry, int):
                place = entry >> CODE_BITS
                event = ordinary.event[place]
                keys = KEYS[entry & CODE] or ordinary.keys(entry)
                if entry & CODE == PROMISED:
                    del ordinary.promises[place]
            else:
                event, keys = entry.event, tuple(keys_of(entry))
            for key in keys:
                left = counts[key] - 1
                if not left:
                    del counts[key]
                    self.credits.pop(key, None)
                    continue
                counts[key] = left
                if key in self.credits:
                    self.credits[key] -= self._credit(entry)
        self.head, self.base = end, number
        if self.head > 1024 and self.head * 2 > len(self.entries):
            del self.entries[: self.head]
            self.head = 0
        return event

    def _credit(self, entry: Sent | int) -> int:
        if isinstance(entry, int):
            return self.ordinary.number(entry >> CODE_BITS)
        return entry.value
