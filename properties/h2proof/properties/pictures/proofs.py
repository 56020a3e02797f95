"""Charts of a proof: the matrix of handlers and behaviours, and the curves of growth."""

from collections.abc import Sequence
from typing import Final

from matplotlib.axes import Axes

from h2proof.oracle.pictures.chart import MARKS, axes, style, svg_of
from h2proof.properties.proof import Proof
from h2proof.properties.proof.proof import Cell, Growth, Subject
from h2proof.sim.ladder.palette import FINDING, FINDING_GROUND, INK, QUIET, STREAMS

CURVES_MAX: Final = 7
_INCH_A_ROW: Final = 0.34
_SQUARE: Final = 0.46


def matrix(proof: Proof) -> str:
    """Handlers side by side, a row for each behaviour, as SVG: in how many runs a rule was broken."""
    rows, columns = len(proof.behaviours), len(proof.subjects)
    with style():
        figure, (axis,) = axes(1, 1.5 + _INCH_A_ROW * rows)
        axis.set_xlim(-0.5, columns - 0.5)
        axis.set_ylim(rows - 0.5, -0.5)
        for column, subject in enumerate(proof.subjects):
            cells = {cell.behaviour: cell for cell in subject.cells}
            for row, behaviour in enumerate(proof.behaviours):
                _cell(axis, column, row, cells.get(behaviour))
        axis.set_xticks(range(columns), [_column_name(subject) for subject in proof.subjects])
        axis.set_yticks(range(rows), list(proof.behaviours))
        axis.xaxis.tick_top()
        axis.tick_params(length=0)
        axis.grid(visible=False)
        for side in ("left", "bottom"):
            axis.spines[side].set_visible(False)
        return svg_of(figure, "Runs in which a rule was broken, by handler and behaviour")


def _column_name(subject: Subject) -> str:
    verdict = f"{len(subject.shown)} found" if subject.shown else "nothing found"
    return f"{subject.model.name}\n{verdict}"


def _cell(axis: Axes, column: int, row: int, cell: Cell | None) -> None:
    if cell is None:
        axis.text(column, row, "not tried", ha="center", va="center", color=QUIET.light, fontsize=9)
        return
    if not cell.broken:
        words = f"0 of {cell.runs}"
        axis.text(column, row, words, ha="center", va="center", color=QUIET.light, fontsize=9)
        return
    axis.fill_between(
        [column - _SQUARE, column + _SQUARE],
        row - 0.44,
        row + 0.44,
        color=FINDING_GROUND.light,
        linewidth=0,
    )
    rule, runs = max(cell.broken.items(), key=lambda item: (item[1], item[0]))
    more = f" +{len(cell.broken) - 1}" if len(cell.broken) > 1 else ""
    axis.text(
        column,
        row,
        f"! {runs} of {cell.runs}: {rule}{more}",
        ha="center",
        va="center",
        color=FINDING.light,
        fontsize=9,
    )


def growth(proof: Proof, kind: str = "wrapper") -> str:
    """What each handler keeps when all is quiet, against each axis, as SVG."""
    found = [row for row in proof.growth if row.kind == kind]
    axis_names = list(dict.fromkeys(row.axis for row in found))
    with style():
        figure, drawn = axes(
            max(1, len(axis_names)), 0.8 + 2.1 * max(1, len(axis_names)), share=False
        )
        for axis, name in zip(drawn, axis_names, strict=False):
            _curves(axis, [row for row in found if row.axis == name])
            axis.set_xlabel(name)
            axis.set_ylabel(f"{kind}s live at quiet")
        return svg_of(figure, f"How many {kind}s are live at quiet, by what was asked for")


def _curves(axis: Axes, found: Sequence[Growth]) -> None:
    for place, row in enumerate(found[:CURVES_MAX]):
        axis.plot(
            [size for size, _ in row.values],
            [value for _, value in row.values],
            color=STREAMS[place % len(STREAMS)].light,
            marker=MARKS[place % len(MARKS)],
            markersize=10 - place,
            fillstyle="none",
            label=f"{row.subject}: {row.law}",
        )
    axis.set_ylim(bottom=-0.3)
    axis.axhline(0, color=INK.light, linewidth=0.6)
    axis.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize=9)
