"""An account for everything that can leak: acquired = released + live, after each event.

Folds the resource events of a trace into accounts: what is live, how much at its peak, how many
modelled octets for how long, and what survives when all is quiet, with its holders and the frame
since which it is held. Held rightly are: what a pool keeps, up to the most that was ever in use at
once; what belongs to a connection while that is open; what a handler holds that is still blocked
("held by stall"). The rest are leaks, as far as one run can tell: that something grows without
bound, only several runs show. Whether a release was right is not asked here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from h2proof.oracle.ledger.accounts import (
    KINDS,
    POOLED,
    Account,
    Kind,
    Life,
    Retention,
    Standing,
    Step,
    Survivor,
)
from h2proof.oracle.ledger.folding import Fold
from h2proof.oracle.ledger.leaks import LEAK, SENTENCES, findings
from h2proof.oracle.milestones import HANDLER_ENDS, reached
from h2proof.oracle.verdict import Finding
from h2proof.sim.trace import NoteEvent, ResourceEvent, Trace

__all__ = [
    "KINDS",
    "LEAK",
    "POOLED",
    "SENTENCES",
    "Account",
    "Kind",
    "Ledger",
    "Life",
    "Retention",
    "Standing",
    "Step",
    "Survivor",
    "examine",
]


@dataclass(frozen=True, slots=True)
class Ledger:
    """All accounts of a trace, who survived, and what is wrong with that."""

    accounts: Mapping[str, Account]
    lives: tuple[Life, ...]
    survivors: tuple[Survivor, ...]
    retained: tuple[Retention, ...]
    findings: tuple[Finding, ...]
    mismatches: tuple[str, ...]
    """Where the accounts contradict the trace: something was acquired twice, or held unacquired."""
    milestones: tuple[tuple[int, str], ...] = ()
    """Where the phases of the run begin and end: events and what their notes say."""

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        from h2proof.oracle.pictures.ledgers import ledger_bundle  # only a notebook asks

        return ledger_bundle(self)

    def live_when_quiet(self, kind: str) -> int:
        """How many of a kind were live and wrongly so, at the worst of the quiet moments."""
        counts: dict[int, int] = {}
        for each in self.survivors:
            if each.life.resource.kind == kind and each.standing == "leak":
                counts[each.moment] = counts.get(each.moment, 0) + 1
        return max(counts.values(), default=0)


def examine(trace: Trace) -> Ledger:
    """The ledger of a trace; an empty one for a trace without resource events. Linear."""
    if not any(isinstance(slot, ResourceEvent) for slot in trace.slots):
        return Ledger({}, (), (), (), (), ())
    fold = Fold(trace)
    for slot in trace.slots:
        fold.see(slot)
    for account in fold.accounts.values():
        account.pass_time(fold.end_ns)
    survivors = tuple(fold.survivors())
    lives = tuple(fold.lives())
    return Ledger(
        fold.accounts,
        lives,
        survivors,
        tuple(_retained(lives, survivors, fold)),
        tuple(findings(trace, survivors, fold)),
        tuple(fold.mismatches),
        tuple(_phases(trace)),
    )


def _phases(trace: Trace) -> Iterator[tuple[int, str]]:
    for slot in trace.slots:
        if isinstance(slot, NoteEvent):
            note = reached(slot)
            if note is not None and note.milestone not in HANDLER_ENDS:
                yield slot.index, note.milestone


def _retained(
    lives: tuple[Life, ...], survivors: tuple[Survivor, ...], fold: Fold
) -> Iterator[Retention]:
    roots = {each.life.resource: each.root for each in survivors}
    sums: dict[tuple[str, str], list[int]] = {}
    for life in lives:
        if not life.size:
            continue
        root = roots.get(life.resource, "")
        note = fold.returned.get((life.connection, life.stream))
        until = fold.end_ns if note is None else note.at
        entry = sums.setdefault((life.resource.kind, root), [0, 0])
        entry[0] += life.octet_ns(0, until)
        entry[1] += life.octet_ns(until, fold.end_ns)
    for (kind, root), (running, after) in sorted(sums.items()):
        yield Retention(kind, root, running, after)
