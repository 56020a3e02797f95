"""Field lines, pseudo-header fields, and what makes a message malformed (RFC 9113 §8.2, §8.3).

Each check takes one whole field section and gives what it says (a `RequestHead`, a `ResponseHead`)
or why it is `Malformed`, naming the requirement. Which section may come when on a stream, and
whether DATA keeps its content-length, is not known here; nor is HPACK.

Only the minimal validation of §8.2.1 is done, which every recipient owes. The full grammar of
HTTP would find more, but a value that only breaks its own field's definition is not malformed.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple, final

from hpack.table import HeaderTable

from h2proof.sim.hpack import FieldLine, Fields


@final
@dataclass(frozen=True, slots=True)
class Malformed:
    """Why a message is malformed: a stream error PROTOCOL_ERROR for its receiver (§8.1.1)."""

    requirement: str
    reason: str


class RequestHead(NamedTuple):
    """The control data of a request; what the section did not have is None."""

    method: bytes
    scheme: bytes | None
    authority: bytes | None
    path: bytes | None
    protocol: bytes | None
    """Only in an extended CONNECT (RFC 8441 §4)."""
    content_length: int | None


class ResponseHead(NamedTuple):
    """The control data of a response."""

    status: int
    content_length: int | None


REQUEST_PSEUDOS: Final = frozenset((b":method", b":scheme", b":authority", b":path"))
EXTENDED_PSEUDOS: Final = REQUEST_PSEUDOS | {b":protocol"}
RESPONSE_PSEUDOS: Final = frozenset((b":status",))
NO_PSEUDOS: Final[frozenset[bytes]] = frozenset()

CONNECTION_SPECIFIC: Final = frozenset(
    (b"connection", b"proxy-connection", b"keep-alive", b"transfer-encoding", b"upgrade")
)
"""Fields that speak of one HTTP/1.1 connection and have no place here (§8.2.2)."""

SAFE_AND_CACHEABLE: Final = frozenset((b"GET", b"HEAD"))
"""Methods a promise may have (§8.4): the safe ones of RFC 9110 whose responses may be stored."""

# The names of the static table (RFC 7541, appendix A) need no second look; this is the hot path.
_KNOWN: Final = frozenset(name for name, _ in HeaderTable.STATIC_TABLE) - CONNECTION_SPECIFIC
_NAME: Final = re.compile(rb":?[\x21-\x39\x3b-\x40\x5b-\x7e]+")
_BAD_VALUE: Final = re.compile(rb"[\0\r\n]|\A[ \t]|[ \t]\Z")
_TOKEN: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_STATUS: Final = re.compile(rb"[1-9][0-9][0-9]")
_DIGITS: Final = re.compile(rb"[0-9]{1,18}")
_WATCHED: Final = frozenset((b"te", b"host", b"content-length"))
_DEFAULT_PORTS: Final = {b"http": b":80", b"https": b":443"}


class _Facts(NamedTuple):
    pseudos: dict[bytes, bytes]
    host: bytes | None
    content_length: int | None


def shown(octets: bytes) -> str:
    """A field name or value for a sentence: printable, and short whatever the peer sent."""
    text = octets[:60].decode("ascii", "backslashreplace")
    return repr(text + ("…" if len(octets) > 60 else ""))


def check_request(fields: Fields, *, extended_connect: bool = False) -> RequestHead | Malformed:
    """The head of a request (§8.3.1), of CONNECT (§8.5) or, if it is on, of extended CONNECT."""
    facts = _examine(fields, EXTENDED_PSEUDOS if extended_connect else REQUEST_PSEUDOS)
    if isinstance(facts, Malformed):
        return facts
    get = facts.pseudos.get
    method = get(b":method")
    if method is None or not _TOKEN.fullmatch(method):
        return Malformed("RFC9113-8.3.1-15", "a request needs one valid :method")
    scheme, authority, path = get(b":scheme"), get(b":authority"), get(b":path")
    protocol = get(b":protocol")
    if method == b"CONNECT" and protocol is None:
        fault = _connect_fault(scheme, authority, path)
    elif protocol is not None and method != b"CONNECT":
        fault = Malformed("RFC8441-4-01", ":protocol belongs to CONNECT only")
    else:
        fault = _target_fault(method, scheme, authority, path)
    if fault is None and facts.host is not None and authority is not None:
        fault = _host_fault(facts.host, authority, scheme)
    if fault is not None:
        return fault
    return RequestHead(method, scheme, authority, path, protocol, facts.content_length)


def check_promised(fields: Fields) -> RequestHead | Malformed:
    """The head of a promised request (§8.4): safe, cacheable, without content, with authority."""
    head = check_request(fields)
    if isinstance(head, Malformed):
        return Malformed("RFC9113-8.4.1-03", f"the promised request is malformed: {head.reason}")
    if head.method not in SAFE_AND_CACHEABLE:
        reason = f"{shown(head.method)} is not known to be safe and cacheable"
        return Malformed("RFC9113-8.4.1-02", reason)
    if head.content_length:
        return Malformed("RFC9113-8.4-02", "a promised request has no content")
    if not head.authority:
        return Malformed("RFC9113-8.4-06", "a promised request needs an :authority")
    return head


def check_response(fields: Fields) -> ResponseHead | Malformed:
    """The head of a response, interim or final (§8.3.2)."""
    facts = _examine(fields, RESPONSE_PSEUDOS)
    if isinstance(facts, Malformed):
        return facts
    status = facts.pseudos.get(b":status")
    if status is None or not _STATUS.fullmatch(status):
        return Malformed("RFC9113-8.3.2-01", "a response needs one :status of three digits")
    if status == b"101":
        return Malformed("RFC9113-8.6-01", "HTTP/2 has no status 101")
    return ResponseHead(int(status), facts.content_length)


def check_trailers(fields: Fields) -> Malformed | None:
    """A trailer section has no pseudo-header field (§8.1), and else obeys what all fields do."""
    facts = _examine(fields, NO_PSEUDOS)
    return facts if isinstance(facts, Malformed) else None


def join_cookies(fields: Iterable[FieldLine]) -> Fields:
    """The section with its Cookie lines as one, in the first one's place (§8.2.3).

    Whoever hands a section on to something that is not HTTP/2 has to do this.
    """
    lines = tuple(fields)
    cookies = [value for name, value in lines if name == b"cookie"]
    if len(cookies) < 2:
        return lines
    first = next(place for place, line in enumerate(lines) if line[0] == b"cookie")
    joined = (b"cookie", b"; ".join(cookies))
    rest = tuple(line for line in lines[first:] if line[0] != b"cookie")
    return (*lines[:first], joined, *rest)


def name_fault(name: bytes) -> Malformed | None:
    """What is wrong with a field name by itself (§8.2, §8.2.1, §8.2.2)."""
    if not _NAME.fullmatch(name):
        upper = name != name.lower()
        reason = f"{shown(name)} has uppercase letters" if upper else f"{shown(name)} is no name"
        return Malformed("RFC9113-8.2-01" if upper else "RFC9113-8.2.1-03", reason)
    if name in CONNECTION_SPECIFIC:
        return Malformed("RFC9113-8.2.2-01", f"{shown(name)} is a connection-specific field")
    return None


def _examine(fields: Fields, pseudos: frozenset[bytes]) -> _Facts | Malformed:
    """One pass over the section: every rule that does not depend on the kind of message."""
    found: dict[bytes, bytes] = {}
    regular = False
    host = length = None
    for name, value in fields:
        if name not in _KNOWN and (fault := name_fault(name)):
            return fault
        if _BAD_VALUE.search(value):
            return _value_fault(name, value)
        if name[0] == 0x3A:
            if regular or name in found or name not in pseudos:
                return _pseudo_fault(name, regular, name in found, pseudos)
            found[name] = value
            continue
        regular = True
        if name not in _WATCHED:
            continue
        if name == b"host":
            host = value
        elif name == b"te":
            if value.lower() != b"trailers":
                return Malformed("RFC9113-8.2.2-04", f"te is {shown(value)}, not 'trailers'")
        elif not _DIGITS.fullmatch(value) or length not in (None, int(value)):
            return Malformed("RFC9113-8.1.1-02", f"content-length is {shown(value)}")
        else:
            length = int(value)
    return _Facts(found, host, length)


def _value_fault(name: bytes, value: bytes) -> Malformed:
    if value[0] in b" \t" or value[-1] in b" \t":
        reason = f"the value of {shown(name)} starts or ends with white space"
        return Malformed("RFC9113-8.2.1-06", reason)
    return Malformed("RFC9113-8.2.1-05", f"the value of {shown(name)} has NUL, CR or LF")


def _pseudo_fault(name: bytes, late: bool, twice: bool, pseudos: frozenset[bytes]) -> Malformed:
    if not pseudos:
        return Malformed("RFC9113-8.1-09", f"{shown(name)} in a trailer section")
    if name not in pseudos:
        return Malformed("RFC9113-8.3-05", f"{shown(name)} is not defined for this message")
    if twice:
        return Malformed("RFC9113-8.3-08", f"{shown(name)} appears twice")
    assert late
    return Malformed("RFC9113-8.3-06", f"{shown(name)} comes after a regular field")


def _connect_fault(
    scheme: bytes | None, authority: bytes | None, path: bytes | None
) -> Malformed | None:
    if scheme is not None or path is not None:
        return Malformed("RFC9113-8.5-02", "CONNECT has neither :scheme nor :path")
    if not authority:
        return Malformed("RFC9113-8.5-01", "CONNECT needs its target in :authority")
    return None


def _target_fault(
    method: bytes, scheme: bytes | None, authority: bytes | None, path: bytes | None
) -> Malformed | None:
    if not scheme or path is None:
        return Malformed("RFC9113-8.3.1-15", "a request needs one :scheme and one :path")
    if scheme not in _DEFAULT_PORTS:
        return None
    if not path.startswith(b"/") and not (path == b"*" and method == b"OPTIONS"):
        requirement = "RFC9113-8.3.1-15" if path else "RFC9113-8.3.1-12"
        return Malformed(requirement, f":path is {shown(path)}, not an absolute path")
    if authority is not None and b"@" in authority:
        return Malformed("RFC9113-8.3.1-11", ":authority has userinfo")
    return None


def _host_fault(host: bytes, authority: bytes, scheme: bytes | None) -> Malformed | None:
    """Host and :authority name the same after scheme-based normalization (§8.3.1)."""
    port = _DEFAULT_PORTS.get(scheme or b"", b"\0")
    if host.lower().removesuffix(port) == authority.lower().removesuffix(port):
        return None
    reason = f"host is {shown(host)}, :authority is {shown(authority)}"
    return Malformed("RFC9113-8.3.1-04", reason)
