"""The report for a pull request or an issue: a table of connections, a section for each finding."""

from collections.abc import Iterator, Sequence

from h2proof.oracle.reports.checked import Checked, CheckedConnection
from h2proof.oracle.verdict import Finding


def render(files: Sequence[Checked], *, colour: bool = False) -> str:
    """All inputs, each under a heading of its own."""
    lines = ["# HTTP/2 check", ""]
    for each in files:
        lines += _file(each)
    return "\n".join(lines)


def _file(checked: Checked) -> Iterator[str]:
    yield f"## {escaped(checked.file)}"
    yield ""
    if checked.error is not None:
        yield f"**Not read:** {escaped(checked.error)}"
        yield ""
    if checked.connections:
        yield "| connection | transport | frames | streams | violations | advice | not judged |"
        yield "| --- | --- | ---: | ---: | ---: | ---: | ---: |"
        for one in checked.connections:
            yield _row(one)
        yield ""
    for one in checked.connections:
        for finding in one.findings:
            yield from _finding(one, finding)
        for unknown in one.unknowns:
            yield f"- *unknown* on connection {one.number}: {escaped(unknown.message)}"
        if one.unknowns:
            yield ""


def _row(one: CheckedConnection) -> str:
    violations = len(one.violations)
    cells = [
        escaped(name_of(one)),
        one.transport,
        str(one.counts.frames),
        str(one.counts.streams),
        str(violations),
        str(len(one.findings) - violations),
        str(sum(unknown.count for unknown in one.unknowns)),
    ]
    return f"| {' | '.join(cells)} |"


def _finding(one: CheckedConnection, finding: Finding) -> Iterator[str]:
    where = f", packet {finding.packet}" if finding.packet is not None else ""
    stream = f"stream {finding.stream}" if finding.stream else "the connection"
    yield f"### {finding.verdict}: `{finding.rule}` by the {finding.actor}"
    yield ""
    yield f"{escaped(finding.message)} (connection {one.number}, {stream}{where})"
    yield ""
    yield from (f"- {escaped(str(fact))}" for fact in finding.because)
    if finding.requirements:
        yield f"- breaks {', '.join(finding.requirements)} ({finding.level})"
    if finding.expected:
        yield f"- the peer may answer with {', '.join(finding.expected)}"
    for each in finding.consequences:
        yield f"- from this follows: {escaped(each.message)} (`{each.rule}`)"
    yield ""


def name_of(one: CheckedConnection) -> str:
    """How a connection is called: its title, its ends, or its number."""
    if one.title:
        return one.title
    return f"{one.client} → {one.server}" if one.client or one.server else str(one.number)


def escaped(text: str) -> str:
    """Text that means itself in Markdown, in a table too, and stays on one line."""
    line = " ".join(text.split())
    return "".join(f"\\{each}" if each in r"\`*_[]<>|#" else each for each in line)
