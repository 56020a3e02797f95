"""IPv4 and IPv6: who sends to whom, and where the TCP segment lies.

The addresses of a segment are kept as they stand in the packet: source address, destination
address, source port, destination port in one string of octets, which is the key of its direction.
Fragments are not put together: they are counted, and what they carried is missing.
"""

from struct import Struct
from typing import Final

from h2proof.oracle.importers.capture.linklayer import IPV4, IPV6, TOO_SHORT, UNKNOWN_LINK

Segment = tuple[bytes, int, int]
"""Key of the direction, where the TCP header starts, and where the IP packet says it ends."""

TCP: Final = 6
_TCP_HEADER: Final = 20
_V4: Final = Struct(">B x H 2x H x B").unpack_from
_V6: Final = Struct(">4x H B").unpack_from

_PROTOCOLS: Final = {1: "ICMP", 2: "IGMP", 17: "UDP", 58: "ICMPv6", 132: "SCTP"}
_ETHERTYPES: Final = {
    TOO_SHORT: "cut off inside the link layer",
    UNKNOWN_LINK: "a link layer that is not read",
    0x0806: "ARP",
    0x88CC: "LLDP",
}
_FRAGMENT: Final = 44
_EXTENSIONS: Final = frozenset({0, 43, 60})
"""Hop-by-hop, routing and destination options: the IPv6 headers that TCP may stand behind."""


def segment(kind: int, octets: bytes, start: int, end: int) -> Segment | str:
    """The TCP segment in a network packet, or why there is none to read.

    The end that the packet names lies behind `end` where the capture cut the packet off.
    """
    if kind == IPV4:
        return _in_ipv4(octets, start, end)
    if kind == IPV6:
        return _in_ipv6(octets, start, end)
    return _ETHERTYPES.get(kind) or f"EtherType 0x{kind:04x}"


def _in_ipv4(octets: bytes, start: int, end: int) -> Segment | str:
    if end - start < 20:
        return "cut off inside the IP header"
    first, total, fragment, protocol = _V4(octets, start)
    if protocol != TCP:
        return _PROTOCOLS.get(protocol) or f"IP protocol {protocol}"
    if fragment & 0x3FFF:  # more fragments follow, or an offset
        return "IP fragment"
    tcp = start + ((first & 15) << 2)
    # a total length of 0 comes from segmentation offload: the packet ends where it ends
    stop = start + total if total else end
    if end - tcp < _TCP_HEADER or first < 0x45 or first > 0x4F or stop - tcp < _TCP_HEADER:
        return "cut off inside the TCP header"
    if first == 0x45:
        return octets[start + 12 : start + 24], tcp, stop
    return octets[start + 12 : start + 20] + octets[tcp : tcp + 4], tcp, stop


def _in_ipv6(octets: bytes, start: int, end: int) -> Segment | str:
    tcp = start + 40
    if tcp > end:
        return "cut off inside the IP header"
    length, protocol = _V6(octets, start)
    stop = tcp + length if length else end
    while protocol in _EXTENSIONS:
        if end - tcp < 8:
            return "cut off inside the IP header"
        protocol, size = octets[tcp], octets[tcp + 1]
        tcp += (size + 1) << 3
    if protocol == _FRAGMENT:
        return "IP fragment"
    if protocol != TCP:
        return _PROTOCOLS.get(protocol) or f"IP protocol {protocol}"
    if end - tcp < _TCP_HEADER or stop - tcp < _TCP_HEADER:
        return "cut off inside the TCP header"
    return octets[start + 8 : start + 40] + octets[tcp : tcp + 4], tcp, stop


def turned(key: bytes) -> bytes:
    """The key of the other direction."""
    size = (len(key) - 4) >> 1
    return key[size : 2 * size] + key[:size] + key[-2:] + key[-4:-2]


def ports(key: bytes) -> tuple[int, int]:
    """Source and destination port."""
    return int.from_bytes(key[-4:-2], "big"), int.from_bytes(key[-2:], "big")


def endpoints(key: bytes) -> tuple[str, str]:
    """Source and destination as text: `127.0.0.1:8080`, `[::1]:8080`."""
    size = (len(key) - 4) >> 1
    source, destination = ports(key)
    return _shown(key[:size], source), _shown(key[size : 2 * size], destination)


def _shown(address: bytes, port: int) -> str:
    if len(address) == 4:
        return f"{'.'.join(map(str, address))}:{port}"
    from ipaddress import IPv6Address  # the shortened form has rules of its own

    return f"[{IPv6Address(address)}]:{port}"
