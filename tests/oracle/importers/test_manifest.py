"""Every capture of the reference folder is read, and shows what its description says.

Where a description was made by a dissector that lost its way behind a hole, `DIFFERENCES` says what
is really there, and the test that proves it.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any, Final

import pytest
from tests.oracle.importers.reading import Row, read, rows_of

from h2proof.oracle.importers import Imported, Options
from h2proof.oracle.reports.counts import count
from h2proof.sim.frames import type_name

Manifest = dict[str, dict[str, Any]]

# fmt: off
DIFFERENCES: Final[dict[str, dict[Any, int]]] = {
    # The client's GOAWAY behind the hole is in the capture from which this one was made.
    "syn-hole-push-tinywindow.pcap": {"goaways": 1, ("client", "GOAWAY"): 1},
    # Six octets of the client's SETTINGS header are in the capture, so there is no telling its
    # stream. Its last packet is whole, and is a GOAWAY.
    "nghttp-nginx-snaplen96.pcapng": {"goaways": 1, ("client", "GOAWAY"): 1, ("client", "SETTINGS"): 0},
    # One connection whose keys nobody has: it is reported, and holds no frame.
    "curl-nginx-tls-nokeys.pcapng": {"connections": 1},
}
# fmt: on


@pytest.fixture(scope="module")
def manifest(shared: Path) -> Manifest:
    entries = json.loads((shared / "traces" / "manifest.json").read_text())
    return {entry["file"]: entry for entry in entries if "capture" not in entry}


def load(shared: Path, entry: dict[str, Any]) -> list[Imported]:
    folder = shared / "traces"
    keys = entry.get("keylog", {}).get("file")
    options = Options(keylog=folder / keys if keys else None, keep_data=True)
    found, account = read(folder / entry["file"], options=options)
    assert [] == account.damage
    return found


def expected(entry: dict[str, Any]) -> dict[Any, int]:
    events = entry["events"]
    counts: dict[Any, int] = {
        "connections": entry["connections"],
        "streams": events["streams_total"],
        "promised": events["pushes_promised"],
        "completed": events["pushes_completed"],
        "resets": events["resets_total"],
        "goaways": len(events["goaway"]),
    }
    for side, kinds in events["frames"].items():
        counts |= {(side, kind): number for kind, number in kinds.items()}
    return {
        key: number
        for key, number in (counts | DIFFERENCES.get(entry["file"], {})).items()
        if number
    }


def counted(found: list[Imported]) -> dict[Any, int]:
    counts: Counter[Any] = Counter(connections=len(found))
    for imported in found:
        [seen] = count(imported.trace)
        for name in ("streams", "promised", "completed", "resets", "goaways"):
            counts[name] += getattr(seen, name)
        for event in imported.trace:
            if event.kind == "preface":
                counts["client", "PREFACE"] += 1
        for frame in imported.trace.frames():
            name = type_name(frame.type)
            counts[frame.sender, name] += 1
    return {key: number for key, number in counts.items() if number}


def test_counts_equal_the_manifest(shared: Path, manifest: Manifest) -> None:
    for entry in manifest.values():
        assert (entry["file"], expected(entry)) == (entry["file"], counted(load(shared, entry)))


def test_what_the_manifest_calls_whole_is_complete(shared: Path, manifest: Manifest) -> None:
    """And nothing that it calls incomplete is."""
    for name, entry in manifest.items():
        if entry.get("incomplete"):
            assert not any(each.complete for each in load(shared, entry)), name


def frames_by_side(found: list[Imported]) -> list[list[Row]]:
    return sorted(
        rows_of(imported.trace, sender) for imported in found for sender in ("client", "server")
    )


def test_another_transport_changes_no_octet(shared: Path, manifest: Manifest) -> None:
    """Segments cut, reordered, repeated, shifted or merged carry the frames of their sources."""
    whole = [
        entry
        for entry in manifest.values()
        if entry.get("synthetic_transport") and not entry.get("incomplete")
    ]
    suffixes = (".pcapng", ".pcap")

    assert 10 == len(whole)
    for entry in whole:
        sources = [
            manifest[source + suffix]
            for source in entry["derived_from"].split("+")
            for suffix in suffixes
            if source + suffix in manifest
        ]
        expected_rows = sorted(
            side for source in sources for side in frames_by_side(load(shared, source))
        )
        assert expected_rows == frames_by_side(load(shared, entry)), entry["file"]


@pytest.mark.parametrize(
    "name",
    [
        "syn-hole-push-tinywindow.pcap",
        "syn-midconn-many100.pcap",
        "syn-stops-early-multiplex30.pcap",
    ],
)
def test_what_is_left_of_a_damaged_transport_is_part_of_its_source(
    name: str, shared: Path, manifest: Manifest
) -> None:
    entry = manifest[name]
    [source] = [
        manifest[entry["derived_from"] + suffix]
        for suffix in (".pcapng", ".pcap")
        if entry["derived_from"] + suffix in manifest
    ]
    [whole], [rest] = load(shared, source), load(shared, entry)

    for sender in ("client", "server"):
        remaining = iter(rows_of(whole.trace, sender))
        for row in rows_of(rest.trace, sender):
            if len(row[-1]) == row[-2]:  # a frame that a hole touched keeps less of its payload
                assert row in remaining, "a frame that the source does not have, or out of order"
