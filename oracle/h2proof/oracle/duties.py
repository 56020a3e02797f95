"""What a party owes: answers to proven violations of its peer, and acknowledgments.

A duty arises only where no state in which the party can have met the frame lets it stay silent. It
matures when a later frame of the peer is proven to have been processed, for the peer's frames come
in order. It is called missing only at the end of a connection whose end is in the trace; a delay
is never judged. How anything was found to be a violation is not known here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from h2proof.oracle.breaches import Breach
from h2proof.oracle.replay.sent import GOAWAY, SETTINGS, Sent
from h2proof.oracle.replay.streams import GOT_RESET, SENT_END, SENT_RESET
from h2proof.oracle.rules.reactions import (
    connection_error_is_missing,
    connection_error_is_played_down,
    malformed_message_is_accepted,
    ping_is_not_answered,
    settings_are_not_acknowledged,
    stream_error_is_missing,
)
from h2proof.oracle.rules.rule import NOTHING, Rule
from h2proof.oracle.verdict import Finding

if TYPE_CHECKING:
    from h2proof.oracle.party import Party

RULES_OF_CONNECTION: Final = frozenset(
    (connection_error_is_missing.name, connection_error_is_played_down.name)
)
_SERVED: Final = range(200, 400)


class Duty(NamedTuple):
    """An answer that is owed to a violation of the peer's."""

    sent: Sent
    number: int
    """The peer's frames before it."""
    breach: Breach
    stream: int
    served: int
    """The stream on which a final response shows that the frame was processed; 0 for none."""
    acknowledgment: int
    """For SETTINGS: how many acknowledgments show that it was processed; else -1."""


