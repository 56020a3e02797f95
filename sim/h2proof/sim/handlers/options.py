"""What a page is made of, read from a scenario's options once a run.

`resources` and `bodies` are separated by blanks, `links` by newlines. Unknown options are left to
others. Who reads the result, and what is pushed for it, is not known here.

    resources      targets that a push handler is configured with: "/style.css /app.js"
    links          Link field values of the page's response
    early_links    Link field values of a 103 before it
    body_octets    length of the page's body
    resource_octets  length of every other body, unless `bodies` names it: "/a=100 /b=2000"
    chunk_octets   how much is given to one write; 0: everything
    pause_ns       virtual nanoseconds between two writes
    status         the page's status
    how            a row of `page.WAYS`: how it is written
    page_paths     paths that get the page; everything else gets a resource
    header_add, header_set, header_replace   "Name: value" a line; for replace "Name: old => new"
    header_delete  names, with * at either end
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from h2proof.sim.scenario import Param

DEFAULTS: Final[Mapping[str, int | str]] = {
    "resources": "/style.css",
    "links": "</app.js>; rel=preload; as=script",
    "early_links": "",
    "body_octets": 8192,
    "resource_octets": 1000,
    "bodies": "",
    "chunk_octets": 0,
    "pause_ns": 0,
    "status": 200,
    "how": "write_header",
    "page_paths": "/",
    "header_add": "",
    "header_set": "",
    "header_replace": "",
    "header_delete": "",
}


@dataclass(frozen=True, slots=True)
class HeaderChanges:
    """The operations on the fields of promised requests, in the order in which they run (C11)."""

    add: tuple[tuple[str, str], ...] = ()
    set: tuple[tuple[str, str], ...] = ()
    delete: tuple[str, ...] = ()
    replace: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Site:
    """The page, its resources, and how they are written."""

    resources: tuple[str, ...]
    links: tuple[str, ...]
    early_links: tuple[str, ...]
    page_paths: frozenset[str]
    body_octets: int
    resource_octets: int
    bodies: Mapping[str, int]
    chunk_octets: int
    pause_ns: int
    status: int
    how: str
    changes: HeaderChanges


def site_of(options: "Mapping[str, Param]") -> Site:
    """The site that a scenario's options describe; ValueError with one sentence."""
    texts = {name: str(options.get(name, default)) for name, default in DEFAULTS.items()}
    return Site(
        tuple(texts["resources"].split()),
        tuple(line for line in texts["links"].split("\n") if line),
        tuple(line for line in texts["early_links"].split("\n") if line),
        frozenset(texts["page_paths"].split()),
        number(texts, "body_octets", 0),
        number(texts, "resource_octets", 0),
        _bodies(texts["bodies"]),
        number(texts, "chunk_octets", 0),
        number(texts, "pause_ns", 0),
        number(texts, "status", 0),
        texts["how"],
        HeaderChanges(
            _pairs(texts["header_add"]),
            _pairs(texts["header_set"]),
            tuple(texts["header_delete"].split()),
            tuple((name, *_cut(value, " => ")) for name, value in _pairs(texts["header_replace"])),
        ),
    )


def number(options: "Mapping[str, Param] | Mapping[str, str]", name: str, default: int) -> int:
    """An option that is a whole number from 0; ValueError with one sentence."""
    text = str(options.get(name, default))
    if not (text.isascii() and text.isdecimal()):
        raise ValueError(f"option {name} is {text!r}; it is a whole number from 0")
    return int(text)


def _bodies(text: str) -> dict[str, int]:
    bodies: dict[str, int] = {}
    for entry in text.split():
        path, _, octets = entry.rpartition("=")
        bodies[path] = number({"bodies": octets}, "bodies", 0)
    return bodies


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    return tuple(_cut(line, ": ") for line in text.split("\n") if line)


def _cut(text: str, separator: str) -> tuple[str, str]:
    before, found, behind = text.partition(separator)
    if not found:
        raise ValueError(f"{text!r} has no {separator!r} in it")
    return before, behind
