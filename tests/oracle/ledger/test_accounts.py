"""Accounts: acquired = released + live after each event, and how long how much was held."""

from hypothesis import given
from hypothesis import strategies as st

from h2proof.oracle import ledger
from h2proof.sim.codec import FrameHeader
from h2proof.sim.resources import Pool, Register
from h2proof.sim.trace import Resource, Trace


class Thing:
    """Something that a handler holds."""


def resource_trace(moves: list[tuple[bool, int]]) -> Trace:
    trace = Trace()
    for at, (acquires, number) in enumerate(moves):
        trace.resource(
            "acquired" if acquires else "released", Resource("wrapper", number), at=at, size=10
        )
    return trace


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 4))))
def test_what_was_acquired_is_released_or_live_whatever_the_order(
    moves: list[tuple[bool, int]],
) -> None:
    trace = resource_trace(moves)
    live: set[int] = set()
    acquired = released = 0
    for acquires, number in moves:
        acquired += acquires and number not in live
        released += not acquires and number in live
        (live.add if acquires else live.discard)(number)

    account = ledger.examine(trace).accounts.get("wrapper", ledger.Account("wrapper"))

    assert (acquired, released, len(live)) == (account.acquired, account.released, account.live)
    assert account.acquired == account.released + account.live
    assert 10 * len(live) == account.octets
    assert all(step.live >= 0 and step.octets == 10 * step.live for step in account.steps)


def test_the_peak_is_told_with_its_event() -> None:
    moves = [(True, 1), (True, 2), (False, 1), (True, 3), (False, 2), (False, 3)]

    account = ledger.examine(resource_trace(moves)).accounts["wrapper"]

    assert (2, 1, 20) == (account.peak, account.peak_event, account.peak_octets)
    assert [1, 2, 1, 2, 1, 0] == [step.live for step in account.steps]
    assert 1 == account.live_at(2)


def test_octets_count_for_as_long_as_they_are_held() -> None:
    trace = Trace()
    trace.resource("acquired", Resource("wrapper", 1), at=5, size=100)
    trace.resource("acquired", Resource("wrapper", 2), at=10, size=50)
    trace.resource("released", Resource("wrapper", 1), at=20, size=100)
    trace.resource("released", Resource("wrapper", 2), at=40, size=50)

    account = ledger.examine(trace).accounts["wrapper"]

    assert 100 * 15 + 50 * 30 == account.octet_ns


def test_octets_that_are_never_released_count_until_the_trace_ends() -> None:
    trace = Trace()
    trace.resource("acquired", Resource("wrapper", 1), at=5, size=100)
    trace.note("quiet", at=25)

    assert 2000 == ledger.examine(trace).accounts["wrapper"].octet_ns


def test_a_release_of_what_is_not_live_moves_nothing() -> None:
    account = ledger.examine(resource_trace([(True, 1), (False, 1), (False, 1)])).accounts[
        "wrapper"
    ]

    assert (1, 1, 0, 1) == (account.acquired, account.released, account.live, account.unmatched)


def test_what_is_acquired_twice_is_a_mismatch_and_not_a_count() -> None:
    result = ledger.examine(resource_trace([(True, 1), (True, 1)]))

    assert 1 == result.accounts["wrapper"].live
    assert ("wrapper#1 was acquired again at event 1",) == result.mismatches


def test_retention_is_split_where_the_handler_returned() -> None:
    trace = Trace()
    trace.resource("acquired", Resource("wrapper", 1), at=0, stream=1, size=8)
    trace.note("handler returned", at=30, stream=1)
    trace.resource("released", Resource("wrapper", 1), at=50, stream=1, size=8)

    (retention,) = ledger.examine(trace).retained

    assert ("wrapper", "", 240, 160) == (
        retention.kind,
        retention.root,
        retention.running,
        retention.after,
    )


def test_a_trace_of_frames_only_has_no_accounts() -> None:
    trace = Trace()
    trace.add_frame("client", FrameHeader(0, 4, 0, 0, False), b"")

    result = ledger.examine(trace)

    assert ({}, (), ()) == (result.accounts, result.findings, result.survivors)


def test_a_pool_that_keeps_what_was_in_use_at_once_is_no_leak() -> None:
    trace = Trace()
    pool = Pool(Register(trace), "wrapper", Thing, size=64)
    leases = [pool.take(stream=number) for number in (1, 3, 5)]
    for lease in leases:
        pool.put(lease)
    trace.note("quiet")

    result = ledger.examine(trace)

    assert () == result.findings
    assert ["pool"] * 3 == [each.standing for each in result.survivors]
    assert 3 == result.accounts["pooled wrapper"].live
