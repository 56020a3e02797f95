"""What the judge says of what was read: the same for each transport, and never more than there is.

Rules are tested elsewhere. Here a verdict is only compared: with the labels of the captures, and
with the verdict on the same conversation in another form.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.oracle.importers.reading import read

from h2proof.oracle import judge
from h2proof.oracle.importers import Imported, Options
from h2proof.oracle.verdict import Finding

Entries = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def entries(shared: Path) -> Entries:
    listed = json.loads((shared / "traces" / "manifest.json").read_text())
    return {entry["file"]: entry for entry in listed}


def load(shared: Path, entry: dict[str, Any]) -> list[Imported]:
    folder = shared / "traces"
    keys = entry.get("keylog", {}).get("file")
    found, _ = read(folder / entry["file"], options=Options(keylog=folder / keys if keys else None))
    return found


def violations(found: list[Imported]) -> list[Finding]:
    return [
        finding
        for imported in found
        for finding in judge(imported.trace).violations
        if finding.level == "MUST"
    ]


def test_no_false_alarm_and_no_missed_violation_in_any_capture(
    shared: Path, entries: Entries
) -> None:
    for name, entry in entries.items():
        if "capture" in entry:
            continue
        found = violations(load(shared, entry))
        for side in ("client", "server"):
            mine = [finding for finding in found if finding.actor == side]
            labels = entry["expected"][side]
            if labels == "compliant":
                assert (name, []) == (name, [each.message for each in mine])
                continue
            for label in labels:
                if not label.get("level"):
                    packets = [each.packet for each in mine]
                    assert any(packet in label["frames"] for packet in packets), (name, label)


def test_no_log_accuses_whom_its_capture_does_not(shared: Path, entries: Entries) -> None:
    for name, entry in entries.items():
        if "capture" not in entry:
            continue
        expected = entries[entry["capture"]]["expected"]
        for finding in violations(load(shared, entry)):
            assert "compliant" != expected[finding.actor], (name, finding.message)


def fingerprints(found: list[Imported]) -> Counter[str]:
    return Counter(finding.fingerprint for finding in violations(found))


def test_another_transport_changes_no_verdict(shared: Path, entries: Entries) -> None:
    """And what is missing can only take findings away."""
    synthetic = [each for each in entries.values() if each.get("synthetic_transport")]

    assert 13 == len(synthetic)
    for entry in synthetic:
        expected: Counter[str] = Counter()
        for source in entry["derived_from"].split("+"):
            name = next(name for name in (f"{source}.pcapng", f"{source}.pcap") if name in entries)
            expected += fingerprints(load(shared, entries[name]))
        seen = fingerprints(load(shared, entry))
        if entry.get("incomplete"):
            assert not seen - expected, entry["file"]
        else:
            assert (entry["file"], expected) == (entry["file"], seen)


def test_nothing_missing_is_held_against_anybody(shared: Path, entries: Entries) -> None:
    """Each capture that lacks something says so, as an unknown or as a connection not complete."""
    for name, entry in entries.items():
        if entry.get("incomplete"):
            for imported in load(shared, entry):
                verdict = judge(imported.trace)
                assert verdict.unknowns or imported.gaps or not imported.complete, name
