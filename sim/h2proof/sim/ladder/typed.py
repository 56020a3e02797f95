"""The ladder in letters: ASCII lines of at most `width` columns, which paste anywhere."""

from collections.abc import Iterable, Iterator
from textwrap import wrap
from typing import Final
from unicodedata import east_asian_width

from h2proof.sim.ladder.folding import folded
from h2proof.sim.ladder.rows import Marked, Row, rows
from h2proof.sim.notation.words import inert, time_word
from h2proof.sim.trace import Trace

WIDTH_MIN: Final = 40
ROWS_MAX: Final = 200
_TIME: Final = 9
_MARK: Final = "! "


def text(
    trace: Trace, findings: Iterable[Marked] = (), width: int = 80, *, redact: bool = True
) -> str:
    """The ladder of a trace in lines of at most `width` columns (at least 40)."""
    if width < WIDTH_MIN:
        raise ValueError(f"a ladder needs at least {WIDTH_MIN} columns, not {width}")
    shown = folded(rows(trace, findings, redact=redact), ROWS_MAX)
    return "\n".join(line.rstrip() for line in _Page(shown, width, len(trace.connections)).lines())


class _Page:
    """The columns of one drawing: time (where it passes), client, what goes between, server."""

    def __init__(self, shown: list[Row], width: int, connections: int) -> None:
        self._rows = shown
        self._start = shown[0].at if shown else 0
        timed = any(row.at != self._start for row in shown)
        self._gutter = (_TIME if timed else 0) + (4 if connections > 1 else 0)
        self._timed, self._numbered = timed, connections > 1
        self._body = width - self._gutter - 2

    def lines(self) -> Iterator[str]:
        yield " " * self._gutter + "client" + "server".rjust(self._body - 4)
        at: int | None = None
        for row in self._rows:
            gutter = self._left(row, at)
            at = row.at
            for inner in self._drawn(row):
                yield f"{gutter}{inner}"
                gutter = " " * self._gutter

    def _left(self, row: Row, before: int | None) -> str:
        number = f"#{row.connection}".ljust(4) if self._numbered else ""
        if not self._timed:
            return number
        moved = row.at != before
        time = short_time(row.at - self._start) if moved else ""
        return f"{time:>{_TIME - 1}} {number}"

    def _drawn(self, row: Row) -> Iterator[str]:
        yield from _DRAWERS[row.kind](row, self._body)
        for mark in row.marks:
            right = row.sender == "server"
            note = fit(_MARK + mark, self._body - 2)
            yield f"| {_justified(note, self._body - 2, right)} |"


def short_time(nanoseconds: int) -> str:
    """A time of at most eight letters: what follows the third digit of a unit is left out."""
    word = time_word(nanoseconds)
    if len(word) <= _TIME - 1:
        return word
    unit = word.lstrip("-0123456789.")
    return word[: _TIME - 1 - len(unit)].rstrip(".") + unit


def _arrow(row: Row, width: int) -> Iterator[str]:
    label = fit(str(row.label), width - 8)
    dashes = "-" * (width - 5 - columns(label))
    yield f"|-- {label} {dashes}>|" if row.sender == "client" else f"|<{dashes} {label} --|"


def _cut(row: Row, width: int) -> Iterator[str]:
    label = fit(row.label.words, width - 6)
    yield (
        f"|--x {label}".ljust(width + 1) + "|"
        if row.sender == "client"
        else "|" + f"{label} x--|".rjust(width + 1)
    )


def _arrival(row: Row, width: int) -> Iterator[str]:
    label = fit(row.label.words, width - 4)
    right = row.sender == "client"
    yield f"|{_justified(f'{label} *' if right else f'* {label}', width, right)}|"


def _centred(row: Row, width: int) -> Iterator[str]:
    for line in wrap(inert(str(row.label)), width - 4) or [""]:
        gap = width - columns(line)
        yield f"|{' ' * (gap // 2)}{line}{' ' * (gap - gap // 2)}|"


def _folded(row: Row, width: int) -> Iterator[str]:
    yield f":{_padded(fit(row.label.words, width - 4), width - 4).center(width)}:"


_DRAWERS: Final = {
    "frame": _arrow,
    "octets": _arrow,
    "cut": _cut,
    "arrival": _arrival,
    "note": _centred,
    "resource": _centred,
    "fold": _folded,
}


# --- letters -------------------------------------------------------------------------------------


def columns(value: str) -> int:
    """How many columns a terminal uses for printable text."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in value)


def fit(value: str, width: int) -> str:
    """Inert text of at most `width` columns, with `...` where it was longer."""
    safe = inert(value)
    if columns(safe) <= width:
        return safe
    while columns(safe) > width - 3:
        safe = safe[: min(len(safe) - 1, width - 3)]
    return safe + "..."


def _justified(value: str, width: int, right: bool) -> str:
    gap = " " * (width - columns(value))
    return gap + value if right else value + gap


def _padded(value: str, width: int) -> str:
    return value + " " * (width - columns(value))
