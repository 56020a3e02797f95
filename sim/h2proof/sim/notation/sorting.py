"""The words of a line, sorted by what they look like, before anybody asks what they mean."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from h2proof.sim.codec import STREAM_MAX
from h2proof.sim.notation.reading import Words
from h2proof.sim.notation.words import Refused, number, words

_VALUE: Final = re.compile(r"([a-z_]+)=(.*)", re.DOTALL)

Placed = tuple[str, int]
"""A word, and where in its segment it begins."""


class Shape(NamedTuple):
    """Which words a kind of line has."""

    flags: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    has_stream: bool = False
    """The first other word is the stream's identifier."""
    has_section: bool = False
    """What begins with the first word that is none of these is a field section."""


def sorted_words(parts: Sequence[str], shape: Shape) -> Words:
    """The words of a line behind its name."""
    first = words(parts[0])
    result = Words(first[0][0])
    wanted = shape.has_stream
    rest = iter(first[1:] if shape.has_section else _all(first[1:], parts[1:]))
    for word, start in rest:
        if _known(word, shape, result):
            continue
        if wanted:
            result.stream = number(word, f"the stream of {result.name}", 0, STREAM_MAX)
            wanted = False
        elif word == "->":
            result.others += [word, *(target for target, _ in [next(rest, ("", 0))] if target)]
        elif shape.has_section:
            result.section.append(parts[0][start:])
            break
        else:
            result.others.append(word)
    if wanted:
        raise Refused(f"{result.name} is written with its stream: {result.name} 1")
    if shape.has_section:
        result.section += parts[1:]
    return result


def _known(word: str, shape: Shape, result: Words) -> bool:
    """Put a flag or a `name=value` of the shape where it belongs; whether it was one."""
    if word in shape.flags:
        result.flags.add(word)
        return True
    value = _VALUE.fullmatch(word)
    if value is None or value.group(1) not in shape.values:
        return False
    if value.group(1) in result.values:
        raise Refused(f"{value.group(1)}= stands twice")
    result.values[value.group(1)] = value.group(2)
    return True


def _all(first: Sequence[Placed], parts: Sequence[str]) -> Iterator[Placed]:
    yield from first
    for part in parts:
        yield from words(part)
