"""Field sections as words: `GET /style.css`, `200`, `accept: */*`.

A request whose first four lines are :method, :scheme, :authority and :path, in this order, is
written `METHOD target`: the target is the path alone when the scheme is https and the authority
localhost, else `scheme://authority/path`. CONNECT with an :authority alone is `CONNECT host:port`;
a leading :status is its three digits. All other lines are `name: value`; `~` in front marks one
that must never be indexed (RFC 7541 §6.2.3). Whether a section is well-formed is not known here.
"""

import re
from collections.abc import Sequence
from typing import Final

from h2proof.sim.hpack import FieldLine, Fields, NeverIndexed
from h2proof.sim.notation.words import Refused, quoted_octets, shown, unquoted_octets, utf8

SCHEME: Final = b"https"
AUTHORITY: Final = b"localhost"

_TOKEN: Final = r"[#$%&'*+.^_`|0-9A-Za-z-]+"
_LINE: Final = re.compile(rf'(~?)(:?{_TOKEN}|"(?:[^"\\]|\\.)*"):(?: (.*))?')
_REQUEST: Final = re.compile(rf"({_TOKEN}) ([!#-~]+)")
_STATUS: Final = re.compile(r"[0-9]{3}")
_ABSOLUTE: Final = re.compile(rb"([a-z][a-z0-9+.-]*)://([^/]*)(/.*)")
_BARE_NAME: Final = re.compile(rf":?{_TOKEN}".encode())
_BARE_METHOD: Final = re.compile(_TOKEN.encode())
_BARE_TARGET: Final = re.compile(rb"[!#-~]+")
_BARE_VALUE: Final = re.compile(rb"(?:[!#-~](?: ?[!#-~])*)?")
_PSEUDOS: Final = (b":method", b":scheme", b":authority", b":path")


def read_section(parts: Sequence[str]) -> Fields:
    """The field section that the segments of a line spell; Refused with what is allowed."""
    lines: list[FieldLine] = []
    for place, part in enumerate(parts):
        match = _LINE.fullmatch(part)
        if match is not None:
            lines.append(_field_line(match))
        elif place == 0:
            lines.extend(_start(part))
        else:
            raise Refused(f"a field line is `name: value`, not {shown(part)}")
    return tuple(lines)


def _field_line(match: "re.Match[str]") -> FieldLine:
    never, name, value = match.groups()
    line = (_octets(name), _octets(value or ""))
    return NeverIndexed(*line) if never else line


def _octets(word: str) -> bytes:
    if not word.startswith('"'):
        return utf8(word)
    value = unquoted_octets(word)
    if value is None:
        raise Refused(f"a value that begins with a quote ends with one, unlike {shown(word)}")
    return value


def _start(part: str) -> Fields:
    if _STATUS.fullmatch(part):
        return ((b":status", part.encode()),)
    match = _REQUEST.fullmatch(part)
    if match is None:
        raise Refused(
            f"fields begin with `METHOD /path`, a status of three digits or `name: value`,"
            f" not {shown(part)}"
        )
    request = _request(match.group(1).encode(), match.group(2).encode())
    if request is None:
        raise Refused(
            f"a request's target is /path, * or scheme://authority/path, not {shown(match.group(2))}"
        )
    return request


def _request(method: bytes, target: bytes) -> Fields | None:
    if target.startswith(b"/") or target == b"*":
        return tuple(zip(_PSEUDOS, (method, SCHEME, AUTHORITY, target), strict=True))
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is not None:
        return tuple(zip(_PSEUDOS, (method, *absolute.groups()), strict=True))
    if method == b"CONNECT":
        return (b":method", method), (b":authority", target)
    return None


def write_section(fields: Sequence[FieldLine]) -> list[str]:
    """The segments that `read_section` reads back."""
    start, used = _short_start(fields)
    return [*start, *(_line_text(line) for line in fields[used:])]


def _short_start(fields: Sequence[FieldLine]) -> tuple[list[str], int]:
    for count in (4, 2, 1):
        head = fields[:count]
        if len(head) == count and not any(_never_indexed(line) for line in head):
            word = _SHORT[count](head)
            if word is not None:
                return [word], count
    return [], 0


def _never_indexed(line: FieldLine) -> bool:
    return not getattr(line, "indexable", True)


def _short_request(head: Sequence[FieldLine]) -> str | None:
    method, scheme, authority, path = (value for _, value in head)
    if tuple(name for name, _ in head) != _PSEUDOS or not _BARE_METHOD.fullmatch(method):
        return None
    target = (
        path
        if (scheme, authority) == (SCHEME, AUTHORITY)
        else b"%b://%b%b"
        % (
            scheme,
            authority,
            path,
        )
    )
    if not _BARE_TARGET.fullmatch(target) or _request(method, target) != tuple(head):
        return None
    return f"{method.decode()} {target.decode()}"


def _short_connect(head: Sequence[FieldLine]) -> str | None:
    (name, method), (other, target) = head
    if (name, method, other) != (b":method", b"CONNECT", b":authority"):
        return None
    if not _BARE_TARGET.fullmatch(target) or _request(method, target) != tuple(head):
        return None
    return f"CONNECT {target.decode()}"


def _short_status(head: Sequence[FieldLine]) -> str | None:
    [(name, value)] = head
    if name != b":status" or not re.fullmatch(rb"[0-9]{3}", value):
        return None
    return value.decode()


_SHORT: Final = {4: _short_request, 2: _short_connect, 1: _short_status}


def _line_text(line: FieldLine) -> str:
    name, value = line
    never = "~" if _never_indexed(line) else ""
    word = name.decode() if _BARE_NAME.fullmatch(name) else quoted_octets(name)
    if not value:
        return f"{never}{word}:"
    bare = _BARE_VALUE.fullmatch(value)
    return f"{never}{word}: {value.decode() if bare else quoted_octets(value)}"
