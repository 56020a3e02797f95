"""What ready properties do where a call does not say: how many examples, which seed, how strict.

Light on purpose: the pytest plugin imports this in every run. What is set here holds for the test
that is running, and what the properties have to tell about themselves is left here for its report.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Final


@dataclass(frozen=True, slots=True)
class Defaults:
    """Options of all ready properties; None leaves the number to Hypothesis' profile.

    With a `seed` a property is a pure function of its target: no example database is asked. Under
    `strict` a battery that never came to a behaviour, state or fault fails and names it. A campaign
    looks past the fingerprints in `known`, and makes the `tour` of what is written out only once.
    """

    examples: int | None = None
    seed: int | None = None
    strict: bool = False
    known: frozenset[str] = frozenset()
    tour: bool = True


@dataclass(slots=True)
class Desk:
    """What is in force for one test, and what was reported in it."""

    defaults: Defaults
    reports: list[str] = field(default_factory=list)


_DESK: Final[ContextVar[Desk | None]] = ContextVar("h2proof_desk", default=None)


def in_force(
    *, examples: int | None = None, seed: int | None = None, strict: bool | None = None
) -> Defaults:
    """The options of a call over those of the test over the built-in ones."""
    desk = _DESK.get()
    chosen = desk.defaults if desk is not None else Defaults()
    if examples is not None:
        if examples < 1:
            raise ValueError(f"examples={examples}: at least one has to be tried")
        chosen = replace(chosen, examples=examples)
    if seed is not None:
        chosen = replace(chosen, seed=seed)
    return chosen if strict is None else replace(chosen, strict=strict)


def report(text: str) -> None:
    """Leave a text for the report of the test that is running; lost where none is."""
    desk = _DESK.get()
    if desk is not None:
        desk.reports.append(text)


@contextmanager
def desk(defaults: Defaults) -> Iterator[Desk]:
    """Have these defaults in force within the block."""
    mine = Desk(defaults)
    token = _DESK.set(mine)
    try:
        yield mine
    finally:
        _DESK.reset(token)
