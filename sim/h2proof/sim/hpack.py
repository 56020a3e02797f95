"""Field blocks ⇄ field lines (RFC 7541), by the hpack library, also from the middle of a connection.

`FieldEncoder` and `FieldDecoder` wrap the library, the authority on what a block means; a block
that does not decode is a value, `Undecodable`. `LateDecoder` starts where the table is unknown: it
knows the static table, literals, and the entries inserted since, for dynamic indices count from
the newest entry. `representations` cuts a block into its instructions without any table.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

import hpack
from hpack.exceptions import HPACKError, OversizedHeaderListError
from hpack.hpack import decode_integer
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
_ADDRESS: Final = re.compile(r":? <memory at 0x[0-9a-f]+>")
STATIC_LENGTH: Final = len(HeaderTable.STATIC_TABLE)


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
    """One direction's decompressor, from the start of the connection."""

    __slots__ = ("_decoder", "_due")

    def __init__(self, *, list_octets_max: int = LIST_OCTETS_MAX) -> None:
        self._decoder = hpack.Decoder(max_header_list_size=list_octets_max)
        self._due: int | None = None
        """The next block has to begin with a size update that is not above this."""

    @property
    def table_size_max(self) -> int:
        """The limit that the decoder's owner announced; a size update above it does not decode.

        Setting it below the size in use makes a size update due (RFC 9113 §4.3.1).
        """
        return self._decoder.max_allowed_table_size

    @table_size_max.setter
    def table_size_max(self, octets: int) -> None:
        self._decoder.max_allowed_table_size = octets
        if octets < self._decoder.header_table_size:
            self._due = octets if self._due is None else min(self._due, octets)

    @property
    def table_size(self) -> int:
        """The size the peer's encoder uses at present, as its last size update said."""
        return self._decoder.header_table_size

    @property
    def table_octets(self) -> int:
        """The octets in the table now, as RFC 7541 §4.1 counts them."""
        return sum(
            len(name) + len(value) + ENTRY_OVERHEAD
            for name, value in self._decoder.header_table.dynamic_entries
        )

    def copy_of_table(self) -> HeaderTable:
        """A table with the same limit and entries as this decoder's."""
        table = HeaderTable()
        table.maxsize = self._decoder.header_table_size
        for name, value in reversed(self._decoder.header_table.dynamic_entries):
            table.add(name, value)
        table.resized = False
        return table

    def decode(self, block: bytes) -> Fields | Undecodable:
        """The field section of a complete block. After `Undecodable` the table means nothing."""
        try:
            if self._due is not None:
                _check_update(block, self._due)
                self._due = None
            return tuple(self._decoder.decode(block, raw=True))
        except OversizedHeaderListError as error:
            return Undecodable(_said(error), oversized=True)
        except HPACKError as error:
            return Undecodable(_said(error))


def _said(error: HPACKError) -> str:
    """The library's sentence, without the address of the octets that it may name."""
    return _ADDRESS.sub("", str(error)) or type(error).__name__


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
        first = block[offset]
        if first & 0x80:
            index, used = decode_integer(block[offset:], 7)
            yield Representation("indexed", index)
        elif first & 0xE0 == 0x20:
            index, used = decode_integer(block[offset:], 5)
            yield Representation("size", index)
        else:
            literal, used = _literal(block[offset:])
            yield literal
        offset += used


def _literal(octets: bytes) -> tuple[Representation, int]:
    first = octets[0]
    kind: Literal["incremental", "without", "never"]
    if first & 0x40:
        kind, prefix = "incremental", 6
    else:
        kind, prefix = ("never" if first & 0x10 else "without"), 4
    index, used = decode_integer(octets, prefix)
    name = None
    if not index:
        name, step = _string(octets[used:])
        used += step
    value, step = _string(octets[used:])
    return Representation(kind, index, name, value), used + step


def _string(octets: bytes) -> tuple[bytes, int]:
    length, used = decode_integer(octets, 7)
    text = octets[used : used + length]
    if len(text) < length:
        raise HPACKError(f"a string of {length} octets is cut off after {len(text)}")
    return (decode_huffman(text) if octets[0] & 0x80 else text), used + length


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
            return Undecodable(_said(error))
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
            name, value = HeaderTable.STATIC_TABLE[index - 1]
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
