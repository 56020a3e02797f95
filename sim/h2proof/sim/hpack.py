"""Field blocks ⇄ field lines (RFC 7541), by the hpack library, also from the middle of a connection.

The library is the authority on what a block means: `FieldEncoder` wraps it, `FieldDecoder` reads
on its table, and tests compare the two. A block that does not decode is a value, `Undecodable`. `LateDecoder` starts where the table is unknown: it
knows the static table, literals, and the entries inserted since, for dynamic indices count from
the newest entry. `representations` cuts a block into its instructions without any table.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

import hpack
from hpack.exceptions import HPACKError
from hpack.huffman_table import decode_huffman
from hpack.table import HeaderTable

FieldLine = tuple[bytes, bytes]
"""Name and value. A line that must never be indexed (RFC 7541 §6.2.3) is a `NeverIndexed`."""

Fields = tuple[FieldLine, ...]

NeverIndexed = hpack.NeverIndexedHeaderTuple

TABLE_SIZE_DEFAULT: Final = 4096
LIST_OCTETS_MAX: Final = 1 << 20
"""How far one block may expand before decoding is given up: far above every real field section."""
ENTRY_OVERHEAD: Final = 32
INTEGER_OCTETS_MAX: Final = 5
"""Octets of an integer behind its prefix: as many as 2^32 needs, and as the library reads."""
STATIC: Final = HeaderTable.STATIC_TABLE
STATIC_LENGTH: Final = len(STATIC)


@dataclass(frozen=True, slots=True)
class Undecodable:
    """Why a field block has no meaning: a connection error COMPRESSION_ERROR (RFC 9113 §4.3)."""

    reason: str
    oversized: bool = False
    """True when only our own limit on the expanded section was exceeded."""


def section_size(fields: Iterable[FieldLine]) -> int:
    """The octets of a field section as SETTINGS_MAX_HEADER_LIST_SIZE counts them (§6.5.2)."""
    return sum(len(name) + len(value) + ENTRY_OVERHEAD for name, value in fields)


class FieldEncoder:
    """One direction's compressor: the same sections in the same order give the same octets."""

    __slots__ = ("_encoder",)

    def __init__(self) -> None:
        self._encoder = hpack.Encoder()

    @property
    def table_size_max(self) -> int:
        """The table's limit in octets; setting it puts a size update before the next block."""
        return self._encoder.header_table_size

    @table_size_max.setter
    def table_size_max(self, octets: int) -> None:
        if octets == self._encoder.header_table_size:
            return  # the library would forget an update that is due
        self._encoder.header_table_size = octets
        changes = self._encoder.table_size_changes
        lowest = min(changes)
        # RFC 7541 §4.2: the lowest since the last block, then the present one
        changes[:] = [octets] if lowest == octets else [lowest, octets]

    def encode(self, fields: Iterable[FieldLine]) -> bytes:
        """The field block of a section; `NeverIndexed` lines stay out of the table."""
        return self._encoder.encode(fields)

    def adopt(self, decoder: "FieldDecoder") -> None:
        """Take over the table of `decoder`, which has read what another encoder wrote."""
        self._encoder = hpack.Encoder()
        self._encoder.header_table = decoder.copy_of_table()


