"""Field lines → field blocks: the compressor of one direction (RFC 7541)."""

from collections.abc import Iterable
from typing import Final

from h2proof.sim.hpack.coding import integer_octets, string_octets
from h2proof.sim.hpack.decoder import FieldDecoder
from h2proof.sim.hpack.memory import Memory
from h2proof.sim.hpack.tables import (
    SHARED_BLOCKS_MAX,
    SHARED_LINES_MAX,
    SHARED_MAX,
    SHARED_OCTETS_MAX,
    STATIC,
    FieldLine,
    Fields,
    NeverIndexed,
    SearchedTable,
)

_STATIC_LINES: Final = {
    line: integer_octets(0x80, 0x7F, index) for index, line in enumerate(STATIC, 1)
}
_STATIC_NAMES: Final = {line[0]: index for index, line in reversed([*enumerate(STATIC, 1)])}

_EMPTY: Final = SearchedTable(shared=True)
_Question = tuple[SearchedTable, Fields, tuple[int, ...]]
WRITTEN: Final = Memory[_Question, tuple[bytes, SearchedTable]](SHARED_MAX)


class FieldEncoder:
    """The same sections in the same order give the same octets.

    They are those that the library's encoder writes, of which this one has the choices: each line
    that is not to be hidden is indexed, each string is Huffman coded.
    """

    __slots__ = ("_table", "_updates")

    def __init__(self) -> None:
        self._table = _EMPTY
        self._updates: tuple[int, ...] = ()
        """Size updates that the next block begins with."""

    @property
    def table_size_max(self) -> int:
        """The table's limit in octets; setting it puts a size update before the next block."""
        return self._updates[-1] if self._updates else self._table.size_max

    @table_size_max.setter
    def table_size_max(self, octets: int) -> None:
        if octets == self.table_size_max:
            return
        # RFC 7541 §4.2: the lowest since the last block, then the present one
        lowest = min([octets, *self._updates])
        self._updates = (octets,) if lowest == octets else (lowest, octets)

    def encode(self, fields: Iterable[FieldLine]) -> bytes:
        """The field block of a section; `NeverIndexed` lines stay out of the table."""
        section = tuple(fields)
        question = self._table, section, self._updates
        # a line that is never indexed equals one that may be
        shared = self._table.shared and NeverIndexed not in map(type, section)
        written = WRITTEN.get(question) if shared else None
        block, self._table = written or _write(question)
        self._updates = ()
        return block

    def adopt(self, decoder: FieldDecoder) -> None:
        """Take over the table of `decoder`, which has read what another encoder wrote."""
        self._table = SearchedTable()
        self._table.resize(decoder.table_size)
        for line in reversed(decoder.entries):
            self._table.add(line)
        self._updates = ()


def _write(question: _Question) -> tuple[bytes, SearchedTable]:
    before, section, updates = question
    added = before.added
    table = before.copy() if before.shared else before
    parts = []
    for octets in updates:
        table.resize(octets)
        parts.append(integer_octets(0x20, 0x1F, octets))
    for line in section:
        parts.append(_STATIC_LINES.get(line) or _line_octets(line, table))
    block = b"".join(parts)
    if (
        table.blocks < SHARED_BLOCKS_MAX
        and len(block) <= SHARED_OCTETS_MAX
        and len(section) <= SHARED_LINES_MAX
    ):
        shared = table.behind(before, table.added != added or updates != (), block)
        if shared is not None and NeverIndexed not in map(type, section):
            return WRITTEN.keep(question, (block, shared))
    return block, table


def _line_octets(line: FieldLine, table: SearchedTable) -> bytes:
    index = table.index_of(line)
    if index:
        return integer_octets(0x80, 0x7F, index)
    name, value = line
    index = _STATIC_NAMES.get(name) or table.index_of_name(name)
    if type(line) is NeverIndexed:
        head = integer_octets(0x10, 0x0F, index)
    else:
        head = integer_octets(0x40, 0x3F, index)
        table.add(line)
    return head + (b"" if index else string_octets(name)) + string_octets(value)
