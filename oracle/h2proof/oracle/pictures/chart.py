"""The frame of every chart: its ground, its letters, its colours, and how it becomes SVG.

A chart has its own ground, light as it stands; a style sheet in it turns each of our colours into
its dark form where the reader's page is dark. The same chart gives the same octets.
"""

from contextlib import AbstractContextManager
from io import StringIO
from typing import Any, Final

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from h2proof.sim.ladder.palette import (
    FINDING,
    FINDING_GROUND,
    GROUND,
    INK,
    QUIET,
    RULE,
    SHADE,
    STREAMS,
    Colour,
)

WIDTH: Final = 9.2
"""Inches, at 100 dots each as wide as a ladder."""
MARKS: Final = ("o", "s", "^", "D", "v", "P", "X")
"""Shapes go with the colours of STREAMS, so that no line is told by its colour alone."""
_STYLE: Final[Any] = {
    "axes.edgecolor": RULE.light,
    "axes.facecolor": GROUND.light,
    "axes.grid": True,
    "axes.labelcolor": INK.light,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK.light,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "figure.facecolor": GROUND.light,
    "font.family": ["DejaVu Sans"],
    "font.size": 10,
    "grid.color": RULE.light,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.labelcolor": INK.light,
    "savefig.facecolor": GROUND.light,
    "svg.fonttype": "none",
    "svg.hashsalt": "h2proof",
    "text.color": INK.light,
    "xtick.color": QUIET.light,
    "ytick.color": QUIET.light,
}
_TURNED: Final[tuple[Colour, ...]] = (
    GROUND,
    INK,
    QUIET,
    RULE,
    SHADE,
    FINDING,
    FINDING_GROUND,
    *STREAMS,
)


def style() -> AbstractContextManager[None]:
    """The settings under which every chart is drawn and written: `with style(): ...`."""
    return rc_context(_STYLE)


def axes(rows: int, height: float, *, share: bool = True) -> tuple[Figure, list[Axes]]:
    """A figure with `rows` axes below one another, `height` inches in all."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    found = figure.subplots(rows, 1, sharex=share, squeeze=False)
    return figure, [row[0] for row in found]


def svg_of(figure: Figure, title: str) -> str:
    """The figure as standalone SVG, with a title for those who do not see it."""
    out = StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Title": title})
    text = out.getvalue().replace("'DejaVu Sans'", "'DejaVu Sans', Verdana, sans-serif")
    start = text.index("<svg")
    head, rest = text[start:].split(">", 1)
    fluid = 'role="img" style="max-width:100%;height:auto"'
    return f"{head} {fluid}><title>{title}</title><style>{_dark()}</style>{rest}"


def _dark() -> str:
    rules = "".join(
        f'[style*="{what}: {colour.light}"]{{{what}:{colour.dark}!important}}'
        for colour in _TURNED
        for what in ("fill", "stroke")
    )
    return f"@media (prefers-color-scheme:dark){{{rules}}}"
