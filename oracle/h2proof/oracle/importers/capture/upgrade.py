"""HTTP/1.1 Upgrade to h2c (RFC 7540 §3.2): the request, the 101, and where the frames begin.

RFC 9113 dropped the mechanism, servers still speak it. Only as much of HTTP/1.1 is read as is
needed to find the end of the two heads.
"""

import re
from base64 import urlsafe_b64decode
from typing import Final, NamedTuple

from h2proof.sim.hpack import Fields

HEAD_OCTETS_MAX: Final = 16 << 10
_REQUEST: Final = rb"[A-Z][A-Z-]{0,15} [!-~]{1,8192} HTTP/1\.[01]\r\n"
_MAYBE: Final = rb"[A-Z][A-Z-]{0,15}(?: [!-~]*(?: [HTP/1.]{0,8}\r?)?)?\Z|HTTP?/?1?\.?\Z"
_SWITCHING: Final = rb"HTTP/1\.[01] 101[ \r]"
_HOP_BY_HOP: Final = frozenset(
    {b"connection", b"upgrade", b"http2-settings", b"host", b"keep-alive", b"proxy-connection"}
)


class Request(NamedTuple):
    """The request that asked for the upgrade, and how many octets it takes."""

    octets: int
    fields: Fields
    settings: bytes
    """The payload of a SETTINGS frame (HTTP2-Settings)."""


def may_follow(octets: bytes | bytearray) -> bool:
    """Whether this is the start of an HTTP/1.1 head, or could become one."""
    start = bytes(octets[:HEAD_OCTETS_MAX])
    if re.match(_REQUEST, start):
        return True
    return bool(start) and bool(re.match(_MAYBE, start) or start.startswith(b"HTTP/1."))


def answered(request: bytes | bytearray, response: bytes | bytearray) -> bool | None:
    """Whether an upgrade to h2c was accepted; None while that is open, or there is no request."""
    start = bytes(request[:HEAD_OCTETS_MAX])
    if not re.match(_REQUEST, start):
        return None
    head, end, _ = start.partition(b"\r\n\r\n")
    if not end:
        return None if len(start) < HEAD_OCTETS_MAX else False
    if not _asks(_lines(head)):
        return False
    if len(response) < 13:
        return None
    return bool(re.match(_SWITCHING, response)) if b"\r\n\r\n" in response else None


def _lines(head: bytes) -> list[tuple[bytes, bytes]]:
    lines = []
    for line in head.split(b"\r\n")[1:]:
        name, colon, value = line.partition(b":")
        if colon:
            lines.append((name.strip().lower(), value.strip()))
    return lines


def _asks(lines: list[tuple[bytes, bytes]]) -> bool:
    wishes = [value.lower() for name, value in lines if name == b"upgrade"]
    tokens = {token.strip() for wish in wishes for token in wish.split(b",")}
    return b"h2c" in tokens and any(name == b"http2-settings" for name, _ in lines)


def parse(request: bytes | bytearray) -> Request:
    """The request in front of the client's preface; `answered` has said that it is one."""
    head, _, _ = bytes(request[:HEAD_OCTETS_MAX]).partition(b"\r\n\r\n")
    method, target, _ = head.split(b"\r\n")[0].split(b" ", 2)
    lines = _lines(head)
    known = dict(lines)
    authority = known.get(b"host", b"")
    rest = tuple(
        (name, value)
        for name, value in lines
        if name not in _HOP_BY_HOP and (name, value) != (b"te", b"")
    )
    fields = (
        (b":method", method),
        (b":scheme", b"http"),
        (b":authority", authority),
        (b":path", target),
        *rest,
    )
    length = known.get(b"content-length", b"0")
    body = int(length) if length.isdigit() and len(length) < 10 else 0
    settings = known.get(b"http2-settings", b"")
    try:
        payload = urlsafe_b64decode(settings + b"=" * (-len(settings) % 4))
    except ValueError:
        payload = b""
    return Request(len(head) + 4 + body, fields, payload)


def response_octets(response: bytes | bytearray) -> int:
    """How many octets the 101 takes."""
    return bytes(response).index(b"\r\n\r\n") + 4
