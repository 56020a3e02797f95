"""The fourth stage's parsers: scanning for octets, and a boolean where the map was (§3.1).

Both are reconstructions from one sentence of the thread (V4); whether the real one kept the panic
is unknown, so there are two (§3.4). They keep no parameters; everything else is meant to be what
`parse_caddy` does, and the tests list where it is not (H15).
"""

from collections.abc import Iterator

from h2proof.sim.links.trim import trim_space
from h2proof.sim.links.values import Link, Parsed, out_of_range


def parse_d_loose(value: bytes) -> Parsed:
    """D-loose: the bounds are not checked, as before."""
    links: list[Link] = []
    for piece in _pieces(value, b","):
        left, right = piece.find(b"<"), piece.find(b">")
        if left < 0 or right < 0:
            continue
        if left + 1 > right:
            return out_of_range(left + 1, right)
        links.append(_link(piece, left, right))
    return Parsed(tuple(links))


def parse_d_strict(value: bytes) -> Parsed:
    """D-strict: a piece in which `>` comes first is skipped."""
    links: list[Link] = []
    for piece in _pieces(value, b","):
        left, right = piece.find(b"<"), piece.find(b">")
        if 0 <= left < right:
            links.append(_link(piece, left, right))
    return Parsed(tuple(links))


def _link(piece: bytes, left: int, right: int) -> Link:
    return Link(trim_space(piece[left + 1 : right]), _has_nopush(piece[right + 1 :]))


def _has_nopush(parameters: bytes) -> bool:
    for part in _pieces(parameters, b";"):
        if trim_space(part.partition(b"=")[0]) == b"nopush":
            return True
    return False


def _pieces(text: bytes, separator: bytes) -> Iterator[bytes]:
    """The text between separators, found one after the other."""
    start = 0
    while start < len(text):
        end = text.find(separator, start)
        end = len(text) if end < 0 else end
        yield text[start:end]
        start = end + 1
