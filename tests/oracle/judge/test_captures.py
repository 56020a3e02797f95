"""The judge on the real captures: every labelled violation is found, and nobody else is blamed.

A label names party, packet, section of the RFC, scope and codes. Labels with a `level` are
debatable or about an extension: such a finding may be advice, or not be there at all.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from h2proof.oracle import Finding, Verdict, importers, judge

SHARED: Final = Path(__file__).resolve().parents[4] / "shared"
MANIFEST: Final = SHARED / "traces" / "manifest.json"
ENTRIES: Final[dict[str, dict[str, Any]]] = (
    {
        entry["file"]: entry
        for entry in json.loads(MANIFEST.read_text())
        if entry["format"] in ("pcap", "pcapng")
    }
    if MANIFEST.is_file()
    else {}
)
BROKEN: Final = [
    (name, party)
    for name, entry in ENTRIES.items()
    for party in ("client", "server")
    if isinstance(entry["expected"][party], list)
]
COMPLETE: Final = [name for name, entry in ENTRIES.items() if not entry.get("incomplete")]
SAME_MATTER: Final = {("6.6", "8.4")}
"""Section cited, section labelled: §8.4 has the promise, §6.6 forbids it while push is off."""
needs_captures = pytest.mark.skipif(not ENTRIES, reason="needs the captures of ../shared")


@cache
def verdicts(name: str) -> tuple[Verdict, ...]:
    """One verdict for each connection of a capture."""
    return tuple(judge(each.trace) for each in importers.read(str(SHARED / "traces" / name)))


def violations(name: str, party: str) -> list[Finding]:
    """The violations of one party, all connections of a capture together."""
    return [
        finding
        for verdict in verdicts(name)
        for finding in verdict.violations
        if finding.actor == party
    ]


@needs_captures
@pytest.mark.parametrize("name", ENTRIES)
def test_nobody_is_blamed_beyond_the_labels(name: str) -> None:
    for party in ("client", "server"):
        labels = ENTRIES[name]["expected"][party]
        packets = (
            {at for label in labels for at in label["frames"]} if labels != "compliant" else set()
        )

        blamed = [each for each in violations(name, party) if each.packet not in packets]

        assert [] == [(each.packet, each.rule, each.message) for each in blamed]


@needs_captures
@pytest.mark.parametrize(("name", "party"), BROKEN)
def test_every_labelled_violation_is_found_at_its_packet(name: str, party: str) -> None:
    for label in ENTRIES[name]["expected"][party]:
        found = [each for each in violations(name, party) if each.packet in label["frames"]]
        if label.get("level") and not found:
            continue

        assert found, label["what"]
        assert any(is_about(each, label["rfc"]) for each in found), (label, found)
        assert any(deserves(each, label["accept"]) for each in found), (label, found)


@needs_captures
@pytest.mark.parametrize(
    "name", [name for name, entry in ENTRIES.items() if not entry.get("incomplete")]
)
def test_nothing_is_unknown_in_a_complete_capture(name: str) -> None:
    assert 0 == sum(verdict.frames_unknown for verdict in verdicts(name))


def is_about(finding: Finding, clause: str) -> bool:
    """True if the finding cites a requirement of that section, or of one above or below it."""
    match = re.fullmatch(r"RFC (\d+) ([\d.]+)", clause)
    assert match
    rfc, section = match.groups()
    cited = [re.fullmatch(r"RFC(\d+)-([\d.]+)-\d+", each) for each in finding.requirements]
    return any(each is not None and each[1] == rfc and related(each[2], section) for each in cited)


def related(cited: str, section: str) -> bool:
    """True if one of the sections contains the other."""
    if (cited, section) in SAME_MATTER:
        return True
    return f"{cited}.".startswith(f"{section}.") or f"{section}.".startswith(f"{cited}.")


def deserves(finding: Finding, accept: dict[str, list[str]]) -> bool:
    """True if what the finding expects of the peer is what the label accepts."""
    if not accept["codes"]:
        return finding.scope in accept["scopes"]
    wanted = {f"{scope}:{code}" for scope in accept["scopes"] for code in accept["codes"]}
    return not wanted.isdisjoint(finding.expected) or "ignore" in finding.expected
