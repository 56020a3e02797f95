"""The report for a terminal: one line for each connection, a paragraph for each finding."""

from collections.abc import Iterator, Sequence
from typing import Final

from h2proof.oracle.reports.checked import Checked, CheckedConnection
from h2proof.oracle.verdict import Finding

_COLOURS: Final = {"violation": "31", "advice": "33", "unknown": "36", "ok": "32"}


def render(files: Sequence[Checked], *, colour: bool = False) -> str:
    """All inputs, each under its name; a last line counts them if there are several.

    One of which nothing could be read is only counted: its error is for stderr.
    """
    paint = _painted if colour else _plain
    told = [each for each in files if each.connections or each.error is None]
    lines = [line for each in told for line in _file(each, paint)]
    if len(files) > 1:
        lines += ["", _total(files)]
    return "\n".join(lines)


class _Paint:
    """Colours a word after its kind, or leaves it."""

    def __init__(self, colour: bool) -> None:
        self._colour = colour

    def __call__(self, kind: str, word: str) -> str:
        return f"\x1b[{_COLOURS[kind]}m{word}\x1b[0m" if self._colour else word


_plain, _painted = _Paint(False), _Paint(True)


def _file(checked: Checked, paint: _Paint) -> Iterator[str]:
    yield f"{checked.file}: {_summary(checked, paint)}"
    for one in checked.connections:
        yield from _connection(one, paint)
    if checked.skipped:
        yield f"  not HTTP/2: {', '.join(_skipped(*each) for each in checked.skipped)}"


def _summary(checked: Checked, paint: _Paint) -> str:
    violations = len(checked.violations)
    if violations:
        return paint("violation", _many(violations, "violation"))
    if checked.error is not None:
        read = any(one.counts.frames for one in checked.connections)
        return paint("violation", "no violation in what could be read" if read else "not readable")
    if not checked.connections:
        return "no HTTP/2 in it"
    if any(one.unknowns or one.missing for one in checked.connections):
        return paint("unknown", "no violation, but not all could be judged")
    return paint("ok", "ok")


def _connection(one: CheckedConnection, paint: _Paint) -> Iterator[str]:
    counts = one.counts
    parts = [
        _many(counts.frames, "frame"),
        _many(counts.streams, "stream"),
        f"{_many(counts.promised, 'push', 'pushes')} promised, {counts.completed} completed"
        if counts.promised
        else "",
        _many(counts.resets, "reset") if counts.resets else "",
        _many(counts.goaways, "GOAWAY") if counts.goaways else "",
        "" if one.complete else "incomplete",
    ]
    name = f"{one.title}: " if one.title else ""
    who = f"{one.client} -> {one.server}, " if one.client or one.server else ""
    yield f"  {name}{who}{one.transport}: {', '.join(part for part in parts if part)}"
    for finding in one.findings:
        yield from _finding(finding, paint, "    ")
    for unknown in one.unknowns:
        where = _where(unknown.packet, unknown.stream)
        word = paint("unknown", "unknown")
        yield f"    {word}  {where}{unknown.actor}: {unknown.message}"
    for phrase in one.missing:
        yield f"    missing  {phrase}"


def _finding(finding: Finding, paint: _Paint, indent: str) -> Iterator[str]:
    where = _where(finding.packet, finding.stream)
    word = paint(finding.verdict, finding.verdict)
    ids = ", ".join(finding.requirements)
    yield f"{indent}{word}  {where}{finding.actor}: {finding.message}"
    yield f"{indent}  {finding.rule} ({ids}; {finding.level})"
    if finding.expected:
        yield f"{indent}  the peer may answer: {', '.join(finding.expected)}"
    for fact in finding.because:
        yield f"{indent}  because {fact}"
    for consequence in finding.consequences:
        yield f"{indent}  followed by {consequence.message} ({consequence.rule})"


def _where(packet: int | None, stream: int) -> str:
    place = f"packet {packet}, " if packet is not None else ""
    return f"{place}{f'stream {stream}' if stream else 'connection'}, "


def _skipped(reason: str, count: int) -> str:
    """`connections: HTTP/1.x` as a phrase with its count."""
    noun, _, what = reason.partition(": ")
    return f"{_many(count, noun.removesuffix('s'))} ({what})"


def _many(number: int, noun: str, plural: str = "") -> str:
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def _total(files: Sequence[Checked]) -> str:
    violating = sum(1 for each in files if each.violations)
    unread = sum(1 for each in files if each.error is not None)
    connections = sum(len(each.connections) for each in files)
    return (
        f"{_many(len(files), 'file')}, {_many(connections, 'connection')}: "
        f"{violating} with a violation, {unread} not or not wholly read"
    )
