"""TCP segments over IPv4 or IPv6, as raw IP packets with right checksums."""

from ipaddress import IPv4Address, IPv6Address, ip_address
from struct import pack, unpack
from typing import Final, NamedTuple

from h2proof.sim.trace import ConnectionInfo

FIN: Final = 0x01
SYN: Final = 0x02
RST: Final = 0x04
PSH: Final = 0x08
ACK: Final = 0x10
_TCP: Final = 6
_HOPS: Final = 64
_WINDOW: Final = 65_535
_MASK: Final = 0xFFFFFFFF
_CLIENT_PORT: Final = 40_000
_SERVER_PORT: Final = 8080

Address = IPv4Address | IPv6Address


class End(NamedTuple):
    """Where one side of a connection is."""

    address: Address
    port: int


def ends_of(number: int, info: ConnectionInfo) -> tuple[End, End]:
    """Client and server of a connection, made up where the trace does not say both alike."""
    client, server = _end(info.client), _end(info.server)
    if client is None or server is None or client.address.version != server.address.version:
        home = IPv4Address("127.0.0.1")
        return End(home, _CLIENT_PORT + number % 20_000), End(home, _SERVER_PORT)
    return client, server


def _end(written: str) -> End | None:
    host, _, port = written.rpartition(":")
    try:
        end = End(ip_address(host.strip("[]")), int(port))
    except ValueError:
        return None
    return end if 0 <= end.port <= 0xFFFF else None


def segment(
    source: End, target: End, sequence: int, acknowledged: int, flags: int, octets: bytes
) -> bytes:
    """One IP packet that holds one segment."""
    head = pack(
        ">HHLLBBHHH",
        source.port,
        target.port,
        sequence & _MASK,
        acknowledged & _MASK,
        5 << 4,
        flags,
        _WINDOW,
        0,
        0,
    )
    addresses = source.address.packed + target.address.packed
    length = len(head) + len(octets)
    pseudo = addresses + pack(">LL", length, _TCP)
    check = pack(">H", _checksum(pseudo + head + octets))
    return _ip(source, target, length) + head[:16] + check + head[18:] + octets


def _ip(source: End, target: End, length: int) -> bytes:
    addresses = source.address.packed + target.address.packed
    if source.address.version == 6:
        return pack(">LHBB", 6 << 28, length, _TCP, _HOPS) + addresses
    head = pack(">BBHHHBBH", 0x45, 0, length + 20, 0, 0x4000, _HOPS, _TCP, 0) + addresses
    return head[:10] + pack(">H", _checksum(head)) + head[12:]


def _checksum(octets: bytes) -> int:
    """RFC 1071: the complement of the sum of all 16-bit words, carries added in."""
    even = octets + bytes(len(octets) % 2)
    total: int = sum(unpack(f">{len(even) // 2}H", even))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
