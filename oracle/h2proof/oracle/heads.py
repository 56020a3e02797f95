"""Ordinary heads of messages: the field sections that no rule about fields has to look at.

Where a section may stand, and what its sender may ask for, is not known here.
"""

from functools import lru_cache
from typing import Final, NamedTuple

from h2proof.oracle.ordinary import METHODS
from h2proof.oracle.replay.sections import Lines, lines_of
from h2proof.oracle.replay.streams import Target
from h2proof.sim.hpack import Fields

_NEEDED: Final = frozenset((b":method", b":scheme", b":path"))
_ALLOWED: Final = _NEEDED | {b":authority"}
_SCHEMES: Final = frozenset((b"http", b"https"))


class Head(NamedTuple):
    """What the lane wants to know of a plain field section."""

    asks: int
    """A usual request with this one of METHODS; -1 for anything else."""
    status: int
    """A usual final response; 0 for anything else."""
    bare: bool
    """The status is of those without content."""
    length: int
    """The content-length; -1 if there is none."""
    target: Target


def head_of(fields: Fields) -> Head | None:
    """What a whole section says if it is plain, else None."""
    lines = lines_of(fields)
    if not lines.plain or lines.twice is not None or lines.late is not None:
        return None
    get = lines.pseudos.get
    asks = METHODS.index(get(b":method") or b"") if asks_as_usual(lines) else -1
    status = get(b":status") if len(lines.pseudos) == 1 else None
    final = status is not None and _is_final(status)
    target = get(b":scheme"), get(b":authority"), get(b":path")
    bare = status in (b"204", b"304")
    return Head(asks, int(status or b"0") if final else 0, bare, lines.length, target)


head_of_few: Final = lru_cache(256)(head_of)
"""The same, for sections of small blocks, of which many are equal."""


def asks_as_usual(lines: Lines) -> bool:
    """A request for a path, with nothing about its pseudo-header fields to look at."""
    pseudos = lines.pseudos
    return (
        _NEEDED <= pseudos.keys() <= _ALLOWED
        and pseudos[b":method"] in METHODS
        and pseudos[b":scheme"] in _SCHEMES
        and (pseudos[b":path"] or b"").startswith(b"/")
        and _is_plain_authority(pseudos.get(b":authority", b"-"))
    )


def _is_plain_authority(authority: bytes | None) -> bool:
    return bool(authority) and b"@" not in (authority or b"")


def _is_final(status: bytes) -> bool:
    return len(status) == 3 and status.isdigit() and status >= b"200"
