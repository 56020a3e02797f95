"""Field sections ⇄ what a handler sees: a request with a header map, a response's section.

Octets that are no UTF-8 stay what they are, as surrogate escapes. Whether a section is malformed is
the connection's affair.
"""

from collections.abc import Iterable, Mapping, Sequence
from email.utils import formatdate
from typing import Final

from h2proof.sim.handlers.header import TOKEN, Header, canonical
from h2proof.sim.handlers.protocol import Body, Context, Request
from h2proof.sim.hpack import FieldLine, Fields

SECOND_NS: Final = 1_000_000_000
CHANGED: Final = "request changed by its handler"
"""What a server notes of a request whose header map is not what came, with the names behind it."""
TRAILER_PREFIX: Final = "Trailer:"
"""Go's http.TrailerPrefix: before a name it makes a field of the trailer section."""
NO_TRAILERS: Final = frozenset(("Content-Length", "Transfer-Encoding", "Trailer"))


def request_of(
    fields: Fields, *, connection: int, stream: int, body: Body | None, context: Context
) -> Request:
    """The request of a field section; `Cookie` lines become one (RFC 9113 §8.2.3)."""
    pseudo = {_text(name): _text(value) for name, value in fields if name.startswith(b":")}
    header = _header_of(fields)
    return Request(
        pseudo.get(":method", "GET"),
        pseudo.get(":path", ""),
        scheme=pseudo.get(":scheme", "https"),
        authority=pseudo.get(":authority") or header.first("Host"),
        header=header,
        body=body,
        context=context,
        connection=connection,
        stream=stream,
    )


def _header_of(fields: Fields) -> Header:
    header = Header()
    cookies: list[str] = []
    for name, value in fields:
        if name == b"cookie":
            cookies.append(_text(value))
        elif not name.startswith(b":"):
            header.add(_text(name), _text(value))
    if cookies:
        header["Cookie"] = ["; ".join(cookies)]
    return header


def changed_fields(fields: Fields, header: Header) -> list[str]:
    """Names in lower case, sorted, whose values are not what the section says any more."""
    came = _header_of(fields)
    names = came.keys() | header.keys()
    return sorted(name.lower() for name in names if came.get(name) != header.get(name))


def response_section(
    status: int, header: Mapping[str, Sequence[str]], extra: Iterable[tuple[str, str]] = ()
) -> Fields:
    """`:status`, the fields sorted by name, then `extra`."""
    return (
        (b":status", b"%d" % status),
        *sorted_lines(header),
        *((_octets(name), _octets(value)) for name, value in extra),
    )


def sorted_lines(header: Mapping[str, Sequence[str]]) -> list[FieldLine]:
    """The lines of a header map, names in lower case and sorted; illegal ones are left out."""
    return [
        (_octets(name.lower()), _octets(value))
        for name in sorted(header)
        for value in header[name]
        if _is_legal(name, value)
    ]


def trailer_section(header: Header, announced: Iterable[str] = ()) -> Fields:
    """The trailer section: fields with the prefix, and those that a `Trailer` field announced."""
    trailers = Header()
    for name, values in header.items():
        if name.startswith(TRAILER_PREFIX):
            trailers[name.removeprefix(TRAILER_PREFIX)] = list(values)
    for name in (name.strip() for line in announced for name in line.split(",")):
        if name and name in header and canonical(name) not in NO_TRAILERS:
            trailers[name] = list(header[name])
    return tuple(sorted_lines(trailers))


def http_date(now_ns: int) -> str:
    """A moment of virtual time as a Date field; the epoch is 1970."""
    return formatdate(now_ns // SECOND_NS, usegmt=True)


def _is_legal(name: str, value: str) -> bool:
    return (
        bool(name)
        and TOKEN.issuperset(name)
        and not any(octet in value for octet in "\r\n\0")
        and value == value.strip(" \t")
    )


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "surrogateescape")


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
