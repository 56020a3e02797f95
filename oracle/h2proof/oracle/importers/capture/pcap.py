"""The classic capture format: a header, then packets with a header of 16 octets each.

Both byte orders, microseconds and nanoseconds. A record whose length cannot be true costs the
octets up to the next record that looks sound, not the rest of the file.
"""

from collections.abc import Iterator
from struct import Struct
from typing import Final

from h2proof.oracle.importers.capture.linklayer import LINK_LAYERS, unknown
from h2proof.oracle.importers.capture.packets import CAPTURED_OCTETS_MAX, Packet
from h2proof.oracle.importers.capture.window import Window
from h2proof.oracle.importers.imported import Account, CannotRead
from h2proof.oracle.importers.source import Source

MAGICS: Final[dict[bytes, tuple[str, int]]] = {
    b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}
"""Byte order, and nanoseconds in a unit of the fraction."""

_FILE_HEADER: Final = 24
_RECORD_HEADER: Final = 16
_SECOND_NS: Final = 1_000_000_000
_SECONDS_APART_MAX: Final = 86_400
"""A record found behind damage lies within a day of the last sound one."""


def recognise(head: bytes) -> bool:
    """Whether these octets start a capture of this format."""
    return head[:4] in MAGICS


def packets(source: Source, account: Account) -> Iterator[Packet]:
    """The packets of a capture, to its end or to where it is cut off."""
    window = Window(source)
    if not window.more(0, _FILE_HEADER):
        raise CannotRead(f"{source.name}: a pcap file that ends inside its header")
    order, unit_ns = MAGICS[window.octets[:4]]
    link = Struct(order + "20xI").unpack_from(window.octets)[0] & 0xFFFF
    decoder = LINK_LAYERS.get(link, unknown)
    if decoder is unknown:
        account.damaged(f"link type {link} is not read")
    unpack = Struct(order + "IIII").unpack_from
    octets, size, offset, number = window.octets, len(window.octets), _FILE_HEADER, 0
    last_seconds = None
    while True:
        start = offset + _RECORD_HEADER
        if start > size:
            if not window.more(offset, _RECORD_HEADER):
                break
            octets, offset, start = window.octets, 0, _RECORD_HEADER
            size = len(octets)
        seconds, fraction, captured, length = unpack(octets, offset)
        if captured > CAPTURED_OCTETS_MAX:
            found = _next_record(window, offset, order, last_seconds, account, number)
            if found is None:
                return
            octets, offset = window.octets, found
            size = len(octets)
            continue
        end = start + captured
        if end > size:
            if not window.more(offset, _RECORD_HEADER + captured):
                offset = 0
                break
            octets, offset, start = window.octets, 0, _RECORD_HEADER
            size, end = len(octets), start + captured
        number += 1
        last_seconds = seconds
        at = seconds * _SECOND_NS + fraction * unit_ns
        yield number, at, decoder, octets, start, end, max(0, length - captured)
        offset = end
    if len(window.octets) > offset:
        account.damaged(f"the file is cut off inside the record behind packet {number}")


def _next_record(
    window: Window, offset: int, order: str, near: int | None, account: Account, number: int
) -> int | None:
    """Where the next sound record starts in the window, or None if there is none.

    It is looked for by the upper half of its seconds, which are those of the last sound record.
    """
    if near is None:
        account.damaged("the first record names an impossible length")
        return None
    needle = Struct(order + "I").pack(near)[2:] if order == "<" else Struct(">I").pack(near)[:2]
    within = 2 if order == "<" else 0
    unpack = Struct(order + "IIII").unpack_from
    lost, place = 0, offset + 1
    while True:
        octets = window.octets
        hit = octets.find(needle, place + within)
        while hit >= 0 and hit - within + _RECORD_HEADER <= len(octets):
            start = hit - within
            seconds, _, captured, length = unpack(octets, start)
            if (
                abs(seconds - near) < _SECONDS_APART_MAX
                and 14 <= captured <= length
                and captured <= CAPTURED_OCTETS_MAX
            ):
                lost += start - offset
                account.damaged(f"{lost} damaged octets behind packet {number} were passed over")
                return start
            hit = octets.find(needle, hit + 1)
        keep = max(offset, len(octets) - _RECORD_HEADER)
        lost += keep - offset
        if not window.more(keep, _RECORD_HEADER + 1):
            account.damaged(f"damaged behind packet {number}: nothing more could be read")
            return None
        offset, place = 0, 0
