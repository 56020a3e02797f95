"""The accounts of real runs: clean ones are silent, planted leaks are found with their holders."""

from typing import Any

import pytest

from h2proof.oracle import ledger, lifetimes, liveness
from h2proof.oracle.growth import law
from h2proof.oracle.verdict import Finding
from h2proof.sim.scenario import Act, ClientPlan, RequestPlan, Scenario
from h2proof.sim.trace import Trace
from h2proof.sim.world import World, play

KEPT: list[Any] = []
CACHE: dict[int, Any] = {}
BEHAVIOURS = ["polite", "slow-reader", "cancels-promise", "resets-request", "vanishes"]


async def keeps_its_writer(w: Any, r: Any) -> None:
    KEPT.append(w)
    await w.write(b"hello")


async def keeps_the_last_four(w: Any, r: Any) -> None:
    CACHE[r.stream // 2 % 4] = w
    await w.write(b"hello")


async def answers(w: Any, r: Any) -> None:
    await w.write(b"hello")


def requested(count: int, handler: Any) -> Trace:
    KEPT.clear()
    CACHE.clear()
    requests = tuple(RequestPlan(path=f"/{number}") for number in range(count))
    return World(Scenario(clients=(ClientPlan(requests=requests),)), handler).play().trace


def faults(trace: Trace) -> list[Finding]:
    return [
        *ledger.examine(trace).findings,
        *lifetimes.examine(trace),
        *liveness.examine(trace),
    ]


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
@pytest.mark.parametrize("handler", ["caddy", "caddy-c1"])
def test_a_handler_that_keeps_nothing_is_silent(handler: str, behaviour: str) -> None:
    client = ClientPlan(acts=(Act(behaviour),))
    trace = play(Scenario(handler=handler, server="go", clients=(client,))).trace
    books = ledger.examine(trace)

    assert [] == faults(trace)
    assert () == books.mismatches
    assert {"wrapper", "stream slot", "task"} <= books.accounts.keys()
    assert all(each.acquired == each.released + each.live for each in books.accounts.values())


def test_a_planted_leak_is_found_with_the_list_that_holds_it() -> None:
    (finding,) = faults(requested(3, keeps_its_writer))

    assert ("leak", "response writer") == (finding.rule, getattr(finding.resource, "kind", ""))
    assert finding.holder[-1].startswith("KEPT of module ")
    assert "3 response writers are still live" in finding.message


@pytest.mark.parametrize(
    ("handler", "sizes", "told"),
    [
        (answers, [1, 2, 4], "constant (0)"),
        (keeps_its_writer, [1, 2, 4], "linear up to 4, slope 1"),
        (keeps_the_last_four, [2, 4, 8, 16], "bounded by 4, reached at 4, tried to 16"),
    ],
)
def test_only_what_grows_is_told_to_grow(handler: Any, sizes: list[int], told: str) -> None:
    measured = [
        (size, ledger.examine(requested(size, handler)).live_when_quiet("response writer"))
        for size in sizes
    ]

    assert told == str(law(measured))


def test_a_use_after_the_return_to_the_pool_is_found() -> None:
    trace = play(Scenario(handler="caddy-c1-kept", server="go")).trace

    assert "use_after_release" in {finding.rule for finding in faults(trace)}


def test_each_account_of_a_run_says_what_it_counts() -> None:
    trace = play(Scenario(handler="caddy-c1", server="go")).trace
    kinds = {kind.removeprefix("pooled ") for kind in ledger.examine(trace).accounts}

    assert set() == kinds - set(ledger.KINDS)


def test_what_weighs_something_says_which_fact_gives_its_size() -> None:
    trace = play(Scenario(handler="caddy-c1", server="go")).trace
    heavy = {
        kind.removeprefix("pooled ")
        for kind, account in ledger.examine(trace).accounts.items()
        if account.peak_octets
    }

    assert all(ledger.KINDS[kind].octets for kind in heavy)
