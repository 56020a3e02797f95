"""Whatever the octets are: a result or one sentence, in bounded memory and linear time."""

import random
from collections.abc import Iterator
from pathlib import Path
from struct import pack, pack_into
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tests.oracle.importers import wire
from tests.oracle.importers.reading import read, rows
from tests.oracle.importers.wire import (
    CLIENT,
    SERVER,
    Talk,
    enhanced,
    frame,
    interface,
    option,
    pcap,
    pcapng,
    section,
    small_talk,
)

from h2proof.oracle.importers import CannotRead, Imported

CAPTURES = sorted((Path(__file__).parents[2] / "data" / "captures").iterdir())


def outcome(path: Path, octets: bytes) -> list[Imported]:
    """What an input gives: its connections, or none if it is refused with one sentence."""
    sentence = ""
    try:
        found, _ = read(path, octets)
    except CannotRead as error:
        found, sentence = [], str(error)
    assert "\n" not in sentence
    return found


def cuts(size: int) -> Iterator[int]:
    """Every 97th octet of a small input, two hundred seeded places of a larger one."""
    if size <= 16 << 10:
        yield from range(0, size, 97)
    else:
        yield from random.Random(size).sample(range(size), 200)


def check_cuts(path: Path, octets: bytes) -> None:
    whole = {imported.number: rows(imported.trace) for imported in outcome(path, octets)}
    for end in cuts(len(octets)):
        for imported in outcome(path, octets[:end]):
            for row in rows(imported.trace):
                cut_off = len(row[-1]) < row[-2]
                assert cut_off or row in whole[imported.number], (end, row)


@pytest.mark.parametrize("capture", CAPTURES, ids=lambda path: path.name)
def test_a_capture_cut_anywhere_gives_a_part_of_the_whole(capture: Path, tmp_path: Path) -> None:
    check_cuts(tmp_path / "x", capture.read_bytes())


@pytest.mark.slow
def test_every_capture_and_log_cut_anywhere_is_read_or_refused(
    shared: Path, tmp_path: Path
) -> None:
    folder = shared / "traces"
    for path in sorted([*folder.glob("*.pcap*"), *(folder / "logs").iterdir()]):
        octets = path.read_bytes()
        for end in cuts(len(octets)):
            outcome(tmp_path / "x", octets[:end])


SAMPLES = [path.read_bytes() for path in CAPTURES]
FLIPS = st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), min_size=1, max_size=12)


def flipped(octets: bytes, flips: list[tuple[int, int]]) -> bytes:
    damaged = bytearray(octets)
    for place, value in flips:
        damaged[place % len(damaged)] = value
    return bytes(damaged)


