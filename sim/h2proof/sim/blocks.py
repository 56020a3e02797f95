"""A field block on its way in: HEADERS or PUSH_PROMISE, and the CONTINUATION frames behind it.

While a block is unfinished nothing else may come (RFC 9113 §4.3), and its octets have to be kept,
so both their number and that of the frames are limited. What the block says is not known here.
"""

from typing import Final

from h2proof.sim.errors import ErrorCode, Fault, connection_error
from h2proof.sim.frames import FrameType, type_name
from h2proof.sim.limits import Limits

_LOCKS: Final = {FrameType.HEADERS.value: "6.2-05", FrameType.PUSH_PROMISE.value: "6.6-05"}
_KNOWN_TYPES: Final = frozenset(kind.value for kind in FrameType)


class BlockBuffer:
    """The one field block that may be unfinished on a connection."""

    __slots__ = (
        "_continuations",
        "_limits",
        "_parts",
        "flags",
        "octets",
        "promised",
        "stream",
        "type",
    )

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._parts: list[bytes] = []
        self._continuations = 0
        self.octets = 0
        """Octets held."""
        self.stream = 0
        """The stream of the HEADERS or PUSH_PROMISE that began the block; 0 if none did."""
        self.type = self.flags = self.promised = 0
        """What else that frame said."""

    def open(
        self, kind: int, flags: int, stream: int, fragment: bytes, promised: int = 0
    ) -> Fault | None:
        """HEADERS or PUSH_PROMISE starts a block that it does not end."""
        self.type, self.flags, self.stream, self.promised = kind, flags, stream, promised
        return self._keep(fragment)

    def extend(self, fragment: bytes) -> Fault | None:
        """A CONTINUATION of the block."""
        self._continuations += 1
        if self._continuations > self._limits.continuations_max:
            reason = f"more than {self._limits.continuations_max} CONTINUATION frames in one block"
            return connection_error(ErrorCode.ENHANCE_YOUR_CALM, "RFC9113-10.5-04", reason)
        return self._keep(fragment)

    def close(self) -> bytes:
        """The whole block; nothing is held afterwards."""
        block = b"".join(self._parts)
        self.clear()
        return block

    def clear(self) -> None:
        """Forget an unfinished block."""
        self._parts.clear()
        self._continuations = self.octets = self.stream = 0

    def intruder(self, kind: int, stream: int) -> Fault | None:
        """What a frame earns that is no part of the unfinished block; None if it may come."""
        opened = self.stream
        if not opened or (kind == FrameType.CONTINUATION and stream == opened):
            return None
        reason = f"{type_name(kind)} on stream {stream} inside the field block of stream {opened}"
        clause = "5.5-03"
        if kind in _KNOWN_TYPES:
            clause = "6.10-02" if self._continuations else _LOCKS[self.type]
        return connection_error(ErrorCode.PROTOCOL_ERROR, f"RFC9113-{clause}", reason)

    def fault(self, octets: int) -> Fault | None:
        """What a block of so many octets earns."""
        if octets <= self._limits.field_block_octets_max:
            return None
        reason = f"a field block of more than {self._limits.field_block_octets_max} octets"
        return connection_error(ErrorCode.ENHANCE_YOUR_CALM, "RFC9113-10.5-04", reason)

    def _keep(self, fragment: bytes) -> Fault | None:
        self._parts.append(fragment)
        self.octets += len(fragment)
        return self.fault(self.octets)