class FieldDecoder:
    """One direction's decompressor, from the start of the connection.

    The table and the Huffman code are the library's. The loop is ours, for the library's copies the
    rest of the block at each literal, and a hostile block is long.
    """

    __slots__ = ("_due", "_list_octets_max", "_table", "_table_size_max", "section_octets")

    def __init__(self, *, list_octets_max: int = LIST_OCTETS_MAX) -> None:
        self._table = HeaderTable()
        self._table_size_max = TABLE_SIZE_DEFAULT
        self._list_octets_max = list_octets_max
        self.section_octets = 0
        """The size of the last section, as `section_size` counts it."""
        self._due: int | None = None
        """The next block has to begin with a size update that is not above this."""

    @property
    def table_size_max(self) -> int:
        """The limit that the decoder's owner announced; a size update above it does not decode.

        Setting it below the size in use makes a size update due (RFC 9113 §4.3.1).
        """
        return self._table_size_max

    @table_size_max.setter
    def table_size_max(self, octets: int) -> None:
        self._table_size_max = octets
        if octets < self._table.maxsize:
            self._due = octets if self._due is None else min(self._due, octets)

    @property
    def table_size(self) -> int:
        """The size the peer's encoder uses at present, as its last size update said."""
        return self._table.maxsize

    @property
    def table_octets(self) -> int:
        """The octets in the table now, as RFC 7541 §4.1 counts them."""
        return section_size(self._table.dynamic_entries)

    def copy_of_table(self) -> HeaderTable:
        """A table with the same limit and entries as this decoder's."""
        table = HeaderTable()
        table.maxsize = self._table.maxsize
        for name, value in reversed(self._table.dynamic_entries):
            table.add(name, value)
        table.resized = False
        return table

    def decode(self, block: bytes) -> Fields | Undecodable:
        """The field section of a complete block. After `Undecodable` the table means nothing."""
        lines: list[FieldLine] = []
        left = self._list_octets_max
        try:
            if self._due is not None:
                _check_update(block, self._due)
                self._due = None
            offset, size = 0, len(block)
            while offset < size:
                index = block[offset] - 0x80
                if 0 < index <= STATIC_LENGTH:  # most lines of most blocks
                    line, offset = STATIC[index - 1], offset + 1
                else:
                    item, offset = _representation(block, offset)
                    if item.kind == "size":
                        self._resize(item.index, late=bool(lines))
                        continue
                    line = self._line(item)
                lines.append(line)
                left -= len(line[0]) + len(line[1]) + ENTRY_OVERHEAD
                if left < 0:
                    reason = f"the field section exceeds {self._list_octets_max} octets"
                    return Undecodable(reason, oversized=True)
        except HPACKError as error:
            return Undecodable(str(error) or type(error).__name__)
        self.section_octets = self._list_octets_max - left
        return tuple(lines)

    def _resize(self, octets: int, *, late: bool) -> None:
        if late:
            raise HPACKError("a size update that is not at the start of the block")
        if octets > self._table_size_max:
            raise HPACKError(f"a size update to {octets}, above {self._table_size_max}")
        self._table.maxsize = octets

    def _line(self, item: "Representation") -> FieldLine:
        if item.kind == "indexed":
            return self._table.get_by_index(item.index)
        name, value = item.name, item.value
        if name is None:
            name = self._table.get_by_index(item.index)[0]
        assert value is not None
        if item.kind == "never":
            return NeverIndexed(name, value)
        if item.kind == "incremental":
            self._table.add(name, value)
        return name, value


def _check_update(block: bytes, size_max: int) -> None:
    """HPACKError unless the block begins with a size update within the limit."""
    first = next(representations(block), None)
    if first is None or first.kind != "size" or first.index > size_max:
        raise HPACKError(f"the block does not begin with the size update to {size_max} that is due")


@dataclass(frozen=True, slots=True)
class Representation:
    """One instruction of a field block (RFC 7541 §6); `name` is None where `index` names it."""

    kind: Literal["indexed", "incremental", "without", "never", "size"]
    index: int
    name: bytes | None = None
    value: bytes | None = None


def representations(block: bytes) -> Iterator[Representation]:
    """The instructions of a block in order; HPACKError where the octets are none."""
    offset, size = 0, len(block)
    while offset < size:
        item, offset = _representation(block, offset)
        yield item


def _representation(block: bytes, offset: int) -> tuple[Representation, int]:
    """The instruction at `offset`, and where the next one begins."""
    first = block[offset]
    if first & 0x80:
        index, offset = _integer(block, offset, 0x7F)
        return Representation("indexed", index), offset
    if first & 0xE0 == 0x20:
        index, offset = _integer(block, offset, 0x1F)
        return Representation("size", index), offset
    return _literal(block, offset)


def _literal(block: bytes, offset: int) -> tuple[Representation, int]:
    first = block[offset]
    kind: Literal["incremental", "without", "never"]
    if first & 0x40:
        kind, mask = "incremental", 0x3F
    else:
        kind, mask = ("never" if first & 0x10 else "without"), 0x0F
    index = first & mask
    if index == mask:
        index, offset = _integer(block, offset, mask)
    else:
        offset += 1
    name = None
    if not index:
        name, offset = _string(block, offset)
    value, offset = _string(block, offset)
    return Representation(kind, index, name, value), offset


def _string(block: bytes, offset: int) -> tuple[bytes, int]:
    if offset >= len(block):
        raise HPACKError("a string is missing at the end of the block")
    huffman = block[offset] & 0x80
    length, start = block[offset] & 0x7F, offset + 1
    if length == 0x7F:
        length, start = _integer(block, offset, 0x7F)
    end = start + length
    if end > len(block):
        raise HPACKError(f"a string of {length} octets is cut off after {len(block) - start}")
    text = block[start:end]
    return (decode_huffman(text) if huffman else text), end


def _integer(block: bytes, offset: int, mask: int) -> tuple[int, int]:
    """The integer that begins at `offset` (RFC 7541 §5.1), and where the next thing begins."""
    number = block[offset] & mask
    offset += 1
    if number < mask:
        return number, offset
    for place, octet in enumerate(block[offset : offset + INTEGER_OCTETS_MAX]):
        number += (octet & 0x7F) << 7 * place
        if octet < 0x80:
            return number, offset + place + 1
    raise HPACKError("an integer that does not end, or is too long")


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
