"""Field blocks ⇄ field lines (RFC 7541), also from the middle of a connection.

The hpack library is the authority on what a block means, and gives the static table and the Huffman
code. The tables and loops are ours, since the library's search every entry for each line and copy
the rest of a block at each literal; tests compare the two in both directions.

A block that does not decode is a value, `Undecodable`. `LateDecoder` starts where the table is
unknown: it knows the static table, literals, and the entries inserted since, for dynamic indices
count from the newest entry. `representations` cuts a block into its instructions without any table.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

import hpack
from hpack.exceptions import HPACKError
from hpack.huffman import HuffmanEncoder
from hpack.huffman_constants import REQUEST_CODES, REQUEST_CODES_LENGTH
from hpack.huffman_table import decode_huffman
from hpack.table import HeaderTable

from h2proof.sim.values import value

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

SHORT_OCTETS: Final = 128
SHORT_STRINGS: Final = 1024
"""So many short strings are remembered with their Huffman code, for they come again and again."""

_OCTETS: Final = tuple(bytes((number,)) for number in range(256))
_STATIC_LINES: Final = {line: _OCTETS[0x80 | index] for index, line in enumerate(STATIC, 1)}
_STATIC_NAMES: Final = {line[0]: index for index, line in reversed([*enumerate(STATIC, 1)])}
_HUFFMAN: Final = HuffmanEncoder(REQUEST_CODES, REQUEST_CODES_LENGTH)


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
    """The entries that the blocks of one direction have added (RFC 7541 §2.3.2, §4)."""

    __slots__ = ("_size_max", "entries", "octets")

    def __init__(self) -> None:
        self._size_max = TABLE_SIZE_DEFAULT
        self.entries: deque[FieldLine] = deque()
        """The newest first, as indices count."""
        self.octets = 0
        """Their size, as RFC 7541 §4.1 counts it."""

    @property
    def size_max(self) -> int:
        """The limit in octets; the oldest entries go where it is exceeded."""
        return self._size_max

    @size_max.setter
    def size_max(self, octets: int) -> None:
        self._size_max = octets
        self._evict()

    def add(self, line: FieldLine) -> None:
        """Put a line in front; one that is larger than the table only empties it (§4.4)."""
        self.entries.appendleft(line)
        self.octets += len(line[0]) + len(line[1]) + ENTRY_OVERHEAD
        if self.octets > self._size_max:
            self._evict()

    def _evict(self) -> None:
        while self.octets > self._size_max:
            name, value = self._oldest()
            self.octets -= len(name) + len(value) + ENTRY_OVERHEAD

    def _oldest(self) -> FieldLine:
        return self.entries.pop()


class SearchedTable(FieldTable):
    """A table that also finds the index of a line, or of a name, without a walk over the entries."""

    __slots__ = ("_added", "_lines", "_names")

    def __init__(self) -> None:
        super().__init__()
        self._added = 0
        """How many entries there ever were; the newest one has this number."""
        self._lines: dict[FieldLine, int] = {}
        self._names: dict[bytes, int] = {}

    def add(self, line: FieldLine) -> None:
        """Put a line in front."""
        self._added += 1
        self._lines[line] = self._names[line[0]] = self._added
        super().add(line)

    def index_of(self, line: FieldLine) -> int:
        """The index of the newest such entry; 0 if there is none."""
        number = self._lines.get(line)
        return 0 if number is None else STATIC_LENGTH + 1 + self._added - number

    def index_of_name(self, name: bytes) -> int:
        """The index of the newest entry with this name; 0 if there is none."""
        number = self._names.get(name)
        return 0 if number is None else STATIC_LENGTH + 1 + self._added - number

    def _oldest(self) -> FieldLine:
        number = self._added - len(self.entries) + 1
        line = super()._oldest()
        if self._lines[line] == number:
            del self._lines[line]
        if self._names[line[0]] == number:
            del self._names[line[0]]
        return line


class FieldEncoder:
    """One direction's compressor: the same sections in the same order give the same octets.

    They are those that the library's encoder writes, of which this one has the choices: each line
    that is not to be hidden is indexed, each string is Huffman coded.
    """

    __slots__ = ("_table", "_updates")

    def __init__(self) -> None:
        self._table = SearchedTable()
        self._updates: list[int] = []
        """Size updates that the next block begins with."""

    @property
    def table_size_max(self) -> int:
        """The table's limit in octets; setting it puts a size update before the next block."""
        return self._table.size_max

    @table_size_max.setter
    def table_size_max(self, octets: int) -> None:
        if octets == self._table.size_max:
            return
        self._table.size_max = octets
        # RFC 7541 §4.2: the lowest since the last block, then the present one
        lowest = min([octets, *self._updates])
        self._updates = [octets] if lowest == octets else [lowest, octets]

    def encode(self, fields: Iterable[FieldLine]) -> bytes:
        """The field block of a section; `NeverIndexed` lines stay out of the table."""
        parts = []
        if self._updates:
            parts = [_integer_octets(0x20, 0x1F, octets) for octets in self._updates]
            self._updates = []
        for line in fields:
            parts.append(_STATIC_LINES.get(line) or self._line(line))
        return b"".join(parts)

    def adopt(self, decoder: "FieldDecoder") -> None:
        """Take over the table of `decoder`, which has read what another encoder wrote."""
        self._table = SearchedTable()
        self._table.size_max = decoder.table_size
        for line in reversed(decoder.entries):
            self._table.add(line)
        self._updates = []

    def _line(self, line: FieldLine) -> bytes:
        index = self._table.index_of(line)
        if index:
            return _integer_octets(0x80, 0x7F, index)
        name, value = line
        index = _STATIC_NAMES.get(name) or self._table.index_of_name(name)
        if type(line) is NeverIndexed:
            head = _integer_octets(0x10, 0x0F, index)
        else:
            head = _integer_octets(0x40, 0x3F, index)
            self._table.add(line)
        return head + (b"" if index else _string_octets(name)) + _string_octets(value)


