"""The exporter of ladders as pictures: one SVG, findings at their frames."""

from collections.abc import Sequence

from h2proof.oracle import judge
from h2proof.oracle.exporters import Titled
from h2proof.oracle.exporters.merging import merged
from h2proof.sim import ladder


def export(traces: Sequence[Titled], *, redact: bool = True) -> bytes:
    """One picture; several connections stand in it side by side in time."""
    trace = merged(traces)
    return ladder.svg(trace, judge(trace).findings, redact=redact).encode() + b"\n"
