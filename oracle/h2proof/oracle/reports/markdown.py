"""The report for a pull request or an issue: a summary, a table of connections, all findings."""

from collections.abc import Iterator, Sequence

from h2proof.oracle.reports.checked import Checked, CheckedConnection
from h2proof.oracle.verdict import Finding, Unknown


def render(files: Sequence[Checked], *, colour: bool = False) -> str:
    """All inputs in one table, a row for each connection; what was found stands below."""
    lines = ["# HTTP/2 check", "", _summary(files), ""]
    lines += ["| file | transport | frames | streams | pushes | verdict | findings |"]
    lines += ["| --- | --- | ---: | ---: | ---: | --- | --- |"]
    lines += [row for each in files for row in _rows(each)]
    for each in files:
        for one in each.connections:
            for finding in one.findings:
                lines += _finding(each, one, finding)
            lines += [_unknown(each, one, unknown) for unknown in one.unknowns]
    return "\n".join(lines)


def _summary(files: Sequence[Checked]) -> str:
    connections = sum(len(each.connections) for each in files)
    violations = sum(len(each.violations) for each in files)
    unread = sum(each.error is not None for each in files)
    return (
        f"{len(files)} files, {connections} connections: "
        f"{violations} violations; {unread} files not or not wholly read."
    )


def _rows(checked: Checked) -> Iterator[str]:
    for one in checked.connections:
        counts = one.counts
        yield _row(
            f"{checked.file} ({name_of(one)})" if len(checked.connections) > 1 else checked.file,
            one.transport,
            str(counts.frames),
            str(counts.streams),
            f"{counts.completed}/{counts.promised}",
            _verdict(one),
            ", ".join(_short(finding) for finding in one.findings),
        )
    if checked.error is not None:
        yield _row(checked.file, "", "", "", "", "not read", checked.error)
    elif not checked.connections:
        yield _row(checked.file, "", "", "", "", "no HTTP/2", "")


def _row(*cells: str) -> str:
    return f"| {' | '.join(escaped(cell) for cell in cells)} |"


def _verdict(one: CheckedConnection) -> str:
    if one.violations:
        return "violation"
    return "unknown" if one.unknowns or one.missing else "ok"


def _short(finding: Finding) -> str:
    where = f"event {finding.event}" if finding.packet is None else f"packet {finding.packet}"
    return f"{finding.rule} ({where})"


def _finding(checked: Checked, one: CheckedConnection, finding: Finding) -> Iterator[str]:
    where = f", packet {finding.packet}" if finding.packet is not None else ""
    stream = f"stream {finding.stream}" if finding.stream else "the connection"
    yield ""
    yield f"## {finding.verdict}: `{finding.rule}` by the {finding.actor}"
    yield ""
    yield (
        f"{escaped(finding.message)} ({escaped(checked.file)}, connection {one.number}, "
        f"{stream}{where})"
    )
    yield ""
    yield from (f"- {escaped(str(fact))}" for fact in finding.because)
    if finding.holder:
        yield f"- held by {escaped(', by '.join(finding.holder))}"
    if finding.requirements:
        yield f"- breaks {', '.join(finding.requirements)} ({finding.level})"
    if finding.expected:
        yield f"- the peer may answer with {escaped(', '.join(finding.expected))}"
    for each in finding.consequences:
        yield f"- from this follows: {escaped(each.message)} (`{each.rule}`)"


def _unknown(checked: Checked, one: CheckedConnection, unknown: Unknown) -> str:
    return (
        f"\n- *not judged*: {escaped(unknown.message)} "
        f"({escaped(checked.file)}, connection {one.number}, {unknown.count} frames)"
    )


def name_of(one: CheckedConnection) -> str:
    """How a connection is called: its title, its ends, or its number."""
    if one.title:
        return one.title
    return f"{one.client} → {one.server}" if one.client or one.server else str(one.number)


def escaped(text: str) -> str:
    """Text that means itself in Markdown, in a table too, and stays on one line."""
    line = " ".join(text.split())
    return "".join(f"\\{each}" if each in r"\`*_[]<>|#" else each for each in line)
