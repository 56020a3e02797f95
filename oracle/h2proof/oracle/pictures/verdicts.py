"""What a notebook shows of a verdict: each finding with its reasons, each unknown with its cause."""

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, Final

from h2proof.sim.notation.words import inert

if TYPE_CHECKING:
    from h2proof.oracle.verdict import Finding, Verdict


_LEFT: Final = "text-align:left;vertical-align:top"
"""Said of each cell: pages that show a notebook centre or right-align what says nothing."""


def verdict_bundle(verdict: "Verdict") -> dict[str, str]:
    """Text and a table; nothing in either acts."""
    return {
        "text/plain": "\n".join(_verdict_lines(verdict)),
        "text/html": "".join(_verdict_html(verdict)),
    }


def _summary(verdict: "Verdict") -> str:
    count = len(verdict.findings)
    findings = f"{count} finding{'' if count == 1 else 's'}"
    unknown = f", {verdict.frames_unknown} not fully" if verdict.frames_unknown else ""
    return f"{verdict.outcome}: {findings}; {verdict.frames_judged} frames judged{unknown}"


def _verdict_lines(verdict: "Verdict") -> Iterator[str]:
    yield _summary(verdict)
    for finding in verdict.findings:
        yield f"- {_head(finding)}: {inert(finding.message)}"
        yield from (f"    {inert(str(reason))}" for reason in finding.because)
    for each in verdict.unknowns:
        yield f"- unknown ({each.reason}): {inert(each.message)}"


def _head(finding: "Finding") -> str:
    where = f"stream {finding.stream}" if finding.stream else "the connection"
    return f"{finding.verdict} {finding.rule} by the {finding.actor} on {where}"


def _verdict_html(verdict: "Verdict") -> Iterator[str]:
    yield f"<p><b>{escape(_summary(verdict))}</b></p>"
    if not verdict.findings and not verdict.unknowns:
        return
    heads = "".join(
        f"<th style='{_LEFT}'>{head}</th>" for head in ("Rule", "Who, where", "Why", "Clauses")
    )
    yield f"<table><thead><tr>{heads}</tr></thead><tbody>"
    for finding in verdict.findings:
        yield "".join(_finding_row(finding))
    for each in verdict.unknowns:
        cells = (f"unknown: {each.reason}", each.actor, each.message, "")
        yield f"<tr>{''.join(_cell(cell) for cell in cells)}</tr>"
    yield "</tbody></table>"


def _finding_row(finding: "Finding") -> Iterator[str]:
    where = f"stream {finding.stream}" if finding.stream else "the connection"
    yield "<tr>"
    yield _cell(f"{finding.verdict}: {finding.rule}")
    yield _cell(f"{finding.actor}, {where}, {_place(finding)}")
    yield _cell(finding.message, *map(str, finding.because))
    yield _cell(*finding.requirements, style=f"{_LEFT};white-space:nowrap")
    yield "</tr>"


def _place(finding: "Finding") -> str:
    return f"event {finding.event}" if finding.packet is None else f"packet {finding.packet}"


def _cell(*lines: str, style: str = _LEFT) -> str:
    text = "<br>".join(escape(inert(line)) for line in lines)
    return f'<td style="{style}">{text}</td>'