class Duties:
    """The duties of one party."""

    __slots__ = ("_errors", "_owed", "_party", "served")

    def __init__(self, party: Party) -> None:
        self._party = party
        self._owed: list[Duty] = []
        self.served: dict[int, tuple[int, int]] = {}
        """Stream → status and event of the final response, for streams that owe an answer."""
        self._errors = False
        """The party has sent a GOAWAY with an error code."""

    def owe(self, sent: Sent, breach: Breach, finding: Finding) -> None:
        """A frame of the peer is a proven violation."""
        if breach.answer.silent or not breach.rule.reacts:
            return
        party = self._party
        acknowledgment = -1
        if sent.type == SETTINGS and not sent.is_ack and sent.fault is None:
            acknowledgment = len(party.peer.view.settings_sent) + 1
        number = party.delivery.seen
        served = _served_on(sent, breach, finding, party.peer.view.lock)
        self._owed.append(Duty(sent, number, breach, finding.stream, served, acknowledgment))
        self.served.setdefault(served or finding.stream, (0, -1))

    def sent(self, sent: Sent) -> None:
        """The party sends a frame, which may be an answer."""
        if sent.type == GOAWAY:
            self._errors = self._errors or sent.code != 0
        elif sent.section is not None and sent.stream in self.served:
            status = sent.section.status or 0
            if status >= 200:
                self.served[sent.stream] = status, sent.event

    def missing(self) -> Iterator[Finding]:
        """Duties that have matured and were not met, at the end of a connection."""
        party, peer = self._party, self._party.peer
        closed_first = party.end >= 0 and (peer.end < 0 or party.end < peer.end)
        if self._errors or party.view.blind or party.view.holed >= 0 or peer.holes:
            return
        if self._owed and not closed_first:
            yield from self._reactions()
        view = party.view
        owes = len(view.settings_got) > view.acks_sent or view.pings_owed
        if owes and view.marked < 0 and not peer.duties._errors:
            yield from self._unacknowledged()

    def _reactions(self) -> Iterator[Finding]:
        """What was not answered; a connection that should have ended has one finding."""
        found = [each for duty in self._owed for each in self._unmet(duty)]
        for place, finding in enumerate(found):
            if RULES_OF_CONNECTION.isdisjoint((finding.rule,)):
                yield finding
                continue
            yield replace(finding, consequences=tuple(found[place + 1 :]))
            return

    def _unmet(self, duty: Duty) -> Iterator[Finding]:
        proof = self._proof(duty)
        if proof < 0 or self._may_be_silent(duty, proof):
            return
        rule = self._missing_rule(duty)
        if rule is None:
            return
        because = (
            self._party.because(duty.breach.facts[0].text, duty.sent.event),
            self._party.because(f"by then the {self._party.role} had processed it", proof),
        )
        wanted = ", ".join(duty.breach.answer.expected)
        yield self._party.findings.make(
            rule,
            duty.sent,
            f"the {self._party.role} did not answer {duty.sent.name} with {wanted}",
            because,
            NOTHING,
            self._cites(rule, duty),
            duty.stream,
        )

    def _cites(self, rule: Rule, duty: Duty) -> tuple[str, ...]:
        """What the receiver of this very frame owed."""
        said = self._party.view.goaway_sent
        general = {
            connection_error_is_missing.name: ("RFC9113-7-01",) if said is not None else (),
            connection_error_is_played_down.name: connection_error_is_played_down.requirements,
            stream_error_is_missing.name: stream_error_is_missing.requirements,
        }.get(rule.name, ())
        return tuple(dict.fromkeys((*duty.breach.rule.reacts, *general)))

    def _proof(self, duty: Duty) -> int:
        """The own event that shows that the frame was processed; -1 if none does."""
        party = self._party
        if 0 < duty.acknowledgment <= party.view.acks_sent:
            return party.acknowledged[duty.acknowledgment - 1]
        status, event = self.served.get(duty.served, (0, -1))
        if duty.served and status in _SERVED:
            return event
        if party.delivery.had > duty.number + 1:
            return party.delivery.had_by(duty.sent.event + 1)
        return -1

    def _may_be_silent(self, duty: Duty, proof: int) -> bool:
        """True if the duty was met, or the party can have met the frame where it owed nothing."""
        view, answer = self._party.view, duty.breach.answer
        facts = view.facts(duty.stream) if duty.stream else 0
        if view.goaway_sent is not None and duty.stream > view.goaway_sent[1]:
            return not view.is_mine(duty.stream)
        if answer.scope == "connection":
            return False
        if facts & (SENT_RESET | GOT_RESET):
            return True
        status, _ = self.served.get(duty.stream, (0, -1))
        if "http-4xx" in answer.expected:
            return status >= 400
        # after its own END_STREAM the stream was closed, and the frame could be ignored
        ended_before = bool(facts & SENT_END) and view.stops(duty.stream)[0] <= proof
        return ended_before and "stream:STREAM_CLOSED" in answer.expected

    def _missing_rule(self, duty: Duty) -> Rule | None:
        answer = duty.breach.answer
        if answer.scope == "connection":
            facts = self._party.view.facts(duty.stream) if duty.stream else 0
            if facts & SENT_RESET and not facts & GOT_RESET:
                return connection_error_is_played_down
            return connection_error_is_missing
        if "http-4xx" in answer.expected:
            return malformed_message_is_accepted
        return stream_error_is_missing

    # -- acknowledgments --

    def _unacknowledged(self) -> Iterator[Finding]:
        party = self._party
        view = party.view
        for event, _ in view.settings_got[view.acks_sent : view.acks_sent + 1]:
            yield from self._ignored(settings_are_not_acknowledged, event, "SETTINGS")
        for count, event in view.pings_owed.values():
            if count > 0:
                yield from self._ignored(ping_is_not_answered, event, "PING")

    def _ignored(self, rule: Rule, event: int, name: str) -> Iterator[Finding]:
        party = self._party
        proof = party.delivery.had_by(event + 1)
        if proof < 0 or party.last_event < proof:
            return
        sent = party.frame_at(event)
        because = (party.because(f"the {party.role} had processed a later frame", proof),)
        yield party.findings.make(
            rule,
            sent,
            f"the {party.role} never acknowledged {name}, but went on",
            because,
            NOTHING,
            rule.requirements,
            0,
        )


def _served_on(sent: Sent, breach: Breach, finding: Finding, lock: Sent | None) -> int:
    """The stream on which a 2xx or 3xx can only come once this very frame was processed.

    A malformed request and one that may not be opened are the frame itself; what stands inside a
    field block comes before the end of that block.
    """
    if breach.answer.expected[1:2] == ("http-4xx",) or breach.rule.name in _OPENING:
        return finding.stream
    return lock.stream if lock is not None and breach.rule.name == _INSIDE else 0


_OPENING: Final = frozenset(
    ("identifier_does_not_rise", "exceeds_stream_limit", "opens_stream_of_the_peer")
)
_INSIDE: Final = "field_block_is_interrupted"
