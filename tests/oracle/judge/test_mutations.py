"""Every kind of violation, put into legal runs where it is forbidden, is found: who, and what.

The exact verdict knows the deliveries. Unless a mutation says otherwise, the same run as a capture
shows it too. Nobody else is blamed for it.
"""

from collections.abc import Iterator

import pytest
from tests.oracle.judge.mutations import MUTATIONS, Mutation
from tests.oracle.judge.runs import places, run, runs
from tests.oracle.judge.situation import situation

from h2proof.oracle import judge
from h2proof.oracle.rules import RULES
from h2proof.sim.codec import HEADER_LENGTH, read_header
from h2proof.sim.trace import DeliveredEvent, Trace


def mutants(
    mutation: Mutation, each: int, count: int
) -> Iterator[tuple[str, int, Trace, tuple[int, ...]]]:
    """Behaviour, place, the changed run, and the events that were put in."""
    for behaviour, trace in runs(count):
        for place in places(trace, 1000 if behaviour.startswith("written") else each):
            frames = mutation.make(situation(trace, mutation.sender, place))
            if frames is not None:
                yield behaviour, place, *with_frames(trace, place, mutation, frames)


def with_frames(
    trace: Trace, place: int, mutation: Mutation, frames: list[bytes]
) -> tuple[Trace, tuple[int, ...]]:
    """The trace with frames in front of an event, and the places of the new ones."""
    changed = Trace(tuple(trace.connections))
    inserted: list[int] = []
    for event in trace:
        if event.index == place:
            inserted += (_add(changed, mutation, octets) for octets in frames)
        if isinstance(event, DeliveredEvent):
            at = event.frame_event
            changed.delivered(at + len(frames) if at >= place else at)
        else:
            changed.append(event)
    return changed, tuple(inserted)


def _add(trace: Trace, mutation: Mutation, octets: bytes) -> int:
    header = read_header(octets)
    return trace.add_frame(mutation.sender, header, octets[HEADER_LENGTH:])


def check(trace: Trace, mutation: Mutation, inserted: tuple[int, ...], where: object) -> None:
    """One of the new frames is found to break the requirement, and no frame of the other side.

    That the other side does not react is true in such a run, and not meant here.
    """
    violations = judge(trace).violations
    guilty = [
        each
        for each in violations
        if each.event in inserted
        and each.actor == mutation.sender
        and f"RFC{mutation.requirement}" in each.requirements
    ]
    innocent = [
        each.message
        for each in violations
        if each.actor != mutation.sender and each.rule in RULES and RULES[each.rule].types
    ]

    assert guilty, (where, violations)
    assert [] == innocent, where


def try_out(mutation: Mutation, each: int, count: int) -> int:
    """Put one kind into the runs; in how many places it could be put."""
    tried = 0
    for behaviour, place, trace, inserted in mutants(mutation, each, count):
        check(trace, mutation, inserted, (behaviour, place))
        if not mutation.exact_only:
            capture, moved = as_capture(trace, inserted)
            check(capture, mutation, moved, (behaviour, place, "as a capture"))
        tried += 1
    return tried


def as_capture(trace: Trace, events: tuple[int, ...]) -> tuple[Trace, tuple[int, ...]]:
    """The trace without deliveries, and where some of its events are then."""
    kinds = ("preface", "frame", "cut")
    kept = [event.index for event in trace if event.kind in kinds]
    capture = trace.filtered(lambda event: event.kind in kinds)
    return capture, tuple(kept.index(event) for event in events)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=[each.name for each in MUTATIONS])
def test_a_violation_is_found_wherever_it_is_put(mutation: Mutation) -> None:
    assert try_out(mutation, 1, 3), "no run has a place for it"


@pytest.mark.slow
@pytest.mark.parametrize("mutation", MUTATIONS, ids=[each.name for each in MUTATIONS])
def test_a_violation_is_found_in_every_place(mutation: Mutation) -> None:
    assert try_out(mutation, 1000, 8)


def test_the_runs_themselves_are_legal() -> None:
    for behaviour, trace in runs():
        assert [] == [each.message for each in judge(trace).violations], behaviour
        assert 0 == judge(trace).frames_unknown


def test_there_are_sixty_kinds_and_more() -> None:
    assert 60 <= len({each.name.split(" (")[0] for each in MUTATIONS})


def test_a_run_is_the_same_each_time() -> None:
    assert run("polite") is run("polite")
