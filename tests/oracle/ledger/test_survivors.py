"""What is live when all is quiet: a leak with its holders, or held rightly and why."""

from h2proof.oracle import ledger
from h2proof.sim.codec import FrameHeader
from h2proof.sim.trace import Resource, Trace

HEADERS = FrameHeader(0, 1, 0x5, 1, False)
KEPT = ("item 0 of a list", "kept of module caddy")


def survived(chain: tuple[str, ...] = KEPT, note: str = "quiet", *, returned: bool = True) -> Trace:
    """A request whose wrapper is still held at the end."""
    trace = Trace()
    trace.add_frame("client", HEADERS, b"")
    trace.resource("acquired", Resource("wrapper", 1), stream=1, size=96)
    if returned:
        trace.note("handler returned", stream=1)
    trace.note(note)
    trace.resource("held", Resource("wrapper", 1), stream=1, size=96, chain=chain)
    return trace


def test_a_survivor_is_a_leak_with_its_holders_since_a_frame() -> None:
    (finding,) = ledger.examine(survived()).findings

    assert ("leak", Resource("wrapper", 1), KEPT) == (
        finding.rule,
        finding.resource,
        finding.holder,
    )
    assert (0, 1, 2, 3, 4) == finding.witnesses
    assert "client HEADERS 1" in finding.because[0].text


def test_a_blocked_handler_may_hold_what_it_holds() -> None:
    result = ledger.examine(survived(note="not quiet: Write 1 waits for credit", returned=False))

    assert () == result.findings
    assert ["stall"] == [each.standing for each in result.survivors]


def test_a_handler_that_returned_may_hold_nothing_even_when_its_flush_is_stalled() -> None:
    result = ledger.examine(survived(note="not quiet: the flush of stream 1 waits for credit"))

    assert ["leak"] == [finding.rule for finding in result.findings]


def test_what_belongs_to_the_connection_may_live_until_the_clients_left() -> None:
    trace = Trace()
    trace.resource("acquired", Resource("task", 1))
    trace.note("quiet")
    trace.resource("held", Resource("task", 1))
    trace.note("clients leave")
    trace.note("quiet")
    trace.resource("held", Resource("task", 1))

    result = ledger.examine(trace)

    assert ["connection", "leak"] == [each.standing for each in result.survivors]
    assert [5] == [finding.event for finding in result.findings]


def test_a_block_that_the_client_never_ends_is_held_rightly_until_it_leaves() -> None:
    trace = Trace()
    trace.resource("acquired", Resource("field block buffer", 1), stream=1, size=9)
    trace.note("quiet")
    trace.note("clients leave")
    trace.note("quiet")

    result = ledger.examine(trace)

    assert ["connection", "leak"] == [each.standing for each in result.survivors]


def test_one_cause_is_one_finding_with_the_others_counted() -> None:
    trace = Trace()
    for number in (1, 3, 5):
        trace.resource("acquired", Resource("wrapper", number), stream=number)
    trace.note("quiet")
    for place, number in enumerate((1, 3, 5)):
        chain = (f"item {place} of a list", "kept of module caddy")
        trace.resource("held", Resource("wrapper", number), stream=number, chain=chain)

    (finding,) = ledger.examine(trace).findings

    assert "3 wrappers are still live" in finding.message
    assert "leak|server|wrapper|item N of a list < kept of module caddy" == finding.fingerprint


def test_what_hangs_on_another_survivor_stands_under_it() -> None:
    trace = Trace()
    trace.resource("acquired", Resource("wrapper", 1), stream=1)
    trace.resource("acquired", Resource("request context", 1), stream=1)
    trace.note("quiet")
    trace.resource("held", Resource("wrapper", 1), chain=KEPT)
    trace.resource("held", Resource("request context", 1), chain=("request of a Wrapper", *KEPT))

    (finding,) = ledger.examine(trace).findings

    assert ["request context"] == [
        each.resource.kind for each in finding.consequences if each.resource is not None
    ]


def test_a_survivor_of_both_moments_is_told_once() -> None:
    trace = survived()
    trace.note("clients leave")
    trace.note("quiet")
    trace.resource("held", Resource("wrapper", 1), stream=1, chain=KEPT)

    result = ledger.examine(trace)

    assert 1 == len(result.findings)
    assert 1 == result.live_when_quiet("wrapper")


def test_a_pool_that_keeps_more_than_was_ever_in_use_leaks() -> None:
    trace = Trace()
    trace.resource("acquired", Resource("wrapper", 1), stream=1)
    trace.resource("released", Resource("wrapper", 1), stream=1)
    for number in (1, 2):
        trace.resource("acquired", Resource("pooled wrapper", number))
    trace.note("quiet")

    (finding,) = ledger.examine(trace).findings

    assert Resource("pooled wrapper", 2) == finding.resource
