"""What only a run can tell, by its notes and its resources: leaks, misuse, and who still waits.

A capture has none of that, so a judge loads this room when it meets the first such event.
"""

from h2proof.oracle import lifetimes, liveness
from h2proof.oracle.ledger.books import Ledger
from h2proof.oracle.verdict import Finding
from h2proof.sim.trace import Trace


def examine(trace: Trace, books: Ledger) -> list[Finding]:
    """All findings, room by room; `books` is the ledger of the trace."""
    misused = () if books.orderly else lifetimes.examine(trace)
    return [*books.findings, *misused, *liveness.examine(trace, books.notes)]
