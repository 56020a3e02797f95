"""Each requirement stands between two traces: one that breaks it and the nearest that keeps it.

The traces are in tests/data/neighbours, a subject a file. `! rule` marks what must be found at a
line; whatever has no mark must pass. Where a trace is about a reaction, the frame that it answers
is marked too.
"""

import re
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import pytest

from h2proof.oracle import catalogue, judge
from h2proof.oracle.rules import RULES
from h2proof.oracle.verdict import Verdict
from h2proof.sim import notation
from h2proof.sim.notation import Titled
from h2proof.sim.trace import FrameEvent, Trace

FOLDER = Path(__file__).resolve().parents[2] / "data" / "neighbours"
TITLE = re.compile(r"((?:RFC[0-9]+-[0-9.]+-[0-9]+ )+)(breaks|keeps|uses): (.+)")


class Neighbour(NamedTuple):
    """A trace with what its title says."""

    ids: tuple[str, ...]
    kind: str
    trace: Titled


def neighbours() -> list[Neighbour]:
    found = []
    for path in sorted(FOLDER.glob("*.txt")):
        for titled in notation.parse(path.read_text()):
            match = TITLE.fullmatch(titled.title)
            assert match is not None, f"{path.name}: {titled.title}"
            found.append(Neighbour(tuple(match.group(1).split()), match.group(2), titled))
    return found


NEIGHBOURS = neighbours()


VERDICTS: dict[int, Verdict] = {}


def judged(each: Neighbour) -> Verdict:
    """The verdict on a neighbour's trace, made once."""
    key = id(each.trace)
    if key not in VERDICTS:
        VERDICTS[key] = judge(each.trace.trace)
    return VERDICTS[key]


def of(*kinds: str) -> list[Neighbour]:
    return [each for each in NEIGHBOURS if each.kind in kinds]


def title(each: Neighbour) -> str:
    return each.trace.title


@pytest.mark.parametrize("each", NEIGHBOURS, ids=title)
def test_what_is_marked_is_found_and_nothing_else(each: Neighbour) -> None:
    verdict = judged(each)
    marked = sorted((expected.event, expected.rule) for expected in each.trace.expected)

    assert marked == sorted((finding.event, finding.rule) for finding in verdict.findings)
    assert () == verdict.unknowns


def cited(each: Neighbour) -> set[str]:
    """What the findings are against; of a duty to answer only where the answer is missing."""
    return {
        id_
        for finding in judged(each).findings
        for id_ in finding.requirements
        if finding.rule not in RULES or id_ not in RULES[finding.rule].reacts
    }


@pytest.mark.parametrize("each", of("breaks"), ids=title)
def test_what_breaks_a_requirement_is_found_as_that(each: Neighbour) -> None:
    assert set() == set(each.ids) - cited(each)


@pytest.mark.parametrize("each", of("keeps", "uses"), ids=title)
def test_what_keeps_or_uses_a_requirement_is_not_found_as_that(each: Neighbour) -> None:
    assert set() == set(each.ids) & cited(each)


def at_once(trace: Trace) -> tuple[Trace, dict[int, int]]:
    """The trace with each frame delivered as soon as it is sent, and where its events were."""
    result, was = Trace(tuple(trace.connections)), {}
    for event in trace:
        index = result.append(event)
        was[index] = event.index
        if isinstance(event, FrameEvent):
            result.delivered(index, connection=event.connection)
    return result, was


@pytest.mark.parametrize("each", of("breaks"), ids=title)
def test_what_breaks_under_every_order_breaks_under_the_quickest(each: Neighbour) -> None:
    exact, was = at_once(each.trace.trace)
    violations = {(x.event, x.rule) for x in judged(each).violations}
    verdict = judge(exact)

    assert violations <= {(was[x.event], x.rule) for x in verdict.violations}
    assert () == verdict.unknowns


@pytest.mark.parametrize("each", NEIGHBOURS, ids=title)
def test_the_clear_lane_changes_no_verdict(each: Neighbour) -> None:
    assert judge(each.trace.trace, clear_lane=False) == judged(each)


def test_no_requirement_is_without_its_neighbours() -> None:
    have: dict[str, set[str]] = defaultdict(set)
    for each in NEIGHBOURS:
        for id_ in each.ids:
            have[id_].add(each.kind)
    needed = {"rule": {"breaks", "keeps"}, "freedom": {"uses"}}
    missing = {
        id_: needed[answer.how] - have[id_]
        for id_, answer in catalogue.answers().items()
        if answer.how in needed and needed[answer.how] - have[id_]
    }

    assert {} == missing


def test_each_neighbour_is_of_a_current_requirement() -> None:
    answers = catalogue.answers()

    assert set() == {id_ for each in NEIGHBOURS for id_ in each.ids if id_ not in answers}
