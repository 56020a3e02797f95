"""Two traces side by side: what differs, and where first.

Compared is what happened, in words: frames, ends and notes in their order, whatever their time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from html import escape
from typing import Final, NamedTuple

from h2proof.properties.explore.seen import Seen
from h2proof.sim.ladder.folding import folded
from h2proof.sim.ladder.rows import Row, rows
from h2proof.sim.ladder.typed import fit

ROWS_MAX: Final = 400
_ARROWS: Final = {"client": "C", "server": "S", None: "*"}


class Pair(NamedTuple):
    """One line of the comparison: what each side has there, None where it has nothing."""

    same: bool
    left: str | None
    right: str | None


@dataclass(frozen=True)
class Comparison:
    """Two traces, and their lines paired."""

    left: Seen
    right: Seen
    pairs: tuple[Pair, ...]

    @property
    def first(self) -> Pair | None:
        """The first difference; None where there is none."""
        return next((pair for pair in self.pairs if not pair.same), None)

    def __str__(self) -> str:
        return "\n".join(self._lines(80))

    def _lines(self, width: int) -> Iterator[str]:
        half = (width - 3) // 2
        yield f"{fit(self.left.title, half):<{half}}   {fit(self.right.title, half)}".rstrip()
        yield _told(self.first)
        for pair in self.pairs:
            sign = (
                " " if pair.same else "|" if pair.left and pair.right else "<" if pair.left else ">"
            )
            left, right = (fit(side or "", half) for side in (pair.left, pair.right))
            yield f"{left:<{half}} {sign} {right}".rstrip()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": "".join(self._html())}

    def _html(self) -> Iterator[str]:
        yield f"<p><b>{escape(_told(self.first))}</b></p><table><thead><tr><th></th>"
        for seen in (self.left, self.right):
            yield f'<th style="text-align:left">{escape(fit(seen.title, 100))}</th>'
        yield "</tr></thead><tbody>"
        for pair in self.pairs:
            sign = "" if pair.same else "≠"
            yield f"<tr><td>{sign}</td>"
            for side in (pair.left, pair.right):
                text = escape(fit(side or "", 100))
                shown = text if pair.same else f"<b>{text}</b>"
                yield f'<td style="text-align:left"><code>{shown}</code></td>'
            yield "</tr>"
        yield "</tbody></table>"


def compare(left: Seen, right: Seen) -> Comparison:
    """The two traces side by side."""
    ours, theirs = _words(left), _words(right)
    pairs: list[Pair] = []
    matcher = SequenceMatcher(None, ours, theirs, autojunk=False)
    for what, begin, end, begin_right, end_right in matcher.get_opcodes():
        pairs += _paired(what == "equal", ours[begin:end], theirs[begin_right:end_right])
    return Comparison(left, right, tuple(pairs))


def _paired(same: bool, left: Sequence[str], right: Sequence[str]) -> Iterator[Pair]:
    for place in range(max(len(left), len(right))):
        yield Pair(
            same,
            left[place] if place < len(left) else None,
            right[place] if place < len(right) else None,
        )


def _words(seen: Seen) -> list[str]:
    kept = [row for row in rows(seen.trace) if row.kind not in ("arrival", "resource")]
    return [_line(row) for row in folded(kept, ROWS_MAX)]


def _line(row: Row) -> str:
    return f"{_ARROWS[row.sender]}  {row.label}"


def _told(first: Pair | None) -> str:
    if first is None:
        return "nothing differs"
    left, right = (repr(side) if side else "nothing" for side in (first.left, first.right))
    return f"first difference: {left} against {right}"
