"""The ladder as SVG: one static picture with its own ground, real text and no script.

Streams have a lane each on the left, with a dot for every frame and an arrow from a promise to the
stream it promises; lanes, arrows and words of a stream share a colour. Colours stand in attributes
for a light page and in a style sheet for a dark one; whoever drops the style sheet sees the light
picture, complete.
"""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Final

from h2proof.sim.frames import FrameType
from h2proof.sim.ladder.folding import folded
from h2proof.sim.ladder.lanes import Life, lives
from h2proof.sim.ladder.palette import (
    FINDING,
    FINDING_GROUND,
    GROUND,
    INK,
    QUIET,
    RULE,
    STREAMS,
    Colour,
)
from h2proof.sim.ladder.rows import Marked, Row, rows
from h2proof.sim.ladder.typed import columns, fit, short_time
from h2proof.sim.notation.words import inert
from h2proof.sim.trace import Trace

ROWS_MAX: Final = 400
WIDTH: Final = 860
ROW: Final = 26
MARK: Final = 20
TOP: Final = 46
LANE: Final = 22
TIME: Final = 82
LETTER: Final = 7.3
"""Width of a letter of the fixed-width face at 12 pixels."""
TITLE_LETTERS_MAX: Final = 400

_COLOURS: Final = {
    "ink": INK,
    "quiet": QUIET,
    "rule": RULE,
    "finding": FINDING,
    **{f"s{place}": colour for place, colour in enumerate(STREAMS)},
}
_FACE: Final = "ui-monospace, SFMono-Regular, Menlo, Consolas, DejaVu Sans Mono, monospace"


def svg(trace: Trace, findings: Iterable[Marked] = (), *, redact: bool = True) -> str:
    """The ladder of a trace as a standalone SVG document."""
    found = list(findings)
    shown = folded(rows(trace, found, redact=redact), ROWS_MAX)
    return "\n".join(_Page(shown, len(trace.columns.event), len(trace.connections)).document())


