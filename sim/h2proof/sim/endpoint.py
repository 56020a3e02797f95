"""What a world drives, and what a client or a server model sees of a connection.

`Endpoint` is anything that takes and gives octets: a `Connection`, `responder()`, every adapter of
another implementation. `Peer` is all that one side can do and ask on its own connection; clients,
servers and handlers are typed against it and never see the class behind.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

from h2proof.sim.errors import ErrorCode
from h2proof.sim.hpack import FieldLine
from h2proof.sim.notices import Notice
from h2proof.sim.streams import State


class Endpoint(Protocol):
    """One end of a connection, without sockets or clocks."""

    def receive(self, data: bytes) -> object:
        """Take octets in any chunking; raises nothing, whatever they are."""

    def take_output(self) -> bytes:
        """The octets to send; each is handed out once."""

    @property
    def closed(self) -> bool:
        """True: close the transport once the output is flushed."""


class Peer(Endpoint, Protocol):
    """An endpoint with the calls of its owner. A call that would break the RFC raises
    `IllegalSend`, and nothing has changed."""

    def receive(self, data: bytes) -> list[Notice]:
        """Take octets in any chunking, and tell what happened; raises nothing."""

    @property
    def output(self) -> list[bytes]:
        """What `take_output` would hand out, in pieces; empty where there is nothing to send."""

    @property
    def local_settings(self) -> Mapping[int, int]:
        """What the peer has acknowledged; a missing identifier has no limit."""

    @property
    def peer_settings(self) -> Mapping[int, int]:
        """What the peer announced; a missing identifier has no limit."""

    @property
    def block_octets(self) -> int:
        """Octets of a field block that waits for its end; 0 if there is none."""

    def send_headers(
        self, stream: int | None, fields: Iterable[FieldLine], *, end_stream: bool = False
    ) -> int:
        """Send a field section; None opens a client's next stream. The stream's identifier."""

    def send_data(
        self, stream: int, data: bytes, *, end_stream: bool = False, padding: int | None = None
    ) -> None:
        """Send content within `send_window`."""

    def push(self, stream: int, fields: Iterable[FieldLine]) -> int:
        """Promise the response to these fields; the promised stream's identifier."""

    def reset(self, stream: int, code: int = ErrorCode.CANCEL) -> None:
        """End a stream at once."""

    def goaway(
        self, code: int = ErrorCode.NO_ERROR, *, last: int | None = None, debug: bytes = b""
    ) -> None:
        """Announce the end of the connection."""

    def ping(self, payload: bytes = bytes(8)) -> None:
        """Ask for an answer."""

    def update_settings(self, values: Mapping[int, int]) -> None:
        """Announce settings."""

    def credit(self, stream: int, octets: int) -> None:
        """Let the peer send so many octets more; stream 0 is the connection."""

    def send_window(self, stream: int) -> int:
        """Octets that may be sent now; never negative, 0 on a stream that is not live."""

    def receive_window(self, stream: int) -> int:
        """Octets that the peer may still send; stream 0 is the connection."""

    def state(self, stream: int) -> State:
        """The state of any stream."""

    def may_push(self, stream: int) -> bool:
        """True where `push` on this stream would not be refused for the stream's sake."""
