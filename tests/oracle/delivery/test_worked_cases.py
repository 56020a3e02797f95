"""The worked cases of late delivery: each trace with what must be found in it, and nothing else."""

from pathlib import Path

import pytest

from h2proof.oracle import judge
from h2proof.sim.notation import Titled, parse

CASES = parse((Path(__file__).parent / "worked_cases.txt").read_text())


@pytest.mark.parametrize("case", CASES, ids=[case.title for case in CASES])
def test_exactly_the_marked_frames_are_violations(case: Titled) -> None:
    expected = sorted((each.event, each.rule) for each in case.expected)

    found = sorted((each.event, each.rule) for each in judge(case.trace).violations)

    assert expected == found


@pytest.mark.parametrize("case", CASES, ids=[case.title for case in CASES])
def test_nothing_is_unknown_in_a_whole_trace(case: Titled) -> None:
    verdict = judge(case.trace)

    assert 0 == verdict.frames_unknown
    assert () == verdict.unknowns