class _Page:
    """The places of everything on one picture."""

    def __init__(self, shown: Sequence[Row], frames: int, connections: int) -> None:
        self._rows = shown
        self._frames = frames
        self._numbered = connections > 1
        self._lives = lives(shown)
        lanes = max(
            (life.lane + 1 for life in self._lives.values() if life.lane is not None), default=0
        )
        self._start = shown[0].at if shown else 0
        timed = any(row.at != self._start for row in shown)
        self._client = 24 + lanes * LANE + (TIME if timed else 0) + (28 if self._numbered else 0)
        self._server = WIDTH - 24
        self._timed = timed
        self._y: list[int] = []
        y = TOP
        for row in shown:
            self._y.append(y + ROW)
            y += ROW + MARK * len(row.marks)
        self._height = y + 22

    def document(self) -> Iterator[str]:
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self._height}"'
            f' width="{WIDTH}" height="{self._height}" role="img" class="h2proof-ladder"'
            ' style="max-width:100%;height:auto"'
            f' font-family="{_FACE}" font-size="12">'
        )
        yield f"<title>Ladder of {self._frames} frames between client and server</title>"
        yield f"<style>{_style()}</style>"
        yield (
            f'<rect class="ground" width="{WIDTH}" height="{self._height}" rx="6"'
            f' fill="{GROUND.light}"/>'
        )
        yield from self._frame_of_page()
        yield from self._lane_bars()
        before: int | None = None
        for place, row in enumerate(self._rows):
            yield from self._row(place, row, before)
            before = row.at
        yield "</svg>"

    def _frame_of_page(self) -> Iterator[str]:
        bottom = self._height - 16
        for x, name, anchor in (
            (self._client, "client", "start"),
            (self._server, "server", "end"),
        ):
            yield _text(x, 24, name, "ink", anchor=anchor, bold=True)
            yield _line(x, 34, x, bottom, "quiet", width=1.5)

    # -- streams --

    def _lane_bars(self) -> Iterator[str]:
        for life in self._lives.values():
            if life.lane is None:
                continue
            x, top, bottom = self._lane(life), self._y[life.places[0]], self._y[life.places[-1]]
            colour = _stream_class(life)
            yield _text(x, top - 9, str(life.stream), colour, anchor="middle", size=11)
            if bottom > top:
                yield _line(x, top, x, bottom, colour, width=3)
            yield from (_dot(x, self._y[place], colour) for place in dict.fromkeys(life.places))

    def _lane(self, life: Life) -> float:
        assert life.lane is not None
        return 20 + life.lane * LANE

    def _promise(self, row: Row, y: int) -> Iterator[str]:
        ends = [self._lives.get((row.connection, each)) for each in (row.stream, row.promised)]
        placed = [self._lane(life) for life in ends if life is not None and life.lane is not None]
        if len(placed) < 2 or placed[0] == placed[1]:
            return
        start, end = placed
        side = 1 if end > start else -1
        colour = _stream_class(self._lives[row.connection, row.promised])
        middle = (start + end) / 2
        tip = end - side * 5
        yield (
            f'<path d="M{start:g} {y}Q{middle:g} {y + 11} {tip:g} {y + 2}" fill="none"'
            f' stroke="currentColor" stroke-width="1.5" {_coloured(colour)}/>'
        )
        yield _head(tip, y + 2, side, colour)

    # -- rows --

    def _row(self, place: int, row: Row, before: int | None) -> Iterator[str]:
        y = self._y[place]
        if row.marks:
            height = ROW + MARK * len(row.marks) - 2
            yield (
                f'<rect class="finding-ground" x="{self._client + 2}" y="{y - ROW + 7}"'
                f' width="{self._server - self._client - 4}" height="{height}"'
                f' fill="{FINDING_GROUND.light}"/>'
            )
        if self._timed and row.at != before:
            time = short_time(row.at - self._start)
            yield _text(self._client - 10, y - 4, time, "quiet", anchor="end", size=11)
        if self._numbered:
            yield _text(self._client + 8, y - 4, f"#{row.connection}", "quiet", size=11)
        yield from _DRAWERS[row.kind](self, row, y)
        for number, mark in enumerate(row.marks):
            yield from self._mark(row, mark, y + MARK * (number + 1) - 6)

    def _mark(self, row: Row, mark: str, y: int) -> Iterator[str]:
        right = row.sender == "server"
        x = self._server - 12 if right else self._client + 12
        yield _text(x, y + 2, f"! {mark}", "finding", anchor="end" if right else "start", bold=True)

    def _colour(self, row: Row) -> str:
        life = self._lives.get((row.connection, row.stream))
        return "ink" if life is None else _stream_class(life)

    def arrow(self, row: Row, y: int) -> Iterator[str]:
        """A frame on its way, its words above the line."""
        colour = self._colour(row)
        left, right = self._client + 1, self._server - 1
        to_server = row.sender == "client"
        inset = 40 if self._numbered else 12
        x = self._client + inset if to_server else self._server - 12
        yield _line(left, y, right, y, colour)
        yield _head(right if to_server else left, y, 1 if to_server else -1, colour)
        yield self._words(x, y - 5, str(row.label), colour, "start" if to_server else "end")
        if row.sort == FrameType.PUSH_PROMISE.name:
            yield from self._promise(row, y)

    def arrival(self, row: Row, y: int) -> Iterator[str]:
        """A frame that crossed others reaches its receiver."""
        to_server = row.sender == "client"
        x = self._server if to_server else self._client
        yield _dot(x, y - 8, self._colour(row), radius=4)
        place = (x - 12, "end") if to_server else (x + 12, "start")
        yield self._words(place[0], y - 4, row.label.words, "quiet", place[1])

    def cut(self, row: Row, y: int) -> Iterator[str]:
        """The end of one direction, or a hole in it."""
        from_client = row.sender == "client"
        x = self._client if from_client else self._server
        yield _cross(x, y - 8)
        place = (x + 14, "start") if from_client else (x - 14, "end")
        yield self._words(place[0], y - 4, row.label.words, "ink", place[1])

    def middle(self, row: Row, y: int) -> Iterator[str]:
        """What nobody sends: a note, a resource."""
        yield self._words(
            (self._client + self._server) / 2, y - 5, str(row.label), "quiet", "middle"
        )

    def fold(self, row: Row, y: int) -> Iterator[str]:
        """Rows that are not drawn."""
        for step in (-15, -1):
            yield _line(
                self._client + 12, y + step, self._server - 12, y + step, "rule", dashed=True
            )
        yield from self.middle(row, y)

    def _words(self, x: float, y: float, words: str, colour: str, anchor: str) -> str:
        room = int((self._server - self._client - 40) / LETTER)
        safe = inert(words)
        cut = fit(words, room)
        full = "" if columns(safe) <= room else safe[:TITLE_LETTERS_MAX]
        return _text(x, y, cut, colour, anchor=anchor, title=full)


