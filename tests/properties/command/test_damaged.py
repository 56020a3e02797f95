"""Damaged inputs, read and judged: a report without a traceback, whatever the octets are."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from h2proof.oracle.importers import Options
from h2proof.oracle.reports import REPORTS, render
from h2proof.properties.command.judging import Wishes, check

CAPTURES = sorted((Path(__file__).parents[2] / "data" / "captures").iterdir())
CHANGES = st.lists(
    st.tuples(st.integers(0, 1 << 20), st.binary(max_size=9), st.integers(0, 9)),
    min_size=1,
    max_size=8,
)
"""At a place so many octets are replaced by these."""


def changed(octets: bytes, changes: list[tuple[int, bytes, int]]) -> bytes:
    result = bytearray(octets)
    for place, new, old in changes:
        start = place % (len(result) + 1)
        result[start : start + old] = new
    return bytes(result)


def check_reports(path: Path, octets: bytes) -> None:
    path.write_bytes(octets)
    checked = check(str(path), Wishes(Options()))
    for form in REPORTS:
        assert render(form, [checked]) or (form == "text" and checked.error)
    assert 1 == json.loads(render("json", [checked]))["version"]


@given(capture=st.sampled_from(CAPTURES), changes=CHANGES)
@hypothesis_settings(max_examples=40)
def test_damaged_captures_end_in_a_report(
    capture: Path,
    changes: list[tuple[int, bytes, int]],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged"
    check_reports(path, changed(capture.read_bytes(), changes))


@pytest.mark.slow
@given(data=st.data(), changes=CHANGES)
@hypothesis_settings(max_examples=5000)
def test_damaged_captures_and_logs_end_in_a_report(
    data: st.DataObject,
    changes: list[tuple[int, bytes, int]],
    tmp_path_factory: pytest.TempPathFactory,
    shared: Path,
) -> None:
    folder = shared / "traces"
    inputs = [*sorted(folder.glob("*.pcap*")), *sorted((folder / "logs").iterdir())]
    small = [path for path in inputs if path.stat().st_size < 40_000]
    path = data.draw(st.sampled_from(small), "input")
    check_reports(tmp_path_factory.getbasetemp() / "damaged", changed(path.read_bytes(), changes))
