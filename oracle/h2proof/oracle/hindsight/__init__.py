"""What shows only when one looks back over a whole connection, findings and all.

An error without a cause, an end without a word, a request served after the own error, a malformed
request that got no 400, an origin that was asked although it should not be. Most of it is advice.
The findings of the rules come in as an argument; nothing here looks at a frame before it is sure
that there is something to see, and each part is loaded when its kind of frame is there, so an
ordinary trace costs one look at its index.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

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


def __getattr__(name: str) -> Any:
    if name not in _TABLES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    parts = [import_module(f"{__name__}.{part}") for part in _PARTS]
    return {rule: value for part in parts for rule, value in getattr(part, name).items()}


_ENDS: Final = frozenset((FrameType.RST_STREAM.value, FrameType.GOAWAY.value))
_ORIGIN: Final = FrameType.ORIGIN.value


def examine(
    trace: Trace, findings: Sequence[Finding], unknowns: Sequence[Unknown], cuts: Sequence[CutEvent]
) -> list[Finding]:
    """What the rules' findings leave to be said, each part in the order of the trace."""
    found: list[Finding] = []
    kinds = trace.columns.type
    ends = [place for place, kind in enumerate(kinds) if kind in _ENDS]
    if ends:
        from h2proof.oracle.hindsight.causes import examine as causes

        found += causes(trace, ends, findings, unknowns)
    if ends or cuts:
        from h2proof.oracle.hindsight.closing import examine as closing

        found += closing(trace, ends, findings, cuts)
    if findings and any(each.actor == "client" for each in findings):
        from h2proof.oracle.hindsight.courtesy import examine as courtesy

        found += courtesy(trace, findings)
    if _ORIGIN in kinds:
        from h2proof.oracle.hindsight.origins import examine as origins

        found += origins(trace)
    return found
