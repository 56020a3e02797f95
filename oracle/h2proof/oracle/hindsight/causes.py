"""An error code that claims a fault of the peer's although the peer has made none.

Whoever ends a stream or a connection may do so at any time, so this is advice and never a
violation. It is given only where the trace is whole and nothing that the peer had sent by then was
found wrong; and it names what must not be called an error, if the peer did such a thing. What is
wrong the rules know: their findings come in as an argument.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from h2proof.oracle.hindsight.claims import Claim
from h2proof.oracle.hindsight.courtesy import is_doubtful
from h2proof.oracle.hindsight.history import History, histories
from h2proof.oracle.hindsight.innocents import CODES, INNOCENTS, meant
from h2proof.oracle.hindsight.telling import seen_back
from h2proof.oracle.verdict import Because, Finding, Level, Unknown
from h2proof.sim.errors import ErrorCode, code_name
from h2proof.sim.frames import FrameType
from h2proof.sim.trace import SENDERS, Trace

ERROR_WITHOUT_CAUSE: Final = "error_without_cause"

SENTENCES: Final = {
    ERROR_WITHOUT_CAUSE: "An error code claims a fault of the peer's only where there is one.",
}
"""The truth behind the rule name of this file."""

REQUIREMENTS: Final[Mapping[str, tuple[str, ...]]] = {
    ERROR_WITHOUT_CAUSE: tuple(
        dict.fromkeys(
            f"RFC{id_}"
            for ids in (*(each.ids for each in INNOCENTS), *CODES.values())
            for id_ in ids
        )
    )
}
"""What such an error is against: the requirements to take something without an error."""

LEVELS: Final[Mapping[str, Level]] = {ERROR_WITHOUT_CAUSE: "ADVICE"}


def examine(
    trace: Trace,
    claimed: Sequence[Claim],
    findings: Sequence[Finding],
    unknowns: Sequence[Unknown],
) -> tuple[Finding, ...]:
    """Advice for each claim without a cause, in the order of the trace. Linear."""
    unjudged = {(each.connection, each.actor) for each in unknowns}
    faults = _first_faults(findings)
    told = {(each.event, each.actor) for each in findings}
    past = histories(trace, claimed)
    advice: list[Finding] = []
    for claim in claimed:
        peer = 1 - claim.sender
        faulty = faults.get((claim.connection, peer), claim.event) < claim.event
        if faulty or (claim.connection, SENDERS[peer]) in unjudged:
            continue
        if (claim.event, SENDERS[claim.sender]) in told:
            continue  # one cause, one finding
        advice += _advice(trace, claim, past[claim])
    return tuple(advice)


def _first_faults(findings: Iterable[Finding]) -> dict[tuple[int, int], int]:
    """By connection and sender: the first event that a receiver may answer with an error."""
    first: dict[tuple[int, int], int] = {}
    for finding in _with_consequences(findings):
        harmless = finding.scope == "none" or all(each in _NO_ERROR for each in finding.expected)
        if harmless and not is_doubtful(finding):
            continue
        key = (finding.connection, SENDERS.index(finding.actor))
        first[key] = min(finding.event, first.get(key, finding.event))
    return first


_NO_ERROR: Final = frozenset({"ignore", "accept"})
"""Outcomes that answer a fault with no error."""


def _with_consequences(findings: Iterable[Finding]) -> Iterator[Finding]:
    for finding in findings:
        yield finding
        yield from finding.consequences


def _advice(trace: Trace, claim: Claim, past: History) -> Iterator[Finding]:
    if _lacks_resources(claim, past):
        return
    found = meant(claim, past)
    ids = CODES.get(claim.code, ()) if found is None else found[1].ids
    if not ids:
        return
    peer = SENDERS[1 - claim.sender]
    because = [Because(f"nothing that the {peer} had sent by then was found wrong")]
    if found is not None:
        seen = found[0].event
        because.append(Because(f"{seen} was {found[1].what}", seen.index, seen.packet))
    yield seen_back(
        trace,
        claim.event,
        ERROR_WITHOUT_CAUSE,
        "ADVICE",
        tuple(f"RFC{id_}" for id_ in ids),
        _message(claim, peer, None if found is None else found[1].what),
        because,
        like=f"{code_name(claim.code)}|{ids[0]}",
    )


def _lacks_resources(claim: Claim, past: History) -> bool:
    """A receiver that cannot take a frame may say FLOW_CONTROL_ERROR (RFC 9113 §6.9, §6.9.3)."""
    return (
        claim.code == ErrorCode.FLOW_CONTROL_ERROR
        and claim.stream > 0
        and any(
            seen.event.type == FrameType.DATA and seen.event.stream == claim.stream
            for seen in past.frames
        )
    )


def _message(claim: Claim, peer: str, what: str | None) -> str:
    where = f"stream {claim.stream}" if claim.stream else "the connection"
    about = "no frame that could be meant" if what is None else what
    return f"{where} was ended with {code_name(claim.code)}, and the {peer} had sent {about}"
