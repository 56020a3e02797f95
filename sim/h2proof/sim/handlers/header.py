"""Header maps as Go has them: canonical names, and values in slices that may share their room.

`Header` spells each name canonically, so that users write names as they like. Its values are
`Slice`s: two of them may lie on the same array, and appending to one may then write what the other
shows (push-handlers.md C10, C12, C13). What a field means is not known here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, overload

TOKEN: Final = frozenset(
    "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

MAP_OCTETS: Final = 48
FIELD_OCTETS: Final = 16 + 24
"""An empty map; the key's string and the slice of one field."""


@lru_cache(maxsize=512)
def canonical(name: str) -> str:
    """`content-type` as `Content-Type`; a name that is no token stays as it is."""
    if not name or not TOKEN.issuperset(name):
        return name
    return "-".join(part.capitalize() for part in name.split("-"))


class Slice(Sequence[str]):
    """Some leading elements of an array, as a Go slice; copies of it share the array."""

    __slots__ = ("_array", "_length")

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._array: list[str] = list(values)
        self._length = len(self._array)

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        return self._array[: self._length][place]

    def __setitem__(self, place: int, value: str) -> None:
        """Write into the array: every slice on it shows the value."""
        if not 0 <= place < self._length:
            raise IndexError(f"element {place} of a slice of {self._length}")
        self._array[place] = value

    def __iter__(self) -> Iterator[str]:
        return iter(self._array[: self._length])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Slice | list | tuple) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # a slice changes

    def __repr__(self) -> str:
        return f"Slice({list(self)})"

    def share(self) -> "Slice":
        """A copy of the slice as an assignment makes it: the same array."""
        copy = Slice()
        copy._array, copy._length = self._array, self._length
        return copy

    def append(self, value: str) -> None:
        """Go's `s = append(s, value)`: into spare room if there is some, else into a new array.

        A new array has room for twice as many, as for short slices of strings in Go.
        """
        if self._length == len(self._array):
            self._array = [*self._array, *[""] * max(1, self._length)]
        self._array[self._length] = value
        self._length += 1


class Header(dict[str, Slice]):
    """A header map: canonical names, each with its values in order."""

    __slots__ = ("__weakref__",)

    def __init__(self, fields: Mapping[str, Sequence[str]] | None = None) -> None:
        if fields:
            for name, values in fields.items():
                self[name] = values

    def __getitem__(self, name: str) -> Slice:
        return super().__getitem__(canonical(name))

    def __setitem__(self, name: str, values: Sequence[str]) -> None:
        super().__setitem__(canonical(name), values if isinstance(values, Slice) else Slice(values))

    def __delitem__(self, name: str) -> None:
        super().__delitem__(canonical(name))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(canonical(name))

    def get(self, name: str, default: Any = None) -> Any:
        """The values of a field, or `default`."""
        return super().get(canonical(name), default)

    def first(self, name: str) -> str:
        """The first value, or an empty string: Go's `Get`."""
        values = super().get(canonical(name))
        return values[0] if values else ""

    def add(self, name: str, value: str) -> None:
        """One more value, appended where the values are: Go's `Add`."""
        values = super().get(canonical(name))
        if values is None:
            self[name] = Slice((value,))
        else:
            values.append(value)

    def remove(self, name: str) -> None:
        """Forget a field, if it is there: Go's `Del`."""
        super().pop(canonical(name), None)

    def clone(self) -> "Header":
        """A copy that shares nothing."""
        return Header({name: list(values) for name, values in self.items()})

    @property
    def octets(self) -> int:
        """What Go holds for it, as modelled: a map, and a slice and strings for each field."""
        strings = (
            len(name) + sum(16 + len(value) for value in values) for name, values in self.items()
        )
        return MAP_OCTETS + sum(FIELD_OCTETS + octets for octets in strings)
