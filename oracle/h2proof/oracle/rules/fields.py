"""Fields and pseudo-header fields (RFC 9113 §8.2, §8.3, §8.5; RFC 8441): what a section may hold.

All of these make a message malformed; the few that a receiver may overlook say so. Fields that a
lost table hides are never blamed on anybody.
"""

from collections.abc import Iterator
from typing import Final, Literal

from h2proof.oracle.lifting import SETS, lifting
from h2proof.oracle.replay.sections import Lines
from h2proof.oracle.replay.sent import CONTINUATION, HEADERS, PUSH_PROMISE, Section, Sent
from h2proof.oracle.replay.settings import ENABLE_CONNECT_PROTOCOL
from h2proof.oracle.replay.view import View
from h2proof.oracle.rules.messages import stream_of
from h2proof.oracle.rules.rule import MALFORMED, Answer, Fact, Stage, rule, stream
from h2proof.sim.fields import CONNECTION_SPECIFIC, shown

SECTIONS: Final = (HEADERS, PUSH_PROMISE, CONTINUATION)
Kind = Literal["request", "response", "trailers", "promise", "unknown"]

_REQUEST: Final = frozenset((b":method", b":scheme", b":authority", b":path"))
_EXTENDED: Final = _REQUEST | {b":protocol"}
_ALLOWED: Final[dict[Kind, frozenset[bytes]]] = {
    "request": _EXTENDED,
    "promise": _REQUEST,
    "response": frozenset((b":status",)),
    "trailers": frozenset(),
    "unknown": _EXTENDED | {b":status"},
}
_OWES: Final = ("9113-8.1.1-05", "9113-8.1.1-07", "9113-8.1.1-01")
_OVERLOOKED: Final = Answer(
    "stream", ("stream:PROTOCOL_ERROR", "http-4xx", "accept", "connection:PROTOCOL_ERROR")
)
_ON_PROMISE: Final = stream("PROTOCOL_ERROR")


def kind_of(view: View, sent: Sent, section: Section) -> Kind:
    """What a field section is, by where it stands in its sender's messages."""
    if section.promises:
        return "promise"
    live = stream_of(view, sent)
    if live is not None and live.final:
        return "trailers"
    if not view.client:
        return "response"
    if live is None and view.blind:
        lines = section.lines
        return "request" if lines is not None and b":method" in lines.pseudos else "unknown"
    return "request"


def _lines(sent: Sent) -> Lines | None:
    return None if sent.section is None else sent.section.lines


def _about(sent: Sent) -> int:
    """A malformed promise is about the promised stream."""
    section = sent.section
    assert section is not None
    return section.promised if section.promises else sent.stream


def _says(
    sent: Sent, text: str, cites: tuple[str, ...] = (), answer: Answer | None = None
) -> Iterator[Fact]:
    section = sent.section
    assert section is not None
    if section.promises and answer is None:
        answer = _ON_PROMISE
    yield Fact(text, answer=answer, cites=cites, stream=_about(sent))


@rule(
    SECTIONS,
    "9113-8.2-01",
    "9113-8.2.1-03",
    stage=Stage.MESSAGE,
    answer=MALFORMED,
    reacts=("9113-8.2.1-02", "9113-8.2.1-07", *_OWES),
    blindly=True,
)
def field_name_has_uppercase(view: View, sent: Sent) -> Iterator[Fact]:
    """Field names are in lower case."""
    lines = _lines(sent)
    for name in lines.bad_names if lines is not None else ():
        if name != name.lower():
            yield from _says(sent, f"the field name {shown(name)} has uppercase letters")
            return


@rule(
    SECTIONS,
    "9113-8.2.1-03",
    "9113-8.2.1-04",
    stage=Stage.MESSAGE,
    answer=MALFORMED,
    reacts=("9113-8.2.1-02", "9113-8.2.1-07", *_OWES),
    blindly=True,
)
def field_name_is_no_name(view: View, sent: Sent) -> Iterator[Fact]:
    """A field name has visible ASCII characters and, past its start, no colon."""
    lines = _lines(sent)
    for name in lines.bad_names if lines is not None else ():
        if name == name.lower():
            cites = ("9113-8.2.1-04",) if b":" in name[1:] else ("9113-8.2.1-03",)
            yield from _says(sent, f"{shown(name)} is no field name", cites)
            return


