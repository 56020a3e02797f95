"""Field sections: well-formed ones of each kind of message, and malformed ones.

Structured, for reading: 1.3 ms a section. A well-formed section shrinks to the fewest
pseudo-header fields; a malformed one breaks one rule, named by the row of `MALFORMED` it is from.
"""

from typing import Final, Literal

from hypothesis import strategies as st

from h2proof.properties.strategies.options import one_of_names, whole
from h2proof.sim.hpack import FieldEncoder, FieldLine, Fields

Message = Literal["request", "response", "promise", "trailers"]
MESSAGES: Final[tuple[Message, ...]] = ("request", "response", "promise", "trailers")

_NAMES: Final = st.sampled_from((b"accept", b"user-agent", b"cookie", b"x-a", b"link", b"vary"))
_VALUES: Final = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=8
).map(lambda text: text.encode("ascii"))
_PATHS: Final = st.sampled_from((b"/", b"/a", b"/a?b=c", b"/%20"))

REQUEST: Final[Fields] = (
    (b":method", b"GET"),
    (b":scheme", b"https"),
    (b":authority", b"localhost"),
    (b":path", b"/"),
)
RESPONSE: Final[Fields] = ((b":status", b"200"),)

MALFORMED: Final[dict[str, Fields]] = {
    "no method": REQUEST[1:],
    "no scheme": (REQUEST[0], *REQUEST[2:]),
    "no path": REQUEST[:3],
    "empty path": (*REQUEST[:3], (b":path", b"")),
    "path without a slash": (*REQUEST[:3], (b":path", b"a")),
    "method twice": (REQUEST[0], *REQUEST),
    "pseudo-header field late": (*REQUEST[:3], (b"x-a", b"b"), REQUEST[3]),
    "unknown pseudo-header field": ((b":what", b"ever"), *REQUEST),
    "status in a request": (*REQUEST, (b":status", b"200")),
    "uppercase name": (*REQUEST, (b"X-A", b"b")),
    "name with a space": (*REQUEST, (b"x a", b"b")),
    "empty name": (*REQUEST, (b"", b"b")),
    "value with NUL": (*REQUEST, (b"x-a", b"a\0b")),
    "value with CR LF": (*REQUEST, (b"x-a", b"a\r\nb: c")),
    "value ends with a space": (*REQUEST, (b"x-a", b"b ")),
    "connection-specific field": (*REQUEST, (b"connection", b"close")),
    "transfer-encoding": (*REQUEST, (b"transfer-encoding", b"chunked")),
    "te other than trailers": (*REQUEST, (b"te", b"gzip")),
    "two content-lengths": (*REQUEST, (b"content-length", b"1"), (b"content-length", b"2")),
    "userinfo in the authority": (*REQUEST[:2], (b":authority", b"a@localhost"), REQUEST[3]),
    "host against the authority": (*REQUEST, (b"host", b"elsewhere")),
    "CONNECT with a path": ((b":method", b"CONNECT"), *REQUEST[1:]),
}
"""One malformed request for each rule of RFC 9113 §8.2 and §8.3 that a section can break alone."""


def field_lines() -> st.SearchStrategy[FieldLine]:
    """A line that is no pseudo-header field: a name in lower case, a visible value. Structured."""
    return st.tuples(_NAMES, _VALUES)


def field_sections(*, message: Message = "request", lines: int = 3) -> st.SearchStrategy[Fields]:
    """Well-formed sections of that kind of message with up to `lines` more lines. Structured."""
    one_of_names("message", message, MESSAGES)
    whole("lines", lines, 0, 100)
    more = st.lists(field_lines(), max_size=lines).map(tuple)
    return st.tuples(_heads(message), more).map(lambda drawn: (*drawn[0], *drawn[1]))


def _heads(message: Message) -> st.SearchStrategy[Fields]:
    if message == "trailers":
        return st.just(())
    if message == "response":
        codes = st.sampled_from((b"200", b"204", b"301", b"404", b"500"))
        return codes.map(lambda code: ((b":status", code),))
    methods = (b"GET", b"HEAD") if message == "promise" else (b"GET", b"HEAD", b"POST", b"OPTIONS")
    return st.tuples(st.sampled_from(methods), _PATHS).map(
        lambda drawn: ((b":method", drawn[0]), *REQUEST[1:3], (b":path", drawn[1]))
    )


def malformed_sections() -> st.SearchStrategy[Fields]:
    """Requests that break one rule each (RFC 9113 §8.1.1 asks for PROTOCOL_ERROR). Structured."""
    return st.sampled_from(tuple(MALFORMED.values()))


def field_blocks(*, message: Message = "request", lines: int = 3) -> st.SearchStrategy[bytes]:
    """Field blocks that a fresh decoder takes in: the sections above, encoded. Structured."""
    return field_sections(message=message, lines=lines).map(
        lambda section: FieldEncoder().encode(section)
    )
