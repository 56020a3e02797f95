"""Curves of growth: how much of something there is, against the size of what drives it."""

from collections.abc import Mapping, Sequence
from typing import Final

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from h2proof.oracle.growth import law
from h2proof.oracle.pictures.chart import MARKS, axes, style, svg_of
from h2proof.sim.ladder.palette import STREAMS

CURVES_MAX: Final = 7
Series = Mapping[str, Sequence[tuple[int, int]]]
"""Curves by name: pairs of a size and the value measured there."""


def curves(panels: Mapping[str, Series], measured: str) -> str:
    """A panel for each axis, by its name, as SVG; the law of each curve stands beside its name."""
    with style():
        figure, drawn = axes(max(1, len(panels)), 0.6 + 1.9 * max(1, len(panels)), share=False)
        for axis, (name, series) in zip(drawn, panels.items(), strict=False):
            _panel(axis, series)
            axis.set_xlabel(name)
            axis.set_ylabel(measured)
        return svg_of(figure, f"{measured}, against {', '.join(panels)}")


def _panel(axis: Axes, series: Series) -> None:
    shown = list(series.items())[:CURVES_MAX]
    for place, (name, pairs) in enumerate(shown):
        axis.plot(
            [size for size, _ in pairs],
            [value for _, value in pairs],
            color=STREAMS[place % len(STREAMS)].light,
            marker=MARKS[place % len(MARKS)],
            markersize=11 - 2 * place if place < 4 else 5,
            fillstyle="none",
            label=f"{name}: {law(pairs)}",
        )
    highest = max((value for _, pairs in shown for _, value in pairs), default=0)
    axis.set_ylim(-0.1 * max(1, highest), 1.2 * max(1, highest))
    axis.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    axis.set_xticks(sorted({size for _, pairs in shown for size, _ in pairs}))
    axis.legend(loc="lower left", bbox_to_anchor=(0, 1), fontsize=9, ncols=1)
