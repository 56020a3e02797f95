"""A connection as a log tells it: frames whose octets are only partly known, put into a trace.

Whoever writes a log knows its own true order, so the order of lines is the order of the trace, as
in a capture taken at that endpoint. What a line does not say is left out, and named.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from struct import Struct
from struct import error as struct_error
from typing import Final

from h2proof.oracle.importers.capture import upgrade
from h2proof.oracle.importers.imported import Account, Gap, Imported
from h2proof.sim.codec import FrameHeader
from h2proof.sim.errors import CODE_NAMES
from h2proof.sim.frames import TYPE_NAMES
from h2proof.sim.trace import ConnectionInfo, Sender, Told, Trace

FieldLines = tuple[tuple[bytes, bytes], ...]

TYPES: Final[dict[str, int]] = {name: kind for kind, name in TYPE_NAMES.items()}
CODES: Final[dict[str, int]] = {name: code for code, name in CODE_NAMES.items()}

U32: Final = Struct(">L").pack
TWO_U32: Final = Struct(">LL").pack
SETTING: Final = Struct(">HL").pack
DEPENDENCY: Final = Struct(">LB").pack

_LENGTH_UNKNOWN: Final = 1
"""The least that stands for a length that nobody told."""


@contextmanager
def told_by(account: Account, place: str) -> Iterator[None]:
    """What stands at one place of a log; a number that no frame can have is damage of that place."""
    try:
        yield
    except (ValueError, TypeError, OverflowError, struct_error) as error:
        account.damaged(f"{place}: not as this program prints it ({error})")


def other(sender: Sender) -> Sender:
    """The other side."""
    return "server" if sender == "client" else "client"


def whole(payload: bytes, length: int) -> bytes:
    """A payload put together from what a log says; nothing if its length is not what the log says."""
    return payload if len(payload) == length else b""


class Telling:
    """One connection of a log."""

    __slots__ = ("_gaps", "frames", "trace")

    def __init__(self, info: ConnectionInfo | None = None) -> None:
        self.trace = Trace((info or ConnectionInfo(),))
        self.frames = 0
        self._gaps: dict[str, None] = {}

    def frame(
        self,
        sender: Sender,
        kind: int,
        flags: int,
        stream: int,
        length: int | None,
        payload: bytes = b"",
        *,
        fields: FieldLines | None = None,
        unsure: tuple[str, ...] = (),
        packet: int | None = None,
        at: int = 0,
    ) -> None:
        """A frame; `payload` is what is known of its start, `length` None where it is not told."""
        if length is None:
            length, unsure = max(_LENGTH_UNKNOWN, len(payload)), ("length", *unsure)
        told = Told(fields, unsure) if fields is not None or unsure else None
        header = FrameHeader(length, kind, flags, stream)
        content = payload[:length]
        self.trace.add_frame(sender, header, content, packet=packet, at=at, told=told)
        self.frames += 1

    def upgraded(self, request: str) -> None:
        """The connection began with this HTTP/1.1 request, whose upgrade was accepted."""
        asked = upgrade.parse(request.replace("\r", "").replace("\n", "\r\n").encode())
        self.trace.connections[0] = replace(
            self.trace.connections[0],
            transport="h2c-upgrade",
            upgrade_settings=asked.settings,
            upgrade_fields=asked.fields,
        )

    def unknown(self, sentence: str) -> None:
        """Something that this log does not tell; said once."""
        self._gaps[sentence] = None

    def imported(self, number: int, *, alpn: str | None = None) -> Imported:
        """The connection as an import."""
        gaps = tuple(Gap(sentence) for sentence in self._gaps)
        return Imported(number, self.trace, False, gaps, alpn)
