"""How a failure is told: what, the smallest ladder, who holds it, and a line to play it again."""

from collections.abc import Iterator
from dataclasses import replace
from textwrap import wrap
from typing import Final

from h2proof.oracle.verdict import Finding
from h2proof.properties.broken import Broken, Replay
from h2proof.sim import ladder
from h2proof.sim.trace import AnyEvent, DeliveredEvent, ResourceEvent, Trace

WIDTH: Final = 80
LADDER_LINES_MAX: Final = 24


def tell(
    finding: Finding,
    trace: Trace,
    *,
    who: str = "",
    line: str = "",
    replay: Replay | None = None,
) -> Broken:
    """A finding on a trace as a failure of `who`; `line` plays it again."""
    kind = finding.resource.kind if finding.resource is not None else ""
    rows = [
        *_what(finding, who),
        "",
        *shortened(ladder.text(*_what_matters(trace, finding), width=WIDTH)),
        "",
        *_reasons(finding),
    ]
    if line:
        rows.append(f"  replay    {line}")
    return Broken(
        "\n".join(rows),
        rule=finding.rule,
        resource=kind,
        fingerprint=finding.fingerprint,
        replay=replay,
    )


def _what_matters(trace: Trace, finding: Finding) -> tuple[Trace, tuple[Finding]]:
    """The frames, the milestones, and the fate of the finding's resource, as far as it goes."""
    told = {finding.event, *finding.witnesses}
    last = max(told)
    kept = [
        event.index
        for event in trace
        if event.index in told or (event.index <= last and _matters(event, finding))
    ]
    places = {index: place for place, index in enumerate(kept)}
    return trace.filtered(lambda event: event.index in places), (
        replace(
            finding,
            event=places[finding.event],
            witnesses=tuple(places[index] for index in finding.witnesses),
            because=(),
        ),
    )


def _matters(event: AnyEvent, finding: Finding) -> bool:
    if isinstance(event, ResourceEvent):
        return event.resource == finding.resource and event.kind != "held"
    return not isinstance(event, DeliveredEvent)


def _what(finding: Finding, who: str) -> Iterator[str]:
    name = f"{who}: " if who else ""
    yield from wrap(f"{name}{finding.rule}: {finding.message}", WIDTH, subsequent_indent="  ")


def _reasons(finding: Finding) -> Iterator[str]:
    for fact in finding.because:
        yield from _row("because", str(fact))
    if finding.holder:
        yield from _row("held by", " < ".join(finding.holder))
    if finding.requirements:
        yield from _row("against", ", ".join(finding.requirements[:4]))


def _row(lead: str, text: str) -> list[str]:
    return wrap(
        text,
        WIDTH,
        initial_indent=f"  {lead:<8}  ",
        subsequent_indent=" " * 12,
        max_lines=4,
        placeholder=" …",
    )


def shortened(drawing: str) -> list[str]:
    """The rows of a ladder, without those in its middle where there are too many."""
    rows = drawing.splitlines()
    if len(rows) <= LADDER_LINES_MAX:
        return rows
    tail = LADDER_LINES_MAX - LADDER_LINES_MAX // 2
    head = LADDER_LINES_MAX - tail - 1
    return [*rows[:head], f"  … {len(rows) - head - tail} rows more …", *rows[-tail:]]
