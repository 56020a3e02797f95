"""How a quantity grows with what drives it, from measurements at doubling sizes.

A pure function over (size, value) pairs. *Bounded* is said only when the plateau was seen: no new
maximum over the last two doublings. What still rises at the largest size is *linear up to n*, or
faster than that, and never called bounded; whether any of it is a fault is not known here.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

Law = Literal["constant", "bounded", "linear", "faster", "rising"]
"""`rising`: it reached a new maximum within the last two doublings, in no steady way."""
ChosenBy = Literal["load", "peer"]
"""Who decides the size of an axis: the work that is asked for, or what a peer sends besides."""

Series = Sequence[tuple[int, int]]
"""Pairs of a size and the value measured there, sizes strictly rising, best doubling."""

PLATEAU: Final = 2
"""Doublings without a new maximum before a bound is believed."""
STEADY: Final = Fraction(1, 10)
"""How far two slopes may differ, as a part of the earlier one, and count as one line."""


@dataclass(frozen=True, slots=True)
class Growth:
    """A law with its numbers: `bound` for constant and bounded, `slope` per unit for the others.

    `reached` is the size at which the bound was first reached, `size_max` the largest one tried.
    """

    law: Law
    size_max: int
    bound: int | None = None
    reached: int | None = None
    slope: Fraction | None = None

    @property
    def grows(self) -> bool:
        """Whether it still rose at the largest size."""
        return self.law in ("linear", "faster", "rising")

    def __str__(self) -> str:
        if self.law == "constant":
            return f"constant ({self.bound})"
        if self.law == "bounded":
            return f"bounded by {self.bound}, reached at {self.reached}, tried to {self.size_max}"
        if self.law == "linear":
            return f"linear up to {self.size_max}, slope {_number(self.slope)}"
        if self.law == "faster":
            return f"faster than linear up to {self.size_max}, last slope {_number(self.slope)}"
        return f"rising up to {self.size_max}, last slope {_number(self.slope)}"


@dataclass(frozen=True, slots=True)
class Driven:
    """The laws of one quantity against several axes, and the axis that drives it, if one does.

    An axis of the load comes before one of the peer: `by_peer` is said only where the quantity
    grows with what the peer sends and with nothing else.
    """

    laws: Mapping[str, Growth]
    axis: str | None
    by_peer: bool

    def __str__(self) -> str:
        if self.axis is None:
            return "; ".join(f"against {axis}: {law}" for axis, law in self.laws.items())
        who = "driven by the peer: " if self.by_peer else ""
        return f"{who}{self.laws[self.axis]} against {self.axis}"


def law(series: Series) -> Growth:
    """The law of a series; ValueError for fewer than two measurements or sizes that do not rise."""
    if len(series) < 2 or any(a >= b for (a, _), (b, _) in itertools.pairwise(series)):
        raise ValueError("growth needs at least two measurements, at rising sizes")
    values = [value for _, value in series]
    size_max = series[-1][0]
    peak = max(values)
    first = values.index(peak)
    if min(values) == peak:
        return Growth("constant", size_max, bound=peak)
    if len(values) - 1 - first >= PLATEAU:
        return Growth("bounded", size_max, bound=peak, reached=series[first][0])
    return _rising(series, size_max)


def _rising(series: Series, size_max: int) -> Growth:
    slopes = [
        Fraction(b - a, size_b - size_a) for (size_a, a), (size_b, b) in itertools.pairwise(series)
    ]
    last = slopes[-1]
    before = slopes[-2] if len(slopes) > 1 else last
    if before > 0 and abs(last - before) <= STEADY * before:
        return Growth("linear", size_max, slope=last)
    return Growth("faster" if last > before > 0 else "rising", size_max, slope=last)


def driven(measured: Mapping[str, Series], chosen_by: Mapping[str, ChosenBy]) -> Driven:
    """What drives a quantity that was measured against each axis by itself.

    `chosen_by` names who decides each axis; KeyError where it does not know one.
    """
    laws = {axis: law(series) for axis, series in measured.items()}
    for who in ("load", "peer"):
        for axis, found in laws.items():
            if chosen_by[axis] == who and found.grows:
                return Driven(laws, axis, who == "peer")
    return Driven(laws, None, by_peer=False)


def _number(slope: Fraction | None) -> str:
    assert slope is not None
    return str(slope) if slope.denominator == 1 else f"{float(slope):.3g}"
