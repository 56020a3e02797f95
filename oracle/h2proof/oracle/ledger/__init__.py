"""An account for everything that can leak: acquired = released + live, after each event.

Folds the resource events of a trace into accounts: what is live, how much at its peak, how many
modelled octets for how long, and what survives when all is quiet, with its holders and the frame
since which it is held. Held rightly are: what a pool keeps, up to the most that was ever in use at
once; what belongs to a connection while that is open; what a handler holds that is still blocked
("held by stall"). The rest are leaks, as far as one run can tell: that something grows without
bound, only several runs show. Whether a release was right is not asked here.
"""

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
from h2proof.oracle.ledger.books import Ledger
from h2proof.oracle.ledger.leaks import LEAK, SENTENCES
from h2proof.sim.trace import Trace

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


def examine(trace: Trace) -> Ledger:
    """The ledger of a trace; an empty one for a trace without resource events. Linear."""
    return Ledger(trace)
