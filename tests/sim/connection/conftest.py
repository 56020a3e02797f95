"""What the tests of the connection share: a look at everything that a connection remembers."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from h2proof.sim.hpack.tables import FieldTable

Memory = Callable[[object], object]

PLAIN = (int, str, bytes, bytearray, float, type(None))


def memory_of(thing: Any) -> object:
    """All that an object remembers, as values that can be compared."""
    if isinstance(thing, PLAIN):
        return bytes(thing) if isinstance(thing, bytearray) else thing
    if isinstance(thing, Mapping):
        return [(memory_of(key), memory_of(value)) for key, value in thing.items()]
    if isinstance(thing, FieldTable):  # with whom it is shared, nobody can tell
        return thing.size_max, memory_of(thing.entries)
    if isinstance(thing, set | frozenset):
        return sorted(thing)
    if isinstance(thing, list | tuple | deque) or type(thing).__name__ == "array":
        return [memory_of(item) for item in thing]
    if callable(thing) and not hasattr(type(thing), "__slots__"):
        return getattr(thing, "__qualname__", repr(thing))
    slots = [name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())]
    names = [*slots, *getattr(thing, "__dict__", ())]
    return type(thing).__name__, [
        (name, memory_of(getattr(thing, name))) for name in names if hasattr(thing, name)
    ]


@pytest.fixture(scope="session")
def memory() -> Memory:
    """Compare the results of two calls to see whether anything changed in between."""
    return memory_of