@rule(
    SECTIONS,
    "9113-8.2.1-05",
    "9113-8.2.1-06",
    stage=Stage.MESSAGE,
    answer=MALFORMED,
    reacts=("9113-8.2.1-02", "9113-8.2.1-07", *_OWES),
    blindly=True,
)
def field_value_is_no_value(view: View, sent: Sent) -> Iterator[Fact]:
    """A field value has no NUL, CR or LF, and no white space at its ends."""
    lines = _lines(sent)
    for name, value in lines.bad_values if lines is not None else ():
        inside = any(octet in value for octet in b"\0\r\n")
        cites = ("9113-8.2.1-05",) if inside else ("9113-8.2.1-06",)
        yield from _says(sent, f"{shown(name)} has the value {shown(value)}", cites)
        return


@rule(
    SECTIONS,
    "9113-8.2.2-01",
    "9113-8.1-07",
    "9113-8.2.2-05",
    "8441-5-04",
    stage=Stage.MESSAGE,
    answer=MALFORMED,
    reacts=("9113-8.2.2-02", *_OWES),
    blindly=True,
)
def connection_specific_field(view: View, sent: Sent) -> Iterator[Fact]:
    """No field speaks of one HTTP/1.1 connection."""
    lines = _lines(sent)
    for name in lines.fields if lines is not None else ():
        if name in CONNECTION_SPECIFIC:
            cites: tuple[str, ...] = ("9113-8.2.2-01", "9113-8.2.2-05")
            if name == b"transfer-encoding":
                cites += ("9113-8.1-07",)
            if lines is not None and b":protocol" in lines.pseudos:
                cites += ("8441-5-04",)
            yield from _says(sent, f"{shown(name)} is a connection-specific field", cites)
            return


@rule(
    SECTIONS,
    "9113-8.2.2-04",
    stage=Stage.MESSAGE,
    answer=MALFORMED,
    reacts=_OWES,
    blindly=True,
)
def te_is_not_trailers(view: View, sent: Sent) -> Iterator[Fact]:
    """TE has no value but "trailers"."""
    lines = _lines(sent)
    if lines is None or not (view.client or (sent.section and sent.section.promises)):
        return
    for value in lines.fields.get(b"te", ()):
        if value.lower() != b"trailers":
            yield from _says(sent, f"te has the value {shown(value)}")
            return


@rule(
    SECTIONS,
    "9113-8.1.1-02",
    "9113-8.1.1-01",
    stage=Stage.MESSAGE,
    answer=MALFORMED,
    reacts=_OWES,
)
def content_length_is_no_length(view: View, sent: Sent) -> Iterator[Fact]:
    """A content-length is one number."""
    lines = _lines(sent)
    if lines is None or sent.section is None or sent.section.length is not None:
        return
    if sent.section.status is not None and sent.section.status < 200:
        return  # what an interim response says of content is not its own (RFC 8297 §2)
    values = lines.fields.get(b"content-length", ())
    if values and any(len(value) <= 18 for value in values):
        yield from _says(sent, f"content-length is {shown(b', '.join(values))}")


@rule(
    SECTIONS,
    "9113-8.2.1-01",
    stage=Stage.MINOR,
    reacts=("9113-8.2.1-01",),
    level="ADVICE",
    blindly=True,
)
def field_name_is_no_token(view: View, sent: Sent) -> Iterator[Fact]:
    """A field name is a token; a recipient should look at more than it must."""
    lines = _lines(sent)
    for name in lines.fields if lines is not None else ():
        if not _is_token(name):
            yield from _says(sent, f"the field name {shown(name)} is no token")
            return


# -- pseudo-header fields --


@rule(
    SECTIONS,
    "9113-8.3-01",
    "9113-8.3-02",
    "9113-8.3-03",
    "9113-8.3-04",
    "9113-8.1-09",
    "9113-8.1-01",
    "9113-4.3-01",
    stage=Stage.MESSAGE,
    answer=MALFORMED,
    reacts=("9113-8.3-05", "9113-8.1-10", *_OWES),
)
def pseudo_field_is_out_of_place(view: View, sent: Sent) -> Iterator[Fact]:
    """Pseudo-header fields are those that this kind of section has."""
    lines, section = _lines(sent), sent.section
    if lines is None or section is None:
        return
    kind = kind_of(view, sent, section)
    for name in lines.pseudos:
        if name not in _ALLOWED[kind]:
            where = {"trailers": "a trailer section", "promise": "a promised request"}.get(
                kind, f"a {kind}"
            )
            yield from _says(sent, f"{shown(name)} in {where}", _misplaced(kind, name))
            return


def _misplaced(kind: Kind, name: bytes) -> tuple[str, ...]:
    if kind == "trailers":
        cites = ("9113-8.3-04", "9113-8.1-09")
        return (*cites, "9113-8.1-01") if name == b":method" else cites
    if name == b":status":
        return ("9113-8.3-03", "9113-8.3-01")
    return ("9113-8.3-02", "9113-8.3-01") if name in _EXTENDED else ("9113-8.3-01",)


