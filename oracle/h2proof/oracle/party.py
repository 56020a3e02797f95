"""One endpoint under judgement: its frames go in, findings and unknowns come out.

It knows the order of things for one frame: read its field block, ask the rules through late
delivery, let the own view send it, put it into the peer's inbox. Why a frame is illegal is the
rules' knowledge, how far deliveries go is the delivery's, what is owed is the duties'.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from h2proof.oracle.breaches import Breach, Findings
from h2proof.oracle.delivery import Delivery, LateDelivery, ToldDelivery
from h2proof.oracle.duties import Duties
from h2proof.oracle.glance import Glance, glance
from h2proof.oracle.lane import Lane
from h2proof.oracle.ordinary import OrdinaryFrames
from h2proof.oracle.replay.blocks import Blocks
from h2proof.oracle.replay.effects import send
from h2proof.oracle.replay.reading import read
from h2proof.oracle.replay.sections import read_section
from h2proof.oracle.replay.sent import (
    CONTINUATION,
    HEADERS,
    HOLE,
    PUSH_PROMISE,
    RIGHT,
    SETTINGS,
    WRONG_ON_CONNECTION,
    WRONG_ON_STREAM,
    Sent,
)
from h2proof.oracle.replay.view import View
from h2proof.oracle.rules import by_type
from h2proof.oracle.rules.preface import preface_is_wrong
from h2proof.oracle.rules.rule import Check, Rule, Stage
from h2proof.oracle.verdict import Because, Unknown
from h2proof.sim.trace import NOTHING, ConnectionInfo, CutEvent, OctetsEvent, Sender, Trace

_Looks = tuple[tuple[tuple[Check, Rule], ...], ...]

_LOOKS: Final = tuple(tuple((rule.check, rule) for rule in rules) for rules in by_type())
"""For each frame type what every rule does first: look."""
_PEER_LOOKS: Final = tuple(
    tuple((look, rule) for look, rule in looks if rule.stage is Stage.PEER) for looks in _LOOKS
)
"""The same of rules about what the peer has said."""
_BLOCKS: Final = frozenset((HEADERS, PUSH_PROMISE, CONTINUATION))


def check(view: View, sent: Sent, looks: _Looks = _LOOKS) -> Breach | None:
    """The first rule that objects to a frame in a view, format before own before peer."""
    blind = view.blind
    for look, rule in looks[sent.type]:
        if blind and not _can_judge(rule, view, sent):
            continue
        for _ in look(view, sent):  # most yield nothing: no tuple is made to see that
            facts = tuple(look(view, sent))
            lifts = rule.lifts(view, sent) if rule.lifts is not None else ()
            return Breach(rule, facts, lifts, rule.stage is Stage.PEER, rule.excused_if_named)
    return None


def glance_and_check(view: View, sent: Sent) -> Breach | None:
    """The same, after a glance at what is usual."""
    seen = glance(view, sent)
    if seen is Glance.NONE:
        return None
    if seen is Glance.PEER:
        breach = check(view, sent, _PEER_LOOKS)
        if breach is not None:
            return breach
    return check(view, sent)


def _can_judge(rule: Rule, view: View, sent: Sent) -> bool:
    """Of an endpoint whose state is not known: form, and its doings on streams seen to open."""
    if rule.stage is Stage.FORMAT:
        return True
    return rule.stage is not Stage.PEER and (rule.blindly or bool(view.facts(sent.stream)))


def pair(
    trace: Trace,
    number: int,
    info: ConnectionInfo,
    *,
    exact: bool,
    prefaced: bool,
    clear_lane: bool,
) -> tuple[Party, Party]:
    """Client and server of a connection, each ready for its first frame.

    `exact`: the trace tells its deliveries. `prefaced`: it has the client's preface.
    """
    ordinary = OrdinaryFrames(trace)
    client, server = (
        Party(trace, number, "client", ordinary, exact, clear_lane),
        Party(trace, number, "server", ordinary, exact, clear_lane),
    )
    client.peer, server.peer = server, client
    for party in (client, server):
        party.view.prefaced = prefaced
        party.view.in_the_clear = info.transport != "tls"
        if clear_lane:
            party.frame = Lane(party, ordinary).take
        if info.transport == "h2c-upgrade":
            method = dict(info.upgrade_fields or ()).get(b":method")
            party.view.start_upgraded(method, info.upgrade_settings or b"")
    return client, server


class Party:
    """One side of a connection: as an accused, and as the one who has to react."""

    __slots__ = (
        "_connection",
        "_trace",
        "_unknowns",
        "acknowledged",
        "blocks",
        "delivered",
        "delivery",
        "duties",
        "end",
        "findings",
        "frame",
        "frames_real",
        "frames_unsure",
        "holes",
        "last_event",
        "peer",
        "role",
        "view",
    )

    frame: Callable[[int], None]
    """Judge the frame of this party at a place in the columns, and hand it on.

    Through the clear lane, if that is open: ordinary frames are passed without asking the rules.
    """
    delivered: Callable[[int, int], None]
    """The trace says, at its second event, that the frame of the peer at its first has come."""

    def __init__(
        self,
        trace: Trace,
        connection: int,
        role: Sender,
        ordinary: OrdinaryFrames,
        exact: bool,
        clear_lane: bool,
    ) -> None:
        self.role: Sender = role
        self.view = View(role)
        delivery = ToldDelivery if exact else LateDelivery
        check_it = glance_and_check if clear_lane else check
        self.delivery: Delivery[Breach] = delivery(self.view, check_it, ordinary)
        self.delivered = self.delivery.arrived
        self.frame = self.take_at
        self.findings = Findings(trace, connection, role)
        self.blocks = Blocks()
        self.duties = Duties(self)
        self.peer: Party = self
        self.frames_real = 0
        """Frames it has sent."""
        self.frames_unsure = 0
        """Frames of its own of which something could not be judged."""
        self.holes = 0
        """Gaps in what it has sent."""
        self.end = -1
        """The event of its FIN or RST; -1 while there is none."""
        self.last_event = -1
        """Its last frame."""
        self.acknowledged: list[int] = []
        """The events of its acknowledgments of SETTINGS."""
        self._connection = connection
        self._trace = trace
        self._unknowns: dict[str, Unknown] = {}

    def frame_at(self, event: int) -> Sent:
        """The frame at an event of the trace, made anew."""
        place = self._trace.rows[event]
        assert isinstance(place, int)
        return read(self._trace, place)

    # -- the start --

    def preface_seen(self) -> None:
        """The client's 24 octets were whole and right."""
        self.view.preface_due = False

    def joined_late(self, event: CutEvent) -> None:
        """What this party had sent before is not in the trace."""
        for each in (self, self.peer):
            each.view.lose_sight()
            each.blocks.lose()
            if "late start" not in each._unknowns:
                each._unknowns["late start"] = each._unknown(
                    "late start", "the capture joined the connection late", event.index
                )

    def loose_octets(self, event: OctetsEvent) -> None:
        """Octets that make no frame: where a preface belongs, they are a wrong one."""
        view = self.view
        late = (
            self.frames_real or self.holes or view.blind or (view.prefaced and not view.preface_due)
        )
        if self.role != "client" or late:
            return
        sent = Sent(event.index, -1, event.packet, -1, 0, 0, len(event.octets))
        (fact,) = preface_is_wrong.check(view, sent)
        sent.wrong = WRONG_ON_CONNECTION
        self._found(Breach(preface_is_wrong, (fact,), (), False), sent)
        if not view.prefaced:
            view.lose_sight()

    # -- frames --

    def take_at(self, place: int) -> None:
        """Judge the frame at a place in the columns by all rules."""
        sent = read(self._trace, place)
        if sent.unknowable:
            self.lost(sent)
        knew = self._trace.columns.knew[place]
        self.take(sent, None if knew == NOTHING else knew)

    def take(self, sent: Sent, knew: int | None) -> None:
        """Judge a frame of this party, and hand it on."""
        self.frames_real += 1
        self.last_event = sent.event
        if sent.type in _BLOCKS:
            self._read_block(sent)
        if self.peer.holes:
            knew = None
        breach = self.delivery.judge(sent, self.frames_real, knew)
        if breach is not None:
            self._found(breach, sent)
        elif self.findings.lasting:
            self.findings.done_right(sent.type)
        self._account(sent)
        self.duties.sent(sent)
        if sent.type == SETTINGS and sent.is_ack:
            self.acknowledged.append(sent.event)
        send(self.view, sent)
        self._settle(sent)
        self.peer.delivery.append(sent)

    def _read_block(self, sent: Sent) -> None:
        sent.section = self.blocks.take(sent)
        if sent.section is not None:
            read_section(sent.section)

    def _account(self, sent: Sent) -> None:
        """Count a frame of which something could not be judged."""
        delivery, view = self.delivery, self.view
        if delivery.exhausted:
            self._unsure("search limit", "too many vain searches: not judged", sent)
        elif delivery.unsure:
            self._unsure("octets lost", f"octets of the {self.peer.role} are missing", sent)
        elif view.blind:
            self._unsure(self._why_blind(), "its earlier frames are not known", sent)
        elif self._hides_fields(sent):
            self._unsure("field table lost", "fields that the lost table held", sent)

    def _hides_fields(self, sent: Sent) -> bool:
        section = sent.section
        if section is None or not self.blocks.lost:
            return False
        return not section.known and not section.complaint

    def _why_blind(self) -> str:
        return "late start" if "late start" in self._unknowns else "octets lost"

    def _unsure(self, reason: str, message: str, sent: Sent) -> None:
        self.frames_unsure += 1
        before = self._unknowns.get(reason)
        if before is None:
            before = self._unknown(reason, message, sent.event, sent)
        self._unknowns[reason] = replace(before, count=before.count + 1)

    def _unknown(self, reason: str, message: str, event: int, sent: Sent | None = None) -> Unknown:
        if sent is None:
            return Unknown(reason, message, self._connection, self.role, 0, event)
        return Unknown(
            reason,
            message,
            self._connection,
            self.role,
            0,
            event,
            sent.packet,
            sent.frame_index,
            sent.stream,
        )

    def _settle(self, sent: Sent) -> None:
        """Forget what only judging needed."""
        sent.frame = None
        if sent.section is not None:
            sent.section.fields = None
            sent.section.lines = None
            self.view.table_size = self.blocks.table_size

    # -- findings --

    def _found(self, breach: Breach, sent: Sent) -> None:
        tolerated = "accept" in breach.answer.expected
        if breach.rule.level == "MUST" and breach.answer.scope != "none" and not tolerated:
            on_connection = breach.answer.scope == "connection"
            sent.wrong = WRONG_ON_CONNECTION if on_connection else WRONG_ON_STREAM
        finding = self.findings.add(breach, sent, self._because(breach, sent))
        if sent.wrong != RIGHT:
            self.peer.duties.owe(sent, breach, finding)

    def _because(self, breach: Breach, sent: Sent) -> Iterator[Because]:
        """The facts, who had them by when, and what else speaks against the frame."""
        for fact in breach.facts[1:]:
            yield self.because(fact.text, fact.event)
            proof = self.delivery.had_by(fact.event) if fact.event >= 0 else -1
            if proof >= 0 and self._is_of_peer(fact.event):
                yield self.because(f"by then the {self.role} had processed it", proof)

        said = {breach.rule.name}
        for other in self.delivery.vain:
            if other.rule.name not in said:
                said.add(other.rule.name)
                yield Because(f"had it received less: {other.facts[0].text}")

    def because(self, text: str, event: int) -> Because:
        """A fact with its place in the trace."""
        if event < 0:
            return Because(text)
        return Because(text, event, getattr(self._trace[event], "packet", None))

    def _is_of_peer(self, event: int) -> bool:
        return getattr(self._trace[event], "sender", self.role) != self.role

    # -- deliveries, gaps, ends --

    def lost(self, what: CutEvent | Sent) -> None:
        """Octets of this party are missing: those that a cut counts, or what a frame contained."""
        event = what.event if isinstance(what, Sent) else what.index
        self.holes += 1
        self.view.lose_sight()
        self.blocks.abandon()
        hole = Sent(event, -1, what.packet, HOLE, 0, 0, 0)
        self.peer.delivery.append(hole)
        if not self._unknowns:
            self._unknowns["octets lost"] = self._unknown(
                "octets lost", f"octets of the {self.role} are missing", event
            )

    def ended(self, event: CutEvent) -> None:
        """FIN or RST of this party."""
        if self.end < 0:
            self.end = event.index

    def close(self) -> None:
        """The trace is over: what is still owed, and matured, is missing."""
        if self.end >= 0 or self.peer.end >= 0:
            for finding in self.duties.missing():
                self.findings.owe(finding)

    def part(self) -> None:
        """Nothing more will be asked: both sides let go of each other, and are freed at once."""
        del self.peer, self.duties, self.frame

    def unknowns(self) -> list[Unknown]:
        """What could not be judged, one entry a cause."""
        if not self._unknowns:
            return []
        return [
            each for each in self._unknowns.values() if each.count or each.reason == "octets lost"
        ]
