"""Exactly one release, and no touch after it; stale handles are told by their generation."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from h2proof.oracle import ledger, lifetimes
from h2proof.sim.resources import Pool, Register
from h2proof.sim.trace import Resource, ResourceKind, Trace


class Buffer:
    """Something that a pool keeps."""

    header = b""


def pooled() -> tuple[Trace, Pool[Buffer]]:
    trace = Trace()
    return trace, Pool(Register(trace), "wrapper", Buffer)


def rules_of(trace: Trace) -> list[str]:
    return [finding.rule for finding in lifetimes.examine(trace)]


def test_one_release_and_no_touch_after_it_is_silent() -> None:
    trace, pool = pooled()
    for stream in (1, 3):
        lease = pool.take(stream=stream)
        assert b"" == lease.header
        pool.put(lease)

    assert [] == rules_of(trace)


def test_a_touch_after_the_release_is_found_at_once() -> None:
    trace, pool = pooled()
    lease = pool.take(stream=1)
    pool.put(lease)
    _ = lease.header

    (finding,) = lifetimes.examine(trace)

    assert ("use_after_release", 1) == (finding.rule, finding.stream)
    assert "used" == trace[finding.event].kind
    assert "header touched wrapper#1 of connection 0, stream 1" in finding.message


def test_a_stale_handle_acts_on_the_stream_that_owns_the_object_by_now() -> None:
    trace, pool = pooled()
    stale = pool.take(stream=1)
    pool.put(stale)
    pool.take(stream=3)
    _ = stale.header

    (finding,) = lifetimes.examine(trace)

    assert "other_stream" == finding.rule
    assert "acted on connection 0, stream 3" in finding.message
    assert ["acquired", "released", "acquired", "used"] == [
        trace[index].kind for index in finding.witnesses
    ]


def test_the_same_stream_of_another_connection_is_another_stream() -> None:
    trace, pool = pooled()
    stale = pool.take(stream=1, connection=0)
    pool.put(stale)
    pool.take(stream=1, connection=1)
    _ = stale.header

    assert ["other_stream"] == rules_of(trace)


def test_a_stale_handle_of_the_stream_that_owns_the_object_again_is_only_used_late() -> None:
    trace, pool = pooled()
    stale = pool.take(stream=1)
    pool.put(stale)
    pool.take(stream=1)
    _ = stale.header

    assert ["use_after_release"] == rules_of(trace)


def test_a_second_release_is_one_finding_with_what_follows_from_it() -> None:
    trace, pool = pooled()
    lease = pool.take(stream=1)
    pool.put(lease)
    pool.put(lease)
    pool.take(stream=3)
    pool.take(stream=5)

    (finding,) = lifetimes.examine(trace)

    assert "double_release" == finding.rule
    assert ["handed_out_twice"] == [each.rule for each in finding.consequences]


def test_a_second_release_after_the_object_went_on_gives_back_what_another_has() -> None:
    trace, pool = pooled()
    lease = pool.take(stream=1)
    pool.put(lease)
    pool.take(stream=3)
    pool.put(lease)

    (finding,) = lifetimes.examine(trace)

    assert "double_release" == finding.rule
    assert ["released_by_another"] == [each.rule for each in finding.consequences]


def test_the_same_misdeed_again_is_counted_not_repeated() -> None:
    trace, pool = pooled()
    lease = pool.take(stream=1)
    pool.put(lease)
    for _ in range(5):
        _ = lease.header

    (finding,) = lifetimes.examine(trace)

    assert "the same happened 4 more times" == finding.because[-1].text


@pytest.mark.parametrize("kind", ["used", "released"])
def test_nothing_is_said_of_what_was_acquired_before_the_trace(kind: str) -> None:
    trace = Trace()
    trace.resource("used" if kind == "used" else "released", Resource("wrapper", 7))

    assert () == lifetimes.examine(trace)


MOVES = st.lists(
    st.tuples(st.sampled_from(get_args(ResourceKind)), st.integers(1, 2), st.integers(1, 3)),
    max_size=12,
)


@given(MOVES)
def test_where_a_ledger_is_orderly_there_is_nothing_to_find(
    moves: list[tuple[ResourceKind, int, int]],
) -> None:
    trace = Trace()
    for kind, number, generation in moves:
        trace.resource(kind, Resource("wrapper", number, generation), stream=generation)

    assert [] == rules_of(trace) or not ledger.examine(trace).orderly
