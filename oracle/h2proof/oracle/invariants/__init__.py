"""Lifecycle invariants of push handlers and the servers around them (push-handlers.md §6).

Each is one row of INVARIANTS: a truth about runs, what breaks it, and a check that reads the trace
alone. I12 has two readings, both here by name; I22 is a policy and gives advice. They ask for what
only a world writes (deliveries, resources, notes): in a capture most of them have nothing to say.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from h2proof.oracle.invariants import ends, promises, release, responses, retention
from h2proof.oracle.invariants.invariant import Invariant
from h2proof.oracle.invariants.story import tell
from h2proof.oracle.verdict import Finding
from h2proof.sim.trace import Trace

_ROWS: Final = (
    Invariant(
        "I1",
        "After teardown nothing that is alive refers to the wrapper, its request or its header.",
        "many requests that finish or are reset on a connection that stays open",
        "mod_http2 CVE-2023-45802; python h2 (Y3)",
        retention.kept_after_teardown,
    ),
    Invariant(
        "I2",
        "Release happens on every way out: normal, error, panic, never started, refused.",
        "RST_STREAM before the handler starts, or between header and first octet",
        "applications of nghttp2 (Q2); Go's waiting list (G20)",
        retention.lost_on_the_way_out,
    ),
    Invariant(
        "I3",
        "Release happens exactly once for each acquisition.",
        "HEADERS and RST_STREAM at once; RST_STREAM racing END_STREAM",
        "CVE-2026-23918; H5",
        release.released_twice,
    ),
    Invariant(
        "I4",
        "No release while the handler or a helper it started may still call the wrapper.",
        "a stall that lets helpers outlive expectations, then RST_STREAM",
        "H3; the revert of Caddy #5848",
        release.released_too_early,
    ),
    Invariant(
        "I5",
        "A released wrapper never acts on another stream.",
        "two requests, the first one's writer used late",
        "C1 to D (H4)",
        release.acts_on_another,
    ),
    Invariant(
        "I6",
        "A wrapper that is used again carries nothing of its former life.",
        "requests with different Accept and User-Agent in turn",
        "H13",
        release.carries_a_former_request,
    ),
    Invariant(
        "I7",
        "A stalled stream keeps its own objects only, and a bounded number of them.",
        "an initial window of 0 on many streams; not reading the transport",
        "G32, in time",
        retention.more_than_its_own,
    ),
    Invariant(
        "I8",
        "A handler blocked on the client is released when the stream or connection closes.",
        "no window, a stuck transport, a trickle of credit",
        "G32; golang/go 49741",
        ends.never_released,
    ),
    Invariant(
        "I9",
        "Promised streams have a lifetime of their own.",
        "RST_STREAM on the associated stream right after its promises",
        "none known; Go keeps it",
        promises.dies_with_the_associated,
    ),
    Invariant(
        "I10",
        "Counters return to zero when all streams are closed, and never go below.",
        "a reset of every promised stream at once; many short pushes",
        "G41; nginx 0a90893da",
        retention.counters_do_not_close,
    ),
    Invariant(
        "I11",
        "No promise on a closed stream, after GOAWAY or ENABLE_PUSH=0; identifiers rise by two.",
        "settings, GOAWAY or RST_STREAM racing with pushes",
        "python h2 (Y3); nginx (N1)",
        promises.promised_in_vain,
    ),
    Invariant(
        "I12-promise",
        "Promised streams are within the client's limit, counted from the promise.",
        "MAX_CONCURRENT_STREAMS of 0, 1 or 2, also lowered midway",
        "python h2 (Y2); Tomcat; nghttp2 by its own reading",
        promises.too_many_at_the_promise,
    ),
    Invariant(
        "I12-response",
        "Promised streams are within the client's limit, counted from the response's header.",
        "MAX_CONCURRENT_STREAMS of 0, 1 or 2, also lowered midway",
        "python h2 (Y2)",
        promises.too_many_at_the_response,
    ),
    Invariant(
        "I13",
        "A promise comes before every frame of its stream and before the associated END_STREAM.",
        "none is needed",
        "none known",
        promises.promised_too_late,
    ),
    Invariant(
        "I14",
        "A link is pushed at most once a request, whatever the chain.",
        "none is needed: two handlers, a buffer between them",
        "B (H7, H9)",
        promises.link_pushed_twice,
    ),
    Invariant(
        "I15",
        "One bad link neither panics nor keeps other links from being pushed.",
        "none is needed: odd Link fields",
        "Caddy (L6, C25)",
        responses.bad_link_hurts,
    ),
    Invariant(
        "I16",
        "A push that fails never fails or delays the main response.",
        "a refusal of every push; a transport stuck during a promise",
        "Caddy on Go (C39, G14), by delay",
        responses.push_delays_the_response,
    ),
    Invariant(
        "I17",
        "Preparing pushes never changes the client's request.",
        "the copied fields with one, three or five values",
        "Caddy (C12, C13)",
        responses.request_changed,
    ),
    Invariant(
        "I18",
        "No promise for another origin.",
        "none is needed: a Link with its scheme in capitals",
        "Caddy (C26)",
        promises.for_another_origin,
    ),
    Invariant(
        "I19",
        "Promised requests trigger no promises.",
        "the guard's header field, sent or left out",
        "none known: G1 stands behind",
        promises.promised_by_a_promise,
    ),
    Invariant(
        "I20",
        "Stalled promised streams do not keep the client's own requests from being served.",
        "no window, more pushes than the server's limit, then a plain request",
        "Go (G20)",
        responses.promises_starve_requests,
    ),
    Invariant(
        "I21",
        "Late frames on closed promised streams are harmless and leave nothing behind.",
        "a flood of them",
        "h2o and nginx in their history; x/net before d98b1b44",
        ends.late_frame_hurts,
    ),
    Invariant(
        "I22",
        "A stream on which nothing is owed is not torn down for being idle.",
        "reading everything, then waiting",
        "Go (G31) with Caddy's default",
        ends.torn_down_while_idle,
        advice=True,
    ),
)

INVARIANTS: Final[Mapping[str, Invariant]] = {row.id: row for row in _ROWS}


def examine(trace: Trace, select: Iterable[str] = ()) -> tuple[Finding, ...]:
    """The breaches of all invariants, or of those selected, in the order of their events."""
    wanted = tuple(select) or tuple(INVARIANTS)
    story = tell(trace)
    findings = [finding for name in wanted for finding in INVARIANTS[name].examine(story)]
    return tuple(sorted(findings, key=lambda finding: finding.event))


__all__ = ["INVARIANTS", "Invariant", "examine"]
