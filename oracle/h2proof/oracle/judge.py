"""`judge(trace)`: who broke what, on every connection of a trace, and what could not be known.

One pass over the events. For each frame the sender's side is asked through late delivery whether it
is legal, then it goes into the other side's inbox, marked if it is a proven violation. Findings
about resources and waits come from the accounts, where a trace has such events. What is legal is
the rules' knowledge, what an endpoint knew is the delivery's; here both only meet.
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from h2proof.oracle import hindsight
from h2proof.oracle.lane import Lane
from h2proof.oracle.party import Party
from h2proof.oracle.replay.reading import read
from h2proof.oracle.verdict import Finding, Unknown, Verdict
from h2proof.sim.trace import (
    NOTHING,
    SENDERS,
    AnyEvent,
    ConnectionInfo,
    CutEvent,
    DeliveredEvent,
    NoteEvent,
    OctetsEvent,
    PrefaceEvent,
    ResourceEvent,
    Trace,
)

if TYPE_CHECKING:
    from h2proof.oracle.ledger import Ledger


def judge(
    trace: Trace,
    *,
    select: Collection[str] = (),
    ignore: Collection[str] = (),
    clear_lane: bool = True,
    books: "Ledger | None" = None,
) -> Verdict:
    """The verdict on a trace: findings and unknowns in the order of their events.

    `select` and `ignore` name rules; ValueError for a name that no rule has. Without the clear lane
    every frame goes through all rules, which takes longer and changes nothing. `books` is the
    trace's ledger, from a caller who has it already.
    """
    if select or ignore:
        _refuse_unknown((*select, *ignore))
    verdict = _Judgement(trace, clear_lane, books).run()
    if not select and not ignore:
        return verdict
    kept = tuple(
        each
        for each in verdict.findings
        if (not select or each.rule in select) and each.rule not in ignore
    )
    return replace(verdict, findings=kept)


def _refuse_unknown(names: Collection[str]) -> None:
    from h2proof.oracle.catalogue import rules

    for name in names:
        if name not in rules():
            raise ValueError(f"no rule is called {name!r}; `h2proof rules` lists them all")


class _Connection:
    """Both parties of one connection, and what was seen of its start and ends."""

    def __init__(self, trace: Trace, number: int, info: ConnectionInfo) -> None:
        self.number = number
        self.exact = False
        """Deliveries are in the trace."""
        self.prefaced = False
        """The client's preface is in the trace."""
        self.parties = (Party(trace, number, "client"), Party(trace, number, "server"))
        client, server = self.parties
        client.peer, server.peer = server, client
        for party in self.parties:
            party.view.in_the_clear = info.transport != "tls"
        if info.transport == "h2c-upgrade":
            for party in self.parties:
                party.start_upgraded(info)


class _Judgement:
    """One pass over a trace."""

    def __init__(self, trace: Trace, clear_lane: bool, books: "Ledger | None") -> None:
        self._trace = trace
        self._books = books
        self._clear_lane = clear_lane
        self._connections = [
            _Connection(trace, number, info) for number, info in enumerate(trace.connections)
        ]
        self._accounted = False

    def run(self) -> Verdict:
        """Look ahead for what kind of trace it is, then take event by event."""
        self._look_ahead()
        take = self._take_frame
        for slot in self._trace.slots:
            if type(slot) is int:
                take(slot)
            else:
                _TAKE[type(slot)](self, slot)
        return self._verdict()

    def _look_ahead(self) -> None:
        for slot in self._trace.slots:
            if isinstance(slot, DeliveredEvent):
                self._connections[slot.connection].exact = True
            elif isinstance(slot, PrefaceEvent):
                self._connections[slot.connection].prefaced = True
        for connection in self._connections:
            for party in connection.parties:
                party.exact = connection.exact
                party.lane = Lane(self._trace, party) if self._clear_lane else None
                party.view.prefaced = connection.prefaced

    # -- events --

    def _take_frame(self, place: int) -> None:
        columns = self._trace.columns
        party = self._connections[columns.connection[place]].parties[columns.sender[place]]
        if party.lane is not None and party.lane.passes(place):
            return
        knew = columns.knew[place]
        sent = read(self._trace, place, party.frames)
        if sent.unknowable:
            party.lost(sent)
            sent.number = party.frames
        party.take(sent, None if knew == NOTHING else knew)

    def _take_delivered(self, event: DeliveredEvent) -> None:
        place = self._trace.slots[event.frame_event]
        if not isinstance(place, int):
            return
        sender = self._trace.columns.sender[place]
        receiver = self._connections[event.connection].parties[1 - sender]
        receiver.delivered(event.frame_event, event.index)

    def _take_preface(self, event: PrefaceEvent) -> None:
        self._connections[event.connection].parties[0].preface_seen()

    def _take_octets(self, event: OctetsEvent) -> None:
        party = self._connections[event.connection].parties[SENDERS.index(event.sender)]
        party.loose_octets(event)

    def _take_cut(self, event: CutEvent) -> None:
        connection = self._connections[event.connection]
        party = connection.parties[SENDERS.index(event.sender)]
        if event.how == "late":
            party.joined_late(event)
        elif event.how == "lost":
            party.lost(event)
        else:
            party.ended(event)

    def _take_account(self, event: AnyEvent) -> None:
        self._accounted = True

    # -- the end --

    def _verdict(self) -> Verdict:
        findings: list[Finding] = []
        unknowns: list[Unknown] = []
        frames = unsure = 0
        for connection in self._connections:
            for party in connection.parties:
                party.close()
                findings += party.findings.listed()
                unknowns += party.unknowns()
                frames += party.frames_real
                unsure += party.frames_unsure
        if self._accounted:
            # imported here, for most traces have no accounts and a start should be quick
            from h2proof.oracle import ledger, lifetimes, liveness

            books = ledger.examine(self._trace) if self._books is None else self._books
            findings += books.findings
            findings += lifetimes.examine(self._trace)
            findings += liveness.examine(self._trace)
        findings += hindsight.examine(self._trace, findings, unknowns)
        findings.sort(key=lambda each: each.event)
        unknowns.sort(key=lambda each: each.event)
        return Verdict(tuple(findings), tuple(unknowns), frames, unsure)


_TAKE: Final[dict[type, Callable[..., None]]] = {
    DeliveredEvent: _Judgement._take_delivered,
    PrefaceEvent: _Judgement._take_preface,
    OctetsEvent: _Judgement._take_octets,
    CutEvent: _Judgement._take_cut,
    ResourceEvent: _Judgement._take_account,
    NoteEvent: _Judgement._take_account,
}
