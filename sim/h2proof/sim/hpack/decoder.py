"""Field blocks → field lines: the decompressor of one direction (RFC 7541)."""

from collections.abc import Sequence
from typing import Final

from hpack.exceptions import HPACKError

from h2proof.sim.hpack.coding import integer, literal, representations
from h2proof.sim.hpack.memory import Memory
from h2proof.sim.hpack.tables import (
    ENTRY_OVERHEAD,
    LIST_OCTETS_MAX,
    SHARED_BLOCKS_MAX,
    SHARED_MAX,
    SHARED_OCTETS_MAX,
    STATIC,
    STATIC_LENGTH,
    TABLE_SIZE_DEFAULT,
    FieldLine,
    Fields,
    FieldTable,
    NeverIndexed,
    Undecodable,
)

_EMPTY: Final = FieldTable(shared=True)
_Question = tuple[FieldTable, bytes, int, int, int | None]
_Answer = tuple[Fields | Undecodable, int, FieldTable]
READ: Final = Memory[_Question, _Answer](SHARED_MAX)


class FieldDecoder:
    """A decompressor that sees its direction from the start of the connection."""

    __slots__ = ("_due", "_list_octets_max", "_table", "_table_size_max", "section_octets")

    def __init__(
        self,
        *,
        list_octets_max: int = LIST_OCTETS_MAX,
        table_size_max: int = TABLE_SIZE_DEFAULT,
    ) -> None:
        self._table = _EMPTY
        self._table_size_max = table_size_max
        self._list_octets_max = list_octets_max
        self.section_octets = 0
        """The size of the last section, as `section_size` counts it."""
        self._due: int | None = None
        """The next block has to begin with a size update that is not above this."""
        if table_size_max < TABLE_SIZE_DEFAULT:
            self._due = table_size_max

    @property
    def table_size_max(self) -> int:
        """The limit that the decoder's owner announced; a size update above it does not decode.

        Setting it below the size in use makes a size update due (RFC 9113 §4.3.1).
        """
        return self._table_size_max

    @table_size_max.setter
    def table_size_max(self, octets: int) -> None:
        self._table_size_max = octets
        if octets < self._table.size_max:
            self._due = octets if self._due is None else min(self._due, octets)

    @property
    def table_size(self) -> int:
        """The size the peer's encoder uses at present, as its last size update said."""
        return self._table.size_max

    @property
    def table_octets(self) -> int:
        """The octets in the table now, as RFC 7541 §4.1 counts them."""
        return self._table.octets

    @property
    def entries(self) -> Sequence[FieldLine]:
        """The entries of the table, the newest first."""
        return self._table.entries

    def decode(self, block: bytes) -> Fields | Undecodable:
        """The field section of a complete block. After `Undecodable` the table means nothing."""
        question = self._table, block, self._list_octets_max, self._table_size_max, self._due
        answer = READ.get(question) if self._table.shared else None
        fields, self.section_octets, self._table = answer or _read(question)
        self._due = None
        return fields


def _read(question: _Question) -> _Answer:
    before, block, list_octets_max, table_size_max, due = question
    added, size_max, held = before.added, before.size_max, before.octets
    table = before.copy() if before.shared else before
    try:
        lines, octets = _lines(block, table, list_octets_max, table_size_max, due)
    except HPACKError as error:
        return Undecodable(str(error) or type(error).__name__), 0, table
    if octets > list_octets_max:
        reason = f"the field section exceeds {list_octets_max} octets"
        return Undecodable(reason, oversized=True), 0, table
    if table.blocks < SHARED_BLOCKS_MAX and len(block) <= SHARED_OCTETS_MAX:
        changed = table.added != added or table.size_max != size_max or table.octets != held
        shared = table.behind(before, changed, block)
        if shared is not None:
            return READ.keep(question, (tuple(lines), octets, shared))
    return tuple(lines), octets, table


def _lines(
    block: bytes, table: FieldTable, octets_max: int, size_max: int, due: int | None
) -> tuple[list[FieldLine], int]:
    """The lines of a block and their octets, as far as those are within the limit."""
    lines: list[FieldLine] = []
    octets = 0
    if due is not None:
        _check_update(block, due)
    offset, size = 0, len(block)
    while offset < size and octets <= octets_max:
        first = block[offset]
        if 0x80 < first < 0xFF:  # most lines of most blocks
            index = first & 0x7F
            line = STATIC[index - 1] if index <= STATIC_LENGTH else _entry(table, index)
            offset += 1
        elif first & 0x80:
            index, offset = integer(block, offset, 0x7F)
            line = _entry(table, index)
        elif first & 0xE0 == 0x20:
            limit, offset = integer(block, offset, 0x1F)
            _resize(table, limit, size_max, late=bool(lines))
            continue
        else:
            index, name, text, offset = literal(block, offset)
            line = _entry(table, index)[0] if name is None else name, text
            if first & 0x40:
                table.add(line)
            elif first & 0x10:
                line = NeverIndexed(*line)
        lines.append(line)
        octets += len(line[0]) + len(line[1]) + ENTRY_OVERHEAD
    return lines, octets


def _resize(table: FieldTable, octets: int, octets_max: int, *, late: bool) -> None:
    if late:
        raise HPACKError("a size update that is not at the start of the block")
    if octets > octets_max:
        raise HPACKError(f"a size update to {octets}, above {octets_max}")
    table.resize(octets)


def _entry(table: FieldTable, index: int) -> FieldLine:
    if 0 < index <= STATIC_LENGTH:
        return STATIC[index - 1]
    place = index - STATIC_LENGTH - 1
    if 0 <= place < len(table.entries):
        return table.entries[place]
    raise HPACKError(f"Invalid table index {index}")


def _check_update(block: bytes, size_max: int) -> None:
    """HPACKError unless the block begins with a size update within the limit."""
    first = next(representations(block), None)
    if first is None or first.kind != "size" or first.index > size_max:
        raise HPACKError(f"the block does not begin with the size update to {size_max} that is due")
