"""What a parser of the Link header field gives: links, refusals with reasons, or a panic.

Octets in, octets out: a field value need not be text. Which links a server would push is not known
here.
"""

from collections.abc import Callable
from dataclasses import dataclass

Parameters = tuple[tuple[bytes, bytes], ...]
"""(name, value) pairs, in the order in which they were met first."""


@dataclass(frozen=True, slots=True)
class Link:
    """One link: its target, and whether a parameter `nopush` was seen.

    `parameters` is empty where a parser keeps none.
    """

    target: bytes
    nopush: bool = False
    parameters: Parameters = ()


@dataclass(frozen=True, slots=True)
class Rejection:
    """A piece of the field value that makes no link; `offset` counts octets from its start."""

    offset: int
    reason: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """The links of one field value.

    `panic` is the text of a Go run-time panic, after which there are no links at all. Only a
    strict parser rejects; the others skip in silence.
    """

    links: tuple[Link, ...] = ()
    rejected: tuple[Rejection, ...] = ()
    panic: str | None = None


Parser = Callable[[bytes], Parsed]


def out_of_range(low: int, high: int) -> Parsed:
    """What Go makes of a slice whose end stands before its start."""
    return Parsed(panic=f"runtime error: slice bounds out of range [{low}:{high}]")
