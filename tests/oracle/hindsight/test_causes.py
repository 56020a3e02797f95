"""A claim without a cause is advice; wherever there can be a cause, nothing is said."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from h2proof.oracle.hindsight import causes
from h2proof.oracle.hindsight.claims import claims
from h2proof.oracle.verdict import Finding, Unknown
from h2proof.sim import notation
from h2proof.sim.trace import Trace

CLAIM = "C  0xbb 0 octets=00\nS  GOAWAY PROTOCOL_ERROR\n"


def trace(text: str = CLAIM) -> Trace:
    return notation.parse_one(text)


def examined(
    seen: Trace, findings: Sequence[Finding], unknowns: Sequence[Unknown]
) -> tuple[Finding, ...]:
    ends = [place for place, kind in enumerate(seen.columns.type) if kind in (3, 7)]
    return causes.examine(seen, claims(seen, ends), findings, unknowns)


def fault(event: int, **changes: object) -> Finding:
    (advice,) = examined(trace(), [], [])
    made = replace(
        advice,
        verdict="violation",
        actor="client",
        event=event,
        scope="connection",
        expected=("connection:PROTOCOL_ERROR",),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_a_claim_names_what_must_not_be_called_an_error() -> None:
    (advice,) = examined(trace(), [], [])

    assert ("advice", "server", 1) == (advice.verdict, advice.actor, advice.event)
    assert (0, 1) == advice.witnesses
    assert "RFC9113-4.1-02" in advice.requirements


def test_a_claim_after_a_fault_of_the_peer_is_not_looked_at() -> None:
    assert () == examined(trace(), [fault(0)], [])


def test_a_fault_that_comes_later_is_no_cause() -> None:
    later = CLAIM + "C  PING aa\n"

    assert 1 == len(examined(trace(later), [fault(2)], []))


@pytest.mark.parametrize("changes", [{"scope": "none"}, {"expected": ("ignore",)}])
def test_a_fault_that_must_be_ignored_is_no_cause(changes: dict[str, object]) -> None:
    assert 1 == len(examined(trace(), [fault(0, **changes)], []))


def test_nothing_is_said_where_the_peer_could_not_be_judged() -> None:
    unknown = Unknown("late start", "the start is missing", 0, "client", 1, 0)

    assert () == examined(trace(), [], [unknown])


def test_nothing_is_said_of_a_connection_with_a_hole() -> None:
    assert () == examined(trace("C  CUT lost octets=9\n" + CLAIM), [], [])


@pytest.mark.parametrize("code", ["NO_ERROR", "INTERNAL_ERROR", "ENHANCE_YOUR_CALM", "0xdead"])
def test_a_code_that_claims_nothing_needs_no_cause(code: str) -> None:
    assert () == examined(trace(f"C  0xbb 0 octets=00\nS  GOAWAY {code}\n"), [], [])


def test_what_had_not_arrived_cannot_be_meant() -> None:
    exact = "C  PING aa\n*  delivered C\nC  0xbb 0 octets=00\nS  GOAWAY PROTOCOL_ERROR\n"

    assert () == examined(trace(exact), [], [])


def test_a_receiver_may_lack_resources_for_data() -> None:
    text = "C  HEADERS 1  POST /\nC  DATA 1 len=5\nS  RST_STREAM 1 FLOW_CONTROL_ERROR\n"

    assert () == examined(trace(text), [], [])


def test_a_block_that_does_not_decode_is_no_error_of_ours() -> None:
    text = "C  HEADERS 1 END_STREAM block=80\nS  GOAWAY COMPRESSION_ERROR\n"

    assert () == examined(trace(text), [fault(0)], [])
    assert () == examined(trace(text), [], [])