@rule(
    SECTIONS,
    "9113-8.3-06",
    stage=Stage.MESSAGE,
    answer=MALFORMED,
    reacts=("9113-8.3-07", *_OWES),
    blindly=True,
)
def pseudo_field_is_late(view: View, sent: Sent) -> Iterator[Fact]:
    """Pseudo-header fields come before all others."""
    lines = _lines(sent)
    if lines is not None and lines.late is not None:
        yield from _says(sent, f"{shown(lines.late)} comes after a regular field")


@rule(
    SECTIONS,
    "9113-8.3-08",
    "8441-4-02",
    stage=Stage.MESSAGE,
    answer=MALFORMED,
    reacts=("9113-8.3-09", *_OWES),
    blindly=True,
)
def pseudo_field_stands_twice(view: View, sent: Sent) -> Iterator[Fact]:
    """No pseudo-header field stands twice in a section."""
    lines = _lines(sent)
    if lines is not None and lines.twice is not None:
        cites = ("9113-8.3-08", "8441-4-02") if lines.twice == b":protocol" else ("9113-8.3-08",)
        yield from _says(sent, f"{shown(lines.twice)} stands twice", cites)


@rule(
    SECTIONS,
    "9113-8.3.1-15",
    "9113-8.3.1-12",
    "9113-8.3.1-13",
    "9113-8.3.1-14",
    "9113-8.4.1-01",
    "8441-4-03",
    stage=Stage.MESSAGE,
    answer=MALFORMED,
    reacts=("9113-8.3.1-16", "9113-8.4.1-03", *_OWES),
)
def request_lacks_control_data(view: View, sent: Sent) -> Iterator[Fact]:
    """A request has one valid :method, :scheme and :path; CONNECT is another matter."""
    lines, section = _lines(sent), sent.section
    if lines is None or section is None or not lines.complete:
        return
    kind = kind_of(view, sent, section)
    if kind not in ("request", "promise"):
        return
    method = lines.pseudos.get(b":method")
    extended = b":protocol" in lines.pseudos
    if method == b"CONNECT" and not extended:
        return
    cites = _lacking(kind, method, extended, lines)
    for name in (b":method", b":scheme", b":path"):
        if name not in lines.pseudos:
            yield from _says(sent, f"a request without {shown(name)}", cites)
            return
    if not method or not _is_token(method) or not lines.pseudos[b":scheme"]:
        yield from _says(sent, f"a request with the method {shown(method or b'')}", cites)
        return
    yield from _path(sent, lines, method, cites)


def _lacking(kind: Kind, method: bytes | None, extended: bool, lines: Lines) -> tuple[str, ...]:
    if kind == "promise":
        return ("9113-8.4.1-01", "9113-8.3.1-15")
    if extended and method == b"CONNECT":
        return ("8441-4-03", "9113-8.3.1-15")
    return ("9113-8.3.1-15",)


def _path(sent: Sent, lines: Lines, method: bytes, cites: tuple[str, ...]) -> Iterator[Fact]:
    path = lines.pseudos[b":path"] or b""
    if lines.pseudos[b":scheme"] not in (b"http", b"https"):
        return
    if not path:
        own = "9113-8.3.1-14" if method == b"OPTIONS" else "9113-8.3.1-13"
        yield from _says(sent, "a request with an empty :path", (*cites, "9113-8.3.1-12", own))
    elif not path.startswith(b"/") and not (path == b"*" and method == b"OPTIONS"):
        yield from _says(sent, f"the :path {shown(path)} is not absolute", cites)


def _is_token(octets: bytes) -> bool:
    return all(octet in _TOKEN for octet in octets)


_TOKEN: Final = frozenset(
    b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)


@rule(
    SECTIONS,
    "9113-8.3.2-01",
    "9113-4.3-01",
    stage=Stage.MESSAGE,
    answer=MALFORMED,
    reacts=_OWES,
)
def response_has_no_status(view: View, sent: Sent) -> Iterator[Fact]:
    """A response, interim or final, has one :status of three digits."""
    lines, section = _lines(sent), sent.section
    if lines is None or section is None or section.status is not None or not lines.complete:
        return
    if kind_of(view, sent, section) == "response":
        status = lines.pseudos.get(b":status")
        text = "a response without :status" if status is None else f"the status {shown(status)}"
        yield from _says(sent, text)