@given(sample=st.sampled_from(SAMPLES), flips=FLIPS)
@hypothesis_settings(max_examples=60)
def test_damaged_octets_never_raise(
    sample: bytes, flips: list[tuple[int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    outcome(tmp_path_factory.getbasetemp() / "flips", flipped(sample, flips))


@pytest.mark.slow
@given(data=st.data(), flips=FLIPS)
@hypothesis_settings(max_examples=5000)
def test_damaged_octets_never_raise_at_length(
    data: Any, flips: list[tuple[int, int]], tmp_path_factory: pytest.TempPathFactory, shared: Path
) -> None:
    folder = shared / "traces"
    inputs = [*sorted(folder.glob("*.pcap*")), *sorted((folder / "logs").iterdir())]
    small = [path for path in inputs if path.stat().st_size < 40_000]
    path = data.draw(st.sampled_from(small), "input")
    outcome(tmp_path_factory.getbasetemp() / "flips", flipped(path.read_bytes(), flips))


# -- lying lengths --


def test_one_bad_packet_does_not_cost_the_rest_of_a_pcap(tmp_path: Path) -> None:
    """A record of 4 GiB stands between two conversations."""
    first, second = small_talk().packets(), small_talk(ports=(1, 2)).packets()
    good = pcap(first)
    bad = pack("<IIII", 1_700_000_000, 0, 0xFFFFFFFF, 0xFFFFFFFF) + bytes(100)
    found, account = read(tmp_path / "x", good + bad + pcap(second)[24:])

    assert [7, 7] == [len(rows(imported.trace)) for imported in found]
    assert 1 == len(account.damage)


@pytest.mark.parametrize("length", [0, 1, 8, 11, 13, 0x7FFFFFFF, 0xFFFFFFFC, 0xFFFFFFFF])
def test_one_bad_block_does_not_cost_the_rest_of_a_pcapng(length: int, tmp_path: Path) -> None:
    first, second = small_talk().packets(), small_talk(ports=(1, 2)).packets()
    bad = pack("<II", 6, length) + bytes(40) + pack("<I", length)
    rest = b"".join(enhanced(packet) for packet in second)
    found, account = read(tmp_path / "x", pcapng(first) + bad + rest)

    assert [7, 7] == [len(rows(imported.trace)) for imported in found]
    assert 1 == len(account.damage)


def test_a_packet_longer_than_its_block_is_damage(tmp_path: Path) -> None:
    packets = small_talk().packets()
    lying = bytearray(enhanced(packets[0]))
    pack_into("<I", lying, 20, 0xFFFFFFFF)
    blocks = b"".join(enhanced(packet) for packet in packets)
    [imported], account = read(tmp_path / "x", section() + interface() + bytes(lying) + blocks)

    assert 7 == len(rows(imported.trace))
    assert ["packet 1 names a length or interface that is not"] == account.damage


def test_a_packet_of_an_interface_that_was_not_declared_is_damage(tmp_path: Path) -> None:
    packets = small_talk().packets()
    capture = section() + enhanced(packets[0]) + interface()
    [imported], account = read(tmp_path / "x", capture + b"".join(map(enhanced, packets)))

    assert 7 == len(rows(imported.trace))
    assert account.damage


def test_endless_options_end_with_their_block(tmp_path: Path) -> None:
    options = option(2, b"") * 20_000 + pack("<HH", 2, 0xFFFF)
    capture = section() + interface(options=options)
    [imported], _ = read(tmp_path / "x", capture + b"".join(map(enhanced, small_talk().packets())))

    assert 7 == len(rows(imported.trace))


def test_lying_ip_and_tcp_lengths_are_survived(tmp_path: Path) -> None:
    for offset in range(14, 54):
        for value in (0x00, 0x0F, 0x41, 0x4F, 0x60, 0xFF):
            packets = small_talk().packets()
            damaged = bytearray(packets[3])
            damaged[offset] = value
            packets[3] = bytes(damaged)
            outcome(tmp_path / "x", pcap(packets))


def test_overlaps_that_contradict_each_other_end(tmp_path: Path) -> None:
    """A thousand segments over each other, each with other content and other numbers."""
    chance = random.Random(7)
    talk = Talk().open()
    for _ in range(1000):
        talk.sent = [chance.randrange(3000), chance.randrange(3000)]
        talk.say(chance.randrange(2), chance.randbytes(chance.randrange(1, 300)))
    found = outcome(tmp_path / "x", pcap(small_talk(ports=(5, 6)).packets() + talk.packets()))

    assert 7 == len(rows(found[0].trace))


def test_a_frame_of_sixteen_megabytes_holds_nothing(tmp_path: Path) -> None:
    """Its header is known; what there is of its payload is DATA and not kept."""
    huge = (0xFFFFFF).to_bytes(3, "big") + frame(0, 0, 1)[3:]
    talk = Talk().open().say(CLIENT, wire.CLIENT_OPENING)
    talk.say(SERVER, frame(4, 0, 0) + huge + bytes(5000)).close()
    [imported] = outcome(tmp_path / "x", pcap(talk.packets()))

    assert ("server", 4, 0, 0, 0, b"") in rows(imported.trace)


def test_one_octet_a_packet_stays_linear(tmp_path: Path) -> None:
    """An undecided beginning is not looked at anew with every octet."""
    talk = Talk().open()
    talk.say(CLIENT, b"GET /" + b"a" * 20_000, mss=1).close()
    found, account = read(tmp_path / "x", pcap(talk.packets()))

    assert [] == found
    assert 1 == sum(account.skipped.values())
