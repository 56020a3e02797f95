"""`value`: a dataclass that nobody may change, and that costs no more than one that may be changed.

A frozen dataclass sets each of its fields through a call, which makes one of nine fields five times
as dear as a plain one. Frames, events and notices are made by the million, so theirs is a freeze
that the type checker keeps and the run does not look at. They compare and hash by their fields, as
frozen dataclasses do.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from dataclasses import dataclass as value
else:
    C = TypeVar("C", bound=type)

    def value(*, frozen: bool, slots: bool, kw_only: bool = False) -> Callable[[C], C]:
        """As `dataclass` with the same words, but that nothing checks `frozen` at run time."""
        assert frozen, "a value is frozen; use dataclass for what changes"
        return dataclass(slots=slots, kw_only=kw_only, unsafe_hash=True)


__all__ = ["value"]
