"""Operations in a blob: four octets each, and an octet 0 between them stands for nothing.

The zeros are for the shrinker. It lowers octets one by one and drops single ones, never four at
once; so an operation that does not matter sinks to four zeros, which then go one after the other.
What the operations do is not known here.
"""

from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

T = TypeVar("T")

WIDTH: Final = 4
"""Octets of one operation: its number, from 1, and three numbers more."""


def operations_in(blob: bytes, table: Sequence[T]) -> Iterator[tuple[T, int, int, int]]:
    """Each operation with its three numbers; what is left at the end makes none."""
    start, last, kinds = 0, len(blob) - WIDTH, len(table)
    while start <= last:
        number = blob[start]
        if not number:
            start += 1
            continue
        yield table[(number - 1) % kinds], blob[start + 1], blob[start + 2], blob[start + 3]
        start += WIDTH
