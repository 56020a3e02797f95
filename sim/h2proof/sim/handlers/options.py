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
from typing import TYPE_CHECKING

from h2proof.sim.options import number, text, whole

if TYPE_CHECKING:
    from h2proof.sim.scenario import Param


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
    return Site(
        tuple(text(options, "resources").split()),
        _lines(options, "links"),
        _lines(options, "early_links"),
        frozenset(text(options, "page_paths").split()),
        number(options, "body_octets"),
        number(options, "resource_octets"),
        _bodies(text(options, "bodies")),
        number(options, "chunk_octets"),
        number(options, "pause_ns"),
        number(options, "status"),
        text(options, "how"),
        _changes(options),
    )


def _changes(options: "Mapping[str, Param]") -> HeaderChanges:
    replaced = _pairs(_lines(options, "header_replace"))
    return HeaderChanges(
        _pairs(_lines(options, "header_add")),
        _pairs(_lines(options, "header_set")),
        tuple(text(options, "header_delete").split()),
        tuple((name, *_cut(value, " => ")) for name, value in replaced),
    )


def _lines(options: "Mapping[str, Param]", name: str) -> tuple[str, ...]:
    return tuple(line for line in text(options, name).split("\n") if line)


def _bodies(entries: str) -> dict[str, int]:
    bodies: dict[str, int] = {}
    for entry in entries.split():
        path, _, octets = entry.rpartition("=")
        bodies[path] = whole("bodies", octets)
    return bodies


def _pairs(lines: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple(_cut(line, ": ") for line in lines)


def _cut(line: str, separator: str) -> tuple[str, str]:
    before, found, behind = line.partition(separator)
    if not found:
        raise ValueError(f"{line!r} has no {separator!r} in it")
    return before, behind
