"""One end of a connection written by hand: frames and field blocks, with no rule checked.

For hostile peers, for tests, for trying something out: whatever a `Connection` would refuse to send
is written here without a question. Only the compression state is kept, since the other side keeps
it too.
"""

from collections.abc import Iterable
from typing import Final

from h2proof.sim.codec import PREFACE, FrameReader, decode, encode
from h2proof.sim.frames import (
    AnyFrame,
    Continuation,
    Headers,
    PushPromise,
    Settings,
)
from h2proof.sim.hpack import FieldDecoder, FieldEncoder, FieldLine, Fields, Undecodable

REQUEST: Final[Fields] = (
    (b":method", b"GET"),
    (b":scheme", b"http"),
    (b":authority", b"h2proof.test"),
    (b":path", b"/"),
)
"""A request that nothing is wrong with."""

RESPONSE: Final[Fields] = ((b":status", b"200"),)
TRAILERS: Final[Fields] = ((b"checked", b"yes"),)


class Wire:
    """Writes and reads the frames of one end."""

    __slots__ = ("_preface_due", "_reader", "decoder", "encoder")

    def __init__(self) -> None:
        self.encoder = FieldEncoder()
        self.decoder = FieldDecoder()
        self._reader = FrameReader()
        self._preface_due = True

    def opening(self, role: str, values: Iterable[tuple[int, int]] = ()) -> bytes:
        """What an endpoint of this role sends first: the preface, if a client's, and SETTINGS."""
        start = PREFACE if role == "client" else b""
        return start + encode(Settings(tuple(values)))

    def headers(
        self, stream: int, fields: Iterable[FieldLine], *, end_stream: bool = False, cut: int = 0
    ) -> bytes:
        """HEADERS with a field section; all but the first `cut` octets go into a CONTINUATION."""
        block = self.encoder.encode(fields)
        if not cut:
            return encode(Headers(stream, block, end_stream))
        first = Headers(stream, block[:cut], end_stream, end_headers=False)
        return encode(first) + encode(Continuation(stream, block[cut:]))

    def promise(self, stream: int, promised: int, fields: Iterable[FieldLine]) -> bytes:
        """PUSH_PROMISE with a promised request."""
        return encode(PushPromise(stream, promised, self.encoder.encode(fields)))

    def read(self, octets: bytes) -> list[AnyFrame]:
        """The frames that the other end wrote; a client's preface is passed over."""
        if self._preface_due and octets:
            octets = octets.removeprefix(PREFACE)
            self._preface_due = False
        return [decode(header, payload or b"") for header, payload in self._reader.feed(octets)]

    def fields(self, block: bytes) -> Fields:
        """The section in a block of the other end, which has to be one."""
        fields = self.decoder.decode(block)
        assert not isinstance(fields, Undecodable), fields.reason
        return fields
