"""Long runs become one row that counts them, so that five thousand frames are readable too.

A run is one pattern of up to four rows again and again: DATA DATA DATA, or HEADERS RST_STREAM
HEADERS RST_STREAM. Its first and its last round stay. Rows with a finding are never folded.
"""

from collections.abc import Sequence
from typing import Final

from h2proof.sim.ladder.rows import Row
from h2proof.sim.notation.labels import Label

PATTERN_MAX: Final = 4
RUN_MIN: Final = 8
ROUNDS_MIN: Final = 3
KINDS_MAX: Final = 4
AROUND: Final = 4
"""Rows that stay on each side of a finding when there are too many."""


def folded(rows: Sequence[Row], rows_max: int) -> list[Row]:
    """The rows with long runs folded; where still more than about `rows_max`, the middle too."""
    short = _runs_folded(rows)
    return short if len(short) <= rows_max else _middle_folded(short, rows_max)


def _runs_folded(rows: Sequence[Row]) -> list[Row]:
    kept: list[Row] = []
    place = 0
    alike = [_likeness(row) for row in rows]
    while place < len(rows):
        pattern, length = _run(alike, place)
        if not pattern:
            kept.append(rows[place])
            place += 1
            continue
        end = place + length
        kept += rows[place : place + pattern]
        kept.append(fold(rows[place + pattern : end - pattern]))
        kept += rows[end - pattern : end]
        place = end
    return kept


def _likeness(row: Row) -> tuple[object, ...] | None:
    """Equal for rows that may be told by their number; None for one that never is."""
    if row.marks or row.kind == "cut":
        return None
    return row.kind, row.sort, row.sender, row.connection


def _run(alike: Sequence[object], start: int) -> tuple[int, int]:
    """Pattern length and length of the longest run at `start`; (0, 0) where none is long."""
    best = (0, 0)
    for pattern in range(1, PATTERN_MAX + 1):
        end = start
        while (
            end + pattern < len(alike)
            and alike[end] is not None
            and alike[end] == alike[end + pattern]
        ):
            end += 1
        length = (end - start + pattern) // pattern * pattern
        if length >= max(RUN_MIN, ROUNDS_MIN * pattern) and length > best[1]:
            best = pattern, length
    return best


def _middle_folded(rows: Sequence[Row], rows_max: int) -> list[Row]:
    wanted = _wanted(rows, rows_max)
    kept: list[Row] = []
    hidden: list[Row] = []
    for place, row in enumerate(rows):
        if place in wanted:
            if hidden:
                kept.append(fold(hidden))
                hidden = []
            kept.append(row)
        else:
            hidden.append(row)
    return kept


def _wanted(rows: Sequence[Row], rows_max: int) -> frozenset[int]:
    """The rows that stay: the start, the end, and around findings as far as there is room."""
    ends = rows_max // 3
    wanted = {*range(ends), *range(len(rows) - ends, len(rows))}
    for place, row in enumerate(rows):
        if row.marks and len(wanted) < rows_max:
            wanted.update(range(max(0, place - AROUND), min(len(rows), place + AROUND + 1)))
    return frozenset(wanted)


def fold(rows: Sequence[Row]) -> Row:
    """One row that stands for many; folds among them count with what they stand for."""
    counts: dict[str, int] = {}
    octets = marks = 0
    for row in rows:
        name = row.sort if row.kind != "fold" else "rows"
        counts[name] = counts.get(name, 0) + max(1, row.count)
        octets += row.octets
        marks += len(row.marks)
    count = sum(counts.values())
    size = f", {octets} octets" if octets else ""
    hidden = f", {marks} findings among them" if marks else ""
    label = Label(f"... {count} more{_kinds(counts)}{size}{hidden}")
    at = rows[0]
    return Row(
        "fold", at.event, at.at, at.connection, None, label, "fold", octets=octets, count=count
    )


def _kinds(counts: dict[str, int]) -> str:
    if len(counts) == 1:
        return f" {next(iter(counts))}"
    most = [f"{count} {name}" for name, count in list(counts.items())[:KINDS_MAX]]
    return f": {', '.join([*most, *(['...'] if len(counts) > KINDS_MAX else [])])}"
