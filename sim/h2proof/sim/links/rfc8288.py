"""The Link header field by the grammar of RFC 8288 §3, strictly, with a reason for each refusal.

One refused link does not touch its neighbours: reading goes on behind the next comma that stands
outside brackets and quotes. A target is checked against the characters of RFC 3986 and is not
resolved. Which relations are worth a push is not known here.
"""

import re
from typing import Final

from h2proof.sim.links.values import Link, Parameters, Parsed, Rejection

TOKEN: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
QUOTED: Final = re.compile(rb'"((?:[\t !#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*)"')
BLANKS: Final = re.compile(rb"[ \t]*")
REFERENCE: Final = re.compile(
    rb"(?:[A-Za-z][A-Za-z0-9+.-]*:|(?![^/?#]*:))"  # a scheme, or no colon in the first segment
    rb"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?\[\]]|%[0-9A-Fa-f]{2})*"
    rb"(?:#(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*)?"
)
SKIPPED: Final = re.compile(
    rb'(?:"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|<[^>]*+(?:>|\Z)|[^,"<])*+', re.DOTALL
)
"""Up to the comma that ends a link; a quote or bracket that is never closed takes all the rest."""

ONCE: Final = frozenset({b"rel", b"media", b"title", b"title*", b"type"})
"""Parameters of which only the first counts (§3.3, §3.4.1)."""


class _Refused(Exception):
    """This link is not one; carries the offset and the reason."""

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(reason)
        self.rejection = Rejection(offset, reason)


def parse_rfc8288(value: bytes, *, needs_relation: bool = True) -> Parsed:
    """The valid links in order, and a rejection for each of the others.

    Without `needs_relation` a link that lacks `rel` passes too; §3.3 requires it.
    """
    links: list[Link] = []
    rejected: list[Rejection] = []
    place = 0
    while place < len(value):
        place = _skip_blanks(value, place)
        if value[place : place + 1] in (b",", b""):  # an empty element of the list
            place += 1
            continue
        start = place
        try:
            link, place = _read_link(value, place, needs_relation)
            links.append(link)
        except _Refused as refused:
            rejected.append(refused.rejection)
            place = _end_of(SKIPPED, value, start)
        place += 1
    return Parsed(tuple(links), tuple(rejected))


def _read_link(value: bytes, start: int, needs_relation: bool) -> tuple[Link, int]:
    if value[start : start + 1] != b"<":
        raise _Refused(start, "a link begins with <")
    end = value.find(b">", start)
    if end < 0:
        raise _Refused(start, "the < is never closed")
    target = value[start + 1 : end]
    matched = REFERENCE.match(target)
    if matched is None or matched.end() < len(target):
        place = start + 1 + (matched.end() if matched else 0)
        raise _Refused(place, "the target is no URI reference")
    parameters, place = _read_parameters(value, end + 1)
    names = dict(parameters)
    if needs_relation and b"rel" not in names:
        raise _Refused(start, "the link has no relation type: rel is required")
    return Link(target, b"nopush" in names, parameters), place


def _read_parameters(value: bytes, place: int) -> tuple[Parameters, int]:
    parameters: list[tuple[bytes, bytes]] = []
    seen: set[bytes] = set()
    while True:
        place = _skip_blanks(value, place)
        following = value[place : place + 1]
        if following in (b"", b","):
            return tuple(parameters), place
        if following != b";":
            raise _Refused(place, "a ; or a comma is wanted here")
        place = _skip_blanks(value, place + 1)
        if value[place : place + 1] in (b"", b",", b";"):
            raise _Refused(place, "no parameter follows the ;")
        name, text, place = _read_parameter(value, place)
        if name not in ONCE or name not in seen:
            parameters.append((name, text))
        seen.add(name)


def _read_parameter(value: bytes, place: int) -> tuple[bytes, bytes, int]:
    """Name in lower case, value without quotes, and where reading goes on."""
    matched = TOKEN.match(value, place)
    if matched is None:
        raise _Refused(place, "a parameter's name is a token")
    name, place = matched.group().lower(), matched.end()
    ahead = _skip_blanks(value, place)
    if value[ahead : ahead + 1] != b"=":
        return name, b"", place
    place = _skip_blanks(value, ahead + 1)
    if value[place : place + 1] == b'"':
        matched = QUOTED.match(value, place)
        if matched is None:
            raise _Refused(place, "the quoted string is never closed, or holds a control character")
        return name, re.sub(rb"\\(.)", rb"\1", matched.group(1)), matched.end()
    matched = TOKEN.match(value, place)
    if matched is None:
        raise _Refused(place, "a parameter's value is a token or a quoted string")
    return name, matched.group(), matched.end()


def _skip_blanks(value: bytes, place: int) -> int:
    return _end_of(BLANKS, value, place)


def _end_of(pattern: re.Pattern[bytes], value: bytes, place: int) -> int:
    matched = pattern.match(value, place)
    assert matched is not None
    return matched.end()
