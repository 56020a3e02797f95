"""What a row of HANDLERS says: a handler's name, how it is built, and what the model rests on.

A verdict on a model of somebody's code is a verdict on the model, so each row says where it comes
from, and every report repeats it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from h2proof.sim.handlers.protocol import Handler

if TYPE_CHECKING:
    from h2proof.sim.side import Stage

RestsOn = Literal["read", "run", "reconstructed"]
"""The source was read; the original was run beside it; the original's code was not available."""


@dataclass(frozen=True, slots=True)
class HandlerModel:
    """A handler that can be put on stage; `build` is called once a run, so pools live that long."""

    name: str
    sentence: str
    rests_on: RestsOn
    source: str
    build: "Callable[[Stage], Handler]"
    collects: bool = False
    """Whether what only a cycle holds is collected before it is asked who is held: so for Python's
    frameworks, which make cycles with every exception they keep; never for models of Go."""
    options: tuple[str, ...] = ()
    """Names of options that it reads beside those that everybody knows (sim/options.py)."""
