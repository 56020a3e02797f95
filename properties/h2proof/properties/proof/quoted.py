"""The figures that the origin's discussion gives for its stages, as quoted.

They were measured there by a Go benchmark of the real code, over a simulated push; nothing of them
was measured here, and nothing that was counted here is in their units. They stand beside what the
models count, and are never added to it or divided by it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Quoted:
    """One row of the discussion: octets and allocations for each request, nanoseconds if given."""

    octets: int
    allocations: int
    ns: int | None = None

    def __str__(self) -> str:
        time = "" if self.ns is None else f", {self.ns} ns/op"
        return f"{self.octets} B/op, {self.allocations} allocs/op{time}"


SOURCE: Final = "Caddy PR #7778, as quoted (push-handlers.md V2); not measured here"
FIGURES: Final[Mapping[str, Quoted]] = {
    "caddy": Quoted(3896, 31),
    "caddy-c1": Quoted(3802, 29),
    "caddy-c2": Quoted(3850, 30, 5057),
    "caddy-d-strict": Quoted(3514, 28),
    "caddy-d-loose": Quoted(3514, 28),
}
"""By handler; the discussion gives none for the stage that only clears its fields."""


def figures_of(handler: str) -> Quoted | None:
    """What was quoted of a handler by itself; None for its chains and for all others."""
    return FIGURES.get(handler)
