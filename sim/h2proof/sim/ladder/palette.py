"""The colours of everything we draw: text on its ground has a contrast of 4.5 to 1 or more.

Each colour has a light and a dark form (WCAG 2.2, AA); a picture brings its own ground along, so
it is legible on any page. A colour never says anything that no word says.
"""

from typing import Final, NamedTuple


class Colour(NamedTuple):
    """One colour on the light and on the dark ground."""

    light: str
    dark: str


GROUND: Final = Colour("#ffffff", "#0d1117")
INK: Final = Colour("#1f2328", "#e6edf3")
QUIET: Final = Colour("#57606a", "#9da7b3")
"""For what stands behind the story: lifelines, times, notes."""
RULE: Final = Colour("#d0d7de", "#3d444d")
"""Lines that separate; never text."""
SHADE: Final = Colour("#f1f4f7", "#1b222c")
"""A part of a picture that is set apart; never text."""
FINDING: Final = Colour("#b42318", "#ffa198")
FINDING_GROUND: Final = Colour("#fff1f0", "#33181a")

STREAMS: Final = (
    Colour("#0550ae", "#79c0ff"),
    Colour("#116329", "#7ee787"),
    Colour("#6639ba", "#d2a8ff"),
    Colour("#953800", "#ffa657"),
    Colour("#0b6470", "#76e3ea"),
    Colour("#99286e", "#ff9bce"),
    Colour("#6b5300", "#e3b341"),
)
"""Taken in turn by streams in the order in which they appear."""
