"""Field sections ⇄ what a handler sees: a request with a header map, a response's section.

Octets that are no UTF-8 stay what they are, as surrogate escapes. Whether a section is malformed is
the connection's affair.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from email.utils import formatdate
from functools import lru_cache
from typing import Final, NamedTuple

from h2proof.sim.handlers.header import TOKEN, Header, canonical
from h2proof.sim.handlers.protocol import Body, Context, Request
from h2proof.sim.hpack import FieldLine, Fields

SECOND_NS: Final = 1_000_000_000
CHANGED: Final = "request changed by its handler"
"""What a server notes of a request whose header map is not what came, with the names behind it."""
TRAILER_PREFIX: Final = "Trailer:"
"""Go's http.TrailerPrefix: before a name it makes a field of the trailer section."""
NO_TRAILERS: Final = frozenset(("Content-Length", "Transfer-Encoding", "Trailer"))
ILLEGAL_VALUE: Final = re.compile(r"[\r\n\0]|\A[ \t]|[ \t]\Z")


class Said(NamedTuple):
    """What the field section of a request says, as text."""

    method: str
    target: str
    scheme: str
    authority: str
    lines: tuple[tuple[str, str], ...]
    """The other fields, with canonical names."""


@lru_cache(maxsize=256)
def said_of(fields: Fields) -> Said:
    """A request's section in words; `Cookie` lines become one (RFC 9113 §8.2.3)."""
    pseudo: dict[str, str] = {}
    lines: list[tuple[str, str]] = []
    cookies: list[str] = []
    for octets, value in fields:
        name = _text(octets)
        if name.startswith(":"):
            pseudo[name] = _text(value)
        elif name == "cookie":
            cookies.append(_text(value))
        else:
            lines.append((canonical(name), _text(value)))
    if cookies:
        lines.append(("Cookie", "; ".join(cookies)))
    hosts = (value for name, value in lines if name == "Host")
    return Said(
        pseudo.get(":method", "GET"),
        pseudo.get(":path", ""),
        pseudo.get(":scheme", "https"),
        pseudo.get(":authority") or next(hosts, ""),
        tuple(lines),
    )


def request_of(
    said: Said, connection: int, stream: int, body: Body | None, context: Context
) -> Request:
    """The request of a field section."""
    return Request(
        said.method,
        said.target,
        said.scheme,
        said.authority,
        _header_of(said) if said.lines else Header(),
        body,
        context,
        connection,
        stream,
    )


def _header_of(said: Said) -> Header:
    """Each value appended, as it came: that makes room behind it, which slices share."""
    header = Header()
    for name, value in said.lines:
        header.add(name, value)
    return header


def changed_fields(said: Said, header: Header) -> list[str]:
    """Names in lower case, sorted, whose values are not what the section says any more."""
    came = _header_of(said)
    names = came.keys() | header.keys()
    return sorted(name.lower() for name in names if came.get(name) != header.get(name))


@lru_cache(maxsize=256)
def request_lines(method: str, scheme: str, authority: str, path: str) -> Fields:
    """The pseudo-header fields of a request."""
    return (
        (b":method", method.encode()),
        (b":scheme", _octets(scheme)),
        (b":authority", _octets(authority)),
        (b":path", _octets(path)),
    )


def response_section(status: int, header: Mapping[str, Sequence[str]]) -> Fields:
    """`:status`, then the fields sorted by name."""
    status_line = (b":status", b"%d" % status)
    return (status_line, *sorted_lines(header)) if header else (status_line,)


def sorted_lines(header: Mapping[str, Sequence[str]]) -> Sequence[FieldLine]:
    """The lines of a header map, names in lower case and sorted; illegal ones are left out."""
    if not header:
        return ()
    return [
        (octets, _octets(value))
        for name in sorted(header)
        if (octets := _field_name(name))
        for value in header[name]
        if not ILLEGAL_VALUE.search(value)
    ]


@lru_cache(maxsize=512)
def _field_name(name: str) -> bytes:
    """A name as it goes on the wire; empty if it may not."""
    return name.lower().encode() if TOKEN.issuperset(name) else b""


def trailer_section(header: Header, announced: Iterable[str] = ()) -> Fields:
    """The trailer section: fields with the prefix, and those that a `Trailer` field announced."""
    if not header:
        return ()
    trailers = Header()
    for name, values in header.items():
        if name.startswith(TRAILER_PREFIX):
            trailers[name.removeprefix(TRAILER_PREFIX)] = list(values)
    for name in (name.strip() for line in announced for name in line.split(",")):
        if name and name in header and canonical(name) not in NO_TRAILERS:
            trailers[name] = list(header[name])
    return tuple(sorted_lines(trailers))


def http_date(second: int) -> bytes:
    """A second of virtual time as a Date field; the epoch is 1970."""
    return formatdate(second, usegmt=True).encode()


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "surrogateescape")
