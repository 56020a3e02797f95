"""What callers may pass to a strategy, refused with a sentence where it cannot be meant."""

from collections.abc import Iterable

from hypothesis.errors import InvalidArgument


def whole(name: str, value: int, least: int, most: int) -> int:
    """`value` if it is a whole number within the bounds; InvalidArgument (a TypeError) if not."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidArgument(f"{name}={value!r}: give a whole number")
    if not least <= value <= most:
        raise InvalidArgument(f"{name}={value}: give a number from {least} to {most}")
    return value


def one_of_names(name: str, value: str, known: Iterable[str]) -> str:
    """`value` if it is one of the names; InvalidArgument that lists them if not."""
    names = tuple(known)
    if value not in names:
        raise InvalidArgument(f"{name}={value!r}: there are {', '.join(names)}")
    return value
