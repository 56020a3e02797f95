"""Link layers: how to find the network packet behind them.

A decoder is given a packet and answers with the EtherType and where the network packet starts;
EtherType 0 says that the packet is too short. It knows nothing of addresses or ports.
"""

from collections.abc import Callable
from struct import Struct
from typing import Final

LinkDecoder = Callable[[bytes, int, int], tuple[int, int]]

IPV4: Final = 0x0800
IPV6: Final = 0x86DD
TOO_SHORT: Final = 0
UNKNOWN_LINK: Final = -1

_TAGS: Final = frozenset({0x8100, 0x88A8, 0x9100})
"""IEEE 802.1Q, 802.1ad, and the number used for the outer tag before 802.1ad."""

_U16: Final = Struct(">H").unpack_from


def ethernet(octets: bytes, start: int, end: int) -> tuple[int, int]:
    """Ethernet II, with any number of VLAN tags."""
    offset = start + 14
    if offset > end:
        return TOO_SHORT, end
    kind: int = _U16(octets, start + 12)[0]
    while kind in _TAGS:
        offset += 4
        if offset > end:
            return TOO_SHORT, end
        kind = _U16(octets, offset - 2)[0]
    return kind, offset


def loopback(octets: bytes, start: int, end: int) -> tuple[int, int]:
    """BSD loopback: an address family in four octets, in the byte order of whoever captured."""
    if end - start < 4:
        return TOO_SHORT, end
    little = int.from_bytes(octets[start : start + 4], "little")
    family = little if little < 0x10000 else int.from_bytes(octets[start : start + 4], "big")
    # AF_INET is 2 everywhere; AF_INET6 is 10 on Linux, 24, 28 or 30 on the BSDs and macOS
    kind = IPV4 if family == 2 else IPV6 if family in (10, 24, 28, 30) else UNKNOWN_LINK
    return kind, start + 4


def raw_ip(octets: bytes, start: int, end: int) -> tuple[int, int]:
    """No link layer: the version is in the first four bits."""
    if start >= end:
        return TOO_SHORT, end
    version = octets[start] >> 4
    return (IPV4 if version == 4 else IPV6 if version == 6 else UNKNOWN_LINK), start


def cooked(octets: bytes, start: int, end: int) -> tuple[int, int]:
    """Linux cooked capture, version 1 (`tcpdump -i any`)."""
    offset = start + 16
    if offset > end:
        return TOO_SHORT, end
    return _behind_cooked(octets, offset, end, _U16(octets, start + 14)[0])


def cooked2(octets: bytes, start: int, end: int) -> tuple[int, int]:
    """Linux cooked capture, version 2."""
    offset = start + 20
    if offset > end:
        return TOO_SHORT, end
    return _behind_cooked(octets, offset, end, _U16(octets, start)[0])


def _behind_cooked(octets: bytes, offset: int, end: int, kind: int) -> tuple[int, int]:
    while kind in _TAGS:
        offset += 4
        if offset > end:
            return TOO_SHORT, end
        kind = _U16(octets, offset - 2)[0]
    return kind, offset


def unknown(octets: bytes, start: int, end: int) -> tuple[int, int]:
    """A link layer that we do not read; its packets are counted."""
    return UNKNOWN_LINK, start


LINK_LAYERS: Final[dict[int, LinkDecoder]] = {
    0: loopback,  # NULL
    1: ethernet,
    12: raw_ip,  # RAW on most systems
    14: raw_ip,  # RAW on OpenBSD
    101: raw_ip,
    108: loopback,  # LOOP
    113: cooked,
    228: raw_ip,  # IPV4
    229: raw_ip,  # IPV6
    276: cooked2,
}
"""Decoder for each link type of the registry at tcpdump.org that we read."""
