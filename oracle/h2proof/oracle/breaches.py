"""One party's findings while they grow: objections become findings, and follow-ups hang below.

A finding on a stream takes over what the same party breaks on that stream later; so does one about
a lasting state of the connection, until the party is seen to do right again. What is legal is not
known here.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final, NamedTuple

from h2proof.oracle.replay.sent import CONTINUATION, DATA, HEADERS, PUSH_PROMISE, Sent
from h2proof.oracle.rules.rule import Answer, Fact, Rule
from h2proof.oracle.verdict import Because, Finding
from h2proof.sim.frames import type_name
from h2proof.sim.trace import Sender, Trace


class Breach(NamedTuple):
    """A rule's objection to a frame."""

    rule: Rule
    facts: tuple[Fact, ...]
    lifts: tuple[int, ...]
    excusable: bool
    excused_if_named: bool = False

    @property
    def short(self) -> int:
        """Octets of credit that are missing; 0 where that is not the point."""
        return self.facts[0].short

    @property
    def answer(self) -> Answer:
        """What the receiver may do about it."""
        return self.facts[0].answer or self.rule.answer

    @property
    def cites(self) -> tuple[str, ...]:
        """The requirements that it is against."""
        return tuple(f"RFC{each}" for each in self.facts[0].cites) or self.rule.requirements


class Findings:
    """What one party of a connection is found to have broken."""

    __slots__ = ("_below", "_connection", "_of_stream", "_rows", "_sender", "_trace", "lasting")

    def __init__(self, trace: Trace, connection: int, sender: Sender) -> None:
        self._trace = trace
        self._connection = connection
        self._sender: Sender = sender
        self._rows: list[Finding] = []
        self._below: dict[int, list[Finding]] = {}
        self._of_stream: dict[int, int] = {}
        """Stream → the row under which its later findings hang."""
        self.lasting: dict[str, int] = {}
        """Rules that go on being broken, with the row under which that is told."""

    def add(self, breach: Breach, sent: Sent, because: Iterable[Because]) -> Finding:
        """Enter a breach by a frame."""
        facts = tuple(because)
        stream = breach.facts[0].stream
        finding = self.make(
            breach.rule,
            sent,
            breach.facts[0].text,
            facts,
            breach.answer,
            breach.cites,
            sent.stream if stream < 0 else stream,
        )
        self._enter(finding, breach)
        return finding

    def make(
        self,
        rule: Rule,
        sent: Sent,
        message: str,
        because: tuple[Because, ...],
        answer: Answer,
        cites: tuple[str, ...],
        stream: int,
    ) -> Finding:
        """A finding about a frame, not entered yet."""
        events = {sent.event, *(each.event for each in because if each.event is not None)}
        return Finding(
            verdict="violation" if rule.level == "MUST" else "advice",
            actor=self._sender,
            rule=rule.name,
            requirements=cites,
            level=rule.level,
            connection=self._connection,
            event=sent.event,
            packet=sent.packet,
            frame_index=sent.frame_index if sent.frame_index >= 0 else None,
            stream=stream,
            scope=answer.scope,
            expected=answer.expected,
            message=message,
            because=because,
            witnesses=tuple(sorted(events)),
            fingerprint="|".join((rule.name, self._sender, type_name(sent.type), _role(stream))),
        )

    def owe(self, finding: Finding) -> None:
        """Enter a finding about something that was not sent."""
        self._rows.append(finding)

    def done_right(self, kind: int) -> None:
        """The party sends frames of a type as it should again: a later breach is a new cause."""
        for name in LASTING:
            if kind in LASTING[name]:
                self.lasting.pop(name, None)

    def _enter(self, finding: Finding, breach: Breach) -> None:
        above = self._of_stream.get(finding.stream) if finding.stream else None
        if above is None:
            above = self.lasting.get(finding.rule)
        if finding.verdict == "advice":
            above = None
        if above is not None:
            self._below.setdefault(above, []).append(finding)
            return
        place = len(self._rows)
        self._rows.append(finding)
        if finding.verdict == "advice":
            return
        if finding.stream and _disturbs(finding):
            self._of_stream[finding.stream] = place
        if finding.rule in LASTING:
            self.lasting[finding.rule] = place

    def listed(self) -> list[Finding]:
        """All findings, each with what only follows from it."""
        if not self._below:
            return self._rows
        return [
            replace(row, consequences=tuple(self._below[place])) if place in self._below else row
            for place, row in enumerate(self._rows)
        ]


def _disturbs(finding: Finding) -> bool:
    """True if what comes later on the stream may only follow from this."""
    return finding.scope != "none" and "accept" not in finding.expected


LASTING: Final[dict[str, tuple[int, ...]]] = {
    "exceeds_connection_window": (DATA,),
    "exceeds_stream_limit": (HEADERS,),
    "opens_after_goaway": (HEADERS,),
    "promise_while_push_is_off": (PUSH_PROMISE,),
    "promises_after_goaway": (PUSH_PROMISE,),
    "field_block_is_interrupted": (CONTINUATION,),
}
"""Rules whose breach makes the next frames of these types break them again."""


def _role(stream: int) -> str:
    if not stream:
        return "connection"
    return "request" if stream & 1 else "push"
