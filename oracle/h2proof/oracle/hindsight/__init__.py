"""What shows only when one looks back over a whole connection, findings and all.

An error without a cause, an end without a word, a request served after the own error, a malformed
request that got no 400, an origin that was asked although it should not be. Most of it is advice.
The findings of the rules come in as an argument; nothing here looks at a frame before it is sure
that there is something to see, and a part that is seldom needed is loaded when there is, so an
ordinary trace costs one look at its index.
"""

import re
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from h2proof.oracle.hindsight import closing
from h2proof.oracle.hindsight.claims import claims
from h2proof.oracle.verdict import Finding, Level, Unknown
from h2proof.sim.frames import FrameType
from h2proof.sim.trace import CutEvent, Trace

if TYPE_CHECKING:
    SENTENCES: Mapping[str, str]
    REQUIREMENTS: Mapping[str, tuple[str, ...]]
    LEVELS: Mapping[str, Level]

_PARTS: Final = ("causes", "closing", "courtesy", "origins")
_TABLES: Final = ("SENTENCES", "REQUIREMENTS", "LEVELS")
"""By rule name: the truth behind it, what its breach is against, and how strong that is."""
_ENDS: Final = re.compile(b"[%c%c]" % (FrameType.RST_STREAM, FrameType.GOAWAY))
"""Finds in a column of types what ends a stream or a connection."""
_ORIGIN: Final = FrameType.ORIGIN.value


def __getattr__(name: str) -> Any:
    if name not in _TABLES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    parts = [import_module(f"{__name__}.{part}") for part in _PARTS]
    return {rule: value for part in parts for rule, value in getattr(part, name).items()}


def examine(
    trace: Trace, findings: Sequence[Finding], unknowns: Sequence[Unknown], cuts: Sequence[CutEvent]
) -> list[Finding]:
    """What the rules' findings leave to be said, each part in the order of the trace."""
    found: list[Finding] = []
    kinds = trace.columns.type.tobytes()
    ends = [match.start() for match in _ENDS.finditer(kinds)]
    claimed = claims(trace, ends) if ends else []
    if claimed:
        from h2proof.oracle.hindsight import causes

        found += causes.examine(trace, claimed, findings, unknowns)
    if ends or cuts:
        found += closing.examine(trace, ends, findings, cuts)
    if findings and any(each.actor == "client" for each in findings):
        from h2proof.oracle.hindsight import courtesy

        found += courtesy.examine(trace, findings)
    if _ORIGIN in kinds:
        from h2proof.oracle.hindsight import origins

        found += origins.examine(trace)
    return found
