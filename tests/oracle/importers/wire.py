"""Captures made octet by octet: packets of a conversation, and the two file formats around them.

Written with `struct` from the formats' own descriptions, apart from the readers under test.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from struct import pack

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10
CLIENT, SERVER = 0, 1

ETHERNET, NULL, RAW, COOKED, COOKED2, LOOP = 1, 0, 101, 113, 276, 108
_AT_NS = 1_700_000_000_000_000_000


def link_header(link: int, *, v6: bool = False, vlans: int = 0, order: str = "<") -> bytes:
    """What a link layer puts in front of an IP packet."""
    kind = 0x86DD if v6 else 0x0800
    tags = b"".join(pack(">HH", 0x8100, 7) for _ in range(vlans))
    return {
        ETHERNET: bytes(12) + tags + pack(">H", kind),
        NULL: pack(order + "I", 30 if v6 else 2),
        LOOP: pack(">I", 30 if v6 else 2),
        RAW: b"",
        COOKED: pack(">HHH8sH", 0, 1, 6, bytes(8), kind),
        COOKED2: pack(">HHIHBB8s", kind, 0, 1, 1, 0, 6, bytes(8)),
    }[link]


def ip_packet(segment: bytes, side: int, *, v6: bool = False, options: int = 0) -> bytes:
    """An IP packet that carries a TCP segment from one of the two hosts."""
    if v6:
        hosts = [bytes(15) + b"\x01", bytes(15) + b"\x02"]
        body = b"".join(pack(">BB6x", 0 if n + 1 < options else 6, 0) for n in range(options))
        first = 0 if options else 6
        header = pack(">IHBB", 6 << 28, len(body) + len(segment), first, 64)
        return header + hosts[side] + hosts[1 - side] + body + segment
    hosts = [bytes((10, 0, 0, 1)), bytes((10, 0, 0, 2))]
    size = 20 + 4 * options
    header = pack(">BBHHHBBH", 0x40 | size >> 2, 0, size + len(segment), 1, 0, 64, 6, 0)
    return header + hosts[side] + hosts[1 - side] + b"\x01" * (4 * options) + segment


def tcp_segment(
    side: int,
    sequence: int,
    acknowledged: int,
    flags: int,
    data: bytes = b"",
    ports: tuple[int, int] = (40000, 8080),
) -> bytes:
    """A TCP segment with the time stamp option that most systems send."""
    mask = 0xFFFFFFFF
    head = pack(
        ">HHIIBBHHH",
        ports[side],
        ports[1 - side],
        sequence & mask,
        acknowledged & mask,
        8 << 4,
        flags,
        512,
        0,
        0,
    )
    return head + b"\x01\x01\x08\x0a" + bytes(8) + data


@dataclass
class Talk:
    """Segments of one TCP connection, with the numbers kept."""

    ports: tuple[int, int] = (40000, 8080)
    first_sequences: tuple[int, int] = (1000, 2000)
    mss: int = 1448
    segments: list[tuple[int, bytes]] = field(default_factory=list)
    sent: list[int] = field(default_factory=lambda: [0, 0])

    def put(self, side: int, flags: int, data: bytes = b"") -> None:
        """One segment; sequence and acknowledgment numbers follow from those before."""
        sequences = [self.first_sequences[each] + self.sent[each] for each in (0, 1)]
        acknowledged = sequences[1 - side] if flags & ACK else 0
        segment = tcp_segment(side, sequences[side], acknowledged, flags, data, self.ports)
        self.segments.append((side, segment))
        self.sent[side] += len(data) + bool(flags & (SYN | FIN))

    def open(self) -> "Talk":
        """The three-way handshake."""
        self.put(CLIENT, SYN)
        self.put(SERVER, SYN | ACK)
        self.put(CLIENT, ACK)
        return self

    def say(self, side: int, octets: bytes, *, mss: int | None = None) -> "Talk":
        """Octets of one side, in segments of at most `mss`."""
        step = mss or self.mss
        for start in range(0, len(octets), step):
            self.put(side, ACK | PSH, octets[start : start + step])
        return self

    def acknowledge(self, side: int) -> "Talk":
        """An empty segment of this side."""
        self.put(side, ACK)
        return self

    def close(self) -> "Talk":
        """Both sides end their octets."""
        self.put(CLIENT, FIN | ACK)
        self.put(SERVER, FIN | ACK)
        self.put(CLIENT, ACK)
        return self

    def packets(
        self,
        link: int = ETHERNET,
        *,
        v6: bool = False,
        vlans: int = 0,
        options: int = 0,
        order: str = "<",
    ) -> list[bytes]:
        """All segments as packets of a link."""
        header = link_header(link, v6=v6, vlans=vlans, order=order)
        return [
            header + ip_packet(segment, side, v6=v6, options=options)
            for side, segment in self.segments
        ]


def pcap(
    packets: Iterable[bytes],
    *,
    link: int = ETHERNET,
    order: str = "<",
    nanoseconds: bool = False,
    snap: int = 262144,
) -> bytes:
    """A classic capture."""
    magic = 0xA1B23C4D if nanoseconds else 0xA1B2C3D4
    return pack(order + "IHHiIII", magic, 2, 4, 0, 0, snap, link) + b"".join(
        _record(packet, number, order, nanoseconds, snap) for number, packet in enumerate(packets)
    )


def _record(packet: bytes, number: int, order: str, nanoseconds: bool, snap: int) -> bytes:
    at = _AT_NS + number * 1_000_000
    fraction = at % 10**9 if nanoseconds else at % 10**9 // 1000
    kept = packet[:snap]
    return pack(order + "IIII", at // 10**9, fraction, len(kept), len(packet)) + kept


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    """A pcapng block with its length at both ends."""
    body += bytes(-len(body) % 4)
    size = pack(order + "I", len(body) + 12)
    return pack(order + "I", kind) + size + body + size


def section(order: str = "<") -> bytes:
    """A Section Header Block."""
    return block(0x0A0D0D0A, pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(link: int = ETHERNET, order: str = "<", options: bytes = b"", snap: int = 0) -> bytes:
    """An Interface Description Block."""
    return block(1, pack(order + "HHI", link, 0, snap) + options, order)


def option(code: int, value: bytes, order: str = "<") -> bytes:
    """An option of a block."""
    return pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def enhanced(
    packet: bytes, at_us: int = 0, which: int = 0, order: str = "<", missing: int = 0
) -> bytes:
    """An Enhanced Packet Block."""
    head = pack(
        order + "IIIII", which, at_us >> 32, at_us & 0xFFFFFFFF, len(packet), len(packet) + missing
    )
    return block(6, head + packet, order)


def pcapng(packets: Iterable[bytes], *, link: int = ETHERNET, order: str = "<") -> bytes:
    """A pcapng with one section and one interface."""
    return b"".join(_pcapng_blocks(packets, link, order))


def _pcapng_blocks(packets: Iterable[bytes], link: int, order: str) -> Iterator[bytes]:
    yield section(order)
    yield interface(link, order)
    for number, packet in enumerate(packets):
        yield enhanced(packet, _AT_NS // 1000 + number, order=order)


# -- HTTP/2, in octets --

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """A frame."""
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + pack(">I", stream) + payload


GET = bytes.fromhex("82868441096c6f63616c686f7374")
"""GET / over http of localhost."""
OK = bytes.fromhex("88")
"""200."""
CLIENT_OPENING = PREFACE + frame(4, 0, 0) + frame(1, 5, 1, GET)
SERVER_ANSWER = frame(4, 0, 0) + frame(4, 1, 0) + frame(1, 4, 1, OK) + frame(0, 1, 1, b"hello")


def small_talk(**options: object) -> Talk:
    """One request and its response, from handshake to FIN."""
    talk = Talk(**options).open()  # type: ignore[arg-type]
    talk.say(CLIENT, CLIENT_OPENING).say(SERVER, SERVER_ANSWER).say(CLIENT, frame(4, 1, 0))
    return talk.close()