@rule(
    SECTIONS,
    "9113-8.6-01",
    stage=Stage.MESSAGE,
    answer=_OVERLOOKED,
)
def status_is_101(view: View, sent: Sent) -> Iterator[Fact]:
    """HTTP/2 has no status 101."""
    section = sent.section
    if section is not None and section.status == 101 and not view.client:
        yield from _says(sent, "a response with the status 101")


@rule(
    SECTIONS,
    "9113-8.5-01",
    "9113-8.5-02",
    stage=Stage.MESSAGE,
    answer=MALFORMED,
    reacts=("9113-8.5-03", *_OWES),
)
def connect_has_wrong_target(view: View, sent: Sent) -> Iterator[Fact]:
    """CONNECT has its target in :authority, and neither :scheme nor :path."""
    lines = _lines(sent)
    if lines is None or not lines.complete or not view.client:
        return
    pseudos = lines.pseudos
    if pseudos.get(b":method") != b"CONNECT" or b":protocol" in pseudos:
        return
    if b":scheme" in pseudos or b":path" in pseudos:
        yield from _says(sent, "CONNECT with :scheme or :path", ("9113-8.5-02",))
    elif not pseudos.get(b":authority"):
        yield from _says(sent, "CONNECT without :authority", ("9113-8.5-01",))


@rule(
    SECTIONS,
    "9113-5.5-05",
    "8441-3-05",
    stage=Stage.PEER,
    answer=stream("PROTOCOL_ERROR", "http-4xx", "accept"),
    lifts=lambda view, sent: (lifting(SETS, ENABLE_CONNECT_PROTOCOL),),
)
def extended_connect_is_not_on(view: View, sent: Sent) -> Iterator[Fact]:
    """:protocol is used once the server has set ENABLE_CONNECT_PROTOCOL to 1."""
    lines = _lines(sent)
    if lines is None or not view.client or b":protocol" not in lines.pseudos:
        return
    if view.setting(ENABLE_CONNECT_PROTOCOL) != 1:
        yield from _says(sent, ":protocol without ENABLE_CONNECT_PROTOCOL=1 of the server")


@rule(
    SECTIONS,
    "9113-8.3.1-03",
    "9113-8.3.1-04",
    "9113-8.3.1-11",
    stage=Stage.MINOR,
    answer=_OVERLOOKED,
    blindly=True,
)
def authority_is_odd(view: View, sent: Sent) -> Iterator[Fact]:
    """:authority is not empty, has no userinfo, and Host says the same."""
    lines = _lines(sent)
    authority = lines.pseudos.get(b":authority") if lines is not None else None
    if lines is None or authority is None or not view.client:
        return
    scheme = lines.pseudos.get(b":scheme")
    hosts = lines.fields.get(b"host", ())
    if not authority:
        yield from _says(sent, "an empty :authority", ("9113-8.3.1-03",))
    elif b"@" in authority and scheme in (b"http", b"https"):
        yield from _says(sent, f":authority {shown(authority)} has userinfo", ("9113-8.3.1-11",))
    elif hosts and _plain(hosts[0], scheme) != _plain(authority, scheme):
        text = f"host is {shown(hosts[0])}, :authority is {shown(authority)}"
        yield from _says(sent, text, ("9113-8.3.1-04",))


@rule(SECTIONS, "9113-8.3.1-02", "9113-8.3.1-07", stage=Stage.MINOR, level="ADVICE", blindly=True)
def host_stands_alone(view: View, sent: Sent) -> Iterator[Fact]:
    """A request conveys its authority in :authority, whether it was born as HTTP/2 or translated.

    RFC 7540 still let a translator pass Host on alone: advice.
    """
    lines = _lines(sent)
    if lines is None or not view.client or not lines.pseudos.get(b":path"):
        return
    hosts = lines.fields.get(b"host", ())
    if hosts and hosts[0] and b":authority" not in lines.pseudos:
        yield from _says(sent, f"host is {shown(hosts[0])}, and there is no :authority")


def _plain(host: bytes, scheme: bytes | None) -> bytes:
    """A host after scheme-based normalization."""
    port = {b"http": b":80", b"https": b":443"}.get(scheme or b"", b"\0")
    return host.lower().removesuffix(port)


RULES: Final = (
    field_name_has_uppercase,
    field_name_is_no_name,
    field_value_is_no_value,
    pseudo_field_stands_twice,
    pseudo_field_is_late,
    pseudo_field_is_out_of_place,
    connection_specific_field,
    te_is_not_trailers,
    content_length_is_no_length,
    request_lacks_control_data,
    connect_has_wrong_target,
    response_has_no_status,
    status_is_101,
    field_name_is_no_token,
    extended_connect_is_not_on,
    authority_is_odd,
    host_stands_alone,
)