_DRAWERS: Final = {
    "frame": _Page.arrow,
    "octets": _Page.arrow,
    "cut": _Page.cut,
    "arrival": _Page.arrival,
    "note": _Page.middle,
    "resource": _Page.middle,
    "fold": _Page.fold,
}


# --- shapes --------------------------------------------------------------------------------------


def _stream_class(life: Life) -> str:
    return f"s{life.order % len(STREAMS)}"


def _style() -> str:
    dark = [f".h2proof-ladder .{name}{{color:{colour.dark}}}" for name, colour in _COLOURS.items()]
    grounds: tuple[tuple[str, Colour], ...] = (
        ("ground", GROUND),
        ("finding-ground", FINDING_GROUND),
    )
    dark += [f".h2proof-ladder .{name}{{fill:{colour.dark}}}" for name, colour in grounds]
    return f"@media (prefers-color-scheme:dark){{{''.join(dark)}}}"


def _coloured(colour: str) -> str:
    return f'class="{colour}" color="{_COLOURS[colour].light}"'


def _text(
    x: float,
    y: float,
    words: str,
    colour: str,
    *,
    anchor: str = "start",
    size: int = 12,
    bold: bool = False,
    title: str = "",
) -> str:
    extra = f' font-size="{size}"' if size != 12 else ""
    extra += ' font-weight="bold"' if bold else ""
    extra += f' text-anchor="{anchor}"' if anchor != "start" else ""
    kept = escape(words, quote=False).replace("  ", "\u00a0\u00a0")  # SVG joins plain spaces
    inner = f"<title>{escape(title, quote=False)}</title>" if title else ""
    return (
        f'<text x="{x:g}" y="{y:g}" fill="currentColor" {_coloured(colour)}{extra}>'
        f"{inner}{kept}</text>"
    )


def _line(
    x: float, y: float, x2: float, y2: float, colour: str, *, width: float = 1, dashed: bool = False
) -> str:
    dash = ' stroke-dasharray="3 4"' if dashed else ""
    return (
        f'<path d="M{x:g} {y:g}L{x2:g} {y2:g}" stroke="currentColor" stroke-width="{width:g}"{dash}'
        f" {_coloured(colour)}/>"
    )


def _head(x: float, y: float, side: int, colour: str) -> str:
    back = x - side * 8
    return (
        f'<path d="M{x:g} {y:g}L{back:g} {y - 4:g}L{back:g} {y + 4:g}Z" fill="currentColor"'
        f" {_coloured(colour)}/>"
    )


def _dot(x: float, y: float, colour: str, radius: float = 3.5) -> str:
    return f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="currentColor" {_coloured(colour)}/>'


def _cross(x: float, y: float) -> str:
    return (
        f'<path d="M{x - 5:g} {y - 5:g}l10 10m0 -10l-10 10" stroke="currentColor" fill="none"'
        f' stroke-width="2" {_coloured("ink")}/>'
    )
