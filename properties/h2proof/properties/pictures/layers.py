"""Which layers stand around a push handler, drawn from the table that handlers are built from."""

from typing import Final

from matplotlib.axes import Axes

from h2proof.oracle.pictures.chart import axes, style, svg_of
from h2proof.sim.handlers.chains import CHAINS
from h2proof.sim.ladder.palette import GROUND, INK, QUIET, RULE, STREAMS

SERVER: Final = "Caddy's server"
PUSH: Final = "push"
_GAP: Final = 2.0
_ROW: Final = 1.3


def layers_of(*suffixes: str) -> str:
    """The chains of these names, or all, as SVG: the outermost layer on the left.

    An error route stands below its chain. ValueError for a name that CHAINS does not have.
    """
    unknown = [suffix for suffix in suffixes if suffix not in CHAINS]
    if unknown:
        raise ValueError(f"no chain {unknown[0]!r}; there are {', '.join(map(repr, CHAINS))}")
    rows = [row for suffix in suffixes or CHAINS for row in _rows(suffix)]
    with style():
        figure, (axis,) = axes(1, 0.4 + 0.62 * len(rows))
        axis.set_xlim(-2.2, _GAP * max(len(names) for _, names in rows) - 0.8)
        axis.set_ylim(-_ROW * len(rows) + 0.5, 0.8)
        axis.axis("off")
        for place, (title, names) in enumerate(rows):
            _draw(axis, -_ROW * place, title, names)
        return svg_of(figure, "The layers around a push handler, the outermost first")


def _rows(suffix: str) -> list[tuple[str, tuple[str, ...]]]:
    """A chain, and its error route if there is one: what it is called, and its names."""
    chain = CHAINS[suffix]
    rows = [(suffix or "(none)", (SERVER, *chain.names))]
    if chain.error_route:
        rows.append(("on an error", (SERVER, *chain.error_route)))
    return rows


def _draw(axis: Axes, y: float, title: str, names: tuple[str, ...]) -> None:
    axis.text(-2.1, y, title, ha="left", va="center", fontsize=10, color=QUIET.light)
    axis.plot((0, _GAP * (len(names) - 1)), (y, y), color=RULE.light, linewidth=1.4, zorder=0)
    for place, name in enumerate(names):
        axis.text(
            place * _GAP,
            y,
            name,
            ha="center",
            va="center",
            fontsize=9,
            color=INK.light,
            bbox={
                "boxstyle": "round,pad=0.45",
                "facecolor": GROUND.light,
                "edgecolor": STREAMS[0].light if name == PUSH else RULE.light,
                "linewidth": 1.6 if name == PUSH else 1.0,
            },
        )
