"""Charts of a proof: the matrix of handlers and behaviours, and the curves of growth."""

from typing import Final

from matplotlib.axes import Axes

from h2proof.oracle.pictures.chart import axes, style, svg_of
from h2proof.oracle.pictures.curves import curves
from h2proof.properties.proof import Proof
from h2proof.properties.proof.proof import Cell, Subject
from h2proof.sim.ladder.palette import FINDING, FINDING_GROUND, QUIET

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
        axis.set_xlabel(
            "!: the rule broken most (+n: so many others), and in how many of the runs; 0: in none"
        )
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
        words = f"0/{cell.runs}"
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
        f"! {rule}{more}  {runs}/{cell.runs}",
        ha="center",
        va="center",
        color=FINDING.light,
        fontsize=9,
    )


def growth(proof: Proof, kind: str = "wrapper") -> str:
    """What each handler keeps of a kind when all is quiet, a panel for each axis, as SVG."""
    panels: dict[str, dict[str, tuple[tuple[int, int], ...]]] = {}
    for row in proof.growth:
        if row.kind == kind:
            panels.setdefault(row.axis, {})[row.subject] = row.values
    return curves(panels, f"{kind}s at quiet")
