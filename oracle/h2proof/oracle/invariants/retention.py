"""What stays when all is over: I1, I2, I7, I10."""

from collections.abc import Iterator
from typing import Final

from h2proof.oracle.invariants.invariant import Breach
from h2proof.oracle.invariants.story import NEVER, Life, Story

OBJECTS: Final = (
    "wrapper",
    "layer writer",
    "response writer",
    "writer state",
    "request context",
    "header map",
)
"""What a response has while its handler runs."""
COUNTED: Final = ("stream slot", "promised identifier", "queued frame", "timer")
"""What is counted for a stream, without an object of the handler's."""
OF_A_KIND_MAX: Final = 8
"""Objects of one kind that one stream may have at a time: a chain of layers, not one a write."""


def kept_after_teardown(story: Story) -> Iterator[Breach]:
    """I1: held by something that is alive, although the stream is closed and the handler done."""
    for life, moment, chain in _left_over(story, OBJECTS):
        if chain:
            message = f"{life.resource} of stream {life.stream} is held by {chain[0]}"
            yield _breach(story, life, moment, message, chain)


def lost_on_the_way_out(story: Story) -> Iterator[Breach]:
    """I2: never given back, and nobody has it: some way out does not release."""
    for life, moment, chain in _left_over(story, OBJECTS):
        if not chain:
            message = f"{life.resource} of stream {life.stream} was never given back"
            yield _breach(story, life, moment, message, chain)


def _left_over(story: Story, kinds: tuple[str, ...]) -> Iterator[tuple[Life, int, tuple[str, ...]]]:
    """What was held when all was quiet, of streams that were over by then."""
    for life in story.of_kinds(*kinds):
        owner = story.owner(life)
        for moment, chain in life.held[:1]:
            if owner is None or owner.over < moment or owner.handler_started == NEVER:
                yield life, moment, chain


def _breach(story: Story, life: Life, moment: int, message: str, chain: tuple[str, ...]) -> Breach:
    owner = story.owner(life)
    facts = [("it was acquired", life.acquired)]
    if owner is not None:
        facts += [
            ("the stream was closed", owner.closed),
            ("the handler ended", owner.handler_ended),
        ]
    return Breach(moment, message, tuple(facts), life.stream, life.resource, chain)


def more_than_its_own(story: Story) -> Iterator[Breach]:
    """I7: a stream has a few objects of a kind at a time, however long it stalls."""
    live: dict[tuple[str, int, int], int] = {}
    for event, life, step in _in_order(story, OBJECTS):
        key = life.resource.kind, life.connection, life.stream
        live[key] = live.get(key, 0) + step
        if step > 0 and live[key] == OF_A_KIND_MAX + 1:
            message = f"stream {life.stream} has {live[key]} of kind {life.resource.kind} at a time"
            yield Breach(event, message, (), life.stream, life.resource)


def _in_order(story: Story, kinds: tuple[str, ...]) -> list[tuple[int, Life, int]]:
    """Acquisitions and releases in their order."""
    steps = [(life.acquired, life, 1) for life in story.of_kinds(*kinds)]
    steps += [(life.ended, life, -1) for life in story.of_kinds(*kinds) if life.released]
    return sorted(steps, key=lambda step: step[0])


def counters_do_not_close(story: Story) -> Iterator[Breach]:
    """I10: what is counted for streams is zero when they are closed, and never below."""
    for life in story.of_kinds(*COUNTED):
        if len(life.released) > 1:
            message = f"{life.resource} was counted down twice"
            yield Breach(life.released[1], message, (), life.stream, life.resource)
        owner = story.owner(life)
        if life.held and (owner is None or owner.closed < life.held[0][0]):
            message = f"{life.resource} of stream {life.stream} is still counted"
            yield _breach(story, life, life.held[0][0], message, life.held[0][1])
