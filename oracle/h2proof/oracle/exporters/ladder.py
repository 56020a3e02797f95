"""The exporter of ladders in letters: 80 columns, findings at their frames."""

from collections.abc import Sequence

from h2proof.oracle import judge
from h2proof.oracle.exporters import Titled
from h2proof.sim import ladder
from h2proof.sim.notation.words import inert


def export(traces: Sequence[Titled], *, redact: bool = True) -> bytes:
    """A ladder for each trace, under its title."""
    drawn = []
    for title, trace in traces:
        head = f"{inert(title)}\n\n" if title else ""
        drawn.append(head + ladder.text(trace, judge(trace).findings, redact=redact))
    return "\n\n".join(drawn).encode() + b"\n"