def _integer_octets(first: int, mask: int, number: int) -> bytes:
    """An integer behind the prefix that `mask` leaves of the octet `first` (RFC 7541 §5.1)."""
    if number < mask:
        return _OCTETS[first | number]
    octets = bytearray((first | mask,))
    number -= mask
    while number >= 0x80:
        octets.append(number & 0x7F | 0x80)
        number >>= 7
    octets.append(number)
    return bytes(octets)


def _string_octets(text: bytes) -> bytes:
    """A string in Huffman code, behind its length (RFC 7541 §5.2)."""
    return _short_octets(text) if len(text) <= SHORT_OCTETS else _long_octets(text)


def _long_octets(text: bytes) -> bytes:
    coded = _HUFFMAN.encode(text)
    return _integer_octets(0x80, 0x7F, len(coded)) + coded


_short_octets: Final = lru_cache(SHORT_STRINGS)(_long_octets)


class FieldDecoder:
    """One direction's decompressor, from the start of the connection."""

    __slots__ = ("_due", "_list_octets_max", "_table", "_table_size_max", "section_octets")

    def __init__(self, *, list_octets_max: int = LIST_OCTETS_MAX) -> None:
        self._table = FieldTable()
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
        lines: list[FieldLine] = []
        left = self._list_octets_max
        try:
            if self._due is not None:
                _check_update(block, self._due)
                self._due = None
            offset, size = 0, len(block)
            while offset < size:
                index = block[offset] - 0x80
                if 0 < index < 0x7F:  # most lines of most blocks
                    line, offset = self._entry(index), offset + 1
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
        self._table.size_max = octets

    def _line(self, item: "Representation") -> FieldLine:
        if item.kind == "indexed":
            return self._entry(item.index)
        name, text = item.name, item.value
        if name is None:
            name = self._entry(item.index)[0]
        assert text is not None
        if item.kind == "never":
            return NeverIndexed(name, text)
        line = name, text
        if item.kind == "incremental":
            self._table.add(line)
        return line

    def _entry(self, index: int) -> FieldLine:
        if 0 < index <= STATIC_LENGTH:
            return STATIC[index - 1]
        place = index - STATIC_LENGTH - 1
        if 0 <= place < len(self._table.entries):
            return self._table.entries[place]
        raise HPACKError(f"Invalid table index {index}")


def _check_update(block: bytes, size_max: int) -> None:
    """HPACKError unless the block begins with a size update within the limit."""
    first = next(representations(block), None)
    if first is None or first.kind != "size" or first.index > size_max:
        raise HPACKError(f"the block does not begin with the size update to {size_max} that is due")


@value(frozen=True, slots=True)
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
    if huffman:
        text = (_short_text if length <= SHORT_OCTETS else decode_huffman)(text)
    return text, end


_short_text: Final = lru_cache(SHORT_STRINGS)(decode_huffman)


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
