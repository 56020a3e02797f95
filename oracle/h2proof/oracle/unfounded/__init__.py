"""An error code that claims a fault of the peer's although the peer has made none.

Whoever ends a stream or a connection may do so at any time, so this is advice and never a
violation. It is given only where the trace is whole and nothing that the peer had sent by then was
found wrong; and it names what must not be called an error, if the peer did such a thing. What is
wrong the rules know: their findings come in as an argument.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from h2proof.oracle.unfounded.history import Claim, History, claims, histories
from h2proof.oracle.unfounded.innocents import CODES, INNOCENTS, meant
from h2proof.oracle.verdict import Because, Finding, Unknown
from h2proof.sim.errors import ErrorCode, code_name
from h2proof.sim.frames import Data
from h2proof.sim.trace import SENDERS, FrameEvent, Trace

ERROR_WITHOUT_CAUSE: Final = "error_without_cause"

SENTENCES: Final = {
    ERROR_WITHOUT_CAUSE: "An error code claims a fault of the peer's only where there is one.",
}
"""The truth behind the rule name of this package."""

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


def examine(
    trace: Trace, findings: Iterable[Finding], unknowns: Sequence[Unknown]
) -> tuple[Finding, ...]:
    """Advice for each claim without a cause, in the order of the trace.

    Linear, and next to no work where nobody claims a fault.
    """
    claimed = list(claims(trace))
    if not claimed:
        return ()
    unjudged = {(each.connection, each.actor) for each in unknowns}
    faults = _first_faults(findings)
    past = histories(trace, claimed)
    advice: list[Finding] = []
    for claim in claimed:
        peer = 1 - claim.sender
        faulty = faults.get((claim.connection, peer), claim.event) < claim.event
        if faulty or (claim.connection, SENDERS[peer]) in unjudged:
            continue
        advice += _advice(trace, claim, past[claim])
    return tuple(advice)


def _first_faults(findings: Iterable[Finding]) -> dict[tuple[int, int], int]:
    """By connection and sender: the first event that a receiver may answer with an error."""
    first: dict[tuple[int, int], int] = {}
    for finding in _with_consequences(findings):
        if finding.scope == "none" or "ignore" in finding.expected:
            continue
        key = (finding.connection, SENDERS.index(finding.actor))
        first[key] = min(finding.event, first.get(key, finding.event))
    return first


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
    event = trace[claim.event]
    assert isinstance(event, FrameEvent)
    peer = SENDERS[1 - claim.sender]
    because = [Because(f"nothing that the {peer} had sent by then was found wrong")]
    if found is not None:
        seen = found[0].event
        because.append(Because(f"{seen} was {found[1].what}", seen.index, seen.packet))
    yield Finding(
        verdict="advice",
        actor=event.sender,
        rule=ERROR_WITHOUT_CAUSE,
        requirements=tuple(f"RFC{id_}" for id_ in ids),
        level="ADVICE",
        connection=claim.connection,
        event=claim.event,
        packet=event.packet,
        frame_index=event.frame_index,
        stream=claim.stream,
        scope="none",
        expected=(),
        message=_message(claim, peer, None if found is None else found[1].what),
        because=tuple(because),
        witnesses=tuple(
            sorted({claim.event, *(each.event for each in because if each.event is not None)})
        ),
        fingerprint=f"{ERROR_WITHOUT_CAUSE}|{event.sender}|{code_name(claim.code)}|{ids[0]}",
    )


def _lacks_resources(claim: Claim, past: History) -> bool:
    """A receiver that cannot take a frame may say FLOW_CONTROL_ERROR (RFC 9113 §6.9, §6.9.3)."""
    return (
        claim.code == ErrorCode.FLOW_CONTROL_ERROR
        and claim.stream > 0
        and any(
            isinstance(seen.frame, Data) and seen.event.stream == claim.stream
            for seen in past.frames
        )
    )


def _message(claim: Claim, peer: str, what: str | None) -> str:
    where = f"stream {claim.stream}" if claim.stream else "the connection"
    about = "no frame that could be meant" if what is None else what
    return f"{where} was ended with {code_name(claim.code)}, and the {peer} had sent {about}"
