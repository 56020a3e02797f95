"""The generated traffic is what it says, at a tiny scale; nothing is timed here."""

from pathlib import Path

import pytest
from tests.benchmarks.captures import KINDS, capture
from tests.oracle.importers.reading import read

from h2proof.oracle import judge


@pytest.mark.parametrize("kind", KINDS)
def test_generated_traffic_is_whole_and_legal(kind: str, tmp_path: Path) -> None:
    [imported], account = read(tmp_path / "capture", capture(kind, 40_000))

    assert imported.complete
    assert [] == account.damage
    assert () == judge(imported.trace).violations
    assert len(imported.trace.columns.event) > 10
