"""Go's Push: every check in its order (push-handlers.md §4.1), and the promise when it is written.

The checks of the handler's side stand in `checked_promise`, those of the serve loop in
`PromiseWrite`. Whether a promise is sensible, or for this origin, nobody asks.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from h2proof.sim.endpoint import Peer
from h2proof.sim.handlers.protocol import PushError, Request
from h2proof.sim.hpack import Fields
from h2proof.sim.servers.fields import request_lines, sorted_lines
from h2proof.sim.servers.go.target import go_quoted, resolve_target
from h2proof.sim.servers.go.writes import Write, octets_of

if TYPE_CHECKING:
    from h2proof.sim.servers.go.connection import GoConnection
    from h2proof.sim.servers.go.stream import Stream

RECURSIVE: Final = "http2: recursive push not allowed"
NOT_SUPPORTED: Final = "feature not supported"
LIMIT_REACHED: Final = "http2: push would exceed peer's SETTINGS_MAX_CONCURRENT_STREAMS"

ENABLE_PUSH: Final = 2
MAX_CONCURRENT_STREAMS: Final = 3
UNLIMITED: Final = 2**32 - 1
STREAM_END: Final = 2**31

FORBIDDEN: Final = frozenset(
    ("content-length", "content-encoding", "trailer", "te", "expect", "host")
)
CONNECTION_SPECIFIC: Final = (
    "Connection",
    "Proxy-Connection",
    "Transfer-Encoding",
    "Upgrade",
    "Keep-Alive",
)


def checked_promise(
    stream: "Stream",
    request: Request,
    target: str,
    method: str,
    header: Mapping[str, Sequence[str]],
) -> Fields:
    """The promised request's fields, or the PushError of G1 to G7."""
    if stream.pushed:
        raise PushError(RECURSIVE)  # G1
    authority, path = resolve_target(target, request.scheme, request.authority)  # G3, G4
    if header:
        _check_header(header)
    method = method or "GET"  # G2
    if method not in ("GET", "HEAD"):
        raise PushError(f"method {go_quoted(method)} must be GET or HEAD")  # G7
    pseudo = request_lines(method, request.scheme, authority, path)
    return (*pseudo, *sorted_lines(header)) if header else pseudo


def _check_header(header: Mapping[str, Sequence[str]]) -> None:
    """G5, G6; connection-specific names are found in their canonical spelling only."""
    for name in header:
        if name.startswith(":"):
            raise PushError(
                f"promised request headers cannot include pseudo header {go_quoted(name)}"
            )
        if name.lower() in FORBIDDEN:
            raise PushError(f"promised request headers cannot include {go_quoted(name)}")
    spelled = dict(header)
    for name in CONNECTION_SPECIFIC:
        if name in spelled:
            raise PushError(f"request header {go_quoted(name)} is not valid in HTTP/2")


class PromiseWrite(Write):
    """A PUSH_PROMISE in its associated stream's queue (G12); what is known only then is checked."""

    frame: ClassVar[str] = "PUSH_PROMISE"
    measure = staticmethod(octets_of)
    __slots__ = ("_connection",)

    def __init__(self, connection: "GoConnection", stream: "Stream", fields: Fields) -> None:
        super().__init__(stream, fields)
        self._connection = connection

    def send(self, peer: Peer) -> bool:
        """G13: check again, take the identifier, open the stream, start its handler; or `error`."""
        connection = self._connection
        self.error = push_refusal(connection)
        if not self.error:
            promised = peer.push(self.stream.id, self.content)
            connection.promised(self.stream, promised, self.content)
        return True


def push_refusal(connection: "GoConnection") -> str:
    """G13a to G13c: why no promise can be written now; empty if it can."""
    settings = connection.peer.peer_settings
    if not settings.get(ENABLE_PUSH, 1) or connection.goaway_received:
        return NOT_SUPPORTED
    if connection.open_pushed + 1 > settings.get(MAX_CONCURRENT_STREAMS, UNLIMITED):
        return LIMIT_REACHED
    if connection.next_promised >= STREAM_END:
        connection.shut_down()
        return LIMIT_REACHED
    return ""
