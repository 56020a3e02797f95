"""The readers beside those of other people: dpkt, python-pcapng and, where installed, tshark."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dpkt  # type: ignore[import-untyped]
import pcapng  # type: ignore[import-untyped]
import pytest
from tests.oracle.importers.reading import read, rows

from h2proof.oracle.importers import Account, Options
from h2proof.oracle.importers.capture import pcap as our_pcap
from h2proof.oracle.importers.capture import pcapng as our_pcapng
from h2proof.oracle.importers.source import open_source
from h2proof.sim.trace import FrameEvent, OctetsEvent

pytestmark = pytest.mark.filterwarnings("ignore:Field type should not be")

CAPTURES = sorted((Path(__file__).parents[2] / "data" / "captures").iterdir())


def our_packets(path: Path) -> list[bytes]:
    source, account = open_source(path), Account()
    if our_pcapng.recognise(source.head):
        found = our_pcapng.packets(source, account, lambda log: None)
    else:
        found = our_pcap.packets(source, account)
    return [octets[start:end] for _, _, _, octets, start, end, _ in found]


def their_packets(path: Path) -> list[bytes]:
    with path.open("rb") as file:
        if path.suffix == ".pcap":
            return [bytes(packet) for _, packet in dpkt.pcap.Reader(file)]
        return [
            block.packet_data
            for block in pcapng.FileScanner(file)
            if isinstance(block, pcapng.blocks.EnhancedPacket)
        ]


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.name)
def test_packets_are_those_of_dpkt_and_python_pcapng(path: Path) -> None:
    assert their_packets(path) == our_packets(path)


def test_packets_of_all_captures_are_those_of_the_others(shared: Path) -> None:
    for path in sorted((shared / "traces").glob("*.pcap*")):
        assert their_packets(path) == our_packets(path), path.name


def streams_by_dpkt(packets: list[bytes]) -> Iterator[bytes]:
    """The octets of each direction: segments in the order of their numbers, each octet once."""
    segments: dict[tuple[bytes, bytes, int, int], dict[int, bytes]] = {}
    first: dict[tuple[bytes, bytes, int, int], int] = {}
    for packet in packets:
        ip = dpkt.ethernet.Ethernet(packet).data
        tcp = ip.data
        key = (ip.src, ip.dst, tcp.sport, tcp.dport)
        if tcp.flags & dpkt.tcp.TH_SYN:
            first[key] = tcp.seq + 1
        if key not in first:  # a port that is closed answers with RST
            continue
        place = (tcp.seq - first[key]) & 0xFFFFFFFF
        if tcp.data and len(tcp.data) > len(segments.setdefault(key, {}).get(place, b"")):
            segments[key][place] = tcp.data
    for found in segments.values():
        octets = b""
        for place in sorted(found):
            octets += found[place][max(0, len(octets) - place) :] if place <= len(octets) else b""
        yield octets


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def test_octets_are_those_that_dpkt_puts_together(shared: Path) -> None:
    """Of every whole clear-text capture over Ethernet: no octet more, none less, none else."""
    entries = json.loads((shared / "traces" / "manifest.json").read_text())
    compared = 0
    for entry in entries:
        skipped = "capture" in entry or entry.get("incomplete") or entry.get("link_type")
        if skipped or entry["transport"] != "h2c":
            continue
        path = shared / "traces" / entry["file"]
        theirs = sorted(each for each in streams_by_dpkt(their_packets(path)) if each)
        ours = []
        for imported in read(path)[0]:
            for sender in ("client", "server"):
                octets = PREFACE if sender == "client" else b""
                for event in imported.trace:
                    if isinstance(event, FrameEvent | OctetsEvent) and event.sender == sender:
                        octets += event.octets
                ours.append(octets)
        has_preface = all(each.startswith(PREFACE) for each in theirs if each[:3] == b"PRI")
        if has_preface and len(ours) == len(theirs):
            assert (entry["file"], theirs) == (entry["file"], sorted(ours))
            compared += 1

    assert compared > 120


@pytest.mark.slow
def test_tls_agrees_with_tshark_octet_for_octet(shared: Path, tmp_path: Path) -> None:
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed")
    folder = shared / "traces"
    compared = 0
    for entry in json.loads((folder / "manifest.json").read_text()):
        keys = entry.get("keylog", {}).get("file")
        if "capture" in entry or not keys:
            continue
        port = entry["port"]
        command = ["tshark", "-r", str(folder / entry["file"]), "-d", f"tcp.port=={port},tls"]
        command += ["-o", f"tls.keylog_file:{folder / keys}", "-Y", "http2", "-T", "json"]
        said = subprocess.run(command, capture_output=True, check=True).stdout
        if b"_index" not in said:  # out of order within a burst, tshark finds no record
            continue
        theirs, _ = read(tmp_path / "json", said)
        ours, _ = read(folder / entry["file"], options=Options(folder / keys, keep_data=True))
        numbered = {imported.number: imported for imported in ours}
        for one in theirs:
            two = numbered[one.number]
            compared += _same(rows(one.trace), rows(two.trace), data_of(said))

    assert compared > 200


def data_of(said: bytes) -> set[str]:
    """The content of DATA frames in a dissection, as tshark writes octets."""
    found: set[str] = set()

    def look(value: Any) -> None:
        if isinstance(value, list):
            for each in value:
                look(each)
        elif isinstance(value, tuple):
            name, content = value
            if name in ("http2.data.data", "http2.body.reassembled.data"):
                found.add(content)
            look(content)

    look(json.loads(said, object_pairs_hook=lambda pairs: [tuple(pair) for pair in pairs]))
    return found


def _same(theirs: list[Any], ours: list[Any], data: set[str]) -> int:
    """Compare all frames; of DATA the content is looked up in the dissection."""
    assert len(theirs) == len(ours)
    for one, two in zip(theirs, ours, strict=True):
        assert one[:-1] == two[:-1]
        if two[1] == 0 and not two[2] & 8 and two[-1]:
            assert any(two[-1].hex(":") in each for each in data)
        elif two[1] and one[-1]:
            assert one[-1] == two[-1]
    return len(ours)
