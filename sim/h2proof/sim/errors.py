"""Error codes, and the faults of a peer as values.

A fault on the wire is data (RFC 9113 §5.4): what an endpoint answers to it is a `Fault`, made by
`connection_error` or `stream_error`. Only a call of ours that would make this endpoint break the
RFC raises, and it raises one class: `IllegalSend`.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Literal


class ErrorCode(IntEnum):
    """RFC 9113 §7. Other codes are legal on the wire and stay plain integers."""

    NO_ERROR = 0x0
    PROTOCOL_ERROR = 0x1
    INTERNAL_ERROR = 0x2
    FLOW_CONTROL_ERROR = 0x3
    SETTINGS_TIMEOUT = 0x4
    STREAM_CLOSED = 0x5
    FRAME_SIZE_ERROR = 0x6
    REFUSED_STREAM = 0x7
    CANCEL = 0x8
    COMPRESSION_ERROR = 0x9
    CONNECT_ERROR = 0xA
    ENHANCE_YOUR_CALM = 0xB
    INADEQUATE_SECURITY = 0xC
    HTTP_1_1_REQUIRED = 0xD


CODE_NAMES: Final[dict[int, str]] = {code.value: code.name for code in ErrorCode}


def code_name(code: int) -> str:
    """The RFC's name of an error code, or its number in hexadecimal."""
    return CODE_NAMES.get(code) or f"0x{code:x}"


@dataclass(frozen=True, slots=True)
class Fault:
    """What a receiver answers to a frame that breaks the RFC (§5.4.1, §5.4.2)."""

    scope: Literal["connection", "stream"]
    code: ErrorCode
    stream: int
    requirement: str
    reason: str

    def __str__(self) -> str:
        where = "connection" if self.scope == "connection" else f"stream {self.stream}"
        return f"{where} error {self.code.name}: {self.reason} ({self.requirement})"


def connection_error(code: ErrorCode, requirement: str, reason: str) -> Fault:
    """A fault that ends the connection (RFC 9113 §5.4.1)."""
    return Fault("connection", code, 0, requirement, reason)


def stream_error(stream: int, code: ErrorCode, requirement: str, reason: str) -> Fault:
    """A fault that ends one stream (RFC 9113 §5.4.2); `stream` is its identifier, above 0."""
    return Fault("stream", code, stream, requirement, reason)


class IllegalSend(ValueError):
    """A call that would make this endpoint break the RFC; nothing was sent, no state changed.

    `requirement` is the inventory's id, `remedy` says what would be legal instead.
    """

    def __init__(self, requirement: str, reason: str, remedy: str = "") -> None:
        super().__init__(f"{reason} ({requirement})" + (f"; {remedy}" if remedy else ""))
        self.requirement = requirement
        self.reason = reason
        self.remedy = remedy
