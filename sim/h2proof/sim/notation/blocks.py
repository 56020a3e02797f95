"""What one sender's field blocks are, as far as the notation has to know it.

A section in words becomes the octets that our own encoder makes of it at this point of the
direction; a block given in octets is followed, so that the next section in words is encoded
against the right table. Printer and parser keep the same state by the same calls; which streams
the blocks belong to matters only as far as a split block goes on.
"""

from collections.abc import Sequence
from typing import Final

from hpack.exceptions import HPACKError

from h2proof.sim.hpack import (
    FieldDecoder,
    FieldEncoder,
    FieldLine,
    Fields,
    Undecodable,
    representations,
)

ANY_TABLE_SIZE: Final = 0xFFFFFFFF
"""A trace may hold any size update; whether it was allowed is the judge's question."""


class Blocks:
    """The field blocks of one direction, in order."""

    def __init__(self) -> None:
        self._encoder = FieldEncoder()
        self._decoder = FieldDecoder()
        self._decoder.table_size_max = ANY_TABLE_SIZE
        self._lost = False
        self._stream = 0
        self._rest: bytes | None = None
        self._given: bytearray | None = None

    def interrupt(self) -> None:
        """A frame that carries no field block: whatever was split before does not go on."""
        self._rest = self._given = None

    def lose(self) -> None:
        """A block nobody can read went by: the table means nothing from here on."""
        self.interrupt()
        self._lost = True

    # -- reading words --

    def encode(self, sizes: Sequence[int], fields: Sequence[FieldLine]) -> bytes:
        """The whole block of a section, with table size updates in front."""
        block = self._encoded(sizes, fields)
        self._decode(block)
        return block

    def open(self, stream: int, block: bytes, part: int | None) -> bytes:
        """The first frame's share of an unfinished block: its first `part` octets, or all."""
        self._stream = stream
        self._given = None
        self._rest = b"" if part is None else block[part:]
        return block if part is None else block[:part]

    def rest(self, stream: int, part: int | None) -> bytes:
        """The next frame's share of the unfinished block; nothing where none is unfinished."""
        if self._rest is None or stream != self._stream:
            self.interrupt()
            return b""
        share = self._rest if part is None else self._rest[:part]
        self._rest = None if part is None else self._rest[part:]
        return share

    def open_octets(self, stream: int, fragment: bytes, ends: bool) -> None:
        """A block given in octets begins."""
        self._stream = stream
        self._rest = None
        self._given = bytearray()
        self.more_octets(stream, fragment, ends)

    def more_octets(self, stream: int, fragment: bytes, ends: bool) -> None:
        """A fragment given in octets; with the last one the block is followed."""
        self._rest = None
        if self._given is None or stream != self._stream:
            self.interrupt()
            return
        self._given += fragment
        if ends:
            self.follow(bytes(self._given))
            self._given = None

    def follow(self, block: bytes) -> Fields | None:
        """A whole block that another encoder made; its fields, None where they are lost."""
        fields = self._decode(block)
        if fields is not None:
            self._encoder.adopt(self._decoder)
        return fields

    # -- printing words --

    def spell(self, block: bytes) -> tuple[tuple[int, ...], Fields, bool] | None:
        """Size updates and fields of a whole block, and whether `encode` gives its octets again.

        None where the block or the table is unreadable.
        """
        fields = self._decode(block)
        if fields is None:
            return None
        sizes = _leading_sizes(block)
        same = self._encoded(sizes, fields) == block
        if not same:
            self._encoder.adopt(self._decoder)
        return sizes, fields, same

    def _encoded(self, sizes: Sequence[int], fields: Sequence[FieldLine]) -> bytes:
        for size in sizes:
            self._encoder.table_size_max = size
        return self._encoder.encode(fields)

    def _decode(self, block: bytes) -> Fields | None:
        if self._lost:
            return None
        fields = self._decoder.decode(block)
        if isinstance(fields, Undecodable):
            self._lost = True
            return None
        return fields


def _leading_sizes(block: bytes) -> tuple[int, ...]:
    sizes = []
    try:
        for item in representations(block):
            if item.kind != "size":
                break
            sizes.append(item.index)
    except HPACKError:
        pass
    return tuple(sizes)
