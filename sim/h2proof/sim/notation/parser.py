"""Text → traces, line by line; the first line that is none is refused with its number.

Each line is looked up by its first word in a table; what it says is known to that word's function.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from h2proof.sim.notation.event_lines import SENT, TOLD, Reader
from h2proof.sim.notation.frame_lines import is_frame, read_frame_line
from h2proof.sim.notation.opened import Open, Said
from h2proof.sim.notation.reading import FORMS
from h2proof.sim.notation.titled import Expected, Titled
from h2proof.sim.notation.words import NotationError, Refused, segments, shown, time
from h2proof.sim.trace import Trace

_START: Final = re.compile(r"(?:@(\S+))?\s*(?:([CS*])(?:#([0-9]{1,9}))?(?:\s+(.*))?)?")
_FINDING: Final = re.compile(r"!\s*([A-Za-z_0-9]+(?:[ ,]+[A-Za-z_0-9]+)*)")


@dataclass(slots=True)
class _Line:
    """One line with those that go on with it; `start` is how it begins in the text."""

    number: int
    segments: list[str]
    start: str


def parse(text: str) -> list[Titled]:
    """All traces of a text, at least one; NotationError names the first line that is none."""
    done: list[Titled] = []
    current = Open("")
    for line in _logical_lines(text):
        if line.start.startswith("#"):
            if not current.empty or current.title:
                done.append(current.closed())
            current = Open(line.start.lstrip("#").strip())
            continue
        try:
            _read(current, line)
        except Refused as error:
            raise NotationError(line.number, str(error)) from None
    return [*done, current.closed()]


def parse_one(text: str) -> Trace:
    """The trace of a text that holds one; NotationError if it holds several."""
    found = parse(text)
    if len(found) != 1:
        raise NotationError(0, f"one trace is expected, and the text holds {len(found)}")
    return found[0].trace


def _logical_lines(text: str) -> Iterator[_Line]:
    """Lines with their indented continuations; blank lines and comments are left out."""
    pending: _Line | None = None
    for place, raw in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = raw.rstrip()
        if line.startswith("##") or line.lstrip().startswith("("):
            continue
        if line[:1].isspace():
            if pending is None:
                raise NotationError(place, "an indented line goes on with the line before it")
            pending.segments += _without_comment(segments(line.lstrip()))
            continue
        if pending is not None:
            yield pending
        pending = None
        if line.startswith("#"):
            yield _Line(place, [], line)
        elif line:
            pending = _split(place, line)
    if pending is not None:
        yield pending


def _split(place: int, line: str) -> _Line:
    parts = _without_comment(segments(line))
    return _Line(place, parts, line)


def _without_comment(parts: list[str]) -> list[str]:
    for place, part in enumerate(parts):
        if part.startswith("("):
            return parts[:place]
    return parts


def _read(current: Open, line: _Line) -> None:
    match = _START.fullmatch("  ".join(line.segments))
    if match is None:
        raise Refused(
            "a line begins with C, S or * (client, server, nobody), perhaps with @time before it,"
            f" not {shown(line.segments[0])}"
        )
    when, who, connection, rest = match.groups()
    if when is not None:
        current.at = time(when)
    if who is None:
        return
    parts, rules = _without_findings(segments(rest or ""))
    if not parts:
        raise Refused(f"behind {who} stands what happened: the name of a frame, PREFACE, CUT, …")
    before = len(current.trace)
    said = Said(who, int(connection or 0), parts)
    reader = _reader(said)
    if reader is not TOLD["connection"]:
        current.connect(said.connection)
    reader(current, said)
    if len(current.trace) > before:
        current.lines.append(line.number)
    current.expected += [Expected(before, rule) for rule in rules]


def _without_findings(parts: list[str]) -> tuple[list[str], list[str]]:
    kept, rules = [], []
    for part in parts:
        match = _FINDING.fullmatch(part)
        if match is None:
            kept.append(part)
        else:
            rules += re.split("[ ,]+", match.group(1))
    return kept, rules


def _reader(said: Said) -> Reader:
    """Who reads a line; Refused with what may stand there."""
    table = TOLD if said.who == "*" else SENT
    if said.name in table:
        return table[said.name]
    if said.who != "*" and is_frame(said.name):
        return read_frame_line
    if said.who == "*":
        raise Refused(f"behind * stands one of {', '.join(TOLD)}, not {shown(said.name)}")
    raise Refused(
        f"{shown(said.name)} is no frame: allowed are {', '.join(FORMS)}, a type in hexadecimal"
        f" such as 0x42, {', '.join(SENT)}"
    )
