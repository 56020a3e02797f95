"""Very large inputs through stdin: bounded memory, and time that grows with the input only."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from struct import pack
from typing import Any

import pytest
from tests.oracle.importers import wire
from tests.oracle.importers.wire import CLIENT, SERVER, SYN, Talk, frame, ip_packet, tcp_segment

RSS_KIB_MAX = 512 << 10


def piped(pieces: Iterator[bytes]) -> tuple[dict[str, Any], int]:
    """The JSON report on a capture that is written piece by piece, and the peak memory in KiB."""
    command = [sys.executable, "-m", "h2proof", "check", "-", "--format", "json"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    for piece in pieces:
        process.stdin.write(piece)
    process.stdin.close()
    data: dict[str, Any] = json.loads(process.stdout.read())
    _, _, used = os.wait4(process.pid, 0)
    return data["files"][0], used.ru_maxrss


def capture(packets: Iterator[bytes]) -> Iterator[bytes]:
    yield wire.pcap([])
    for packet in packets:
        size = len(packet)
        yield pack("<IIII", 1_700_000_000, 0, size, size) + packet


def flushed(talk: Talk) -> list[bytes]:
    """The packets so far, which the talk forgets."""
    packets = talk.packets()
    talk.segments.clear()
    return packets


def synchronised() -> Iterator[bytes]:
    """A million connections that were only asked for."""
    link = wire.link_header(wire.ETHERNET)
    for number in range(1_000_000):
        ports = (1 + number % 60_000, 1 + number // 60_000)
        yield link + ip_packet(tcp_segment(CLIENT, number, 0, SYN, ports=ports), CLIENT)


def one_request_after_the_other(streams: int) -> Iterator[bytes]:
    """So many requests and responses on one connection."""
    talk = Talk().open().say(CLIENT, wire.PREFACE + frame(4, 0, 0)).say(SERVER, frame(4, 0, 0))
    for first in range(1, 2 * streams, 128):
        numbers = range(first, first + 128, 2)
        talk.say(CLIENT, b"".join(frame(1, 5, each, wire.GET) for each in numbers))
        talk.say(SERVER, b"".join(frame(1, 5, each, wire.OK) for each in numbers))
        yield from flushed(talk)
    yield from flushed(talk.close())


def one_long_response(octets: int) -> Iterator[bytes]:
    """DATA of 16 KiB, credited as it comes."""
    talk = Talk().open().say(CLIENT, wire.CLIENT_OPENING)
    talk.say(SERVER, frame(4, 0, 0) + frame(4, 1, 0) + frame(1, 4, 1, wire.OK))
    data, credit = frame(0, 0, 1, bytes(16384)), pack(">I", 16384)
    for _ in range(octets // 16384):
        talk.say(SERVER, data).say(CLIENT, frame(8, 0, 0, credit) + frame(8, 0, 1, credit))
        yield from flushed(talk)
    yield from flushed(talk.close())


@pytest.mark.slow
def test_a_million_connections_that_were_only_asked_for() -> None:
    file, rss = piped(capture(synchronised()))

    assert ([], None) == (file["connections"], file["error"])
    assert 1_000_000 == file["packets"]
    assert rss < RSS_KIB_MAX


@pytest.mark.slow
def test_a_million_streams_on_one_connection() -> None:
    file, rss = piped(capture(one_request_after_the_other(1_000_000)))
    [connection] = file["connections"]

    assert connection["streams"] >= 250_000, "beyond its limit on memory, a trace is cut off"
    assert any("beyond the limit" in each for each in connection["missing"])
    assert [] == [each for each in connection["findings"] if each["verdict"] == "violation"]
    assert rss < RSS_KIB_MAX


@pytest.mark.slow
def test_a_gigabyte_through_standard_input() -> None:
    file, rss = piped(capture(one_long_response(1 << 30)))
    [connection] = file["connections"]

    assert 3 * 65536 < connection["frames"]
    assert "violation" not in {each["verdict"] for each in connection["findings"]}
    assert connection["complete"]
    assert rss < RSS_KIB_MAX


@pytest.mark.slow
def test_a_gigabyte_of_small_frames_is_cut_off_where_it_would_take_too_much() -> None:
    """What lies beyond the limit is counted as missing, and nobody is blamed for it."""

    def pings() -> Iterator[bytes]:
        talk = Talk().open().say(CLIENT, wire.CLIENT_OPENING).say(SERVER, frame(4, 0, 0))
        many = frame(6, 0, 0, bytes(8)) * 500
        for _ in range(1 << 16):
            talk.say(CLIENT, many)
            yield from flushed(talk)

    file, rss = piped(capture(pings()))
    [connection] = file["connections"]

    assert any("beyond the limit" in each for each in connection["missing"])
    assert rss < RSS_KIB_MAX


@pytest.mark.slow
def test_a_field_block_that_expands_is_given_up() -> None:
    """One line of 4 KiB is indexed, then named again and again."""
    value = b"\x7f\xa1\x1e" + b"a" * 4000
    block = b"\x82\x86\x84\x40\x01x" + value + b"\xbe" * 15_000
    talk = Talk().open().say(CLIENT, wire.PREFACE + frame(4, 0, 0))
    for stream in range(1, 200, 2):
        talk.say(CLIENT, frame(1, 5, stream, block if stream == 1 else b"\xbe" * 16_000))
    file, rss = piped(capture(iter(talk.say(SERVER, frame(4, 0, 0)).close().packets())))

    assert 1 == len(file["connections"])
    assert rss < RSS_KIB_MAX
