"""Where frames begin in octets of which the start was not seen.

A header looks sound if its type, flags, stream and length could be those of a real frame. A place
is believed if a sound header stands there and the next one does behind its payload, or if the
octets at hand end exactly with the frame.
"""

from bisect import bisect_left
from struct import Struct
from typing import Final, Literal

_HEADER: Final = Struct(">HBBBL").unpack_from
HEADER_LENGTH: Final = 9
_STREAM_MAX: Final = 1 << 24
"""Higher streams occur only on connections that live for days; random octets name them often."""

_ON_STREAM: Final = {0: 0x09, 1: 0x2D, 5: 0x0C, 9: 0x04}
"""DATA, HEADERS, PUSH_PROMISE, CONTINUATION with the flags that they define."""
_FIXED: Final = {2: (5, 0), 3: (4, 0), 6: (8, 1), 8: (4, 0)}
"""PRIORITY, RST_STREAM, PING, WINDOW_UPDATE: length and flags."""
_NEEDS_STREAM: Final = frozenset({2, 3})
_LONGEST: Final = 1 << 16


def sound(octets: bytes | bytearray, offset: int) -> int:
    """The whole length of the frame whose header stands there, or 0 if that is no header."""
    high, low, kind, flags, stream = _HEADER(octets, offset)
    length = high << 8 | low
    if length > _LONGEST or stream > _STREAM_MAX:
        return 0
    if kind in _ON_STREAM:
        fits = stream > 0 and not flags & ~_ON_STREAM[kind] and (length > 0 or kind in (0, 9))
    elif kind in _FIXED:
        wanted, allowed = _FIXED[kind]
        fits = length == wanted and not flags & ~allowed
        fits = fits and (stream > 0 if kind in _NEEDS_STREAM else kind == 8 or not stream)
    elif kind == 4:
        fits = not stream and length <= 120 and not length % 6 and flags <= (not length)
    elif kind == 7:
        fits = not stream and not flags and length >= 8
    else:
        fits = False
    return HEADER_LENGTH + length if fits else 0


def chain(
    octets: bytes | bytearray, offset: int, *, ended: bool = False
) -> Literal["no", "open", "yes"]:
    """Whether frames follow one another from `offset` on; "open" if more octets have to tell."""
    size, links = len(octets), 0
    while size - offset >= HEADER_LENGTH:
        length = sound(octets, offset)
        if not length:
            return "no"
        links += 1
        offset += length
        if links == 3 or (links == 2 and offset <= size) or offset == size:
            return "yes"
    if ended:
        return "yes" if links else "no"
    return "open"


def first_frame(
    octets: bytes | bytearray, offset: int, starts: list[int], *, ended: bool = False
) -> tuple[int, bool]:
    """The first place from `offset` on where frames seem to begin, and whether that is certain.

    `starts` are the places where segments start, in order, which is where frames often begin. If
    it is not certain, everything before the place is surely no start of a frame.
    """
    size = len(octets)
    place = octets.find(0, offset)
    while 0 <= place <= size - HEADER_LENGTH:
        answer = chain(octets, place, ended=ended and _holds(starts, place))
        if answer != "no":
            return place, answer == "yes"
        place = octets.find(0, place + 1)
    return max(offset, size - HEADER_LENGTH + 1), False


def _holds(ordered: list[int], number: int) -> bool:
    place = bisect_left(ordered, number)
    return place < len(ordered) and ordered[place] == number
