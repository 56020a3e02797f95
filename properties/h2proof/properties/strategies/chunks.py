"""Chunkings: where a stream of octets is cut before it is handed over.

A chunking is the sizes of the first chunks; what is left comes as one more. So `()` hands over
everything at once and is what any chunking shrinks to. Bulk: 0.3 ms a chunking, as an integer.
"""

from collections.abc import Iterator, Sequence

from hypothesis import strategies as st

from h2proof.properties.strategies.options import whole

Chunking = tuple[int, ...]


def chunkings(*, cuts: int = 8, octets: int = 64) -> st.SearchStrategy[Chunking]:
    """Up to `cuts` first chunks of 1 to `octets` octets each (256 at most). Bulk, from one blob."""
    whole("cuts", cuts, 0, 10_000)
    whole("octets", octets, 1, 256)
    return st.binary(max_size=cuts).map(lambda blob: tuple(1 + value % octets for value in blob))


def cut(octets: bytes, chunking: Sequence[int]) -> Iterator[bytes]:
    """The octets in those chunks; none of them empty."""
    start = 0
    for size in chunking:
        if start >= len(octets):
            return
        yield octets[start : start + size]
        start += size
    if start < len(octets):
        yield octets[start:]
