"""A decompressor that starts where the table is unknown (RFC 7541).

It knows the static table, literals, and the entries inserted since, for dynamic indices count from
the newest entry.
"""

from collections import deque

from hpack.exceptions import HPACKError

from h2proof.sim.hpack.coding import Representation, representations
from h2proof.sim.hpack.tables import (
    ENTRY_OVERHEAD,
    LIST_OCTETS_MAX,
    STATIC,
    STATIC_LENGTH,
    Undecodable,
)

PartialLine = tuple[bytes | None, bytes | None]
"""A line of which the name or the value may lie in the lost part of the table."""


class LateDecoder:
    """A decompressor that joined late: what it cannot know is None, never a guess."""

    __slots__ = ("_newest_first", "_size", "_size_max")

    def __init__(self) -> None:
        self._newest_first: deque[PartialLine] = deque()
        self._size = 0
        self._size_max: int | None = None

    def decode(self, block: bytes) -> tuple[PartialLine, ...] | Undecodable:
        """The section as far as it can be known; `Undecodable` only for octets that make none."""
        lines: list[PartialLine] = []
        octets = 0
        try:
            for item in representations(block):
                if item.kind == "size":
                    self._resize(item.index)
                    continue
                line = self._line(item)
                lines.append(line)
                octets += ENTRY_OVERHEAD + len(line[0] or b"") + len(line[1] or b"")
                if octets > LIST_OCTETS_MAX:
                    return Undecodable(f"the section exceeds {LIST_OCTETS_MAX} octets", True)
        except HPACKError as error:
            return Undecodable(str(error) or type(error).__name__)
        return tuple(lines)

    def _line(self, item: Representation) -> PartialLine:
        if item.kind == "indexed":
            return self._entry(item.index)
        name = item.name if item.index == 0 else self._entry(item.index)[0]
        if item.kind == "incremental":
            self._insert((name, item.value))
        return name, item.value

    def _entry(self, index: int) -> PartialLine:
        if index == 0:
            raise HPACKError("index 0 names no entry")
        if index <= STATIC_LENGTH:
            name, value = STATIC[index - 1]
            return name, value
        place = index - STATIC_LENGTH - 1
        return self._newest_first[place] if place < len(self._newest_first) else (None, None)

    def _insert(self, line: PartialLine) -> None:
        # The least an entry can weigh: eviction of what is known then never comes too early, and
        # an index that the encoder uses names an entry that the encoder still has.
        self._newest_first.appendleft(line)
        self._size += _weight(line)
        self._evict()

    def _resize(self, octets: int) -> None:
        self._size_max = octets
        self._evict()

    def _evict(self) -> None:
        limit = LIST_OCTETS_MAX if self._size_max is None else self._size_max
        while self._size > limit:
            self._size -= _weight(self._newest_first.pop())


def _weight(line: PartialLine) -> int:
    return ENTRY_OVERHEAD + len(line[0] or b"") + len(line[1] or b"")
