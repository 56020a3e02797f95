"""Every option that a scenario may set, with its default and the values it takes.

Handlers, layers and servers read them by name from one mapping. Who reads an option, and what is
done with it, is not known here; `how`, and the lists in texts, are checked by those who read them.
"""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from h2proof.sim.naming import no_such

if TYPE_CHECKING:
    from h2proof.sim.scenario import Param

OCTETS_MAX: Final = 1 << 30
NANOSECONDS_MAX: Final = 2**63 - 1
STREAMS_MAX: Final = 2**32 - 1
DIGITS_MAX: Final = 20


class Number(NamedTuple):
    """A whole number, both bounds included."""

    default: int
    least: int = 0
    most: int = OCTETS_MAX


NUMBERS: Final[Mapping[str, Number]] = {
    "body_octets": Number(8192),
    "resource_octets": Number(1000),
    "chunk_octets": Number(0),
    "status": Number(200, 200, 599),
    "pause_ns": Number(0, most=NANOSECONDS_MAX),
    "write_idle_ns": Number(60_000_000_000, most=NANOSECONDS_MAX),
    "late_ns": Number(20_000_000, most=NANOSECONDS_MAX),
    "upstream_ns": Number(5_000_000, most=NANOSECONDS_MAX),
    "write_timeout_ns": Number(0, most=NANOSECONDS_MAX),
    "max_concurrent_streams": Number(250, 1, STREAMS_MAX),
}

TEXTS: Final[Mapping[str, str]] = {
    "resources": "/style.css",
    "links": "</app.js>; rel=preload; as=script",
    "early_links": "",
    "deferred_links": "</deferred.css>; rel=preload",
    "bodies": "",
    "how": "write_header",
    "page_paths": "/",
    "push_paths": "",
    "header_add": "",
    "header_set": "",
    "header_replace": "",
    "header_delete": "",
}


def number(options: "Mapping[str, Param]", name: str) -> int:
    """An option of NUMBERS, or its default; ValueError with one sentence."""
    default, least, most = NUMBERS[name]
    if name not in options:
        return default
    return whole(name, str(options[name]), least, most)


def text(options: "Mapping[str, Param]", name: str) -> str:
    """An option of TEXTS, or its default."""
    return str(options.get(name, TEXTS[name]))


def whole(name: str, value: str, least: int = 0, most: int = OCTETS_MAX) -> int:
    """The number that the value of an option says; ValueError with one sentence."""
    digits = value.isascii() and value.isdecimal() and len(value) <= DIGITS_MAX
    if not digits or not least <= int(value) <= most:
        told = value if len(value) <= DIGITS_MAX else f"{value[:DIGITS_MAX]}..."
        raise ValueError(f"option {name} is {told!r}; it is a whole number from {least} to {most}")
    return int(value)


def check(options: "Mapping[str, Param]", more: Collection[str] = ()) -> None:
    """Refuse a number that makes no sense, read or not, and a name that nobody reads.

    `more` are the names that a handler of one's own reads. ValueError with one sentence.
    """
    for name in options:
        if name in NUMBERS:
            number(options, name)
        elif name not in TEXTS and name not in more:
            raise ValueError(no_such("option", name, sorted((*NUMBERS, *TEXTS, *more))))
