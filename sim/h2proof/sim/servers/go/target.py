"""What Go's Push makes of a target: net/url's parser, and the checks of G3 and G4 (§2.4).

Text in, authority and path out, or a PushError with Go's words. It knows no origins: an absolute
URL to another host is as good as one's own, and `//host/x` silently becomes this host's `/x`.
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from h2proof.sim.handlers.protocol import PushError

SCHEME_FIRST: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
SCHEME: Final = SCHEME_FIRST | frozenset("0123456789+-.")
HEX: Final = frozenset("0123456789abcdefABCDEF")
UNRESERVED: Final = SCHEME_FIRST | frozenset("0123456789-_.~")
PATH_PLAIN: Final = UNRESERVED | frozenset("$&+,/:;=@")
"""Octets that Go does not escape in a path."""
PATH_VALID: Final = PATH_PLAIN | frozenset("!'()*[]%")
"""Octets with which a path counts as escaped already."""
HOST_VALID: Final = UNRESERVED | frozenset("!$&'()*+,;=:[]<>\"")


CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


class Target(NamedTuple):
    """A promised request's authority and path."""

    authority: str
    path: str


class _ParseError(Exception):
    """Go's url.Error, without the text that was parsed."""


@lru_cache(maxsize=256)
def resolve_target(target: str, scheme: str, authority: str) -> Target:
    """Where a push goes, for a request of this scheme and authority; PushError.

    Octets that are no UTF-8 are surrogate escapes in `target`.
    """
    text = target.partition("#")[0]
    try:
        own_scheme, host, path = _parse(text)
    except _ParseError as error:
        raise PushError(f"parse {go_quoted(text)}: {error}") from None
    if not own_scheme:
        if not target.startswith("/"):
            raise PushError(
                f"target must be an absolute URL or an absolute path: {go_quoted(target)}"
            )
        return Target(authority, path)
    if own_scheme != scheme:
        raise PushError(
            f"cannot push URL with scheme {go_quoted(own_scheme)} "
            f"from request with scheme {go_quoted(scheme)}"
        )
    if not host:
        raise PushError("URL must have a host")
    return Target(host, path)


def _parse(text: str) -> tuple[str, str, str]:
    """Scheme in lower case, host, and what goes into `:path`."""
    if CONTROL.search(text):
        raise _ParseError("net/url: invalid control character in URL")
    if text == "*":
        return "", "", "*"
    scheme, rest = _cut_scheme(text)
    rest, asked, query = rest.partition("?")
    if not rest.startswith("/"):
        if scheme:
            return scheme, "", rest  # opaque: no host
        if ":" in rest.partition("/")[0]:
            raise _ParseError("first path segment in URL cannot contain colon")
    host = ""
    if rest.startswith("//") and (scheme or not rest.startswith("///")):
        authority, slash, below = rest[2:].partition("/")
        host, rest = _host(authority), slash + below
    _check_escapes(rest)
    return scheme, host, (_escaped(rest) or "/") + asked + query


def _cut_scheme(text: str) -> tuple[str, str]:
    for place, octet in enumerate(text):
        if octet == ":":
            if place == 0:
                raise _ParseError("missing protocol scheme")
            return text[:place].lower(), text[place + 1 :]
        if octet not in (SCHEME if place else SCHEME_FIRST):
            break
    return "", text


def _host(authority: str) -> str:
    """The host with its port; user information is dropped."""
    host = authority.rpartition("@")[2]
    if host.startswith("["):
        closing = host.rfind("]")
        if closing < 0:
            raise _ParseError("missing ']' in host")
        _check_port(host[closing + 1 :])
    elif ":" in host:
        _check_port(host[host.rindex(":") :])
    for place, octet in enumerate(host):
        if octet == "%":
            _check_escapes(host[place : place + 3])
            if int(host[place + 1], 16) < 8 and host[place : place + 3] != "%25":
                raise _ParseError(f"invalid URL escape {go_quoted(host[place : place + 3])}")
        elif octet < "\x80" and octet not in HOST_VALID:
            raise _ParseError(f"invalid character {go_quoted(octet)} in host name")
    return host


def _check_port(port: str) -> None:
    digits = port[1:]
    if port and not (port.startswith(":") and (not digits or digits.isdecimal())):
        raise _ParseError(f"invalid port {go_quoted(port)} after host")


def _check_escapes(text: str) -> None:
    place = text.find("%")
    while place >= 0:
        escape = text[place : place + 3]
        if len(escape) < 3 or not HEX.issuperset(escape[1:]):
            raise _ParseError(f"invalid URL escape {go_quoted(escape)}")
        place = text.find("%", place + 1)


def _escaped(path: str) -> str:
    """Go's EscapedPath: as it is if it could be one, else unescaped and escaped anew."""
    if PATH_VALID.issuperset(path):
        return path
    octets = _unescaped(path)
    return "".join(chr(octet) if chr(octet) in PATH_PLAIN else f"%{octet:02X}" for octet in octets)


def _unescaped(path: str) -> bytes:
    pieces = path.encode("utf-8", "surrogateescape").split(b"%")
    return pieces[0] + b"".join(bytes((int(piece[:2], 16),)) + piece[2:] for piece in pieces[1:])


NAMED_ESCAPES: Final = {
    '"': '\\"',
    "\\": "\\\\",
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
}


def go_quoted(text: str) -> str:
    """A string as Go's %q shows it."""
    return '"' + "".join(_shown(letter) for letter in text) + '"'


def _shown(letter: str) -> str:
    code = ord(letter)
    if letter in NAMED_ESCAPES:
        return NAMED_ESCAPES[letter]
    if 0xDC80 <= code <= 0xDCFF:  # an octet that is no UTF-8
        return f"\\x{code - 0xDC00:02x}"
    if letter.isprintable():
        return letter
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
