"""Every file format, byte order and link layer gives the same conversation."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from struct import pack

import pytest
from tests.oracle.importers import wire
from tests.oracle.importers.reading import read, rows
from tests.oracle.importers.wire import (
    COOKED,
    COOKED2,
    ETHERNET,
    LOOP,
    NULL,
    RAW,
    Talk,
    enhanced,
    interface,
    option,
    pcap,
    pcapng,
    section,
    small_talk,
)

from h2proof.oracle.importers import CannotRead

EXPECTED = [
    ("client", 4, 0, 0, 0, b""),
    ("client", 1, 5, 1, 14, wire.GET),
    ("server", 4, 0, 0, 0, b""),
    ("server", 4, 1, 0, 0, b""),
    ("server", 1, 4, 1, 1, wire.OK),
    ("server", 0, 1, 1, 5, b"hello"),
    ("client", 4, 1, 0, 0, b""),
]


def _variants() -> Iterator[tuple[str, bytes]]:
    packets = small_talk().packets()
    for order in "<>":
        for nanoseconds in (False, True):
            capture = pcap(packets, order=order, nanoseconds=nanoseconds)
            yield f"pcap {order} nanoseconds={nanoseconds}", capture
        yield f"pcapng {order}", pcapng(packets, order=order)
    for link in (ETHERNET, NULL, LOOP, RAW, COOKED, COOKED2):
        for v6 in (False, True):
            packets = small_talk().packets(link, v6=v6)
            yield f"link {link} v6={v6}", pcap(packets, link=link)
    yield "null of a big-endian host", pcap(small_talk().packets(NULL, order=">"), link=NULL)
    yield "two VLAN tags", pcap(small_talk().packets(vlans=2))
    yield "IPv4 options", pcap(small_talk().packets(options=3))
    yield "IPv6 extension headers", pcap(small_talk().packets(v6=True, options=2))
    yield "gzip", gzip.compress(pcap(small_talk().packets()))
    yield (
        "sequence wrap",
        pcap(
            Talk(first_sequences=(0xFFFFFFF0, 0xFFFFFFFE))
            .open()
            .say(0, wire.CLIENT_OPENING)
            .say(1, wire.SERVER_ANSWER)
            .say(0, wire.frame(4, 1, 0))
            .close()
            .packets()
        ),
    )


VARIANTS = dict(_variants())


@pytest.mark.parametrize("name", VARIANTS)
def test_each_format_gives_the_same_frames(name: str, tmp_path: Path) -> None:
    [imported], account = read(tmp_path / "x", VARIANTS[name])

    assert EXPECTED == rows(imported.trace)
    assert imported.complete
    assert [] == account.damage


def test_packets_are_numbered_as_wireshark_does(tmp_path: Path) -> None:
    [imported], _ = read(tmp_path / "x", pcapng(small_talk().packets()))

    assert [4, 4, 5, 5, 5, 5, 6] == [each.packet for each in imported.trace.frames()]


def test_several_sections_and_interfaces_in_one_file(tmp_path: Path) -> None:
    """Each section has a byte order and interfaces of its own."""
    packets = small_talk().packets()
    raw = small_talk().packets(RAW)
    capture = section("<") + interface(ETHERNET) + b"".join(map(enhanced, packets[:4]))
    capture += section(">") + interface(NULL, ">") + interface(RAW, ">")
    capture += b"".join(enhanced(packet, which=1, order=">") for packet in raw[4:])

    [imported], account = read(tmp_path / "x", capture)

    assert EXPECTED == rows(imported.trace)
    assert len(packets) == account.packets


def test_simple_packets_and_obsolete_packets_are_read(tmp_path: Path) -> None:
    packets = small_talk().packets()
    capture = section() + interface()
    for packet in packets[:4]:
        capture += wire.block(3, pack("<I", len(packet)) + packet)
    for packet in packets[4:]:
        head = pack("<HHIIII", 0, 0, 0, 0, len(packet), len(packet))
        capture += wire.block(2, head + packet)

    [imported], _ = read(tmp_path / "x", capture)

    assert EXPECTED == rows(imported.trace)


@pytest.mark.parametrize(
    ("resolution", "per_second"), [(6, 10**6), (9, 10**9), (0x80 | 10, 1 << 10), (3, 1000)]
)
def test_time_stamps_have_the_resolution_that_the_interface_names(
    resolution: int, per_second: int, tmp_path: Path
) -> None:
    options = option(9, bytes((resolution,))) + option(14, pack("<q", 100)) + option(0, b"")
    capture = section() + interface(options=options)
    capture += b"".join(enhanced(each, at_us=5 * per_second) for each in small_talk().packets())

    [imported], _ = read(tmp_path / "x", capture)

    assert {105 * 10**9} == {each.at for each in imported.trace.frames()}


def test_options_and_blocks_that_nobody_knows_are_passed_over(tmp_path: Path) -> None:
    options = option(2, b"lo") + option(0x8000, bytes(333)) + option(0, b"")
    capture = section() + wire.block(0xBAD, b"abc") + interface(options=options)
    capture += b"".join(
        enhanced(each) + wire.block(5, bytes(20)) for each in small_talk().packets()
    )

    [imported], account = read(tmp_path / "x", capture)

    assert EXPECTED == rows(imported.trace)
    assert [] == account.damage


def test_standard_input_is_read_in_whatever_pieces_it_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Trickle:
        """A pipe that holds seven octets at a time."""

        def __init__(self, octets: bytes) -> None:
            self.octets = octets

        def read(self, size: int) -> bytes:
            piece, self.octets = self.octets[: min(size, 7)], self.octets[min(size, 7) :]
            return piece

    class Stdin:
        buffer = Trickle(pcapng(small_talk().packets()))

    monkeypatch.setattr("sys.stdin", Stdin)
    [imported], _ = read(Path("-"))

    assert EXPECTED == rows(imported.trace)


def test_other_traffic_is_counted_by_what_it_is(tmp_path: Path) -> None:
    ethernet = bytes(12)
    udp = ethernet + b"\x08\x00" + pack(">BBHHHBBH8x", 0x45, 0, 28, 1, 0, 64, 17, 0) + bytes(8)
    fragment = ethernet + b"\x08\x00" + pack(">BBHHHBBH8x", 0x45, 0, 40, 1, 0x2000, 64, 6, 0)
    arp = ethernet + b"\x08\x06" + bytes(28)
    web = Talk(ports=(40001, 80)).open()
    web.say(0, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").say(1, b"HTTP/1.1 200 OK\r\n\r\n").close()
    packets = [udp, fragment + bytes(20), arp, b"\x00", *web.packets(), *small_talk().packets()]

    [imported], account = read(tmp_path / "x", pcap(packets))

    assert EXPECTED == rows(imported.trace)
    assert 1 == imported.number
    assert {
        "packets: UDP": 1,
        "packets: IP fragment": 1,
        "packets: ARP": 1,
        "packets: cut off inside the link layer": 1,
        "connections: HTTP/1.x": 1,
    } == account.skipped


@pytest.mark.parametrize(
    ("octets", "sentence"),
    [
        (b"", "empty; expected a capture, a log or a trace"),
        (b"hello\n", "of no format that is read here"),
        (bytes(range(256)) * 9, "of no format that is read here"),
        (b"\xd4\xc3\xb2\xa1\x02", "a pcap file that ends inside its header"),
        (b"\x0a\x0d\x0d\x0a\x1c", "a pcapng file that ends inside its first block"),
        (b"\x1f\x8b\x08", "empty (Compressed file ended"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(octets: bytes, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(CannotRead) as error:
        read(tmp_path / "x", octets)

    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


def test_missing_files_and_folders_are_one_sentence(tmp_path: Path) -> None:
    for path, sentence in ((tmp_path / "no", "no such file"), (tmp_path, "a directory")):
        with pytest.raises(CannotRead, match=sentence):
            read(path)
