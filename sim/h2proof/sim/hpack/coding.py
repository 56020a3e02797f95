"""The octets of a field block (RFC 7541 §5, §6): integers, strings and representations.

What an index names is not known here.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final, Literal

from hpack.exceptions import HPACKError
from hpack.huffman import HuffmanEncoder
from hpack.huffman_constants import REQUEST_CODES, REQUEST_CODES_LENGTH
from hpack.huffman_table import decode_huffman

from h2proof.sim.values import value

INTEGER_OCTETS_MAX: Final = 5
"""Octets of an integer behind its prefix: as many as 2^32 needs, and as the library reads."""

SHORT_OCTETS: Final = 128
SHORT_STRINGS: Final = 1024
"""So many short strings are remembered with their Huffman code, for they come again and again."""

_OCTETS: Final = tuple(bytes((number,)) for number in range(256))
_HUFFMAN: Final = HuffmanEncoder(REQUEST_CODES, REQUEST_CODES_LENGTH)


# -- writing --


def integer_octets(first: int, mask: int, number: int) -> bytes:
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


def string_octets(text: bytes) -> bytes:
    """A string in Huffman code, behind its length (RFC 7541 §5.2)."""
    return _short_octets(text) if len(text) <= SHORT_OCTETS else _long_octets(text)


def _long_octets(text: bytes) -> bytes:
    coded = _HUFFMAN.encode(text)
    return integer_octets(0x80, 0x7F, len(coded)) + coded


_short_octets: Final = lru_cache(SHORT_STRINGS)(_long_octets)


# -- reading --


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
        first = block[offset]
        if first & 0x80:
            index, offset = integer(block, offset, 0x7F)
            yield Representation("indexed", index)
        elif first & 0xE0 == 0x20:
            index, offset = integer(block, offset, 0x1F)
            yield Representation("size", index)
        else:
            index, name, value, offset = literal(block, offset)
            if first & 0x40:
                yield Representation("incremental", index, name, value)
            elif first & 0x10:
                yield Representation("never", index, name, value)
            else:
                yield Representation("without", index, name, value)


def literal(block: bytes, offset: int) -> tuple[int, bytes | None, bytes, int]:
    """The index, or the name, and the value of a literal, and where the next thing begins."""
    first = block[offset]
    mask = 0x3F if first & 0x40 else 0x0F
    index = first & mask
    if index == mask:
        index, offset = integer(block, offset, mask)
    else:
        offset += 1
    name = None
    if not index:
        name, offset = _string(block, offset)
    value, offset = _string(block, offset)
    return index, name, value, offset


def _string(block: bytes, offset: int) -> tuple[bytes, int]:
    if offset >= len(block):
        raise HPACKError("a string is missing at the end of the block")
    huffman = block[offset] & 0x80
    length, start = block[offset] & 0x7F, offset + 1
    if length == 0x7F:
        length, start = integer(block, offset, 0x7F)
    end = start + length
    if end > len(block):
        raise HPACKError(f"a string of {length} octets is cut off after {len(block) - start}")
    text = block[start:end]
    if huffman:
        text = (_short_text if length <= SHORT_OCTETS else decode_huffman)(text)
    return text, end


_short_text: Final = lru_cache(SHORT_STRINGS)(decode_huffman)


def integer(block: bytes, offset: int, mask: int) -> tuple[int, int]:
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
