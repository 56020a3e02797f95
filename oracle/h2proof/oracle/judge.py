"""`judge(trace)`: who broke what, on every connection of a trace, and what could not be known.

One pass over the events. For each frame the sender's side is asked through late delivery whether it
is legal, then it goes into the other side's inbox, marked if it is a proven violation. Findings
about resources and waits come from the accounts, where a trace has such events. What is legal is
the rules' knowledge, what an endpoint knew is the delivery's; here both only meet.
"""

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from h2proof.oracle import hindsight
from h2proof.oracle.party import pair
from h2proof.oracle.verdict import Finding, Unknown, Verdict
from h2proof.sim.naming import no_such
from h2proof.sim.trace import (
    SENDERS,
    CutEvent,
    DeliveredEvent,
    NoteEvent,
    OctetsEvent,
    PrefaceEvent,
    ResourceEvent,
    Row,
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
            raise ValueError(no_such("rule", name, rules(), "`h2proof rules` lists them all"))


class _Judgement:
    """One pass over a trace."""

    def __init__(self, trace: Trace, clear_lane: bool, books: "Ledger | None") -> None:
        self._trace = trace
        self._books = books
        self._cuts: list[CutEvent] = []
        exact, prefaced, accounted = self._look_ahead()
        if accounted and books is None:
            from h2proof.oracle.ledger import Ledger

            self._books = Ledger(trace)
        self._parties = [
            pair(
                trace,
                number,
                info,
                exact=number in exact,
                prefaced=number in prefaced,
                clear_lane=clear_lane,
            )
            for number, info in enumerate(trace.connections)
        ]

    def _look_ahead(self) -> tuple[set[int], set[int], bool]:
        """The connections whose deliveries are in the trace, and those whose preface is.

        And whether there is anything that only the books tell of.
        """
        exact: set[int] = set()
        prefaced: set[int] = set()
        accounted = False
        expected = len(self._trace.connections)
        for row in self._trace.rows:
            if type(row) is tuple:
                kind = row[0]
                if kind is DeliveredEvent:
                    exact.add(row[2])
                elif kind is PrefaceEvent:
                    prefaced.add(row[2])
                elif kind is ResourceEvent or kind is NoteEvent:
                    accounted = True
                if accounted and len(exact) == len(prefaced) == expected:
                    break
        return exact, prefaced, accounted

    def run(self) -> Verdict:
        """Take event by event; those of which the books tell are in the books."""
        rows, parties, columns = self._trace.rows, self._parties, self._trace.columns
        connections, senders = columns.connection, columns.sender
        for event in range(len(rows)) if self._books is None else self._books.wire:
            row = rows[event]
            if type(row) is int:
                parties[connections[row]][senders[row]].frame(row)
            elif type(row) is tuple:
                if row[0] is DeliveredEvent:
                    place = rows[row[3]]
                    if type(place) is int:
                        parties[row[2]][1 - senders[place]].delivered(row[3], event)
                else:
                    self._take(event, row)
        return self._verdict()

    # -- events --

    def _take(self, event: int, row: Row) -> None:
        kind, _, connection, sender, *_ = row
        party = self._parties[connection][SENDERS.index(sender)]
        if kind is PrefaceEvent:
            party.preface_seen()
        elif kind is OctetsEvent:
            party.loose_octets(OctetsEvent(event, *row[1:]))
        else:
            cut = CutEvent(event, *row[1:])
            self._cuts.append(cut)
            if cut.how == "late":
                party.joined_late(cut)
            elif cut.how == "lost":
                party.lost(cut)
            else:
                party.ended(cut)

    # -- the end --

    def _verdict(self) -> Verdict:
        findings: list[Finding] = []
        unknowns: list[Unknown] = []
        frames = unsure = 0
        for both in self._parties:
            for party in both:
                party.close()
                findings += party.findings.listed()
                unknowns += party.unknowns()
                frames += party.frames_real
                unsure += party.frames_unsure
        if self._books is not None:
            from h2proof.oracle.accounted import examine

            findings += examine(self._trace, self._books)
        findings += hindsight.examine(self._trace, findings, unknowns, self._cuts)
        for both in self._parties:
            for party in both:
                party.part()
        if findings:
            findings.sort(key=lambda each: each.event)
        if unknowns:
            unknowns.sort(key=lambda each: each.event)
        return Verdict(tuple(findings), tuple(unknowns), frames, unsure)
