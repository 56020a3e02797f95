"""Where a parser of the Link field departs from RFC 8288, one field value at a time, classified.

The strict parser is the measure. A link that it rejects proves nothing about another parser, so it
is left out. What a server does with the links is known only as far as `is_pushed` knows it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from h2proof.sim.links import Link, Parsed, Parser, is_pushed, parse_rfc8288

Kind = Literal[
    "panic",
    "lost link",
    "created link",
    "created nopush",
    "lost nopush",
    "remote misjudged",
    "relation ignored",
    "poisoning",
]

KINDS: Final[Mapping[Kind, str]] = {
    "panic": "a run-time panic takes the response with it",
    "lost link": "a valid link is not seen",
    "created link": "a link is seen that the value does not have",
    "created nopush": "text inside a quoted string, or no parameter at all, counts as nopush",
    "lost nopush": "a valid nopush is not seen",
    "remote misjudged": "a target of another origin would be pushed",
    "relation ignored": "a link whose relation is not preload would be pushed",
    "poisoning": "a target that no push takes stands before one that could be pushed",
}


@dataclass(frozen=True, slots=True)
class Divergence:
    """One departure; `target` is the link's it is about, empty for the whole value."""

    kind: Kind
    target: bytes = b""


def divergences(value: bytes, parser: Parser) -> tuple[Divergence, ...]:
    """All departures of a parser on one field value, in the order of `KINDS`."""
    strict, parsed = parse_rfc8288(value), parser(value)
    if parsed.panic is not None:
        return (Divergence("panic"),)
    return tuple(
        Divergence(kind, target) for kind, look in _LOOKS.items() for target in look(strict, parsed)
    )


def _lost(strict: Parsed, parsed: Parsed) -> Iterator[bytes]:
    seen = [link.target for link in parsed.links]
    for link in strict.links:
        if link.target in seen:
            seen.remove(link.target)
        else:
            yield link.target


def _created(strict: Parsed, parsed: Parsed) -> Iterator[bytes]:
    """Where nothing was rejected: what a rejected piece holds may be read as one likes."""
    if not strict.rejected:
        yield from _lost(parsed, strict)


def _nopush_created(strict: Parsed, parsed: Parsed) -> Iterator[bytes]:
    for mine, theirs in _pairs(strict, parsed):
        if theirs.nopush and not mine.nopush:
            yield mine.target


def _nopush_lost(strict: Parsed, parsed: Parsed) -> Iterator[bytes]:
    for mine, theirs in _pairs(strict, parsed):
        if mine.nopush and not theirs.nopush:
            yield mine.target


def _remote(strict: Parsed, parsed: Parsed) -> Iterator[bytes]:
    for _, theirs in _pairs(strict, parsed):
        target = theirs.target.lower()
        if is_pushed(theirs) and target.startswith((b"//", b"http://", b"https://")):
            yield theirs.target


def _relation(strict: Parsed, parsed: Parsed) -> Iterator[bytes]:
    for mine, theirs in _pairs(strict, parsed):
        relations = dict(mine.parameters).get(b"rel", b"").lower().split()
        if is_pushed(theirs) and b"preload" not in relations:
            yield mine.target


def _poisoning(strict: Parsed, parsed: Parsed) -> Iterator[bytes]:
    """Push takes a path or an absolute URL; a relative reference ends all that follows (C25)."""
    pushed = [link.target for link in parsed.links if is_pushed(link)]
    for place, target in enumerate(pushed):
        if not target.startswith(b"/") and b"://" not in target:
            if any(later.startswith(b"/") for later in pushed[place + 1 :]):
                yield target
            return


def _pairs(strict: Parsed, parsed: Parsed) -> Iterator[tuple[Link, Link]]:
    """Links that both have, met by target, each once."""
    rest = list(parsed.links)
    for mine in strict.links:
        for theirs in rest:
            if theirs.target == mine.target:
                rest.remove(theirs)
                yield mine, theirs
                break


_LOOKS: Final[Mapping[Kind, Callable[[Parsed, Parsed], Iterator[bytes]]]] = {
    "lost link": _lost,
    "created link": _created,
    "created nopush": _nopush_created,
    "lost nopush": _nopush_lost,
    "remote misjudged": _remote,
    "relation ignored": _relation,
    "poisoning": _poisoning,
}
