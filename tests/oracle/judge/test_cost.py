"""Judging is linear in frames: counted in questions to the rules and deliveries, not in seconds."""

import gc
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from h2proof.oracle import judge, party
from h2proof.oracle.inbox import Inbox
from h2proof.oracle.replay.streams import OPENED, SENT_RESET, Stream, Tombs
from h2proof.sim.codec import encode
from h2proof.sim.frames import (
    AnyFrame,
    Data,
    Headers,
    Ping,
    RstStream,
    Settings,
    WindowUpdate,
)
from h2proof.sim.trace import Sender, Trace

GET, OK = bytes.fromhex("828784"), bytes.fromhex("88")
Said = tuple[Sender, AnyFrame]


def trace_of(said: Iterator[Said]) -> Trace:
    trace = Trace()
    for sender, frame in said:
        trace.add_octets_of_frame(sender, encode(frame))
    return trace


def upload(count: int) -> Iterator[Said]:
    """A silent upload, and an answer at its end."""
    yield "server", Settings(((4, 0x7FFFFFFF),))
    yield "server", WindowUpdate(0, 0x7FFFFFFF - 65_535)
    yield "client", Headers(1, GET)
    for _ in range(count):
        yield "client", Data(1, b"x")
    yield "client", Data(1, end_stream=True)
    yield "server", Headers(1, OK, end_stream=True)


def exchanges(count: int) -> Iterator[Said]:
    """Requests with their answers."""
    for place in range(count):
        yield "client", Headers(2 * place + 1, GET, end_stream=True)
        yield "server", Headers(2 * place + 1, OK, end_stream=True)


def overruns(count: int) -> Iterator[Said]:
    """Thousands of DATA beyond a window, against a long queue of small credits."""
    yield "client", Headers(1, GET)
    yield "server", Headers(1, OK)
    for _ in range(count):
        yield "client", WindowUpdate(1, 1)
    for _ in range(count):
        yield "server", Data(1, bytes(16_384))


def false_acknowledgments(count: int) -> Iterator[Said]:
    """Acknowledgments of PINGs that were never sent, against PINGs that were."""
    for place in range(count):
        yield "client", Ping(b"%08d" % place)
    for place in range(count):
        yield "server", Ping(b"%08x" % (place + 0xA0000000), ack=True)


def opened_and_reset(count: int) -> Iterator[Said]:
    """Streams opened and reset at once, and windows changed as often."""
    for place in range(count):
        yield "client", Headers(2 * place + 1, GET)
        yield "client", RstStream(2 * place + 1, 8)
        yield "server", Settings(((4, 70_000 + place),))


STORMS = (upload, exchanges, overruns, false_acknowledgments, opened_and_reset)
STEPS_EACH = 24
"""Rules asked and frames delivered for each frame of a trace, at most."""


@pytest.mark.parametrize("storm", STORMS, ids=[each.__name__ for each in STORMS])
def test_the_work_grows_with_the_frames(
    storm: Callable[[int], Iterator[Said]], monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = 0

    def counted(real: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object) -> object:
            nonlocal steps
            steps += 1
            return real(*arguments)

        return call

    monkeypatch.setattr(party, "check", counted(party.check))
    monkeypatch.setattr(Inbox, "deliver", counted(Inbox.deliver))
    trace = trace_of(storm(1500))

    verdict = judge(trace)

    assert steps < STEPS_EACH * verdict.frames_judged + 10_000


def test_a_judgement_is_freed_at_once() -> None:
    trace = trace_of(exchanges(20))
    judge(trace)
    gc.collect()
    gc.disable()
    try:
        judge(trace)
        assert not gc.collect()
    finally:
        gc.enable()


def test_a_storm_beyond_the_budget_is_unknown_and_not_slow() -> None:
    verdict = judge(trace_of(false_acknowledgments(3000)))

    reasons = {each.reason for each in verdict.unknowns}
    assert verdict.violations
    assert reasons <= {"search limit"}


def test_a_closed_stream_leaves_ten_octets() -> None:
    tombs = Tombs()
    for stream in range(1, 20_001, 2):
        tombs.bury(Stream(stream, OPENED | SENT_RESET, 7))

    assert OPENED | SENT_RESET == tombs.facts(19_999)
    assert 10_000 * 10 > sum(_octets(page) for page in tombs._pages.values())


def _octets(page: Any) -> int:
    facts, *arrays = page
    return len(facts) + sum(int(each.itemsize) * len(each) for each in arrays)
