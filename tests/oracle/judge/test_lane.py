"""With the clear lane or without it, every verdict is the same."""

import json
from pathlib import Path

import pytest
from tests.benchmarks.captures import KINDS, capture
from tests.oracle.judge import matrix
from tests.oracle.judge.mutations import MUTATIONS
from tests.oracle.judge.runs import runs
from tests.oracle.judge.test_mutations import as_capture, mutants

from h2proof.oracle import importers, judge
from h2proof.sim import notation
from h2proof.sim.trace import Trace

NEIGHBOURS = Path(__file__).parents[2] / "data" / "neighbours"


def same(trace: Trace) -> bool:
    """True if the lane changes nothing."""
    return judge(trace) == judge(trace, clear_lane=False)


def test_legal_runs_have_the_same_verdict_without_the_lane() -> None:
    for behaviour, trace in runs():
        assert same(trace), behaviour
        assert same(as_capture(trace, ())[0]), behaviour


def test_mutations_have_the_same_verdict_without_the_lane() -> None:
    for mutation in MUTATIONS[::8]:
        for behaviour, place, trace, _ in mutants(mutation, 1, 1):
            assert same(trace), (mutation.name, behaviour, place)


def test_the_matrix_has_the_same_verdicts_without_the_lane(shared: Path) -> None:
    reference = json.loads((shared / "requirements" / "state-machine.json").read_text())
    for cell in matrix.cells(reference):
        if cell.event != "CONTINUATION_EXPECTED":
            assert same(matrix.connection(cell)), str(cell)


def test_captures_have_the_same_verdict_without_the_lane(shared: Path) -> None:
    for path in sorted((shared / "traces").glob("*.pcap*"))[::4]:
        for each in importers.read(str(path)):
            assert same(each.trace), path.name


@pytest.mark.parametrize("kind", KINDS)
def test_long_traffic_has_the_same_verdict_without_the_lane(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"{kind}.pcap"
    path.write_bytes(capture(kind, 400_000))
    for each in importers.read(str(path)):
        assert same(each.trace)


def test_neighbours_have_the_same_verdicts_without_the_lane() -> None:
    for path in sorted(NEIGHBOURS.glob("*.txt")):
        for titled in notation.parse(path.read_text(encoding="utf-8")):
            assert same(titled.trace), titled.title


@pytest.mark.slow
def test_every_capture_has_the_same_verdict_without_the_lane(shared: Path) -> None:
    for path in sorted((shared / "traces").glob("*.pcap*")):
        for each in importers.read(str(path)):
            assert same(each.trace), path.name
