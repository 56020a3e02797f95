"""What shows only when one looks back over a whole connection, findings and all.

An error without a cause, an end without a word, a request served after the own error, a malformed
request that got no 400, an origin that was asked although it should not be. Most of it is advice.
The findings of the rules come in as an argument; nothing here looks at a frame before it is sure
that there is something to see, so an ordinary trace costs one look at its index.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from h2proof.oracle.hindsight import causes, closing, courtesy, origins
from h2proof.oracle.verdict import Finding, Level, Unknown
from h2proof.sim.trace import Trace

_PARTS: Final = (causes, closing, courtesy, origins)

SENTENCES: Final[Mapping[str, str]] = {
    name: sentence for part in _PARTS for name, sentence in part.SENTENCES.items()
}
"""The truth behind each rule name of this package."""

REQUIREMENTS: Final[Mapping[str, tuple[str, ...]]] = {
    name: ids for part in _PARTS for name, ids in part.REQUIREMENTS.items()
}
"""What a breach of each is against."""

LEVELS: Final[Mapping[str, Level]] = {
    name: level for part in _PARTS for name, level in part.LEVELS.items()
}


def examine(
    trace: Trace, findings: Sequence[Finding], unknowns: Sequence[Unknown]
) -> tuple[Finding, ...]:
    """What the rules' findings leave to be said, each part in the order of the trace."""
    return (
        *causes.examine(trace, findings, unknowns),
        *closing.examine(trace, findings),
        *courtesy.examine(trace, findings),
        *origins.examine(trace),
    )
