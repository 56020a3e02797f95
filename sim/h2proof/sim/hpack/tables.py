"""Field lines and the tables of one direction (RFC 7541 §2.3, §4)."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self, final

import hpack
from hpack.table import HeaderTable

FieldLine = tuple[bytes, bytes]
"""Name and value. A line that must never be indexed (RFC 7541 §6.2.3) is a `NeverIndexed`."""

Fields = tuple[FieldLine, ...]

NeverIndexed = hpack.NeverIndexedHeaderTuple

TABLE_SIZE_DEFAULT: Final = 4096
LIST_OCTETS_MAX: Final = 1 << 20
"""How far one block may expand before decoding is given up: far above every real field section."""
ENTRY_OVERHEAD: Final = 32
STATIC: Final = HeaderTable.STATIC_TABLE
STATIC_LENGTH: Final = len(STATIC)

SHARED_BLOCKS_MAX: Final = 32
"""So many blocks of a connection are remembered: its beginning is what it shares with others."""
SHARED_OCTETS_MAX: Final = 1024
"""Blocks are remembered up to this size."""
SHARED_LINES_MAX: Final = 64
SHARED_MAX: Final = 1024
"""So many blocks are remembered in each direction."""

TOLD_MAX: Final = 4096
_TOLD: Final[set[int]] = set()
"""Beginnings of connections that were there once; what comes again is worth remembering."""


@final
@dataclass(frozen=True, slots=True)
class Undecodable:
    """Why a field block has no meaning: a connection error COMPRESSION_ERROR (RFC 9113 §4.3)."""

    reason: str
    oversized: bool = False
    """True when only our own limit on the expanded section was exceeded."""


def section_size(fields: Iterable[FieldLine]) -> int:
    """The octets of a field section as SETTINGS_MAX_HEADER_LIST_SIZE counts them (§6.5.2)."""
    octets = 0
    for name, text in fields:
        octets += len(name) + len(text) + ENTRY_OVERHEAD
    return octets


class FieldTable:
    """The entries that the blocks of one direction have added.

    A `shared` table is that of every connection which began with the same blocks, and is never
    changed: `copy` gives one that may be.
    """

    __slots__ = ("_history", "added", "blocks", "entries", "octets", "shared", "size_max")

    def __init__(self, *, shared: bool = False) -> None:
        self.size_max = TABLE_SIZE_DEFAULT
        """The limit in octets."""
        self.entries: deque[FieldLine] = deque()
        """The newest first, as indices count."""
        self.octets = 0
        """Their size, as RFC 7541 §4.1 counts it."""
        self.shared = shared
        self.added = 0
        """How many entries there ever were; the newest one has this number."""
        self._history = hash(type(self))
        """Stands for the blocks that have made it what it is."""
        self.blocks = 0
        """How many they were."""

    def resize(self, octets: int) -> None:
        """Another limit; the oldest entries go where it is exceeded."""
        self.size_max = octets
        self._evict()

    def behind(self, before: Self, changed: bool, block: bytes) -> Self | None:
        """The table to be remembered behind `before`, of which the block has made this one.

        None where the same was not told before.
        """
        history = hash((self._history, block))
        if changed or not before.shared:
            self.blocks += 1
        if changed:
            self._history = history
        if not before.shared or history not in _TOLD:
            if len(_TOLD) >= TOLD_MAX:
                _TOLD.clear()
            _TOLD.add(history)
            return None
        if not changed:
            return before
        self.shared = True
        return self

    def copy(self) -> Self:
        """Another table with the same entries, that may be changed."""
        kind = type(self)
        table = kind.__new__(kind)
        table.size_max = self.size_max
        table.entries = self.entries.copy()
        table.octets = self.octets
        table.shared = False
        table.added = self.added
        table._history = self._history
        table.blocks = self.blocks
        return table

    def add(self, line: FieldLine) -> None:
        """Put a line in front; one that is larger than the table only empties it (§4.4)."""
        self.added += 1
        self.entries.appendleft(line)
        self.octets += len(line[0]) + len(line[1]) + ENTRY_OVERHEAD
        if self.octets > self.size_max:
            self._evict()

    def _evict(self) -> None:
        while self.octets > self.size_max:
            name, value = self._oldest()
            self.octets -= len(name) + len(value) + ENTRY_OVERHEAD

    def _oldest(self) -> FieldLine:
        return self.entries.pop()


class SearchedTable(FieldTable):
    """A table that also finds the index of a line, or of a name, without a walk over the entries."""

    __slots__ = ("_lines", "_names")

    def __init__(self, *, shared: bool = False) -> None:
        super().__init__(shared=shared)
        self._lines: dict[FieldLine, int] = {}
        self._names: dict[bytes, int] = {}

    def add(self, line: FieldLine) -> None:
        """Put a line in front."""
        self._lines[line] = self._names[line[0]] = self.added + 1
        super().add(line)

    def index_of(self, line: FieldLine) -> int:
        """The index of the newest such entry; 0 if there is none."""
        number = self._lines.get(line)
        return 0 if number is None else STATIC_LENGTH + 1 + self.added - number

    def index_of_name(self, name: bytes) -> int:
        """The index of the newest entry with this name; 0 if there is none."""
        number = self._names.get(name)
        return 0 if number is None else STATIC_LENGTH + 1 + self.added - number

    def copy(self) -> Self:
        """Another table with the same entries, that may be changed."""
        table = super().copy()
        table._lines = self._lines.copy()
        table._names = self._names.copy()
        return table

    def _oldest(self) -> FieldLine:
        number = self.added - len(self.entries) + 1
        line = super()._oldest()
        if self._lines[line] == number:
            del self._lines[line]
        if self._names[line[0]] == number:
            del self._names[line[0]]
        return line
